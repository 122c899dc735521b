// What stations tell of themselves, and what is found out about them.
import type { EvseId, StationId } from '../registry/identity.ts'
import type { ConnectorStatus, EvseStatus, QuarantineReason, StationDialect, StationLimit } from '../registry/station.ts'

export type StationFact =
  | { readonly kind: 'station-connected'; readonly station: StationId; readonly dialect: StationDialect }
  | { readonly kind: 'station-disconnected'; readonly station: StationId; readonly detail: string }
  | {
      readonly kind: 'station-booted'
      readonly station: StationId
      readonly vendor: string
      readonly model: string
      readonly firmware: string | null
    }
  /** How an EVSE stands, and what one of its connectors told. */
  | {
      readonly kind: 'evse-status'
      readonly evse: EvseId
      readonly status: EvseStatus
      readonly detail: string | null
      readonly connector?: ConnectorStatus
    }
  /** How a station as a whole stands; its EVSEs tell for themselves. */
  | { readonly kind: 'station-status'; readonly station: StationId; readonly status: EvseStatus; readonly detail: string | null }
  | {
      readonly kind: 'station-deviates'
      readonly evse: EvseId
      readonly ordered: number
      readonly measured: number
      readonly misses: number
    }
  /** Not counted on until an instant, epoch ms; entries of before name no reason: they did not follow. */
  | {
      readonly kind: 'station-quarantined'
      readonly evse: EvseId
      readonly until: number
      readonly reason?: QuarantineReason
    }
  /** Another event than a reading shows how far the clock of a station is ahead of ours, ms: what it tells is corrected by it. */
  | { readonly kind: 'station-clock'; readonly station: StationId; readonly skewMs: number }
  /** Numbers a station told that cannot be, and that were left out; recorded once in a while, however many come. */
  | { readonly kind: 'values-refused'; readonly station: StationId; readonly action: string; readonly values: readonly string[] }
  /** Something about a car failed inside: it falls back to its safe default, the others go on. Recorded once in a while. */
  | { readonly kind: 'evse-failed'; readonly evse: EvseId; readonly detail: string }
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
