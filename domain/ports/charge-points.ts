// Charging stations as the core sees them, whatever dialect they speak: events come in, orders go out.
import type { StationId } from '../registry/identity.ts'
import type { Abilities, ProfileForm } from '../registry/abilities.ts'
import type { EvseStatus, StationDialect } from '../registry/station.ts'
import type { ChargingNeeds } from '../registry/session.ts'
import type { LimitSource, ToldPeriod } from '../signals/external-limit.ts'
import type { TokenStanding } from '../registry/token.ts'
import type { Reading } from '../telemetry/reading.ts'

/** What stations tell. `at` is the instant of the event as the station reports it; `receivedAt` is our clock. Epoch ms. */
export type StationEvent = { readonly station: StationId; readonly receivedAt: number } & (
  | { readonly kind: 'connected'; readonly dialect: StationDialect }
  | { readonly kind: 'disconnected'; readonly detail: string }
  | {
      readonly kind: 'booted'
      readonly vendor: string
      readonly model: string
      readonly serial: string | null
      readonly firmware: string | null
    }
  | { readonly kind: 'heartbeat' }
  | {
      readonly kind: 'status'
      /** 0 is the station itself. */
      readonly evse: number
      /** From 1; left out where it is the EVSE as a whole. */
      readonly connector?: number
      readonly status: EvseStatus
      readonly at: number
      readonly detail: string | null
    }
  /** Tokens of events are pseudonyms: what was presented at the station is known to the adapter only. */
  | { readonly kind: 'authorize'; readonly token: string }
  | {
      readonly kind: 'session-started'
      /** Null where the message does not tell and nobody knows: a card is shown before a cable is plugged in. */
      readonly evse: number | null
      readonly connector?: number
      /** The remote start it answers. */
      readonly remoteStartId?: number
      /** Null where the dialect leaves the choice to us (1.6): the reply names it. */
      readonly transaction: string | null
      readonly token: string | null
      readonly at: number
      /** True when the station was offline when it happened and tells it afterwards. */
      readonly offline: boolean
      /** Number of the event in its transaction (2.x). */
      readonly sequence?: number
      /** Import register at the start where the dialect gives it (1.6). */
      readonly importedWh: number | null
    }
  /** A transaction goes on, and something is told of it that its start left out. */
  | {
      readonly kind: 'session-updated'
      readonly evse: number | null
      readonly connector?: number
      readonly remoteStartId?: number
      readonly transaction: string
      readonly token: string | null
      readonly at: number
      /** As above; left out where it is told at once. */
      readonly offline?: true
      readonly sequence?: number
    }
  | {
      readonly kind: 'session-ended'
      readonly evse: number | null
      readonly transaction: string
      readonly at: number
      readonly offline?: true
      readonly detail: string
      readonly importedWh: number | null
      /** The token that ended it; whose car it was it tells only where nothing else does. */
      readonly token?: string
      /** Events of it that never came, by their numbers; left out for none. */
      readonly missed?: number
    }
  | { readonly kind: 'needs'; readonly evse: number; readonly transaction: string | null; readonly needs: ChargingNeeds }
  /** `isLast`: they come with the end of their transaction. */
  | { readonly kind: 'readings'; readonly readings: readonly Reading[]; readonly isLast?: boolean }
  | {
      readonly kind: 'security'
      readonly type: string
      readonly at: number
      readonly detail: string | null
      /** How many like it came since the one recorded before. */
      readonly repeated?: number
    }
  /** Somebody else has set a limit on the station itself, or on one EVSE of it (0: all of it together), in place of what that source had set before. */
  | {
      readonly kind: 'external-limit'
      readonly evse: number
      readonly source: LimitSource
      readonly isGridCritical: boolean
      readonly periods: readonly ToldPeriod[]
    }
  | { readonly kind: 'external-limit-cleared'; readonly evse: number; readonly source: LimitSource }
  /** What it says it can do. */
  | { readonly kind: 'abilities'; readonly abilities: Abilities }
  /** It took an order in this form. */
  | { readonly kind: 'form-taken'; readonly form: ProfileForm }
  /** Numbers in a message that cannot be; they were left out, the rest of it counts. */
  | { readonly kind: 'impossible-values'; readonly action: string; readonly values: readonly string[] }
)

/** The core's answer to an event; the adapter turns it into its dialect. */
export interface StationReply {
  readonly accepted: boolean
  /** What the registry says of the token of the event; left out where there is none. */
  readonly token?: TokenStanding
  /** 1.6: the transaction id we gave. Digits only. */
  readonly transaction?: string
  /** Needs were taken and a profile follows later (2.x `Processing`) instead of being at hand. */
  readonly processing?: boolean
  /** Whether this driver and EVSE may discharge, for the allowed energy transfer of 2.1. */
  readonly mayDischarge?: boolean
}

/**
 * The core's side: called once an event is validated; the station gets its answer when the promise resolves. Rejects with `notRecorded` while nothing
 * can be recorded: the station has to tell it again.
 */
export type ReceiveStationEvent = (event: StationEvent) => Promise<StationReply>

/** Why an event could not be taken at the moment, though nothing is wrong with it. */
export function notRecorded(detail: string): Error {
  return Object.assign(new Error(detail), { name: 'NotRecorded' })
}
/** Whether an error is such a reason. */
export function isNotRecorded(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotRecorded'
}
