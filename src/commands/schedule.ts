// `gegenstrom schedule`: the schedule of a day out of a running server as CSV, and a changed file back into it.
import { basename } from 'node:path'
import type { Command } from 'commander'
import { readScheduleCsv, type ScheduleSeries } from '../../adapters/market/read-schedule-csv.ts'
import { later, startOf } from '../../domain/time/slot.ts'
import { localTimeText } from '../../domain/time/delivery-day.ts'
import { askServer, refusalText, withServer, type ServerOptions } from './api-client.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput, writeOutput } from './input-file.ts'
import { wholeWithin } from './number-option.ts'

interface ExportOptions extends ServerOptions {
  readonly revision?: number
  readonly out?: string
  readonly json: boolean
}
interface ImportOptions extends ServerOptions {
  readonly revision?: number
  readonly message?: string
  readonly dryRun: boolean
  readonly json: boolean
}
interface DiffOptions extends ServerOptions {
  readonly json: boolean
}

/** What the server holds of a day. */
interface Held {
  readonly version: number
  readonly etag: string
  readonly slots: readonly { readonly energyWh: number | null; readonly isOpen: boolean }[]
}
/** A quarter-hour in which the cars cannot do what is sold. */
interface Warning {
  readonly position: number
  readonly leastWh: number
  readonly mostWh: number
}
interface Change {
  readonly position: number
  readonly start: string
  readonly fromWh: number | null
  readonly toWh: number | null
  readonly isOpen: boolean
}

const VERSION_MAX = 2 ** 31 - 1
const PLACE = /^([^/]{1,128})\/(50Hertz|Amprion|TenneT|TransnetBW)$/

/** Adds the commands to a program. End with 0 when done, 1 when the file or the server refuses, 2 when called wrongly. */
export function scheduleCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program.command('schedule').description('sold schedules of a running server, as files')
  group.exitOverride(usageExit).configureOutput(output)
  const add = (usage: string, description: string, example: string) =>
    withServer(group.command(usage).description(description))
      .option('--json', 'print one JSON object', false)
      .addHelpText(
        'after',
        `\nExample:\n  gegenstrom schedule ${example}\n\nThe key needs the role trader; the format is described in docs/file-formats.md.\n`,
      )
      .exitOverride(usageExit)
      .configureOutput(output)
  add('export <place> <day>', 'the schedule in force for a day as CSV', 'export my-group/TenneT 2025-10-27 --out day.csv')
    .option('--revision <number>', 'an earlier version', wholeWithin(1, VERSION_MAX))
    .option('--out <file>', 'write here instead of to the terminal')
    .action((place: string, day: string, options: ExportOptions) => exportSchedule(place, day, options, io))
  add(
    'import <place> <file>',
    'send a file as a new version, and show what it changes',
    'import my-group/TenneT day.csv --dry-run',
  )
    .option('--revision <number>', 'number of the new version (default: one more than in force)', wholeWithin(1, VERSION_MAX))
    .option('--message <text>', 'your name for the message, at most 128 letters (default: the name of the file)')
    .option('--dry-run', 'only show what it would change', false)
    .action((place: string, file: string, options: ImportOptions) => importSchedule(place, file, options, io))
  add('diff <place> <file>', 'what a file would change', 'diff my-group/TenneT day.csv').action(
    (place: string, file: string, options: DiffOptions) => diffSchedule(place, file, options, io),
  )
}

async function exportSchedule(place: string, day: string, options: ExportOptions, io: CommandIo): Promise<void> {
  const version = options.revision === undefined ? '' : `?version=${options.revision}`
  const path = `${dayPath(place, day)}${options.json ? '' : '/csv'}${version}`
  const answer = await askServer(options, path)
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  if (options.out === undefined) io.stdout(options.json ? `${answer.text}\n` : answer.text)
  else {
    await writeOutput(options.out, answer.text)
    io.stderr(`wrote ${options.out}\n`)
  }
}

async function importSchedule(place: string, file: string, options: ImportOptions, io: CommandIo): Promise<void> {
  const series = await seriesOf(file)
  const path = dayPath(place, series.day.date)
  const held = await heldBy(options, path)
  const changes = changesOf(held, series)
  const version = options.revision ?? (held?.version ?? 0) + 1
  const tell = (isSent: boolean, warnings: readonly Warning[] | null = []) => {
    const inForce = isSent ? version : (held?.version ?? null)
    if (options.json) io.stdout(`${JSON.stringify({ day: series.day.date, version: inForce, isSent, changes, warnings })}\n`)
    else {
      const notSent = changes.length === 0 ? 'nothing to send' : `not sent${closedText(changes)}`
      io.stdout(table(series, changes, isSent ? `sent as version ${version}` : notSent) + warningText(series, warnings))
    }
  }
  if (options.dryRun || (changes.length === 0 && held !== null)) return tell(false)
  const answer = await askServer(options, path, {
    method: 'PUT',
    body: { message: options.message ?? basename(file).slice(0, 128), version, energyWh: series.energy },
    // What was shown as changed is what will change, or nothing will.
    ...(held === null ? {} : { ifMatch: held.etag }),
  })
  if (answer.status !== 200) throw exitError(1, `${file}: ${refusalText(answer)}`)
  tell(true, (JSON.parse(answer.text) as { readonly warnings: readonly Warning[] | null }).warnings)
}

async function diffSchedule(place: string, file: string, options: DiffOptions, io: CommandIo): Promise<void> {
  const series = await seriesOf(file)
  const held = await heldBy(options, dayPath(place, series.day.date))
  const changes = changesOf(held, series)
  const version = held?.version ?? null
  if (options.json) io.stdout(`${JSON.stringify({ day: series.day.date, version, changes })}\n`)
  else io.stdout(table(series, changes, version === null ? 'no version is in force' : `against version ${version}`))
}

async function seriesOf(file: string): Promise<ScheduleSeries> {
  const read = readScheduleCsv(await readInput(file))
  if (read.ok) return read.value
  const { line, detail } = read.refusal
  throw exitError(1, line === 0 ? `${file}: ${detail}` : `${file}: line ${line}: ${detail}`)
}

async function heldBy(server: ServerOptions, path: string): Promise<Held | null> {
  const answer = await askServer(server, path)
  if (answer.status === 404) return null
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  return { ...(JSON.parse(answer.text) as Omit<Held, 'etag'>), etag: answer.etag ?? '*' }
}

function changesOf(held: Held | null, { day, energy }: ScheduleSeries): readonly Change[] {
  return energy.flatMap((toWh, i) => {
    const before = held?.slots[i]
    const fromWh = before?.energyWh ?? null
    const start = new Date(startOf(later(day.first, i))).toISOString()
    return fromWh === toWh ? [] : [{ position: i + 1, start, fromWh, toWh, isOpen: before?.isOpen ?? true }]
  })
}

/** What keeps a file from being taken. */
function closedText(changes: readonly Change[]): string {
  const closed = changes.filter(({ isOpen }) => !isOpen).length
  return closed === 0 ? '' : `; it would be refused, for ${closed} of them ${closed === 1 ? 'is' : 'are'} closed`
}

/** Where the cars that are plugged in now cannot do what was sent. */
function warningText({ day }: ScheduleSeries, warnings: readonly Warning[] | null): string {
  if (warnings === null) return 'whether the cars can do it could not be found out\n'
  if (warnings.length === 0) return ''
  const rows = rowsText(
    warnings,
    ({ position, leastWh, mostWh }) =>
      `${rowHead(position, startOf(later(day.first, position - 1)))}  the cars can do ${leastWh} to ${mostWh} Wh`,
  )
  return `taken, but beyond what the cars that are plugged in now can do in ${warnings.length} quarter-hours:\n${rows}`
}

/** Longer tables hide what matters; --json has all. */
const ROWS_MAX = 40

function table({ day }: ScheduleSeries, changes: readonly Change[], end: string): string {
  const text = (energy: number | null) => (energy === null ? 'nothing' : `${energy} Wh`).padStart(14)
  const rows = rowsText(
    changes,
    ({ position, start, fromWh, toWh, isOpen }) =>
      `${rowHead(position, Date.parse(start))}  ${text(fromWh)} -> ${text(toWh)}${isOpen ? '' : '   closed'}`,
  )
  return `${day.date}: ${changes.length} of ${day.slots} quarter-hours change; ${end}\n${rows}`
}

function rowHead(position: number, start: number): string {
  return `  ${String(position).padStart(3)}  ${localTimeText(start)}`
}

/** A line each, and how many more there are. */
function rowsText<Row>(rows: readonly Row[], textOf: (row: Row) => string): string {
  const lines = rows.slice(0, ROWS_MAX).map(textOf)
  if (rows.length > ROWS_MAX) lines.push(`  ... and ${rows.length - ROWS_MAX} more`)
  return lines.map((line) => `${line}\n`).join('')
}

function dayPath(place: string, day: string): string {
  const found = PLACE.exec(place)
  if (found === null) throw exitError(2, `${place}: a portfolio is written GROUP/AREA, such as my-group/TenneT`)
  return `/v1/schedules/${encodeURIComponent(found[1]!)}/${found[2]!}/${encodeURIComponent(day)}`
}
