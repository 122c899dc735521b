// Everything that happens to orders: they are issued, sent, sent again to those who forgot them, renewed, and each gets its one outcome.
import { next, type OrderContent, type OrderState } from '../../domain/orders/order.ts'
import { id, stationOf, type EvseId, type OrderId, type SessionId, type StationId } from '../../domain/registry/identity.ts'
import {
  evsesOf,
  liveOrder,
  openSession,
  renewalDue,
  type LiveEvse,
  type LiveFleet,
  type LiveOrder,
} from '../../domain/live/live-fleet.ts'
import type { ChargePoints, OrderRefusal } from '../../domain/ports/charge-points.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { Power } from '../../domain/units.ts'
import type { Troubles } from './troubles.ts'
import { isReachable, isUnseen } from '../../domain/live/reachable.ts'
import { unansweredFacts } from '../../domain/dispatch/unanswered.ts'
import { dispatch, isFree, isOutOfCycle, orderContent, reachesMinimum } from '../../domain/dispatch/wanted-orders.ts'

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
  readonly chargePoints: () => ChargePoints
  readonly record: (fact: Fact) => void
  readonly onAnswer: (answer: OrderAnswer) => void
  readonly node: string
  readonly epoch: number
  readonly safeDefault: Power
  readonly troubles: Troubles
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface OrderDesk {
  /** Issues the orders that are due now. */
  issue(now: number): readonly Send[]
  /** What stations have forgotten: their default limit and the order that is still alive, under its own id (F10). */
  restore(stations: ReadonlySet<StationId>, now: number): readonly Send[]
  /** Ends orders whose lease has run out. */
  expire(live: LiveEvse, now: number): void
  /** The clock was set or the machine slept: living set-points are told anew by the next control cycle instead of being renewed (F36). */
  doubt(now: number): void
  /** Renewals that are due, and orders that were never answered. */
  upkeep(now: number): readonly Send[]
  /** Whether a plugged car has a plan but no living order, one that would empty it, or one for another part of its quarter-hour. */
  isNeeded(now: number): boolean
  /** Takes an answer; whether its EVSE is counted on from now on and was not before, or the other way round. */
  settle(answer: OrderAnswer, now: number): boolean
  endSession(session: SessionId, now: number): void
}

/** The desk of one application; it changes nothing but by facts. */
export function orderDesk(options: OrderDeskOptions): OrderDesk {
  const { fleet, record, chargePoints, troubles } = options
  /** Orders a station gave no answer to, or that could not leave; the next control cycle sends them again. */
  const unanswered = new Set<OrderId>()
  /** Cars nobody had heard of for too long in the last control cycle. */
  let unseen: ReadonlySet<EvseId> = new Set()

  function move(live: LiveEvse, event: Parameters<typeof next>[1]): void {
    const order = live.order
    if (order === null) return
    const state: OrderState = next(order.state, event)
    if (state !== order.state) record({ kind: 'order-moved', evse: live.evse.id, order: order.content.id, state })
  }

  function send(content: OrderContent, renewal: boolean): void {
    const points = chargePoints()
    const { clockSteps } = fleet
    const answer = (result: OrderAnswer['result']) =>
      options.onAnswer({ station: stationOf(content.evse), evse: content.evse, order: content.id, renewal, clockSteps, result })
    ;(renewal ? points.renew(content) : points.order(content)).then(answer, (error: unknown) => {
      // Whether it has left nobody knows: it is sent again like one that got no answer.
      troubles.noteCar(content.evse, error)
      answer(refused({ kind: 'no-answer', afterMs: 0 }))
    })
  }

  function outgoing(live: LiveEvse, content: OrderContent): Send {
    return { station: live.evse.station, run: () => send(content, false), putOff: () => void unanswered.add(content.id) }
  }

  function again(live: LiveEvse, now: number): readonly Send[] {
    const order = liveOrder(live, now)
    if (order === null) return []
    record({ kind: 'order-sent', evse: live.evse.id, order: order.content.id, attempt: order.attempts + 1 })
    return [outgoing(live, order.content)]
  }

  function limit(live: LiveEvse): void {
    chargePoints()
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

  function needsOrder(live: LiveEvse, place: number, now: number): boolean {
    const session = openSession(fleet, live)
    if (session === null || live.plan === null) return false
    if (isOutOfCycle(live, session, place, now) || isFree(live, now)) return true
    if (live.order === null || live.order.state.kind === 'ended') return true
    const { setpoint } = live.order.content
    if (setpoint === null || setpoint >= 0) return false
    return isUnseen(live, session, now) || reachesMinimum(fleet, live, session, setpoint, now)
  }

  function take(live: LiveEvse, { content, state }: LiveOrder, { renewal, clockSteps, result }: OrderAnswer, now: number): void {
    // How long ago the station said so nobody knows any more; the order is told anew anyway.
    if (result.ok && clockSteps !== fleet.clockSteps && content.setpoint !== null) return void unanswered.add(content.id)
    if (result.ok)
      return move(
        live,
        renewal ? { kind: 'renewed', at: now, leaseUntil: now + content.leaseMs } : { kind: 'confirmed', at: now },
      )
    switch (result.refusal.kind) {
      case 'rejected':
      case 'unsupported':
        return move(live, { kind: 'refused', at: now, detail: result.refusal.detail })
      case 'no-answer':
        unanswered.add(content.id)
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
    issue(now) {
      const { orders } = dispatch(fleet, now, {
        controllability: (evse) => chargePoints().controllability(evse),
        safeDefault: options.safeDefault,
        onFailure: (live, error) => troubles.noteCar(live.evse.id, error),
      })
      return eachOf(orders, (wanted) => {
        const { live } = wanted
        const order = orderContent(wanted, id<OrderId>(`${options.node}-${options.epoch}-${fleet.ordersIssued + 1}`), now)
        move(live, { kind: 'superseded', at: now, by: order.id })
        record({ kind: 'order-issued', order, leaseUntil: now + order.leaseMs })
        return [outgoing(live, order)]
      })
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
        if (order !== null && order.content.setpoint !== null) unanswered.add(order.content.id)
      }
    },
    upkeep(now) {
      const sends = eachOf(
        [...fleet.evses.values()].map((live) => ({ live })),
        ({ live }) => {
          const order = liveOrder(live, now)
          if (order === null) return []
          if (unanswered.has(order.content.id) && order.state.kind === 'issued') return again(live, now)
          const isDue = order.state.kind !== 'issued' && order.content.setpoint !== null && renewalDue(order) <= now
          return isDue ? [{ station: live.evse.station, run: () => send(order.content, true) }] : []
        },
      )
      // What is not alive any more is forgotten, what goes out now is answered anew.
      unanswered.clear()
      return sends
    },
    isNeeded(now) {
      // Whoever falls silent, or is heard of again, is led differently from now on.
      const silent = new Set<EvseId>()
      for (const live of fleet.evses.values()) {
        const session = openSession(fleet, live)
        if (session !== null && isUnseen(live, session, now)) silent.add(live.evse.id)
      }
      const changed = silent.size !== unseen.size || [...silent].some((evse) => !unseen.has(evse))
      unseen = silent
      if (changed) return true
      let place = -1
      for (const live of fleet.evses.values()) {
        place++
        // Whoever cannot be looked at needs another order: its safe default.
        if (troubles.guardCar(live.evse.id, () => needsOrder(live, place, now), true)) return true
      }
      return false
    },
    settle(answer, now) {
      const live = fleet.evses.get(answer.evse)
      const session = live === undefined ? null : openSession(fleet, live)
      if (live === undefined || session === null || live.order?.content.id !== answer.order) return false
      const before = isReachable(fleet, live, session, now)
      take(live, live.order, answer, now)
      return isReachable(fleet, live, session, now) !== before
    },
    endSession(session, now) {
      const known = fleet.sessions.get(session)
      const live = known === undefined ? undefined : fleet.evses.get(known.evse)
      if (live?.session === session) move(live, { kind: 'session-ended', at: now })
    },
  }
}
