// `gegenstrom twin`: seeded cars and stations as OCPP clients, against a backend elsewhere.
import { InvalidArgumentError, type Command } from 'commander'
import { startTwin } from '../../adapters/twin/fleet.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { writeRegistry } from '../files/api-keys-file.ts'
import { runningClock } from '../run/clock.ts'
import { duration } from './duration-option.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { habitsOption, isHelpOnHabits, type HabitsAsked } from './habits-option.ts'
import { wholeWithin } from './number-option.ts'
import { untilSignal } from './until-signal.ts'

interface TwinOptions {
  readonly url?: string
  readonly stations: number
  readonly seed: string
  readonly registry?: string
  readonly for?: number
  readonly json: boolean
  readonly habits?: HabitsAsked
}

/** Adds the command to a program. */
export function twinCommand(program: Command, io: CommandIo): void {
  program
    .command('twin')
    .description('seeded cars and stations as OCPP 2.1, 2.0.1 and 1.6 clients')
    .option('--url <url>', 'backend, ws:// or wss://', address)
    .option('--stations <n>', 'stations, one car each', wholeWithin(1, 10_000), 10)
    .option('--seed <text>', 'equal seeds give equal fleets', '1')
    .option(
      '--registry <file>',
      'write the registry of this fleet, with its passwords, for REGISTRY_FILE; without --url only that',
    )
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .addOption(habitsOption())
    .option('--json', 'print one JSON object at the end', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ gegenstrom twin --stations 10 --seed 7 --registry registry.json\n  $ gegenstrom twin --url ws://127.0.0.1:8180 --stations 10 --seed 7\n',
    )
    .exitOverride(usageExit)
    .action((options: TwinOptions) => twin(options, io))
}

async function twin(options: TwinOptions, io: CommandIo): Promise<void> {
  const { habits } = options
  if (isHelpOnHabits(habits, io)) return
  const clock = runningClock()
  const fleet = twinFleet({
    seed: options.seed,
    stations: options.stations,
    from: clock.now(),
    ...(habits === undefined ? {} : { habits }),
  })
  if (options.registry !== undefined) {
    const kept = await writeRegistry(options.registry, { ...fleet.registry, passwords: Object.fromEntries(fleet.secrets) })
    io.stderr(
      `registry of ${options.stations} stations written to ${options.registry}; it holds passwords${kept === 0 ? '' : `, and the ${kept} API keys that stood there`}\n`,
    )
  }
  if (options.url === undefined) {
    clock.stop()
    if (options.registry === undefined) throw exitError(2, 'nothing to do: give --url, --registry or both')
    return
  }
  const running = startTwin({ url: options.url, fleet, clock })
  io.stderr(`${options.stations} stations connect to ${options.url}; stop with Ctrl-C\n`)
  const stopped = await untilSignal(options.for ?? null)
  const { met, missed } = running.departures()
  const result = { stopped, connected: running.connected(), messages: running.messages(), departures: { met, missed } }
  if (result.connected === 0)
    io.stderr(
      'no station is connected: is the backend there, does its REGISTRY_FILE hold this fleet (same --seed and --stations), and over wss, is its certificate trusted here (NODE_EXTRA_CA_CERTS)?\n',
    )
  await running.stop()
  clock.stop()
  io.stdout(
    options.json
      ? `${JSON.stringify(result)}\n`
      : `${result.connected} connected, ${result.messages} messages, departures met ${met}, missed ${missed}\n`,
  )
  if (result.connected === 0) throw exitError(1, '')
}

function address(text: string): string {
  if (!/^wss?:\/\/[^\s/]+/.test(text)) throw new InvalidArgumentError('an address such as ws://127.0.0.1:8180')
  return text.replace(/\/+$/, '')
}
