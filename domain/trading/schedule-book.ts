// Keeps the schedules of every day with all their versions, and decides what a new one may change.
import { assert, ok, refused, type Result } from '../result.ts'
import { dayOf, type DeliveryDay } from '../time/delivery-day.ts'
import { later, slotAt, startOf, type Slot } from '../time/slot.ts'
import type { Energy } from '../units.ts'
import { portfolioKey, type Portfolio, type Schedule, type Trade } from './schedule.ts'

/** Why a schedule is not accepted, with the facts to mend it. Positions count from 1 within the day. */
export type ScheduleRefusal =
  | { readonly kind: 'unknown-portfolio' }
  | { readonly kind: 'wrong-count'; readonly expected: number; readonly got: number }
  | { readonly kind: 'version-outdated'; readonly current: number }
  | { readonly kind: 'version-conflict'; readonly version: number }
  | { readonly kind: 'gate-closed'; readonly positions: readonly number[] }
  | { readonly kind: 'implausible'; readonly positions: readonly number[]; readonly most: Energy }
  | { readonly kind: 'too-many-versions'; readonly most: number }
  | { readonly kind: 'too-far'; readonly days: number }
  | { readonly kind: 'book-full'; readonly most: number }

/** What was accepted. */
export interface ScheduleReceipt {
  readonly schedule: Schedule
  /** It was there already, word for word: nothing has changed. */
  readonly isRepeated: boolean
  /** Positions whose energy differs from the version before. */
  readonly changed: readonly number[]
}

/** Why a deal is not accepted. */
export type TradeRefusal =
  | { readonly kind: 'unknown-portfolio' }
  | { readonly kind: 'version-outdated'; readonly current: number }
  | { readonly kind: 'version-conflict'; readonly version: number }
  | { readonly kind: 'book-full'; readonly most: number }

/** State of all schedules and deals; changed by the functions below only. */
export interface ScheduleBook {
  /** Versions of a day by portfolio and date, oldest first. */
  readonly schedules: Map<string, Schedule[]>
  /** Deals by portfolio, then by id, the version in force. */
  readonly trades: Map<string, Map<string, Trade>>
}
export interface GateRules {
  readonly now: number
  /** A quarter-hour closes this long before it begins, ms. */
  readonly gateMs: number
  /** The largest energy of a quarter-hour that makes sense for the portfolio, either way; null for a portfolio nobody knows. */
  readonly most: Energy | null
}

export const VERSIONS_MAX = 1_000
/** All days and portfolios together. */
export const SCHEDULES_MAX = 20_000
/** Nobody sells further ahead: a year and a bit. */
export const AHEAD_DAYS_MAX = 400
export const TRADES_MAX = 200_000
/** Schedules and deals of days longer ago are forgotten; the journal keeps them. */
const KEPT_DAYS = 60

export function emptyBook(): ScheduleBook {
  return { schedules: new Map(), trades: new Map() }
}

/** Whether a schedule may be taken, and what it changes. Does not take it. */
export function judgeSchedule(
  book: ScheduleBook,
  schedule: Schedule,
  { now, gateMs, most }: GateRules,
): Result<ScheduleReceipt, ScheduleRefusal> {
  if (most === null) return refused({ kind: 'unknown-portfolio' })
  const { day, energy, version } = schedule
  if (day.first > slotAt(now) + AHEAD_DAYS_MAX * 96) return refused({ kind: 'too-far', days: AHEAD_DAYS_MAX })
  if (energy.length !== day.slots) return refused({ kind: 'wrong-count', expected: day.slots, got: energy.length })
  const versions = versionsOf(book, schedule.portfolio, day)
  const before = versions.at(-1) ?? null
  const same = versions.find((other) => other.version === version)
  if (same !== undefined)
    return same.message === schedule.message && same.energy.every((value, i) => value === energy[i])
      ? ok({ schedule: same, isRepeated: true, changed: [] })
      : refused({ kind: 'version-conflict', version })
  if (before !== null && version < before.version) return refused({ kind: 'version-outdated', current: before.version })
  if (versions.length >= VERSIONS_MAX) return refused({ kind: 'too-many-versions', most: VERSIONS_MAX })
  let held = 0
  for (const known of book.schedules.values()) held += known.length
  if (held >= SCHEDULES_MAX) return refused({ kind: 'book-full', most: SCHEDULES_MAX })
  const implausible = positionsWhere(energy, (value) => value !== null && Math.abs(value) > most)
  if (implausible.length > 0) return refused({ kind: 'implausible', positions: implausible, most })
  const changed = positionsWhere(energy, (value, i) => value !== (before?.energy[i] ?? null))
  const closed = changed.filter((position) => isClosed(later(day.first, position - 1), now, gateMs))
  if (closed.length > 0) return refused({ kind: 'gate-closed', positions: closed })
  return ok({ schedule, isRepeated: false, changed })
}

/** Whether the gate of a quarter-hour has closed. */
export function isClosed(slot: Slot, now: number, gateMs: number): boolean {
  return startOf(slot) - gateMs <= now
}

/** Takes a schedule that was judged good, at epoch ms; an older version after a newer one changes nothing (I10). */
export function takeSchedule(book: ScheduleBook, schedule: Schedule, at: number): void {
  const key = dayKey(schedule.portfolio, schedule.day)
  const versions = book.schedules.get(key) ?? []
  if (versions.some(({ version }) => version >= schedule.version)) return
  book.schedules.set(key, [...versions, schedule])
  forget(book, slotAt(at))
}

/** Whether a deal may be taken. */
export function judgeTrade(
  book: ScheduleBook,
  trade: Trade,
  isKnown: boolean,
): Result<{ readonly isRepeated: boolean }, TradeRefusal> {
  if (!isKnown) return refused({ kind: 'unknown-portfolio' })
  const before = book.trades.get(portfolioKey(trade.portfolio))?.get(trade.id)
  if (before === undefined)
    return tradeCount(book) >= TRADES_MAX ? refused({ kind: 'book-full', most: TRADES_MAX }) : ok({ isRepeated: false })
  if (trade.version < before.version) return refused({ kind: 'version-outdated', current: before.version })
  if (trade.version > before.version) return ok({ isRepeated: false })
  const isSame =
    trade.market === before.market &&
    trade.first === before.first &&
    trade.price === before.price &&
    trade.energy.length === before.energy.length &&
    trade.energy.every((energy, i) => energy === before.energy[i])
  return isSame ? ok({ isRepeated: true }) : refused({ kind: 'version-conflict', version: trade.version })
}

/** Takes a deal that was judged good, at epoch ms. */
export function takeTrade(book: ScheduleBook, trade: Trade, at: number): void {
  const key = portfolioKey(trade.portfolio)
  const own = book.trades.get(key) ?? new Map<string, Trade>()
  book.trades.set(key, own)
  const before = own.get(trade.id)
  if (before === undefined || trade.version > before.version) own.set(trade.id, trade)
  // Looked at now and then only: all deals are gone through for it.
  if (own.size % 1_000 === 0) forget(book, slotAt(at))
}

/** All versions of a day, oldest first. */
export function versionsOf(book: ScheduleBook, portfolio: Portfolio, day: DeliveryDay): readonly Schedule[] {
  return book.schedules.get(dayKey(portfolio, day)) ?? []
}

/** The schedule in force for a day. */
export function scheduleInForce(book: ScheduleBook, portfolio: Portfolio, day: DeliveryDay): Schedule | null {
  return versionsOf(book, portfolio, day).at(-1) ?? null
}

/** What is sold by slot, Wh; null where no schedule in force says anything. */
export function positionInForce(
  book: ScheduleBook,
  portfolio: Portfolio,
  first: Slot,
  slots: number,
): readonly (Energy | null)[] {
  const position = new Array<Energy | null>(slots).fill(null)
  for (let t = 0; t < slots;) {
    const day = dayOf(later(first, t))
    const schedule = scheduleInForce(book, portfolio, day)
    const end = Math.min(slots, day.first + day.slots - first)
    for (; t < end; t++) position[t] = schedule?.energy[first + t - day.first] ?? null
  }
  return position
}

/** What was dealt by slot of a day, on one market or on all, Wh; null without any deal in the quarter-hour. */
export function tradedIn(
  book: ScheduleBook,
  portfolio: Portfolio,
  day: DeliveryDay,
  market?: Trade['market'],
): readonly (Energy | null)[] {
  const traded = new Array<Energy | null>(day.slots).fill(null)
  for (const trade of book.trades.get(portfolioKey(portfolio))?.values() ?? []) {
    if (market !== undefined && trade.market !== market) continue
    trade.energy.forEach((energy, i) => {
      const at = trade.first + i - day.first
      if (at >= 0 && at < day.slots) traded[at] = ((traded[at] ?? 0) + energy) as Energy
    })
  }
  return traded
}

function forget(book: ScheduleBook, today: Slot): void {
  for (const [key, versions] of book.schedules) if (today - versions[0]!.day.first > KEPT_DAYS * 96) book.schedules.delete(key)
  for (const own of book.trades.values()) for (const [id, trade] of own) if (today - trade.first > KEPT_DAYS * 96) own.delete(id)
}

function dayKey(portfolio: Portfolio, { date, zone }: DeliveryDay): string {
  return JSON.stringify([portfolio.balanceGroup, portfolio.controlArea, date, zone])
}
function tradeCount({ trades }: ScheduleBook): number {
  let count = 0
  for (const own of trades.values()) count += own.size
  return count
}
function positionsWhere<Value>(values: readonly Value[], holds: (value: Value, i: number) => boolean): readonly number[] {
  assert(values.length <= 100, 'a day has at most 100 quarter-hours')
  return values.flatMap((value, i) => (holds(value, i) ? [i + 1] : []))
}
