// What a message of a station becomes: events for the core, and the answer that is built from its replies.
import type { StationEvent, StationReply } from '../../domain/ports/charge-points.ts'
import type { Outbound } from './outbound.ts'
import type { Impossible } from './possible-number.ts'
import type { StationMemory } from './station-memory.ts'

/** An event without what the link adds. */
export type EventBody = StationEvent extends infer Event
  ? Event extends StationEvent
    ? Omit<Event, 'station' | 'receivedAt'>
    : never
  : never

export interface Inbound {
  /** Handed to the core in this order. */
  readonly events: readonly EventBody[]
  /** Builds the answer from the core's replies, one per event, and the time at which it is given, epoch ms. */
  readonly answer: (replies: readonly StationReply[], now: number) => object
  /** To be sent once this has been answered. */
  readonly afterwards?: readonly Outbound[]
}
export interface InboundContext {
  readonly station: string
  /** Epoch ms. */
  readonly now: number
  /** Passed time of the clock, ms; no step of the clock moves it. */
  readonly elapsed: number
  readonly memory: StationMemory
  /** EVSE of a transaction as the core knows it, for messages that leave it out: that of its session, or the only one of the station; null where nobody can say. */
  readonly evseOf: (transaction: string) => number | null
  readonly impossible: Impossible
}
/** Reads one message; its payload fits the schema of its action. */
export type InboundHandler = (payload: object, context: InboundContext) => Inbound

/** Events whose replies change nothing about the answer, which is empty. */
export function plain(events: readonly EventBody[]): Inbound {
  return { events, answer: nothingMore }
}
/** An empty answer. */
export function nothingMore(): object {
  return {}
}
/** Acknowledges a message without consequence here. */
export const acknowledged: InboundHandler = () => plain([])
