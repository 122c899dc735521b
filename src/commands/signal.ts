// `gegenstrom signal`: limits and activations of a running server, set, withdrawn and listed by hand.
import { Option, type Command } from 'commander'
import { SIGNAL_RANKS } from '../../domain/signals/signal.ts'
import { askServer, refusalText, withServer, type ApiAnswer, type ServerOptions } from './api-client.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { utcOption } from './instant-option.ts'
import { wholeWithin } from './number-option.ts'

interface SetOptions extends ServerOptions {
  readonly subject: readonly string[]
  readonly rank: string
  readonly min?: number
  readonly max?: number
  readonly power?: number
  readonly from?: string
  readonly until?: string
  readonly revision?: number
  readonly authority?: string
  readonly preventive: boolean
  readonly reference: string
  readonly json: boolean
}
interface WithdrawOptions extends ServerOptions {
  readonly revision?: number
  readonly json: boolean
}
interface ListOptions extends ServerOptions {
  readonly all: boolean
  readonly json: boolean
}

/** What the server says of a signal, as far as it is shown. */
interface Told {
  readonly id: string
  readonly version: number
  readonly state: string
  readonly subjects: readonly string[]
  readonly subjectCount: number
  readonly rank: string
  readonly minW: number | null
  readonly maxW: number | null
  readonly until: string | null
  readonly authority: string
  readonly reference: string
  readonly cars: number
  readonly measuredW: number
  readonly orderedW: number
  readonly alarms: readonly string[]
}

const WATTS_MAX = 1e9
const LISTED_MAX = 1_000

/** Adds the commands to a program. End with 0 when done, 1 when the server refuses, 2 when called wrongly. */
export function signalCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program.command('signal').description('limits and activations of a running server')
  group.exitOverride(usageExit).configureOutput(output)
  const add = (usage: string, description: string, example: string) =>
    withServer(group.command(usage).description(description))
      .option('--json', 'print one JSON object', false)
      .addHelpText('after', `\nExample:\n  gegenstrom signal ${example}\n\nThe key needs the role grid or dispatcher.\n`)
      .exitOverride(usageExit)
      .configureOutput(output)
  const watts = wholeWithin(-WATTS_MAX, WATTS_MAX)
  const revision = wholeWithin(1, Number.MAX_SAFE_INTEGER)
  add('set <id>', 'set or replace one', 'set heat-wave --subject "area:VNB-1|T-3|F-2" --max 40000 --reference 4711')
    .requiredOption('--subject <name...>', 'evse:ID, site:ID, site:ID/L1, area:ID or pool:ID; several may be given')
    .addOption(new Option('--rank <rank>', 'whose word it is').choices(SIGNAL_RANKS).default('grid-limit'))
    .option('--min <watts>', 'lowest allowed power, at most 0 for a limit', watts)
    .option('--max <watts>', 'highest allowed power, at least 0 for a limit', watts)
    .option('--power <watts>', 'target of an activation: lowest and highest power at once', watts)
    .option('--from <instant>', 'beginning, such as 2026-01-15T18:00:00Z (default: now)', utcOption)
    .option('--until <instant>', 'end (default: until it is withdrawn)', utcOption)
    .option('--revision <number>', 'number of the version (default: one more than is known)', revision)
    .option('--preventive', 'by way of precaution: its minutes are counted by day', false)
    .option('--authority <text>', 'who decided it (default: the name of the key)')
    .requiredOption('--reference <text>', 'how a person finds it again')
    .action((id: string, options: SetOptions) => setSignal(id, options, io))
  add('withdraw <id>', 'lift one', 'withdraw heat-wave')
    .option('--revision <number>', 'up to this version (default: the one that is known)', revision)
    .action((id: string, options: WithdrawOptions) => withdrawSignal(id, options, io))
  add('list', 'those in force and to come', 'list --all')
    .option('--all', 'those that are over as well', false)
    .action((options: ListOptions) => listSignals(options, io))
}

async function setSignal(id: string, options: SetOptions, io: CommandIo): Promise<void> {
  const now = new Date().toISOString()
  const { min = options.power ?? null, max = options.power ?? null, from = now, until = null } = options
  const body = {
    version: options.revision ?? ((await known(id, options))?.version ?? 0) + 1,
    issuedAt: now,
    subjects: options.subject,
    rank: options.rank,
    minW: min,
    maxW: max,
    from,
    until,
    reference: options.reference,
    preventive: options.preventive,
    ...(options.authority === undefined ? {} : { authority: options.authority }),
  }
  show(await askServer(options, pathOf(id), { method: 'PUT', body }), options.json, io)
}

async function withdrawSignal(id: string, options: WithdrawOptions, io: CommandIo): Promise<void> {
  const version = options.revision ?? (await known(id, options))?.version
  if (version === undefined) throw exitError(1, `there is no signal ${id}`)
  show(await askServer(options, `${pathOf(id)}?version=${version}`, { method: 'DELETE' }), options.json, io)
}

async function listSignals(options: ListOptions, io: CommandIo): Promise<void> {
  const answer = await askServer(options, `/v1/signals?limit=${LISTED_MAX}&over=${options.all}`)
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  if (options.json) return void io.stdout(`${answer.text}\n`)
  const { signals } = JSON.parse(answer.text) as { readonly signals: readonly Told[] }
  io.stdout(signals.length === 0 ? 'no signal\n' : signals.map(lineOf).join(''))
}

async function known(id: string, server: ServerOptions): Promise<Told | null> {
  const answer = await askServer(server, pathOf(id))
  if (answer.status === 404) return null
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  return JSON.parse(answer.text) as Told
}

function show(answer: ApiAnswer, isJson: boolean, io: CommandIo): void {
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  io.stdout(isJson ? `${answer.text}\n` : lineOf(JSON.parse(answer.text) as Told))
}

function lineOf(of: Told): string {
  const bounds = `${of.minW ?? '-'} to ${of.maxW ?? '-'} W`
  const subjects = `${of.subjects[0]}${of.subjectCount > 1 ? ` and ${of.subjectCount - 1} more` : ''}`
  const end = of.until === null ? 'until withdrawn' : `until ${of.until}`
  const alarms = of.alarms.map((alarm) => `; ${alarm}`).join('')
  const effect = `${of.cars} cars take ${of.measuredW} W, ordered ${of.orderedW} W`
  return `${of.id} ${of.version}  ${of.state}  ${of.rank} ${bounds} on ${subjects} ${end}; ${effect}; ${of.authority} (${of.reference})${alarms}\n`
}

function pathOf(id: string): string {
  return `/v1/signals/${encodeURIComponent(id)}`
}
