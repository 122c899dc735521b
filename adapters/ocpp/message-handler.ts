// What becomes of a message of one station: its events go to the core, and it gets its answer when the core has them.
import type { StationId } from '../../domain/registry/identity.ts'
import {
  isNotRecorded,
  type ReceiveStationEvent,
  type StationEvent,
  type StationReply,
} from '../../domain/ports/charge-points.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { TokenFilter } from './hide-tokens.ts'
import type { EventBody, Inbound, InboundHandler } from './inbound.ts'
import type { Outbound } from './outbound.ts'
import { RpcError } from './rpc/error-code.ts'
import { TRANSACTIONS_MAX, type StationMemory } from './station-memory.ts'

export interface MessageHandlerOptions {
  readonly station: StationId
  readonly inbound: ReadonlyMap<string, InboundHandler>
  readonly clock: Clock
  readonly memory: StationMemory
  readonly tokens: TokenFilter
  /** What a message means, before its tokens are hidden. */
  readonly noted: (event: EventBody, payload: object) => void
  readonly receive: ReceiveStationEvent
  readonly evseOf: (transaction: string) => number | null
  /** The message under way costs this much more than one. */
  readonly charge: (messages: number) => void
  /** What came or went could not be recorded. */
  readonly onLost: () => void
  /** The core has judged a boot of it, and it has its answer. */
  readonly onBoot: (isAccepted: boolean) => void
  /** To be sent behind the answer. */
  readonly deliver: (messages: readonly Outbound[]) => void
}

const MUST_ARRIVE: ReadonlySet<StationEvent['kind']> = new Set(['session-started', 'session-updated', 'session-ended'])
/** Messages a session counts for that begins or of which more becomes known: it means facts, a plan and an order. */
const SESSION_COST = 10
/** Of the readings of one message this many count for a message. */
const READINGS_A_MESSAGE = 2

/** Answers the calls of one station; throws `RpcError` for what is not served. */
export function messageHandler(options: MessageHandlerOptions): (action: string, payload: object) => Promise<object> {
  const { station, inbound: handlers, clock, memory, tokens } = options

  function tell(event: EventBody): Promise<StationReply> {
    const receivedAt = clock.now()
    // By far the most, and without a text in them.
    if (event.kind === 'readings' && event.isLast === undefined)
      return options.receive({ kind: 'readings', station, receivedAt, readings: event.readings })
    return options.receive({ ...tokens.event(event), station, receivedAt } as StationEvent)
  }

  /** What a message means; throws `RpcError` for what is not served. */
  function understood(action: string, payload: object): Inbound {
    if (memory.evseOf.size > TRANSACTIONS_MAX) memory.evseOf.clear()
    tokens.heard(payload)
    const values: string[] = []
    const inbound = handlers.get(action)?.(payload, {
      station,
      now: clock.now(),
      elapsed: clock.elapsed(),
      memory,
      evseOf: options.evseOf,
      impossible: (what) => void values.push(what),
    })
    if (inbound === undefined) throw new RpcError('not-supported', `${action} is not served`)
    options.charge(costOf(inbound.events))
    for (const event of inbound.events) options.noted(event, payload)
    // Last, so that the replies before it stay in their places.
    return values.length === 0
      ? inbound
      : { ...inbound, events: [...inbound.events, { kind: 'impossible-values', action, values }] }
  }

  /** Waits for the core and builds the answer. Of the message it holds on to no more than it is given. */
  async function finished({ told, mustArrive, boot, answer, afterwards }: UnderWay): Promise<object> {
    let replies: readonly StationReply[]
    try {
      const reply = await told
      replies = isList(reply) ? reply : [reply]
    } catch (error) {
      // Stations give a message up after a few errors. What came or went must not get lost, so it gets no answer: a station keeps it until it has one (F12).
      if (mustArrive && isNotRecorded(error)) options.onLost()
      throw error
    }
    if (boot >= 0 || afterwards !== undefined)
      behindAnswer(() => {
        if (boot >= 0) options.onBoot(replies[boot]!.accepted)
        if (afterwards !== undefined) options.deliver(afterwards)
      })
    // A step may have been noticed meanwhile; stations set their clocks by what they read here.
    return answer(replies, clock.now())
  }

  return (action, payload) => {
    try {
      const { events, answer, afterwards } = understood(action, payload)
      return finished({
        // One event after the other; a reply for each.
        told: events.length === 1 ? tell(events[0]!) : Promise.all(events.map(tell)),
        mustArrive: events.some(({ kind }) => MUST_ARRIVE.has(kind)),
        boot: events.findIndex(({ kind }) => kind === 'booted'),
        answer,
        afterwards,
      })
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }
}

/** A message the core has been told of. */
interface UnderWay {
  readonly told: Promise<StationReply | readonly StationReply[]>
  readonly mustArrive: boolean
  /** The place of a boot among its events; negative where there is none. */
  readonly boot: number
  readonly answer: Inbound['answer']
  readonly afterwards: readonly Outbound[] | undefined
}

function isList(reply: StationReply | readonly StationReply[]): reply is readonly StationReply[] {
  return Array.isArray(reply)
}

/** The answer leaves in the next of the steps that promises take; this runs some steps later. */
function behindAnswer(run: () => void): void {
  void Promise.resolve()
    .then(() => Promise.resolve())
    .then(run)
}

/** What a message costs beyond one, in messages: as much as it means for the journal, so that its growth is bounded by what a station may send. */
function costOf(events: readonly EventBody[]): number {
  let cost = 0
  for (const event of events)
    if (event.kind === 'session-started' || event.kind === 'session-updated') cost += SESSION_COST
    else if (event.kind === 'readings') cost += Math.max(0, event.readings.length - 1) / READINGS_A_MESSAGE
  return cost
}
