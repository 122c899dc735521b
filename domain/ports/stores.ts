// The durable shadow of the live state: copies of journal, registry, sessions, plans, readings and prices for questions and for reports.
import type { PriceCurve } from '../signals/price.ts'
import type { Price } from '../units.ts'
import type { EvseId, SessionId } from '../registry/identity.ts'
import type { Registry } from '../registry/registry.ts'
import type { Session } from '../registry/session.ts'
import type { Plan } from '../planning/plan.ts'
import { assert } from '../result.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { Series } from '../time/series.ts'
import type { Slot } from '../time/slot.ts'
import type { JournalEntry } from './journal.ts'

/** Rows of one list at most; whoever wants more asks for the next page. */
const LIST_ROWS_MAX = 10_000

/** How many rows a list may have. Throws on a number nobody could mean: a store never reads without end. */
export function rowsAtMost(limit: number): number {
  assert(
    Number.isInteger(limit) && limit >= 0 && limit <= LIST_ROWS_MAX,
    `a list has at most ${LIST_ROWS_MAX} rows, not ${limit}`,
  )
  return limit
}

/** The last session of a page; the next page begins behind it, also when others began in the same instant. */
export interface SessionPosition {
  readonly startedAt: number
  readonly id: SessionId
}
/** The last reading of a page of one EVSE: what tells it from all others there. */
export type ReadingPosition = Pick<Reading, 'sampledAt' | 'transaction' | 'imported' | 'exported' | 'power' | 'soc'>

export interface JournalCopy {
  /** Adds entries by sequence number; an entry that is there already is left alone. Throws when the same sequence has another hash. */
  copy(entries: readonly JournalEntry[]): Promise<void>
  /** Sequence of the last entry copied for a node; 0 when there is none. */
  lastCopied(node: string): Promise<number>
  entries(node: string, after: number, limit: number): Promise<readonly JournalEntry[]>
}
export interface RegistryStore {
  save(registry: Registry): Promise<void>
  load(): Promise<Registry>
}
export interface SessionStore {
  /** Inserts or replaces by id. */
  save(sessions: readonly Session[]): Promise<void>
  find(session: SessionId): Promise<Session | null>
  /** Those of some sessions that there are, in one question and in no order. */
  findAll(sessions: readonly SessionId[]): Promise<readonly Session[]>
  /** Sessions that overlap [from, until), by start, newest first, those of one instant by id from the last to the first; behind a position where one is given. */
  list(from: number, until: number, limit: number, after?: SessionPosition | null): Promise<readonly Session[]>
}
export interface PlanStore {
  /** Keeps every version; one array a vehicle. */
  save(plans: readonly Plan[]): Promise<void>
  /** The plan in force: the last one issued for a session. */
  latest(session: SessionId): Promise<Plan | null>
  history(session: SessionId, limit: number): Promise<readonly Plan[]>
}
export interface ReadingStore {
  /** Idempotent by what a reading says: a repeated one changes nothing, however late; another one of the same instant is kept beside it. */
  save(readings: readonly Reading[]): Promise<void>
  /** Readings sampled in [from, until), by sampling instant, those of one instant by transaction and then by registers, power and state of charge, none first; behind a position where one is given. */
  list(evse: EvseId, from: number, until: number, limit: number, after?: ReadingPosition | null): Promise<readonly Reading[]>
  /** Drops readings sampled before an instant, epoch ms. What others are using just then may stay until the next time. */
  forget(before: number): Promise<void>
}
export interface PriceStore {
  /** Keeps every version; a newer one of the same zone and market hides the older slot by slot, but a gap never hides a price. */
  save(curve: PriceCurve): Promise<void>
  /** Prices of a zone and market in [from, until), null where none is known. */
  prices(zone: string, market: string, from: Slot, until: Slot): Promise<Series<Price | null>>
  /** Where the prices came from, newest first. */
  sources(zone: string, market: string, limit: number): Promise<readonly PriceCurve['provenance'][]>
}
/** All stores of one database. */
export interface Stores {
  readonly journal: JournalCopy
  readonly registry: RegistryStore
  readonly sessions: SessionStore
  readonly plans: PlanStore
  readonly readings: ReadingStore
  readonly prices: PriceStore
  /** Resolves when the database answers; rejects with the reason when it does not. */
  check(): Promise<void>
  close(): Promise<void>
}
