// Everything that happens to orders: they are issued, sent, sent again to those who forgot them, renewed, and each gets its one outcome.
import { unknownFrom } from '../../domain/live/measured-power.ts'
import { next, type OrderContent, type OrderState } from '../../domain/orders/order.ts'
import { id, stationOf, type EvseId, type OrderId, type SessionId, type StationId } from '../../domain/registry/identity.ts'
import {
  evsesOf,
  isConnected,
  liveOrder,
  openSession,
  renewalDue,
  type LiveEvse,
  type LiveFleet,
  type LiveOrder,
} from '../../domain/live/live-fleet.ts'
import type { Controllables, OrderRefusal } from '../../domain/ports/controllables.ts'

import type { Fact } from '../../domain/facts/fact.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Power } from '../../domain/units.ts'
import { TOGETHER_MS } from './lease-renewals.ts'
import type { Troubles } from './troubles.ts'
import { orderContent } from '../../domain/dispatch/wanted-orders.ts'
import { dispatcher } from '../../domain/dispatch/dispatcher.ts'
import type { PoolBand } from '../../domain/dispatch/pool-band.ts'
import { noticeFact } from '../../domain/dispatch/notice.ts'
import { isTrusted } from '../../domain/dispatch/judge.ts'
import { isFree, isOutOfCycle, reachesMinimum } from '../../domain/dispatch/place.ts'
import { isReachable, isUnseen } from '../../domain/live/reachable.ts'
import { isLeftAlone } from '../../domain/live/retry.ts'
import { refusedFacts, unansweredFacts } from '../../domain/dispatch/unanswered.ts'

/** Something to be told to a station. */
export interface Send {
  readonly station: StationId
  readonly run: () => void
  /** Called instead of `run` while nothing may leave: what still counts later is sent by a later control cycle. */
  readonly putOff?: () => void
}
/** A station's answer to an order; handled in its turn like everything that arrives. */
export interface OrderAnswer {
  readonly station: StationId
  readonly evse: EvseId
  readonly order: OrderId
  readonly renewal: boolean
  /** Steps of the clock before it was asked for. */
  readonly clockSteps: number
  readonly result: Result<unknown, OrderRefusal>
}
export interface OrderDeskOptions {
  readonly fleet: LiveFleet
  readonly controllables: Controllables
  readonly record: (fact: Fact) => void
  readonly onAnswer: (answer: OrderAnswer) => void
  /** The lease of the set-point at an EVSE is to be renewed after some ms: then `renewals` has something to send. */
  readonly onLease: (evse: EvseId, ms: number) => void
  readonly node: string
  readonly epoch: number
  readonly safeDefault: Power
  readonly troubles: Troubles
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
/** Orders that are due, and what is left to be looked at. */
export interface Issued {
  readonly sends: readonly Send[]
  /** More is to be looked at, in the next turn. */
  readonly isMore: boolean
  /** A large pool or sum is to be looked at again then, epoch ms; null for never. */
  readonly again: number | null
}
export interface OrderDesk {
  /** Takes notice of a fact that was recorded at an instant: which orders it may change. */
  notice(fact: Fact, at: number): void
  /** Signals of these subjects came, went, begin or end. */
  noticeSubjects(subjects: readonly string[], now: number): void
  /** What all cars are led by has changed: another quarter-hour has begun. */
  noticeAll(): void
  /** A control cycle begins: everything that was heard since the last one counts now. */
  heedReadings(): void
  /** Issues the orders that are due now: of the cars named first, then of a slice of those that wait. */
  issue(now: number, first?: readonly LiveEvse[]): Issued
  /** What stations have forgotten: their default limit and the order that is still alive, under its own id (F10). */
  restore(stations: ReadonlySet<StationId>, now: number): readonly Send[]
  /** Ends orders whose lease has run out. */
  expire(live: LiveEvse, now: number): void
  /** The clock was set or the machine slept: living set-points are told anew by the next control cycle instead of being renewed (F36). */
  doubt(now: number): void
  /** Names the leases that are alive, each with its time to be renewed. */
  appointLeases(now: number): void
  /** The renewals of these EVSEs' orders that are due. */
  renewals(evses: readonly EvseId[], now: number): readonly Send[]
  /** The renewal of an EVSE's order that is due, or its order that was never answered. */
  upkeep(live: LiveEvse, now: number): readonly Send[]
  /** Looks whether time alone has changed what a car is to do; it then has its turn with the next orders. Whether it fell silent, or was heard of again. */
  check(live: LiveEvse, now: number): boolean
  /** Takes an answer; whether its EVSE is counted on from now on and was not before, or the other way round. */
  settle(answer: OrderAnswer, now: number): boolean
  /** Whether somebody who waits for the room of others may have it now: orders are to be issued. */
  isRoomMade(): boolean
  /** What a pool's cars are planned for and could do instead; null for an unknown one, and before anybody was looked at. */
  poolBand(pool: string, now: number): PoolBand | null
  endSession(session: SessionId, now: number): void
}

/** Cars looked at in one go: some milliseconds. */
const LOOKED_AT_MAX = 50
/** So long after a quarantine, or after a reading has become old, a car is looked at by itself. */
const LATELY_MS = 300_000

/** The desk of one application; it changes nothing but by facts. */
export function orderDesk(options: OrderDeskOptions): OrderDesk {
  const { fleet, record, controllables, troubles } = options
  const dispatching = dispatcher(fleet, {
    controllability: (evse) => controllables.controllability(evse),
    safeDefault: options.safeDefault,
    roomFirst: true,
    onFailure: (live, error) => troubles.noteCar(live.evse.id, error),
  })
  /** Orders a station gave no answer to, or that could not leave; the next control cycle sends them again. */
  const unanswered = new Map<EvseId, OrderId>()
  /** EVSEs whose lease is being renewed: it is asked for once at a time. */
  const renewing = new Set<EvseId>()
  /** Cars nobody had heard of for too long in the last control cycle. */
  const unseen = new Set<EvseId>()

  function move(live: LiveEvse, event: Parameters<typeof next>[1]): void {
    const order = live.order
    if (order === null) return
    const state: OrderState = next(order.state, event)
    if (state !== order.state) record({ kind: 'order-moved', evse: live.evse.id, order: order.content.id, state })
  }

  function send(content: OrderContent, renewal: boolean): void {
    const { clockSteps } = fleet
    const answer = (result: OrderAnswer['result']) =>
      options.onAnswer({ station: stationOf(content.evse), evse: content.evse, order: content.id, renewal, clockSteps, result })
    ;(renewal ? controllables.renew(content) : controllables.order(content)).then(answer, (error: unknown) => {
      // Whether it has left nobody knows: it is sent again like one that got no answer.
      troubles.noteCar(content.evse, error)
      answer(refused({ kind: 'no-answer', afterMs: 0 }))
    })
  }

  function outgoing(live: LiveEvse, content: OrderContent): Send {
    return {
      station: live.evse.station,
      // What was superseded, or whose car has left, before it left is not sent.
      run: () => {
        if (isInForce(content)) send(content, false)
      },
      putOff: () => void unanswered.set(content.evse, content.id),
    }
  }

  function isInForce({ evse, id: order }: OrderContent): boolean {
    const current = fleet.evses.get(evse)?.order
    return current?.content.id === order && current.state.kind !== 'ended'
  }

  function again(live: LiveEvse, now: number): readonly Send[] {
    const order = liveOrder(live, now)
    if (order === null) return []
    record({ kind: 'order-sent', evse: live.evse.id, order: order.content.id, attempt: order.attempts + 1 })
    return [outgoing(live, order.content)]
  }

  function renewal(live: LiveEvse, content: OrderContent): Send {
    return {
      station: live.evse.station,
      run() {
        if (!isInForce(content) || renewing.has(content.evse)) return
        renewing.add(content.evse)
        send(content, true)
      },
    }
  }

  /** The renewal of a set-point that is due by then. */
  function renewalBy(live: LiveEvse, now: number, by: number): readonly Send[] {
    const order = liveOrder(live, now)
    if (order === null || order.state.kind === 'issued' || order.content.setpoint === null) return []
    return renewalDue(order) <= by && !renewing.has(live.evse.id) ? [renewal(live, order.content)] : []
  }

  function appointLease(live: LiveEvse, now: number): void {
    const order = liveOrder(live, now)
    if (order !== null && order.state.kind !== 'issued' && order.content.setpoint !== null)
      options.onLease(live.evse.id, Math.max(0, renewalDue(order) - now))
  }

  function limit(live: LiveEvse): void {
    controllables
      .setDefault(live.evse.id, options.safeDefault)
      .then((result) => {
        if (!result.ok && result.refusal.kind !== 'not-connected')
          options.log('warn', 'a station did not take its default limit', { evse: live.evse.id, refusal: result.refusal })
      })
      .catch((error: unknown) => troubles.noteCar(live.evse.id, error))
  }

  /** What single cars lead to; one that fails is left out. */
  function eachOf<One extends { readonly live: LiveEvse }>(
    all: readonly One[],
    make: (one: One) => readonly Send[],
  ): readonly Send[] {
    return all.flatMap((one) => troubles.guardCar(one.live.evse.id, () => make(one), []))
  }

  function needsOrder(live: LiveEvse, session: Session, now: number): boolean {
    if (live.plan === null) return false
    if (isOutOfCycle(fleet, live, session, now) || isFree(fleet, live, now)) return true
    if (live.order === null || live.order.state.kind === 'ended') return true
    const { setpoint } = live.order.content
    if (setpoint === null || setpoint >= 0) return false
    return isUnseen(live, session, now) || reachesMinimum(fleet, live, session, setpoint, now)
  }

  /** Whoever falls silent, or is heard of again, is led differently from now on. */
  function hasTurnedSilent({ evse: { id: evse } }: LiveEvse, isSilent: boolean): boolean {
    if (isSilent === unseen.has(evse)) return false
    if (isSilent) unseen.add(evse)
    else unseen.delete(evse)
    return true
  }

  /** Not led, or not until lately: what it does counts, and that ages. */
  function isCountedApart(live: LiveEvse, now: number): boolean {
    const { quarantinedUntil } = live
    if (!isTrusted(live, now) || (quarantinedUntil !== null && now - quarantinedUntil < LATELY_MS)) return true
    return !isConnected(fleet, live) && now - unknownFrom(live) < LATELY_MS
  }

  function take(live: LiveEvse, { content, state }: LiveOrder, { renewal, clockSteps, result }: OrderAnswer, now: number): void {
    // How long ago the station said so nobody knows any more; the order is told anew anyway.
    if (result.ok && clockSteps !== fleet.clockSteps && content.setpoint !== null)
      return void unanswered.set(live.evse.id, content.id)
    if (result.ok) {
      move(live, renewal ? { kind: 'renewed', at: now, leaseUntil: now + content.leaseMs } : { kind: 'confirmed', at: now })
      return appointLease(live, now)
    }
    switch (result.refusal.kind) {
      case 'rejected':
      case 'unsupported':
        move(live, { kind: 'refused', at: now, detail: result.refusal.detail })
        return refusedFacts(live, now).forEach(record)
      case 'no-answer':
        unanswered.set(live.evse.id, content.id)
        // What failed inside is not the station's fault.
        if (result.refusal.afterMs > 0 && state.kind !== 'ended') unansweredFacts(live, content.id, now).forEach(record)
        return
      case 'not-connected':
      case 'overtaken':
        // The order stays alive: it goes out again when the station is back, or a newer copy of it is on its way.
        return
    }
  }

  return {
    notice: (fact, at) => noticeFact(dispatching, fleet, fact, at),
    noticeSubjects: dispatching.markSubjects,
    noticeAll: dispatching.markAll,
    heedReadings: dispatching.heedAll,
    isRoomMade: dispatching.isRoomMade,
    poolBand: dispatching.poolBand,
    issue(now, first) {
      const { orders, isMore, again } = dispatching.look(now, LOOKED_AT_MAX, first)
      const sends = eachOf(orders, (wanted) => {
        const { live } = wanted
        const order = orderContent(wanted, id<OrderId>(`${options.node}-${options.epoch}-${fleet.ordersIssued + 1}`), now)
        try {
          move(live, { kind: 'superseded', at: now, by: order.id })
          record({ kind: 'order-issued', order, leaseUntil: now + order.leaseMs })
        } catch (error) {
          // What could not be recorded is still to be ordered: with the next look.
          dispatching.mark(live)
          throw error
        }
        return [outgoing(live, order)]
      })
      return { sends, isMore, again }
    },
    restore(stations, now) {
      const own = [...stations].flatMap((station) => evsesOf(fleet, station))
      return eachOf(
        own.map((live) => ({ live })),
        ({ live }) => [
          { station: live.evse.station, run: () => limit(live) },
          // What was issued in this very instant goes out anyway.
          ...(live.order !== null && live.order.content.issuedAt !== now ? again(live, now) : []),
        ],
      )
    },
    expire: (live, now) => move(live, { kind: 'time-passed', at: now }),
    doubt(now) {
      for (const live of fleet.evses.values()) {
        const order = liveOrder(live, now)
        if (order !== null && order.content.setpoint !== null) unanswered.set(live.evse.id, order.content.id)
      }
    },
    appointLeases(now) {
      for (const live of fleet.evses.values()) appointLease(live, now)
    },
    renewals: (evses, now) =>
      evses.flatMap((evse) => {
        const live = fleet.evses.get(evse)
        return live === undefined ? [] : troubles.guardCar(evse, () => renewalBy(live, now, now + TOGETHER_MS), [])
      }),
    upkeep(live, now) {
      return troubles.guardCar(
        live.evse.id,
        () => {
          const order = liveOrder(live, now)
          const isOwed = order?.state.kind === 'issued' && unanswered.get(live.evse.id) === order.content.id
          if (isOwed && isLeftAlone(live, now)) return []
          // What is not alive any more is forgotten, what goes out now is answered anew.
          unanswered.delete(live.evse.id)
          return isOwed ? again(live, now) : renewalBy(live, now, now)
        },
        [],
      )
    },
    check(live, now) {
      const session = openSession(fleet, live)
      if (session === null) {
        unseen.delete(live.evse.id)
        return false
      }
      const turned = hasTurnedSilent(live, isUnseen(live, session, now))
      // Whoever cannot be looked at needs another order: its safe default.
      const isNeeded = turned || troubles.guardCar(live.evse.id, () => needsOrder(live, session, now), true)
      if (isNeeded || isCountedApart(live, now)) dispatching.mark(live)
      return turned
    },
    settle(answer, now) {
      if (answer.renewal) renewing.delete(answer.evse)
      const live = fleet.evses.get(answer.evse)
      const session = live === undefined ? null : openSession(fleet, live)
      if (live === undefined || session === null || live.order?.content.id !== answer.order) return false
      const before = isReachable(fleet, live, session, now)
      take(live, live.order, answer, now)
      const isChanged = isReachable(fleet, live, session, now) !== before
      if (isChanged) dispatching.mark(live)
      return isChanged
    },
    endSession(session, now) {
      const known = fleet.sessions.get(session)
      const live = known === undefined ? undefined : fleet.evses.get(known.evse)
      if (live?.session === session) move(live, { kind: 'session-ended', at: now })
    },
  }
}
