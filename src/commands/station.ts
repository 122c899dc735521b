// `gegenstrom station`: what people do to stations of a running server by hand.
import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import { TRIGGERED_MESSAGES } from '../../domain/registry/station-command.ts'
import { askServer, refusalText, withServer, type ApiAsked, type ServerOptions } from './api-client.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { wholeWithin } from './number-option.ts'
import {
  addedText,
  lineOfCommand,
  lineOfPending,
  lineOfStation,
  linesOfStation,
  passwordText,
  type Shown,
} from './station-text.ts'
import { variableNamed } from './variable-name.ts'

interface CommonOptions extends ServerOptions {
  readonly json: boolean
}
interface ByHandOptions extends CommonOptions {
  readonly reason: string
  readonly id?: string
}
interface PlaceOptions extends ByHandOptions {
  readonly evse?: number
}
interface AddOptions extends ByHandOptions {
  readonly site: string
  readonly evses: number
  readonly charge: number
  readonly discharge: number
}
type Add = (usage: string, description: string, example: string) => Command

const PAGE = 1_000
const EVSE_MAX = 999
const WATTS_MAX = 1_000_000
const EVSES_MAX = 64

/** Adds the commands to a program. End with 0 when done, 1 when server or station refuse, 2 when called wrongly, 3 without an answer of the station. */
export function stationCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program
    .command('station')
    .description('stations of a running server: looked at, asked, added and removed by hand')
  group.exitOverride(usageExit).configureOutput(output)
  const configuration = group.command('config').description('settings of a station')
  configuration.exitOverride(usageExit).configureOutput(output)
  const adder =
    (parent: Command, words: string): Add =>
    (usage, description, example) =>
      withServer(parent.command(usage).description(description))
        .option('--json', 'print one JSON object', false)
        .addHelpText('after', `\nExample:\n  gegenstrom ${words} ${example}\n`)
        .exitOverride(usageExit)
        .configureOutput(output)
  const add = adder(group, 'station')
  /** What is done by hand is kept with its reason. */
  const byHand = (command: Command) => command.requiredOption('--reason <text>', 'why; kept in the journal')
  const asked = (command: Command) =>
    byHand(command).option('--id <name>', 'name of the command; the same again is not done twice (default: a new one)')
  addLooks(add, io)
  addRemoteCommands((...of) => asked(add(...of)), io)
  addConfiguration((...of) => asked(adder(configuration, 'station config')(...of)), io)
  addRegistry((...of) => byHand(add(...of)), io)
}

function addLooks(add: Add, io: CommandIo): void {
  add('ls', 'all stations', 'ls').action(async (options: CommonOptions) => {
    const stations: Shown[] = []
    for (let path: string | null = `/v1/stations?limit=${PAGE}`; path !== null;) {
      const answer = await askServer(options, path)
      if (answer.status !== 200) throw exitError(1, refusalText(answer))
      stations.push(...(JSON.parse(answer.text) as { readonly stations: readonly Shown[] }).stations)
      path = answer.next
    }
    io.stdout(options.json ? `${JSON.stringify({ stations })}\n` : stations.map(lineOfStation).join('') || 'no station\n')
  })
  add('show <station>', 'one station, its EVSEs and the last commands', 'show HAT-0417').action(
    async (station: string, options: CommonOptions) => {
      const found = await asking(options, pathOf(station))
      const { commands } = (await asking(options, `${pathOf(station)}/commands`)) as { readonly commands: readonly Shown[] }
      io.stdout(options.json ? `${JSON.stringify({ ...found, commands })}\n` : linesOfStation(found, commands))
    },
  )
  add('pending', 'stations nobody knows that wait for a yes', 'pending').action(async (options: CommonOptions) => {
    const answer = (await asking(options, '/v1/pending-stations')) as { readonly stations: readonly Shown[] }
    io.stdout(options.json ? `${JSON.stringify(answer)}\n` : answer.stations.map(lineOfPending).join('') || 'no station waits\n')
  })
}

function addRemoteCommands(add: Add, io: CommandIo): void {
  const evse = wholeWithin(1, EVSE_MAX)
  const give = (station: string, options: ByHandOptions, body: object) => giveCommand(station, options, body, io)
  add('reset <station>', 'restart it', 'reset HAT-0417 --reason "hangs since noon"')
    .option('--hard', 'at once; otherwise in good order', false)
    .option('--evse <number>', 'only this one (OCPP 2.x)', evse)
    .action((station: string, options: PlaceOptions & { readonly hard: boolean }) =>
      give(station, options, { kind: 'reset', evse: options.evse ?? null, mode: options.hard ? 'hard' : 'soft' }),
    )
  add('unlock <station>', 'unlock a connector', 'unlock HAT-0417 --evse 1 --reason "cable stuck"')
    .requiredOption('--evse <number>', 'EVSE', evse)
    .option('--connector <number>', 'connector of the EVSE (OCPP 2.x)', wholeWithin(1, 99), 1)
    .action((station: string, options: PlaceOptions & { readonly connector: number }) =>
      give(station, options, { kind: 'unlock', evse: options.evse, connector: options.connector }),
    )
  add('start <station>', 'begin a session', 'start HAT-0417 --evse 1 --token 04A2B3C4 --reason "driver on the phone"')
    .requiredOption('--evse <number>', 'EVSE', evse)
    .requiredOption('--token <token>', 'as it stands on the card; it is kept nowhere')
    .action((station: string, options: PlaceOptions & { readonly token: string }) =>
      give(station, options, { kind: 'start', evse: options.evse, token: options.token }),
    )
  add('stop <station>', 'end the session at an EVSE', 'stop HAT-0417 --evse 1 --reason "driver on the phone"')
    .requiredOption('--evse <number>', 'EVSE', evse)
    .action((station: string, options: PlaceOptions) => give(station, options, { kind: 'stop', evse: options.evse }))
  add('trigger <station>', 'have it send a message now', 'trigger HAT-0417 --message MeterValues --evse 1 --reason "check"')
    .addOption(new Option('--message <message>', 'which').choices(TRIGGERED_MESSAGES).makeOptionMandatory())
    .option('--evse <number>', 'of this EVSE', evse)
    .action((station: string, options: PlaceOptions & { readonly message: string }) =>
      give(station, options, { kind: 'trigger', message: options.message, evse: options.evse ?? null }),
    )
  add(
    'availability <station>',
    'put into operation, or take out of it',
    'availability HAT-0417 --off --reason "works on the grid"',
  )
    .addOption(new Option('--on', 'into operation').default(false))
    .addOption(new Option('--off', 'out of operation').default(false).conflicts('on'))
    .option('--evse <number>', 'only this EVSE', evse)
    .action((station: string, options: PlaceOptions & { readonly on: boolean; readonly off: boolean }) => {
      if (options.on === options.off) throw exitError(2, 'say --on or --off')
      return give(station, options, { kind: 'availability', evse: options.evse ?? null, operative: options.on })
    })
}

function addConfiguration(add: Add, io: CommandIo): void {
  add(
    'get <station> [name...]',
    'read settings; without names all of them (OCPP 1.6)',
    'get HAT-0417 OCPPCommCtrlr.HeartbeatInterval --reason check',
  ).action((station: string, names: readonly string[], options: ByHandOptions) =>
    giveCommand(station, options, { kind: 'get-configuration', variables: names.map(variableNamed) }, io),
  )
  add('set <station> <name> <value>', 'change a setting', 'set HAT-0417 HeartbeatInterval 300 --reason "too chatty"').action(
    (station: string, name: string, value: string, options: ByHandOptions) =>
      giveCommand(station, options, { kind: 'set-configuration', variable: variableNamed(name), value }, io),
  )
}

function addRegistry(add: Add, io: CommandIo): void {
  const place = (command: Command) =>
    command
      .requiredOption('--site <id>', 'site of the registry')
      .option('--evses <number>', 'how many EVSEs it has', wholeWithin(1, EVSES_MAX), 1)
      .option('--charge <watts>', 'most power of each', wholeWithin(1, WATTS_MAX), 11_000)
      .option('--discharge <watts>', 'most it feeds back, at most 0', wholeWithin(-WATTS_MAX, 0), 0)
  place(add('add <station>', 'add a station; prints its password once', 'add HAT-0500 --site hatten --reason "new"')).action(
    async (station: string, options: AddOptions) => {
      const answer = await asking(options, pathOf(station), { method: 'PUT', body: stationBody(options) })
      io.stdout(options.json ? `${JSON.stringify(answer)}\n` : addedText(answer))
    },
  )
  place(add('accept <station>', 'let in a station that waits', 'accept HAT-0500 --site hatten --reason "seen on site"')).action(
    async (station: string, options: AddOptions) => {
      const path = `/v1/pending-stations/${encodeURIComponent(station)}`
      const answer = await asking(options, path, { method: 'PUT', body: stationBody(options) })
      io.stdout(options.json ? `${JSON.stringify(answer)}\n` : addedText(answer))
    },
  )
  add('remove <station>', 'remove a station', 'remove HAT-0500 --reason "taken down"')
    .option('--force', 'also with an open session, which ends', false)
    .action(async (station: string, options: ByHandOptions & { readonly force: boolean }) => {
      const path = `${pathOf(station)}?force=${options.force}&reason=${encodeURIComponent(options.reason)}`
      await asking(options, path, { method: 'DELETE' })
      io.stdout(options.json ? `${JSON.stringify({ station, removed: true })}\n` : `${station} is removed\n`)
    })
  add('password <station>', 'make a new password; prints it once', 'password HAT-0417 --tell --reason "monthly"')
    .option('--tell', 'set it at the station as well', false)
    .action(async (station: string, options: ByHandOptions & { readonly tell: boolean }) => {
      const body = { tell: options.tell, reason: options.reason }
      const answer = await asking(options, `${pathOf(station)}/password`, { method: 'PUT', body })
      io.stdout(options.json ? `${JSON.stringify(answer)}\n` : passwordText(answer))
      endAs((answer['told'] as { readonly outcome: string } | null)?.outcome ?? 'accepted')
    })
}

async function giveCommand(station: string, options: ByHandOptions, body: object, io: CommandIo): Promise<void> {
  const path = `${pathOf(station)}/commands/${encodeURIComponent(options.id ?? randomUUID())}`
  const answer = await asking(options, path, { method: 'PUT', body: { ...body, reason: options.reason } })
  io.stdout(options.json ? `${JSON.stringify(answer)}\n` : lineOfCommand(answer))
  endAs(String(answer['outcome']))
}

/** The outcome decides how the command ends; what it was is printed already. */
function endAs(outcome: string): void {
  if (outcome === 'no-answer') throw exitError(3, '')
  if (outcome !== 'accepted') throw exitError(1, '')
}

function stationBody({ site, evses, charge, discharge, reason }: AddOptions): object {
  const evse = { chargeMaxW: charge, chargeMinW: Math.min(charge, 1_380), dischargeMaxW: discharge }
  return { site, reason, evses: Array.from({ length: evses }, (_, i) => ({ number: i + 1, ...evse })) }
}

async function asking(server: ServerOptions, path: string, request: ApiAsked = {}): Promise<Shown> {
  const answer = await askServer(server, path, request)
  if (answer.status !== 200 && answer.status !== 204) throw exitError(1, refusalText(answer))
  return answer.text === '' ? {} : (JSON.parse(answer.text) as Shown)
}

function pathOf(station: string): string {
  return `/v1/stations/${encodeURIComponent(station)}`
}
