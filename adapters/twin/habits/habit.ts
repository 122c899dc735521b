// What a habit of real stations is: a name, a sentence, and a manner of speaking and acting that is put around a twin station.
import type { OcppDialect } from '../../../domain/registry/station.ts'
import type { ChargePoint } from '../charge-point.ts'
import type { Roll } from '../dice.ts'
import type { BootReason, Message, StopReason, Transaction } from '../session-message.ts'
import type { StationConfig } from '../twin-fleet.ts'

/** What habits may concern; two habits about the same thing do not go together on one station. */
export type Topic =
  | 'token'
  | 'evse'
  | 'order'
  | 'status'
  | 'meter'
  | 'time'
  | 'spelling'
  | 'identity'
  | 'unit'
  | 'periods'
  | 'purpose'
  | 'kind'
  | 'levels'
  | 'digits'
  | 'zero'
  | 'answers'
  | 'outside'

export interface Habit {
  readonly name: string
  readonly versions: readonly OcppDialect[]
  /** One sentence for people, without its full stop. */
  readonly sentence: string
  readonly topics: readonly Topic[]
  /** Whether a station can have it, beyond its version. */
  readonly suits?: (config: StationConfig) => boolean
  /** None of its messages tells energy: nothing can be booked of it. */
  readonly isUnmetered?: true
  /** The same station with other hardware. */
  readonly fitted?: (config: StationConfig) => StationConfig
  /** The manner of one station. */
  readonly manner?: (world: HabitWorld) => Manner
}

/** One way of being different; what is left out stays as it is. */
export interface Manner {
  /** What is sent in place of a message: changed, several, or nothing. */
  readonly says?: (message: Message) => readonly Message[]
  /** Answers a command; `usual` is what the station does otherwise. */
  readonly hears?: (action: string, payload: object, usual: () => object | Promise<object>) => object | Promise<object>
  /** A frame as it leaves, after everything was checked. */
  readonly writes?: (text: string) => string
  /** The order in which what waited offline is told. */
  readonly queues?: (waiting: readonly Message[]) => readonly Message[]
  readonly identity?: (station: string) => string
  readonly clockAheadMs?: number
  /** Connected and accepted. */
  readonly online?: () => void
  readonly began?: (transaction: Transaction) => void
  /** Called at every meter reading of a transaction. */
  readonly read?: () => void
  /** Settings that differ from the usual ones, as `settingsOf` names them. */
  readonly settings?: ReadonlyMap<string, string>
}

/** What a habit knows about its station and can make it do. */
export interface HabitWorld {
  readonly config: StationConfig
  readonly point: ChargePoint
  readonly chance: Roll
  readonly now: () => number
  /** Sets the timer of a key to an instant, epoch ms. */
  readonly timer: (key: string, at: number, run: () => void) => void
  /** Sends something of its own; habits that come later in the chain still change it. */
  readonly send: (message: Message) => void
  readonly stop: (reason: StopReason) => void
  /** Begins a transaction where a car is plugged in and none runs. */
  readonly start: () => void
  readonly cut: () => void
  readonly restore: () => void
  readonly reboot: (reason: BootReason) => void
}

export const ALL_VERSIONS: readonly OcppDialect[] = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1']
export const VERSIONS_2: readonly OcppDialect[] = ['ocpp2.0.1', 'ocpp2.1']

/** The same message with another payload. `change` must always give the same, for a message may be sent again. */
export function reworded(message: Message, change: (payload: Wire) => object): Message {
  return { ...message, payload: () => change(message.payload() as Wire) }
}
/** Fields of a payload, unchecked. */
export type Wire = Readonly<Record<string, unknown>>

/** A message of a habit's own that is lost when there is no connection. */
export function remark(action: string, payload: object): Message {
  return { action, payload: () => payload, isTransactional: false }
}
/** The same payload without some of its fields. */
export function without(payload: Wire, ...fields: readonly string[]): Wire {
  return Object.fromEntries(Object.entries(payload).filter(([field]) => !fields.includes(field)))
}
