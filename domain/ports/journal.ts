// The journal: append-only, hash-chained, one chain per process named by node and epoch. What cannot be found there did not happen.
import type { SiteLoad } from '../fleet/live-fleet.ts'
import type { SlotsRevised } from '../fleet/revisions.ts'
import type { Envelope } from '../signals/envelope.ts'
import type { PriceCurve } from '../signals/price.ts'
import type { BalanceGroupId, EvseId, OrderId, SessionId, StationId } from '../fleet/identity.ts'
import type { ControlArea, Registry } from '../fleet/registry.ts'
import type { ChargingNeeds, Session, Wish } from '../fleet/session.ts'
import type { OrderContent, OrderState } from '../dispatch/order.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { Breach, PlanCertificate, Strategy } from '../planning/plan.ts'
import type { Quotes } from '../trading/quotes.ts'
import type { RetradeProposal } from '../trading/retrade.ts'
import type { Portfolio, Schedule, Trade } from '../trading/schedule.ts'
import type { ScheduleRefusal } from '../trading/schedule-book.ts'
import type { EvseStatus, StationDialect, StationLimit } from './charge-points.ts'
import type { Webhook } from './webhooks.ts'

/** Everything that may be recorded. Pseudonyms only; current state is rebuilt from these. */
export type Fact =
  | { readonly kind: 'started'; readonly version: string; readonly strategy: Strategy }
  | { readonly kind: 'registry-set'; readonly registry: Registry }
  | { readonly kind: 'station-connected'; readonly station: StationId; readonly dialect: StationDialect }
  | { readonly kind: 'station-disconnected'; readonly station: StationId; readonly detail: string }
  | {
      readonly kind: 'station-booted'
      readonly station: StationId
      readonly vendor: string
      readonly model: string
      readonly firmware: string | null
    }
  | { readonly kind: 'evse-status'; readonly evse: EvseId; readonly status: EvseStatus; readonly detail: string | null }
  | { readonly kind: 'session-started'; readonly session: Session }
  | { readonly kind: 'session-needs'; readonly session: SessionId; readonly needs: ChargingNeeds; readonly wish: Wish }
  | { readonly kind: 'wish-changed'; readonly session: SessionId; readonly wish: Wish }
  | { readonly kind: 'session-ended'; readonly session: SessionId; readonly endedAt: number; readonly detail: string }
  | { readonly kind: 'readings'; readonly readings: readonly Reading[] }
  /** Readings that came late have changed quarter-hours that were closed. */
  | SlotsRevised
  | { readonly kind: 'prices-received'; readonly curve: PriceCurve }
  | { readonly kind: 'prices-quarantined'; readonly source: string; readonly detail: string }
  | { readonly kind: 'envelope-received'; readonly envelope: Envelope }
  | {
      readonly kind: 'plan-published'
      readonly session: SessionId
      readonly strategy: Strategy
      readonly firstSlot: number
      readonly powerWatts: readonly number[]
      readonly cause: string
      readonly feeRegime: string
      readonly breaches: readonly Breach[]
      readonly degraded: boolean
      readonly inputHash: string
      readonly certificate: PlanCertificate | null
    }
  | {
      readonly kind: 'fleet-planned'
      readonly balanceGroup: BalanceGroupId
      readonly controlArea: ControlArea
      readonly firstSlot: number
      /** Sum of the cars by slot. */
      readonly powerWatts: readonly number[]
      readonly cars: number
      /** The plans in force stayed; value and gap are theirs. */
      readonly isKept: boolean
      readonly value: number
      readonly bound: number
      readonly gap: number
      readonly gapBeforePolish: number
      readonly sweeps: number
      readonly polishes: number
      readonly seed: number
      readonly inputHash: string
      readonly missed: { readonly cars: number; readonly energy: number }
      readonly excess: { readonly row: string; readonly slot: number; readonly power: number } | null
    }
  | { readonly kind: 'schedule-received'; readonly schedule: Schedule }
  | {
      readonly kind: 'schedule-refused'
      readonly portfolio: Portfolio
      readonly message: string
      readonly date: string
      readonly version: number
      readonly refusal: ScheduleRefusal
    }
  | { readonly kind: 'trade-received'; readonly trade: Trade }
  | { readonly kind: 'site-load-told'; readonly load: SiteLoad }
  | { readonly kind: 'quotes-received'; readonly quotes: Quotes }
  | { readonly kind: 'retrade-proposed'; readonly proposal: RetradeProposal }
  | { readonly kind: 'webhook-set'; readonly webhook: Webhook }
  | { readonly kind: 'webhook-removed'; readonly webhook: string }
  /** An event has arrived, or was given up. */
  | { readonly kind: 'webhook-settled'; readonly webhook: string; readonly delivery: string; readonly hasArrived: boolean }
  | { readonly kind: 'order-issued'; readonly order: OrderContent; readonly leaseUntil: number }
  | { readonly kind: 'order-sent'; readonly evse: EvseId; readonly order: OrderId; readonly attempt: number }
  | { readonly kind: 'order-moved'; readonly evse: EvseId; readonly order: OrderId; readonly state: OrderState }
  | {
      readonly kind: 'station-deviates'
      readonly evse: EvseId
      readonly ordered: number
      readonly measured: number
      readonly misses: number
    }
  | { readonly kind: 'station-quarantined'; readonly evse: EvseId; readonly until: number }
  /** Numbers a station told that cannot be, and that were left out; recorded once in a while, however many come. */
  | { readonly kind: 'values-refused'; readonly station: StationId; readonly action: string; readonly values: readonly string[] }
  /** Something about a car failed inside: it falls back to its safe default, the others go on. Recorded once in a while. */
  | { readonly kind: 'evse-failed'; readonly evse: EvseId; readonly detail: string }
  /** The clock that stamps these entries was set, or the machine slept: where it would have stood, and where it stands from here on, epoch ms. */
  | { readonly kind: 'clock-stepped'; readonly from: number; readonly to: number }
  /** A car told a state of charge that its meter excludes, shares of the capacity; recorded once until it is believed again or leaves (F34). */
  | {
      readonly kind: 'soc-distrusted'
      readonly session: SessionId
      readonly evse: EvseId
      readonly told: number
      readonly expected: number
      readonly toldAt: number
    }
  | { readonly kind: 'soc-believed'; readonly session: SessionId; readonly evse: EvseId }
  | {
      readonly kind: 'security-event'
      readonly station: StationId
      readonly type: string
      readonly detail: string | null
      /** It stands for so many like it since the one recorded before; for itself alone where it is left out. */
      readonly repeated?: number
    }
  /** A station does something more often than is good for the others and is slowed down; recorded once an hour at most, by station and limit. */
  | { readonly kind: 'station-limited'; readonly station: StationId; readonly limit: StationLimit }
  /** Entries `from` to `until` had been durable and were lost (null: nobody knows how many); somebody decided to go on without them. */
  | { readonly kind: 'loss-accepted'; readonly from: number; readonly until: number | null }

export interface JournalEntry {
  /** Counts from 1 within one chain, without gaps. */
  readonly sequence: number
  readonly node: string
  /** Grows with every start of the process. */
  readonly epoch: number
  /** Epoch ms by the application's clock; it goes back where that was set back (`clock-stepped`), the sequence never does. */
  readonly at: number
  readonly fact: Fact
  /** Hash of the entry before, hex; 64 zeros for the first. */
  readonly previous: string
  /** SHA-256 over everything above, hex. */
  readonly hash: string
}

export interface Journal {
  /**
   * Adds a fact at the end and returns its sequence number at once; the entry is durable when `durable(sequence)` resolves. While the journal cannot be
   * written, entries wait in memory, in their order, up to a bound: `failure` tells before it is reached, and without room this throws and adds nothing.
   */
  append(fact: Fact, at: number): number
  /** Whether anything can be appended: false when too much waits in memory for a disk that takes nothing. */
  hasRoom(): boolean
  /** Hands everything appended so far to the operating system at once: it survives the death of this process, not yet a power loss. Orders leave after it. */
  flush(): void
  /**
   * Resolves when this entry and all before it survive a power loss (one fsync serves all that wait). Rejects while the journal cannot be written: the
   * entry may still become durable later, so whoever is told no and repeats himself must be recognised.
   */
  durable(sequence: number): Promise<void>
  /** Why nothing can be recorded at the moment; null while it can, and again once the journal has healed and everything appended is durable. */
  failure(): Error | null
  /** Sequence and hash of the last entry; sequence 0 in an empty journal. */
  head(): { readonly sequence: number; readonly hash: string }
  /** The last entry that survives a power loss; it may lie before `head`, and stays there while the journal cannot be written. */
  durableHead(): { readonly sequence: number; readonly hash: string }
  /** All entries after a sequence number, oldest first. */
  read(after: number): AsyncIterable<JournalEntry>
  close(): Promise<void>
}
