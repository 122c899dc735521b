// What each version of the protocol has to offer to the link: messages in become events, orders become messages.
import { LEASE_RENEWAL_MS, type OrderContent } from '../../domain/orders/order.ts'
import type { Impossible } from './possible-number.ts'
import { CALL_TIMEOUT_MS } from './rpc/rpc.ts'
import type { StationEvent, StationReply } from '../../domain/ports/charge-points.ts'
import { endSlot, valueAt, type Series } from '../../domain/time/series.ts'
import { later } from '../../domain/time/slot.ts'
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
  /** Builds the answer from the core's replies, one per event, and the time at which it is given, epoch ms. */
  readonly answer: (replies: readonly StationReply[], now: number) => object
  /** To be sent once this has been answered. */
  readonly afterwards?: readonly Outbound[]
}
/** What the link knows of one station, kept over reconnects. */
export interface StationMemory {
  /** EVSE by transaction, for messages that leave it out. */
  readonly evseOf: Map<string, number>
  /** Set-point and course as last taken by the station, by transaction. */
  readonly installed: Map<string, Installed>
}
export interface Installed {
  readonly course: Series<Power>
  /** Null while no dynamic profile is in place. */
  readonly setpoint: Power | null
  /** Elapsed ms of the clock when the core last ordered or renewed it; null once nobody knows how long ago that really was (F36). */
  readonly renewedAt: number | null
  /** The station took the course only as the default of its EVSE; it has to go with the session. */
  readonly asDefault: boolean
}
export interface InboundContext {
  readonly station: string
  readonly now: number
  readonly memory: StationMemory
  /** EVSE of a transaction as the core knows it, for messages that leave it out after a restart of this process; null when it knows neither. */
  readonly evseOf: (transaction: string) => number | null
  readonly impossible: Impossible
}
/** One message to the station, and what its answer means. */
export interface Outbound {
  readonly action: string
  readonly payload: object
  /** A status that is as good as `Accepted`. */
  readonly alsoFine?: string
  /** Sent instead when a station does not take this purpose of profile. */
  readonly otherwise?: Outbound
}
export interface Translator {
  /** Null for actions that exist but are not served here. */
  inbound(action: string, payload: object, context: InboundContext): Inbound | null
  /** Messages that bring an order into force, one after the other; everything anew where nothing is installed. */
  order(content: OrderContent, evse: number, installed: Installed | null, now: number): readonly Outbound[]
  renewal(content: OrderContent, evse: number): readonly Outbound[]
  defaultLimit(evse: number, limit: Power): Outbound
  start(evse: number, token: string, requestId: number): Outbound
  stop(transaction: string): Outbound
}

/** A station that asks for its set-point itself is answered this long after the core's last word: one renewal, and the time an answer to it may take. */
export const PULL_MAX_MS = LEASE_RENEWAL_MS + CALL_TIMEOUT_MS
/** Slots a course has to reach ahead before it is sent again only because time passes. */
const AHEAD_MIN = 48

/** Whether the station has this course already, as far as both reach: time passing is no change as long as enough of it is left. */
export function hasCourse(installed: Installed | null, { course }: OrderContent): boolean {
  if (installed === null || endSlot(installed.course) < Math.min(endSlot(course), course.first + AHEAD_MIN)) return false
  return course.values.every((value, i) => {
    const before = valueAt(installed.course, later(course.first, i))
    return before === undefined ? value === 0 : before === value
  })
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
