// What a station has to tell about a car, in words that every version of the protocol can say.
import type { StationConfig } from './twin-fleet.ts'
import type { Stay } from './commuter.ts'

/** A message to be sent; transactional ones wait for the connection, others are dropped without it. */
export interface Message {
  readonly action: string
  /** Built when it is sent, since an answer before may be part of it. */
  readonly payload: () => object
  readonly isTransactional: boolean
  /** Meter readings within a session: their order among each other does not matter. */
  readonly isReading?: boolean
  /** What it tells of a transaction; absent for everything else. */
  readonly session?: SessionPart
  /** A mistake of the meter: the registers it tells are not those it showed. */
  readonly isMistaken?: true
  /** The answer, or null when there will be none. */
  readonly answered?: (answer: object | null) => void
}
/** Place of a message in its transaction, with what the meter truly showed then. */
export interface SessionPart {
  readonly transaction: Transaction
  readonly part: 'started' | 'measured' | 'ended'
  readonly sample: Sample
}
/** What meter and car show at an instant. */
export interface Sample {
  readonly at: number
  readonly context: 'Transaction.Begin' | 'Transaction.End' | 'Sample.Clock' | 'Sample.Periodic' | 'Trigger'
  /** Signed watts. */
  readonly power: number
  readonly phases: readonly [number, number, number] | null
  readonly importedWh: number
  readonly exportedWh: number
  /** Null where the car hides it. */
  readonly soc: number | null
}
export interface Transaction {
  /** Epoch ms. */
  readonly startedAt: number
  readonly remoteStartId: number | null
  /** Id on the wire; null in 1.6 until the answer to its start. */
  id: string | null
  sequence: number
  /** Last state told. */
  chargingState: ChargingState
  needsTold: boolean
}
export type ChargingState = 'EVConnected' | 'Charging' | 'SuspendedEV' | 'SuspendedEVSE'
/** `Other`: the station ended it by itself. */
export type StopReason = 'EVDisconnected' | 'Remote' | 'DeAuthorized' | 'ImmediateReset' | 'Other'
/** What stands at the connector. */
export type ConnectorState = 'Available' | 'Occupied' | 'Unavailable'
export type BootReason = 'PowerUp' | 'RemoteReset'

/** How a version says these things. */
export interface Speech {
  boot(reason: BootReason): Message
  heartbeat(): Message
  status(state: ConnectorState, at: number): Message
  authorize(): Message
  started(transaction: Transaction, sample: Sample, isOffline: boolean): Message
  measured(transaction: Transaction, sample: Sample, stateChanged: boolean, isOffline: boolean): Message
  ended(transaction: Transaction, sample: Sample, reason: StopReason, isOffline: boolean): Message
  /** Null where the version has no such message or the car says nothing. */
  needs(stay: Stay, storedWh: number, bidirectional: boolean, at: number): Message | null
  pull(profileId: number): Message | null
  /** Id of a transaction chosen by the station; null where the other side chooses. */
  transactionId(at: number): string | null
  /** Whether an answer to an authorization or a start lets the car charge, and what it may do. */
  admission(answer: object): {
    readonly accepted: boolean
    readonly transaction: string | null
    readonly transfers: readonly string[] | null
  }
}

export const VENDOR = 'Gegenstrom'
/** Name of a station model, as it tells it at boot. */
export function modelName({ current, speech }: StationConfig): string {
  return `Twin ${current} ${speech}`
}
export const FIRMWARE = '1.0.0'

/** An instant as stations write it. */
export function wire(at: number): string {
  return new Date(at).toISOString()
}

/** State of charging, from what flows and what is asked for. */
export function chargingState(power: number, asked: number): ChargingState {
  if (Math.abs(power) >= 1) return 'Charging'
  return Math.abs(asked) >= 1 ? 'SuspendedEV' : 'SuspendedEVSE'
}
