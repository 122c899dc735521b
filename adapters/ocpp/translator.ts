// What each version of the protocol has to offer to the link: messages in become events, orders become messages.
import type { OrderContent } from '../../domain/dispatch/order.ts'
import type { StationEvent, StationReply } from '../../domain/ports/charge-points.ts'
import type { Power } from '../../domain/units.ts'

/** An event without what the link adds. */
export type EventBody = StationEvent extends infer Event
  ? Event extends StationEvent
    ? Omit<Event, 'station' | 'receivedAt'>
    : never
  : never

export interface Inbound {
  /** Handed to the core in this order. */
  readonly events: readonly EventBody[]
  /** Builds the answer from the core's replies, one per event. */
  readonly answer: (replies: readonly StationReply[]) => object
}
/** What the link knows of one station, kept over reconnects. */
export interface StationMemory {
  /** EVSE by transaction, for messages that leave it out. */
  readonly evseOf: Map<string, number>
  /** Set-point and course as last taken by the station, by transaction. */
  readonly installed: Map<string, Installed>
}
export interface Installed {
  course: string
  /** Null while no dynamic profile is in place. */
  setpoint: Power | null
}
export interface InboundContext {
  readonly station: string
  readonly now: number
  readonly memory: StationMemory
}
/** One message to the station, and what its answer means. */
export interface Outbound {
  readonly action: string
  readonly payload: object
}
export interface Translator {
  /** Null for actions that exist but are not served here. */
  inbound(action: string, payload: object, context: InboundContext): Inbound | null
  /** Messages that bring an order into force, one after the other; `fresh` installs everything anew. */
  order(content: OrderContent, evse: number, installed: Installed | null, now: number): readonly Outbound[]
  renewal(content: OrderContent, evse: number): readonly Outbound[]
  defaultLimit(evse: number, limit: Power): Outbound
  start(evse: number, token: string, requestId: number): Outbound
  stop(transaction: string): Outbound
}

/** A key that changes when a course has other limits; time passing does not change it. */
export function courseKey({ course }: OrderContent): string {
  return course.values
    .map((value, i) => (i === 0 || value !== course.values[i - 1] ? `${course.first + i}:${value}` : ''))
    .join('')
}
/** Periods of a course as seconds from its start, equal neighbours merged. */
export function periodsOf({ course }: OrderContent): readonly { readonly startPeriod: number; readonly limit: number }[] {
  return course.values.flatMap((limit, i) =>
    i > 0 && limit === course.values[i - 1] ? [] : [{ startPeriod: i * 900, limit: Number(limit) }],
  )
}
/** Ids of our profiles on a station: one family of ten an EVSE. */
export function profileIds(evse: number) {
  return { fallback: evse * 10, course: evse * 10 + 1, setpoint: evse * 10 + 2 }
}
