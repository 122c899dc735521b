// The command line: all commands, one way to end.
import { Command } from 'commander'
import { isExitError, usageExit, type CommandIo, type ExitCode } from './commands/exit.ts'
import { VERSION } from './version.ts'

/** Adds a command to a program. */
type AddCommand = (program: Command, io: CommandIo) => void

/** Where each command is, in the order in which the help names them. Loading all takes longer than most of them work. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  twin: async () => (await import('./commands/twin.ts')).twinCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  site: async () => (await import('./commands/site.ts')).siteCommand,
  'minimum-power': async () => (await import('./commands/minimum-power.ts')).minimumPowerCommand,
  backtest: async () => (await import('./commands/backtest.ts')).backtestCommand,
  forecast: async () => (await import('./commands/forecast.ts')).forecastCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  schedule: async () => (await import('./commands/schedule.ts')).scheduleCommand,
  signal: async () => (await import('./commands/signal.ts')).signalCommand,
  proof: async () => (await import('./commands/proof.ts')).proofCommand,
  limitation: async () => (await import('./commands/limitation.ts')).limitationCommand,
  station: async () => (await import('./commands/station.ts')).stationCommand,
  journal: async () => (await import('./commands/journal.ts')).journalCommand,
  key: async () => (await import('./commands/key.ts')).keyCommand,
  account: async () => (await import('./commands/account.ts')).accountCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  eebus: async () => (await import('./commands/eebus.ts')).eebusCommand,
  iec104: async () => (await import('./commands/iec104.ts')).iec104Command,
  play: async () => (await import('./commands/play.ts')).playCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  ports: async () => (await import('./commands/ports.ts')).portsCommand,
  asyncapi: async () => (await import('./commands/asyncapi.ts')).asyncApiCommand,
  openapi: async () => (await import('./commands/openapi.ts')).openApiCommand,
}

/** Runs a command line and answers with its exit code. */
export async function runCommandLine(words: readonly string[], io: CommandIo): Promise<ExitCode> {
  const program = new Command('gegenstrom')
    .description('backend for bidirectional charging: plans, dispatches and proves')
    .version(VERSION)
    .showHelpAfterError('(--help shows what is possible)')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride(usageExit)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 called wrongly, 3 degraded.\n')
  for (const add of await called(words[0])) add(program, io)
  // Called without a command it shows what it can do, and that is no failure of the work.
  if (words.length === 0) {
    io.stderr(program.helpInformation())
    return 2
  }
  try {
    await program.parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    if (!isExitError(error)) {
      io.stderr(`${error instanceof Error ? error.message : String(error)}\n`)
      return 1
    }
    if (error.message !== '') io.stderr(`${error.message}\n`)
    return error.code
  }
}

/** The command that is called; all of them where none is, to list or suggest them. */
function called(word = ''): Promise<readonly AddCommand[]> {
  return Promise.all(Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]!()] : Object.values(COMMANDS).map((load) => load()))
}
