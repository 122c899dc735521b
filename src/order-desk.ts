// Everything that happens to orders: they are issued, sent, sent again to those who forgot them, renewed, and each gets its one outcome.
import { next, type OrderContent, type OrderState } from '../domain/dispatch/order.ts'
import { id, stationOf, type EvseId, type OrderId, type SessionId, type StationId } from '../domain/fleet/identity.ts'
import { liveOrder, openSession, renewalDue, type LiveEvse, type LiveFleet } from '../domain/fleet/live-fleet.ts'
import type { ChargePoints, OrderRefusal } from '../domain/ports/charge-points.ts'
import type { Fact } from '../domain/ports/journal.ts'
import type { Result } from '../domain/result.ts'
import type { Power } from '../domain/units.ts'
import { dispatch, isOutOfCycle, isUnseen, orderContent, reachesMinimum } from './services/dispatch.ts'

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
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface OrderDesk {
  /** Issues the orders that are due now. */
  issue(now: number): readonly Send[]
  /** What stations have forgotten: their default limit and the order that is still alive, under its own id (F10). */
  restore(stations: ReadonlySet<StationId>, now: number): readonly Send[]
  /** Ends orders whose lease has run out. */
  expire(live: LiveEvse, now: number): void
  /** Renewals that are due, and orders that were never answered. */
  upkeep(now: number): readonly Send[]
  /** Whether a plugged car has a plan but no living order, one that would empty it, or one for another part of its quarter-hour. */
  isNeeded(now: number): boolean
  settle(answer: OrderAnswer, now: number): void
  endSession(session: SessionId, now: number): void
}

/** The desk of one application; it changes nothing but by facts. */
export function orderDesk(options: OrderDeskOptions): OrderDesk {
  const { fleet, record, chargePoints } = options
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
    void (renewal ? points.renew(content) : points.order(content)).then((result) =>
      options.onAnswer({ station: stationOf(content.evse), evse: content.evse, order: content.id, renewal, result }),
    )
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
    void chargePoints()
      .setDefault(live.evse.id, options.safeDefault)
      .then((result) => {
        if (!result.ok && result.refusal.kind !== 'not-connected')
          options.log('warn', 'a station did not take its default limit', { evse: live.evse.id, refusal: result.refusal })
      })
  }

  return {
    issue(now) {
      return dispatch(fleet, now, (evse) => chargePoints().controllability(evse)).orders.map((wanted): Send => {
        const { live } = wanted
        const order = orderContent(wanted, id<OrderId>(`${options.node}-${options.epoch}-${fleet.ordersIssued + 1}`), now)
        move(live, { kind: 'superseded', at: now, by: order.id })
        record({ kind: 'order-issued', order, leaseUntil: now + order.leaseMs })
        return outgoing(live, order)
      })
    },
    restore(stations, now) {
      const sends: Send[] = []
      for (const live of fleet.evses.values()) {
        if (!stations.has(live.evse.station)) continue
        sends.push({ station: live.evse.station, run: () => limit(live) })
        // What was issued in this very instant goes out anyway.
        if (live.order !== null && live.order.content.issuedAt < now) sends.push(...again(live, now))
      }
      return sends
    },
    expire: (live, now) => move(live, { kind: 'time-passed', at: now }),
    upkeep(now) {
      const sends: Send[] = []
      for (const live of fleet.evses.values()) {
        const order = liveOrder(live, now)
        if (order === null) continue
        if (unanswered.has(order.content.id) && order.state.kind === 'issued') sends.push(...again(live, now))
        else if (order.state.kind !== 'issued' && order.content.setpoint !== null && renewalDue(order) <= now) {
          const { content } = order
          sends.push({ station: live.evse.station, run: () => send(content, true) })
        }
      }
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
        const session = openSession(fleet, live)
        place++
        if (session === null || live.plan === null) continue
        if (isOutOfCycle(live, session, place, now)) return true
        if (live.order === null || live.order.state.kind === 'ended') return true
        const { setpoint } = live.order.content
        if (
          setpoint !== null &&
          setpoint < 0 &&
          (isUnseen(live, session, now) || reachesMinimum(fleet, live, session, setpoint, now))
        )
          return true
      }
      return false
    },
    settle({ evse, order, renewal, result }, now) {
      const live = fleet.evses.get(evse)
      if (live?.order?.content.id !== order) return
      if (result.ok)
        return move(
          live,
          renewal ? { kind: 'renewed', at: now, leaseUntil: now + live.order.content.leaseMs } : { kind: 'confirmed', at: now },
        )
      switch (result.refusal.kind) {
        case 'rejected':
        case 'unsupported':
          return move(live, { kind: 'refused', at: now, detail: result.refusal.detail })
        case 'no-answer':
          unanswered.add(order)
          return
        case 'not-connected':
        case 'overtaken':
          // The order stays alive: it goes out again when the station is back, or a newer copy of it is on its way.
          return
      }
    },
    endSession(session, now) {
      for (const live of fleet.evses.values()) if (live.session === session) move(live, { kind: 'session-ended', at: now })
    },
  }
}
