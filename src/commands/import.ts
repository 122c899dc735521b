// `gegenstrom import`: turns prices and charging sessions of other formats into the documented CSV files.
import { Option, type Command } from 'commander'
import { readPriceCsv, writePriceCsv } from '../../adapters/market/price-csv.ts'
import { PRICE_FORMATS, readPriceFile, type PriceFormat } from '../../adapters/market/price-file.ts'
import { readSessionCsv, writeSessionCsv } from '../../adapters/session-files/session-csv.ts'
import type { FileSession } from '../../adapters/session-files/session.ts'
import { localText, readTrondheim } from '../../adapters/session-files/trondheim.ts'
import { gapsIn } from '../../domain/signals/price-curve.ts'
import { DAY_AHEAD_RANGE } from '../../domain/signals/price-refusal.ts'
import { endSlot } from '../../domain/time/series.ts'
import { later, startOf } from '../../domain/time/slot.ts'
import { MARKET_ZONE, zoneOffset } from '../../domain/time/zone-offset.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { eurPerMWh } from '../../domain/units.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readIfThere, readInput, writeOutput } from './input-file.ts'
import { localDate, numberWithin, wholeWithin } from './number-option.ts'
import { priceComplaint, sessionComplaints } from './offline-input.ts'

type PriceSeries = PriceCurve['prices']

interface PriceImportOptions {
  readonly format?: PriceFormat
  readonly zone: string
  readonly lowest: number
  readonly highest: number
  readonly out?: string
}
interface SessionImportOptions {
  readonly format: 'trondheim'
  readonly from?: string
  readonly to?: string
  readonly shiftDays: number
  readonly out?: string
}

/** Adds `import prices` and `import sessions` to a program. Both end with 1 when the data is wrong and with 2 when called wrongly. */
export function importCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program.command('import').description('turn prices and sessions of other formats into CSV files')
  group.exitOverride(usageExit).configureOutput(output)
  group
    .command('prices')
    .argument('<file>', 'prices as CSV, ENTSO-E A44, aWATTar or energy-charts')
    .description('read day-ahead prices and write start,price_eur_mwh')
    .addOption(new Option('--format <format>', 'told by the content when left out').choices(PRICE_FORMATS))
    .option('--zone <zone>', 'bidding zone the prices must be for', 'DE-LU')
    .option('--lowest <eur>', 'lowest plausible price, EUR/MWh', numberWithin(-100_000, 0), DAY_AHEAD_RANGE.lowest / 100)
    .option('--highest <eur>', 'highest plausible price, EUR/MWh', numberWithin(0, 100_000), DAY_AHEAD_RANGE.highest / 100)
    .option('--out <file>', 'write there instead of printing')
    .addHelpText('after', '\nExample:\n  $ gegenstrom import prices entsoe.xml --out prices.csv\n')
    .exitOverride(usageExit)
    .configureOutput(output)
    .action((file: string, options: PriceImportOptions) => importPrices(file, options, io))
  group
    .command('sessions')
    .argument('<file>', 'charging sessions')
    .description('read a log of charging sessions and write sessions for plan')
    .addOption(new Option('--format <format>', 'where the log is from').choices(['trondheim']).makeOptionMandatory())
    .option('--from <date>', 'first local date of plugging in, before any shift', localDate)
    .option('--to <date>', 'last local date of plugging in, before any shift', localDate)
    .option('--shift-days <days>', 'move all local dates; 7 x n keeps the weekday', wholeWithin(-40_000, 40_000), 0)
    .option('--out <file>', 'write there instead of printing')
    .addHelpText('after', EXAMPLE)
    .exitOverride(usageExit)
    .configureOutput(output)
    .action((file: string, options: SessionImportOptions) => importSessions(file, options, io))
}

const EXAMPLE = `
Example, three weeks of 2019 on the same weekdays of 2025:
  gegenstrom import sessions --format trondheim log.csv --from 2019-10-08 --to 2019-10-28 --shift-days 2191 --out sessions.csv
`

async function importPrices(
  file: string,
  { format, zone, lowest, highest, out }: PriceImportOptions,
  io: CommandIo,
): Promise<void> {
  const range = { lowest: eurPerMWh(lowest), highest: eurPerMWh(highest) }
  const document = { bytes: await readInput(file), location: file, fetchedAt: 0 }
  const curve = readPriceFile(document, { zone, range }, format)
  if (!curve.ok) throw exitError(1, priceComplaint(file, curve.refusal))
  const { prices, market } = curve.value
  const gaps = gapsIn(prices, prices.first, endSlot(prices))
  const lost = out === undefined ? '' : lostPrices(out, await readIfThere(out), prices)
  await put(writePriceCsv(curve.value), out, io)
  const known = prices.values.filter((price) => price !== null).length
  io.stderr(`${lost}${known} quarter-hours of ${market} ${zone}\n`)
  for (const { date, slots } of gaps) io.stderr(`no price on ${date}: ${slots} quarter-hours\n`)
}

/** What a file that is replaced knew and the new one does not, in lines; a file that holds no prices has nothing to lose. */
function lostPrices(file: string, bytes: Uint8Array | null, after: PriceSeries): string {
  if (bytes === null) return ''
  const wide = { lowest: eurPerMWh(-100_000), highest: eurPerMWh(100_000) }
  const before = readPriceCsv({ bytes, location: file, fetchedAt: 0 }, { zone: '', range: wide })
  return before.ok ? lostText(file, 'quarter-hours', pricesByDay(before.value.prices), pricesByDay(after)) : ''
}
function pricesByDay({ first, values }: PriceSeries): ReadonlyMap<string, number> {
  return countByDay(values.flatMap((price, i) => (price === null ? [] : [startOf(later(first, i))])))
}

async function importSessions(file: string, options: SessionImportOptions, io: CommandIo): Promise<void> {
  const read = readTrondheim(await readInput(file), {
    from: options.from ?? null,
    to: options.to ?? null,
    shiftDays: options.shiftDays,
  })
  if (!read.ok) throw exitError(1, sessionComplaints(file, read.refusal))
  const { sessions, withoutEnd } = read.value
  if (sessions.length === 0) throw exitError(1, `${file}: there is no session in it for these dates; nothing was written`)
  const { out } = options
  const lost = out === undefined ? '' : lostSessions(out, await readIfThere(out), sessions)
  await put(writeSessionCsv(sessions, localText), out, io)
  io.stderr(`${lost}${sessions.length} sessions; ${withoutEnd} without an end left out\n`)
}

function lostSessions(file: string, bytes: Uint8Array | null, after: readonly FileSession[]): string {
  const before = bytes === null ? null : readSessionCsv(bytes)
  const byDay = (sessions: readonly FileSession[]) => countByDay(sessions.map(({ pluggedAt }) => pluggedAt))
  return before?.ok === true ? lostText(file, 'sessions', byDay(before.value), byDay(after)) : ''
}

/** How many instants each local day has. */
function countByDay(instants: readonly number[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const instant of instants) {
    const date = new Date(instant + zoneOffset(instant, MARKET_ZONE)).toISOString().slice(0, 10)
    counts.set(date, (counts.get(date) ?? 0) + 1)
  }
  return counts
}

/** A line for each day, at most so many, that a replaced file had more of. */
const DAYS_TOLD_MAX = 20
function lostText(file: string, what: string, before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string {
  const lost = [...before].filter(([date, count]) => count > (after.get(date) ?? 0))
  const lines = lost
    .slice(0, DAYS_TOLD_MAX)
    .map(([date, count]) => `${file} had ${count} ${what} on ${date}, now it has ${after.get(date) ?? 0}`)
  if (lost.length > DAYS_TOLD_MAX) lines.push(`${file} has fewer ${what} on ${lost.length - DAYS_TOLD_MAX} more days`)
  return lines.map((line) => `${line}\n`).join('')
}

async function put(text: string, out: string | undefined, io: CommandIo): Promise<void> {
  if (out === undefined) io.stdout(text)
  else await writeOutput(out, text)
}
