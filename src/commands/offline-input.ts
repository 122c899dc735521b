// What commands on recorded sessions have in common: two files, what the planner assumes, and complaints with file and line.
import { basename } from 'node:path'
import type { Command } from 'commander'
import { readPriceFile } from '../../adapters/market/price-file.ts'
import { readSessionCsv, type SessionFileRefusal } from '../../adapters/session-files/session-csv.ts'
import type { FileSession } from '../../adapters/session-files/session.ts'
import { NO_RELIEF } from '../../domain/signals/fee-regime.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { PriceGap } from '../../domain/signals/price-curve.ts'
import { DAY_AHEAD_RANGE, placeText, refusalSentence, type PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { composePrices, type Tariff } from '../../domain/signals/tariff.ts'
import { ctPerKWh, inWattHours, inWatts } from '../../domain/units.ts'
import type { OfflineSession, OfflineSettings } from '../offline/plan-offline.ts'
import { exitError } from './exit.ts'
import { numberWithin } from './number-option.ts'

export interface OfflineOptions {
  readonly prices: string
  readonly sessions: string
  readonly efficiency: number
  readonly wearCtPerKwh: number
  readonly feeCtPerKwh: number
  readonly sellFeeCtPerKwh: number
  readonly terminalCtPerKwh: number
  readonly allowGaps: boolean
}

/** Adds the options to a command. */
export function withOfflineOptions(command: Command): Command {
  const cents = numberWithin(-1_000, 1_000)
  return command
    .requiredOption('--prices <file>', 'day-ahead prices: start,price_eur_mwh')
    .requiredOption('--sessions <file>', 'charging sessions, one a row')
    .option('--efficiency <share>', 'one way, for charging and for feeding back', numberWithin(0.3, 1), 0.93)
    .option('--wear-ct-per-kwh <ct>', 'battery wear per kWh of throughput, half in each direction', numberWithin(0, 1_000), 3)
    .option('--fee-ct-per-kwh <ct>', 'added to the price when buying', cents, 0)
    .option('--sell-fee-ct-per-kwh <ct>', 'taken off the price when feeding back', cents, 0)
    .option('--terminal-ct-per-kwh <ct>', 'worth of a kWh left in the battery at departure', cents, 0)
    .option('--allow-gaps', 'plan no power where no price is known, instead of refusing', false)
}

/** The options as one would type them; defaults are spelt out, for they are part of the result. */
export function offlineWords(options: OfflineOptions): readonly string[] {
  return [
    `--prices ${shellWord(options.prices)}`,
    `--sessions ${shellWord(options.sessions)}`,
    `--efficiency ${options.efficiency}`,
    `--wear-ct-per-kwh ${options.wearCtPerKwh}`,
    `--fee-ct-per-kwh ${options.feeCtPerKwh}`,
    `--sell-fee-ct-per-kwh ${options.sellFeeCtPerKwh}`,
    `--terminal-ct-per-kwh ${options.terminalCtPerKwh}`,
    ...(options.allowGaps ? ['--allow-gaps'] : []),
  ]
}

/** Prices of a file. Ends the command with 1 naming the line that is wrong. */
export function readPrices(file: string, bytes: Uint8Array): PriceCurve {
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

/** Sessions of a file. Ends the command with 1 naming every line that is wrong. */
export function readSessions(file: string, bytes: Uint8Array, efficiency: number): readonly OfflineSession[] {
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

/** What the planner is to assume, over these prices. */
export function settingsOf(options: OfflineOptions, curve: PriceCurve): OfflineSettings {
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

function feesOf({ feeCtPerKwh, sellFeeCtPerKwh }: OfflineOptions): Tariff {
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

/** The complaint about days without prices. */
export function missingPrices(file: string, gaps: readonly PriceGap[]): string {
  const dates = gaps.slice(0, DATES_MAX).map(({ date, slots }) => `${date} (${slots} quarter-hours)`)
  const more = gaps.length > DATES_MAX ? ` and ${gaps.length - DATES_MAX} more days` : ''
  return `${file}: no price while cars are plugged in on ${dates.join(', ')}${more}; add --allow-gaps to plan without power there`
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
