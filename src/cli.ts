// The command line: all commands, one way to end.
import { Command } from 'commander'
import { backtestCommand } from './commands/backtest.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eebusCommand } from './commands/eebus.ts'
import { isExitError, usageExit, type CommandIo, type ExitCode } from './commands/exit.ts'
import { forecastCommand } from './commands/forecast.ts'
import { importCommand } from './commands/import.ts'
import { journalCommand } from './commands/journal.ts'
import { keyCommand } from './commands/key.ts'
import { limitationCommand } from './commands/limitation.ts'
import { migrateCommand } from './commands/migrate.ts'
import { asyncApiCommand } from './commands/asyncapi.ts'
import { openApiCommand } from './commands/openapi.ts'
import { planCommand } from './commands/plan.ts'
import { playCommand } from './commands/play.ts'
import { portsCommand } from './commands/ports.ts'
import { proofCommand } from './commands/proof.ts'
import { scheduleCommand } from './commands/schedule.ts'
import { serveCommand } from './commands/serve.ts'
import { signalCommand } from './commands/signal.ts'
import { minimumPowerCommand } from './commands/minimum-power.ts'
import { siteCommand } from './commands/site.ts'
import { stationCommand } from './commands/station.ts'
import { twinCommand } from './commands/twin.ts'
import { VERSION } from './version.ts'

const COMMANDS = [
  demoCommand,
  serveCommand,
  twinCommand,
  planCommand,
  siteCommand,
  minimumPowerCommand,
  backtestCommand,
  forecastCommand,
  importCommand,
  scheduleCommand,
  signalCommand,
  proofCommand,
  limitationCommand,
  stationCommand,
  journalCommand,
  keyCommand,
  migrateCommand,
  eebusCommand,
  playCommand,
  doctorCommand,
  portsCommand,
  openApiCommand,
  asyncApiCommand,
]

/** Runs a command line and answers with its exit code. */
export async function runCommandLine(words: readonly string[], io: CommandIo): Promise<ExitCode> {
  const program = new Command('gegenstrom')
    .description('backend for bidirectional charging: plans, dispatches and proves')
    .version(VERSION)
    .showHelpAfterError('(--help shows what is possible)')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride(usageExit)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 called wrongly, 3 degraded.\n')
  for (const add of COMMANDS) add(program, io)
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
