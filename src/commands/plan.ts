// `gegenstrom plan`: what would real charging sessions have cost at once, smart and both ways? Works offline on two CSV files.
import { basename } from 'node:path'
import type { Command } from 'commander'
import { readPriceFile } from '../../adapters/market/price-file.ts'
import { readSessionCsv, type SessionFileRefusal } from '../../adapters/session-files/session-csv.ts'
import type { FileSession } from '../../adapters/session-files/session.ts'
import { renderPlanReport } from '../../adapters/web/report/plan-report.ts'
import { NO_RELIEF } from '../../domain/settlement/fee-regime.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { PriceGap } from '../../domain/signals/price-curve.ts'
import { DAY_AHEAD_RANGE, placeText, refusalSentence, type PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { composePrices, type Tariff } from '../../domain/signals/tariff.ts'
import { ctPerKWh, inWattHours, inWatts } from '../../domain/units.ts'
import { planOffline, type OfflineSession, type OfflineSettings } from '../services/plan-offline.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput, writeOutput } from './input-file.ts'
import { numberWithin } from './number-option.ts'
import { planReportOf } from './plan-report-of.ts'
import { summaryJson, summaryText } from './plan-summary.ts'
import { progressBar } from './progress-bar.ts'

export interface PlanOptions {
  readonly prices: string
  readonly sessions: string
  readonly efficiency: number
  readonly wearCtPerKwh: number
  readonly feeCtPerKwh: number
  readonly sellFeeCtPerKwh: number
  readonly terminalCtPerKwh: number
  readonly allowGaps: boolean
  readonly report?: string
  readonly json: boolean
}

/** Adds the command to a program. Ends with 0 when planned, 1 when data is wrong or prices are missing, 2 when called wrongly. */
export function planCommand(program: Command, io: CommandIo): void {
  const cents = numberWithin(-1_000, 1_000)
  program
    .command('plan')
    .description('plan recorded charging sessions with known prices: at once, smart, and both ways')
    .requiredOption('--prices <file>', 'day-ahead prices: start,price_eur_mwh')
    .requiredOption('--sessions <file>', 'charging sessions, one a row')
    .option('--efficiency <share>', 'one way, for charging and for feeding back', numberWithin(0.3, 1), 0.93)
    .option('--wear-ct-per-kwh <ct>', 'battery wear per kWh of throughput, half in each direction', numberWithin(0, 1_000), 3)
    .option('--fee-ct-per-kwh <ct>', 'added to the price when buying', cents, 0)
    .option('--sell-fee-ct-per-kwh <ct>', 'taken off the price when feeding back', cents, 0)
    .option('--terminal-ct-per-kwh <ct>', 'worth of a kWh left in the battery at departure', cents, 0)
    .option('--allow-gaps', 'plan no power where no price is known, instead of refusing', false)
    .option('--report <file>', 'write a report as one HTML file')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', EXAMPLES)
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: PlanOptions) => runPlan(options, io))
}

const EXAMPLES = `
Examples:
  gegenstrom plan --prices prices.csv --sessions sessions.csv
  gegenstrom plan --prices prices.csv --sessions sessions.csv --fee-ct-per-kwh 12 --report plan.html
  gegenstrom plan --prices prices.csv --sessions sessions.csv --allow-gaps --json

The columns of both files are described in docs/file-formats.md; gegenstrom import makes them from other formats.
`

async function runPlan(options: PlanOptions, io: CommandIo): Promise<void> {
  const curve = readPrices(options.prices, await readInput(options.prices))
  const sessions = readSessions(options.sessions, await readInput(options.sessions), options.efficiency)
  const settings = settingsOf(options, curve)
  const bar = progressBar(io, 'planning', sessions.length)
  const planned = planOffline(sessions, { ...settings, onProgress: bar.update })
  bar.done()
  if (!planned.ok) throw exitError(1, missingPrices(options.prices, planned.refusal.gaps))
  if (options.report !== undefined)
    await writeOutput(options.report, renderPlanReport(planReportOf(planned.value, settings, options, commandLine(options))))
  io.stdout(options.json ? summaryJson(planned.value, options) : summaryText(planned.value, options))
}

function readPrices(file: string, bytes: Uint8Array): PriceCurve {
  const curve = readPriceFile({ bytes, location: basename(file), fetchedAt: 0 }, { zone: 'DE-LU', range: DAY_AHEAD_RANGE })
  if (!curve.ok) throw exitError(1, priceComplaint(file, curve.refusal))
  return curve.value
}

/** A refusal as `file:line: sentence`. */
export function priceComplaint(file: string, refusal: PriceRefusal): string {
  const line = 'place' in refusal ? refusal.place.line : undefined
  const place = line === undefined ? placeText(refusal) : ''
  return `${file}${line === undefined ? '' : `:${line}`}: ${place === '' ? '' : `${place}: `}${refusalSentence(refusal)}`
}

/** All complaints about a session file, one a line. */
export function sessionComplaints(file: string, { errors, more }: SessionFileRefusal): string {
  const lines = errors.map(({ line, message }) => `${file}:${line}: ${message}`)
  return [...lines, ...(more > 0 ? [`${file}: and ${more} more`] : [])].join('\n')
}

function readSessions(file: string, bytes: Uint8Array, efficiency: number): readonly OfflineSession[] {
  const read = readSessionCsv(bytes)
  if (!read.ok) throw exitError(1, sessionComplaints(file, read.refusal))
  if (read.value.length === 0) throw exitError(1, `${file}: there is no session in it`)
  return read.value.map((session) => offlineSession(session, efficiency))
}

function offlineSession(session: FileSession, efficiency: number): OfflineSession {
  const capacity = inWattHours(session.capacity)
  // Where the charge on arrival is unknown the car came with what the charger had to add, and never with less than nothing.
  const missing = ((session.energy === null ? 0 : inWattHours(session.energy)) * efficiency) / capacity
  const socStart = session.socStart ?? Math.max(0, session.socTarget - missing)
  return {
    session: session.session,
    vehicle: session.vehicle,
    pluggedAt: session.pluggedAt,
    unpluggedAt: session.unpluggedAt,
    capacity,
    start: socStart * capacity,
    target: session.socTarget * capacity,
    minimum: session.socMin * capacity,
    maxCharge: inWatts(session.maxCharge),
    maxDischarge: inWatts(session.maxDischarge),
  }
}

function settingsOf(options: PlanOptions, curve: PriceCurve): OfflineSettings {
  const { buy, sell } = composePrices(curve.prices, feesOf(options), NO_RELIEF)
  const begin = process.hrtime.bigint()
  return {
    buy,
    sell,
    efficiency: options.efficiency,
    wear: options.wearCtPerKwh * 1_000,
    terminal: options.terminalCtPerKwh * 1_000,
    allowGaps: options.allowGaps,
    micros: () => Number(process.hrtime.bigint() - begin) / 1_000,
  }
}

function feesOf({ feeCtPerKwh, sellFeeCtPerKwh }: PlanOptions): Tariff {
  const fee = { kind: 'service', windows: [], from: null, until: null, provenance: 'command line' } as const
  return {
    name: 'command line',
    vatRate: 0,
    components: [
      { ...fee, name: 'fee', on: 'buying', price: ctPerKWh(feeCtPerKwh) },
      { ...fee, name: 'sell fee', on: 'selling', price: ctPerKWh(sellFeeCtPerKwh) },
    ],
  }
}

/** Dates named at most. */
const DATES_MAX = 60

function missingPrices(file: string, gaps: readonly PriceGap[]): string {
  const dates = gaps.slice(0, DATES_MAX).map(({ date, slots }) => `${date} (${slots} quarter-hours)`)
  const more = gaps.length > DATES_MAX ? ` and ${gaps.length - DATES_MAX} more days` : ''
  return `${file}: no price while cars are plugged in on ${dates.join(', ')}${more}; add --allow-gaps to plan without power there`
}

/** The call as one would repeat it; defaults are spelt out, for they are part of the result. */
function commandLine(options: PlanOptions): string {
  const words = [
    'gegenstrom plan',
    `--prices ${shellWord(options.prices)}`,
    `--sessions ${shellWord(options.sessions)}`,
    `--efficiency ${options.efficiency}`,
    `--wear-ct-per-kwh ${options.wearCtPerKwh}`,
    `--fee-ct-per-kwh ${options.feeCtPerKwh}`,
    `--sell-fee-ct-per-kwh ${options.sellFeeCtPerKwh}`,
    `--terminal-ct-per-kwh ${options.terminalCtPerKwh}`,
    ...(options.allowGaps ? ['--allow-gaps'] : []),
    ...(options.report === undefined ? [] : [`--report ${shellWord(options.report)}`]),
  ]
  return words.join(' ')
}
function shellWord(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
