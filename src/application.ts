// The application's heart: what arrives is recorded first and handled at our own pace, in an order that depends on nothing but the data.
import { setImmediate } from 'node:timers/promises'
import { next, type OrderState } from '../domain/dispatch/order.ts'
import { id, stationOf, type EvseId, type OrderId, type SessionId, type StationId } from '../domain/fleet/identity.ts'
import {
  apply,
  emptyFleet,
  liveOrder,
  openSession,
  renewalDue,
  type LiveEvse,
  type LiveFleet,
} from '../domain/fleet/live-fleet.ts'
import type { Registry } from '../domain/fleet/registry.ts'
import type { Wish } from '../domain/fleet/session.ts'
import type { Plan } from '../domain/planning/plan.ts'
import type {
  ChargePoints,
  OrderRefusal,
  ReceiveStationEvent,
  StationEvent,
  StationReply,
} from '../domain/ports/charge-points.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { WishRefusal } from '../domain/ports/fleet-view.ts'
import type { Fact, Journal } from '../domain/ports/journal.ts'
import { assert, ok, refused, type Result } from '../domain/result.ts'
import type { PriceCurve } from '../domain/signals/price.ts'
import type { Reading } from '../domain/telemetry/reading.ts'
import { SLOT_MS } from '../domain/time/slot.ts'
import type { Power } from '../domain/units.ts'
import { dispatch, orderContent, reachesMinimum } from './services/dispatch.ts'
import { judge } from './services/follow-orders.ts'
import { decideStationEvent, standingWish } from './services/receive-station-event.ts'
import type { Replan } from './services/replan.ts'

/** What leaves the application beside orders: the database follows the journal, and gets whole plans on top. */
export interface Outlet {
  plans(plans: readonly Plan[]): void
  /** Entries up to this sequence number are durable. */
  journal(sequence: number): void
}
export interface ApplicationOptions {
  readonly clock: Clock
  readonly journal: Journal
  readonly chargePoints: () => ChargePoints
  readonly replan: Replan
  readonly outlet: Outlet
  readonly node: string
  readonly epoch: number
  readonly version: string
  readonly safeDefault: Power
  /** Keeps a manual clock from moving while work is under way. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}

/** Something to be told to a station. */
interface Send {
  readonly station: StationId
  readonly run: () => void
}
/** What waits to be handled. Things without a station sort first. */
type Item = { readonly station: StationId | ''; readonly number: number } & (
  | { readonly kind: 'prices'; readonly curve: PriceCurve }
  | {
      readonly kind: 'event'
      readonly event: StationEvent
      readonly answer: (reply: StationReply) => void
      readonly fail: (error: Error) => void
    }
  | {
      readonly kind: 'answer'
      readonly evse: EvseId
      readonly order: OrderId
      readonly renewal: boolean
      readonly result: Result<unknown, OrderRefusal>
    }
)

export interface Application {
  readonly fleet: LiveFleet
  /** Plans in force by session, with everything needed to explain them. */
  readonly plans: ReadonlyMap<SessionId, Plan>
  readonly receive: ReceiveStationEvent
  /** Rebuilds the state from the journal, then starts the jobs. Resolves with the number of entries read. */
  start(registry: Registry | null): Promise<number>
  receivePrices(curve: PriceCurve): void
  quarantinePrices(source: string, detail: string): void
  changeWish(session: SessionId, wish: Pick<Wish, 'readyBy' | 'targetSoc' | 'minimumSoc'>): Promise<Result<Wish, WishRefusal>>
  /** Rejections of the journal: nothing is acknowledged any more. */
  failure(): string | null
  stop(): void
}

/** Events waiting at most; beyond it stations are told to try again. */
const INBOX_MAX = 20_000
const CONTROL_CYCLE_MS = 60_000
/** A car that is still there this long after its ready-by gets the wish of the next usual day. */
const WISH_ROLLS_AFTER_MS = 3_600_000

export function application(options: ApplicationOptions): Application {
  const { clock, journal, replan, outlet, node, epoch, track, log } = options
  const fleet = emptyFleet()
  const plans = new Map<SessionId, Plan>()
  const cancels = new Map<string, () => void>()
  let inbox: Item[] = []
  let arrivals = 0
  let ticking = false
  let failed: string | null = null
  let stopped = false

  function record(fact: Fact): void {
    journal.append(fact, clock.now())
    apply(fleet, fact, clock.now())
  }

  function enqueue(item: Item): void {
    inbox.push(item)
    if (ticking) return
    ticking = true
    clock.at(clock.now(), 'a-tick', tick)
  }

  function tick(): void {
    ticking = false
    if (stopped) return
    const now = clock.now()
    const batch = inbox.sort((a, b) => (a.station < b.station ? -1 : a.station > b.station ? 1 : a.number - b.number))
    inbox = []
    const answers: (() => void)[] = []
    const refusals: ((error: Error) => void)[] = []
    const dirty = new Map<EvseId, string>()
    const restore = new Set<StationId>()
    let everybody: string | null = null
    let readings: Reading[] = []
    const flushReadings = () => {
      if (readings.length === 0) return
      record({ kind: 'readings', readings })
      readings = []
    }
    for (const item of batch) {
      if (item.kind === 'answer') {
        settleAnswer(item, now)
        continue
      }
      if (item.kind === 'prices') {
        record({ kind: 'prices-received', curve: item.curve })
        everybody = 'new prices'
        continue
      }
      const decision = decideStationEvent(fleet, item.event)
      if (decision.readings !== undefined) readings.push(...decision.readings)
      if (decision.facts.length > 0) flushReadings()
      for (const fact of decision.facts) {
        if (fact.kind === 'session-ended') endOrder(fact.session, now)
        record(fact)
      }
      if (decision.replan !== undefined) dirty.set(decision.replan.evse, decision.replan.cause)
      if (decision.restore !== undefined && decision.reply.accepted) restore.add(decision.restore)
      answers.push(() => item.answer(decision.reply))
      refusals.push(item.fail)
    }
    flushReadings()
    if (everybody !== null) for (const evse of fleet.evses.keys()) dirty.set(evse, everybody)
    for (const [evse, cause] of dirty) planCar(evse, cause, now)
    const sends = [...restoreStations(restore, now), ...(dirty.size > 0 || restore.size > 0 ? issueOrders(now) : [])]
    // What a station has not been answered it does not know yet: a transaction of 1.6 gets its number with the answer, and only then can it take an order.
    const asked = new Set<string>(batch.filter(({ kind }) => kind === 'event').map(({ station }) => station))
    acknowledge(answers, refusals, () => {
      for (const send of sends) if (asked.has(send.station)) send.run()
    })
    for (const send of sends) if (!asked.has(send.station)) send.run()
  }

  /** Answers leave when everything recorded so far is durable; orders do not wait for that, only for the operating system. */
  function acknowledge(
    answers: readonly (() => void)[],
    refusals: readonly ((error: Error) => void)[],
    afterwards: () => void = () => {},
  ): void {
    const { sequence } = journal.head()
    journal.flush()
    track(journal.durable(sequence)).then(
      () => {
        outlet.journal(sequence)
        for (const answer of answers) answer()
        // Promises first: the answers are on their sockets before anything else is.
        void track(setImmediate()).then(afterwards)
      },
      (error: Error) => {
        if (failed === null)
          log('error', 'the journal cannot be written; nothing is acknowledged any more', { detail: error.message })
        failed = error.message
        for (const refuse of refusals) refuse(error)
      },
    )
  }

  function planCar(evse: EvseId, cause: string, now: number): void {
    const live = fleet.evses.get(evse)
    const session = live === undefined ? null : openSession(fleet, live)
    if (live === undefined || session === null) return
    const plan = replan(fleet, live, session, now)
    if (plan === null) return
    plans.set(session.id, plan)
    outlet.plans([plan])
    const { strategy, power, feeRegime, breaches, degraded, inputHash } = plan
    record({
      kind: 'plan-published',
      session: session.id,
      strategy,
      firstSlot: power.first,
      powerWatts: power.values,
      cause,
      feeRegime,
      breaches,
      degraded,
      inputHash,
    })
  }

  /** Issues the orders that are due and returns how to send them. */
  function issueOrders(now: number): readonly Send[] {
    // What cannot be recorded is not ordered; leases run out by themselves.
    if (failed !== null) return []
    const sends: Send[] = []
    for (const wanted of dispatch(fleet, now, (evse) => options.chargePoints().controllability(evse)).orders) {
      const order = orderContent(wanted, id<OrderId>(`${node}-${epoch}-${fleet.ordersIssued + 1}`), now)
      moveOrder(wanted.live, { kind: 'superseded', at: now, by: order.id })
      record({ kind: 'order-issued', order, leaseUntil: now + order.leaseMs })
      sends.push({ station: wanted.live.evse.station, run: () => send(wanted.live, false) })
    }
    return sends
  }

  /** What a station has forgotten: its default limit and the order that is still alive, under its own id (F10). */
  function restoreStations(stations: ReadonlySet<StationId>, now: number): readonly Send[] {
    const sends: Send[] = []
    for (const live of fleet.evses.values()) {
      if (!stations.has(live.evse.station)) continue
      sends.push({ station: live.evse.station, run: () => limit(live) })
      const order = liveOrder(live, now)
      if (order === null) continue
      record({ kind: 'order-sent', evse: live.evse.id, order: order.content.id, attempt: order.attempts + 1 })
      sends.push({ station: live.evse.station, run: () => send(live, false) })
    }
    return sends
  }

  function limit({ evse }: LiveEvse): void {
    void options
      .chargePoints()
      .setDefault(evse.id, options.safeDefault)
      .then((result) => {
        if (!result.ok && result.refusal.kind !== 'not-connected')
          log('warn', 'a station did not take its default limit', { evse: evse.id, refusal: result.refusal })
      })
  }

  function send(live: LiveEvse, renewal: boolean): void {
    const order = live.order
    if (order === null) return
    const { content } = order
    const points = options.chargePoints()
    void (renewal ? points.renew(content) : points.order(content)).then((result) =>
      enqueue({
        kind: 'answer',
        station: stationOf(content.evse),
        number: arrivals++,
        evse: content.evse,
        order: content.id,
        renewal,
        result,
      }),
    )
  }

  function settleAnswer(item: Item & { kind: 'answer' }, now: number): void {
    const live = fleet.evses.get(item.evse)
    if (live?.order?.content.id !== item.order) return
    if (item.result.ok)
      moveOrder(
        live,
        item.renewal
          ? { kind: 'renewed', at: now, leaseUntil: now + live.order.content.leaseMs }
          : { kind: 'confirmed', at: now },
      )
    // A lost link is no refusal: the order stays alive until its lease ends and goes out again when the station is back.
    else if (item.result.refusal.kind === 'rejected' || item.result.refusal.kind === 'unsupported')
      moveOrder(live, { kind: 'refused', at: now, detail: item.result.refusal.detail })
  }

  function moveOrder(live: LiveEvse, event: Parameters<typeof next>[1]): void {
    const order = live.order
    if (order === null) return
    const state: OrderState = next(order.state, event)
    if (state !== order.state) record({ kind: 'order-moved', evse: live.evse.id, order: order.content.id, state })
  }

  function endOrder(session: SessionId, now: number): void {
    plans.delete(session)
    for (const live of fleet.evses.values()) if (live.session === session) moveOrder(live, { kind: 'session-ended', at: now })
  }

  /** Every minute: leases are renewed or run out, stations are judged by what they measure. */
  function control(): void {
    const now = clock.now()
    const sends: Send[] = []
    let deviation = false
    for (const live of fleet.evses.values()) {
      moveOrder(live, { kind: 'time-passed', at: now })
      for (const fact of judge(fleet, live, now)) {
        record(fact)
        deviation ||= fact.kind === 'station-deviates'
      }
      const order = liveOrder(live, now)
      if (order !== null && order.content.setpoint !== null && order.state.kind !== 'issued' && renewalDue(order) <= now)
        sends.push({ station: live.evse.station, run: () => send(live, true) })
    }
    if (deviation || needsOrders(now)) sends.push(...issueOrders(now))
    acknowledge([], [])
    for (const send of sends) send.run()
    every('control', CONTROL_CYCLE_MS, control)
  }

  /** A plugged car with a plan but without a living order (refused, expired), or with one that would empty it. */
  function needsOrders(now: number): boolean {
    for (const live of fleet.evses.values()) {
      const session = openSession(fleet, live)
      if (session === null || live.plan === null) continue
      if (live.order === null || live.order.state.kind === 'ended') return true
      const { setpoint } = live.order.content
      if (setpoint !== null && reachesMinimum(fleet, live, session, setpoint, now)) return true
    }
    return false
  }

  function quarterHour(): void {
    replanAll('quarter-hour')
    every('slot', SLOT_MS, quarterHour)
  }

  function replanAll(cause: string): void {
    const now = clock.now()
    for (const live of fleet.evses.values()) {
      const session = openSession(fleet, live)
      if (session === null) continue
      if (now > session.wish.readyBy + WISH_ROLLS_AFTER_MS) {
        const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
        record({ kind: 'wish-changed', session: session.id, wish: standingWish(vehicle, now) })
      }
      planCar(live.evse.id, cause, now)
    }
    const sends = issueOrders(now)
    acknowledge([], [])
    for (const send of sends) send.run()
  }

  function every(key: string, ms: number, run: () => void): void {
    if (!stopped) cancels.set(key, clock.at((Math.floor(clock.now() / ms) + 1) * ms, key, run))
  }

  return {
    fleet,
    plans,
    receive: (event) =>
      new Promise((answer, fail) => {
        if (stopped || failed !== null || inbox.length >= INBOX_MAX) return fail(new Error(failed ?? 'busy'))
        enqueue({ kind: 'event', station: event.station, number: arrivals++, event, answer, fail })
      }),
    async start(registry) {
      let entries = 0
      for await (const entry of journal.read(0)) {
        apply(fleet, entry.fact, entry.at)
        entries++
      }
      // Nobody is connected to a process that has just begun.
      for (const station of fleet.stations.values()) station.connected = false
      record({ kind: 'started', version: options.version, strategy: replan.strategy })
      if (registry !== null) {
        record({ kind: 'registry-set', registry })
      }
      for (const live of fleet.evses.values()) moveOrder(live, { kind: 'time-passed', at: clock.now() })
      replanAll('start')
      every('control', CONTROL_CYCLE_MS, control)
      every('slot', SLOT_MS, quarterHour)
      return entries
    },
    receivePrices: (curve) => enqueue({ kind: 'prices', station: '', number: arrivals++, curve }),
    quarantinePrices(source, detail) {
      record({ kind: 'prices-quarantined', source, detail })
      acknowledge([], [])
    },
    changeWish(session, wish) {
      const known = fleet.sessions.get(session)
      if (known === undefined) return Promise.resolve(refused({ kind: 'unknown-session' }))
      if (known.endedAt !== null) return Promise.resolve(refused({ kind: 'ended' }))
      const now = clock.now()
      if (wish.readyBy <= now) return Promise.resolve(refused({ kind: 'invalid', detail: 'ready-by lies in the past' }))
      if (wish.readyBy > now + 14 * 86_400_000)
        return Promise.resolve(refused({ kind: 'invalid', detail: 'ready-by lies more than 14 days ahead' }))
      if (wish.minimumSoc > wish.targetSoc)
        return Promise.resolve(refused({ kind: 'invalid', detail: 'the minimum lies above the target' }))
      const changed: Wish = { ...wish, by: 'driver' }
      record({ kind: 'wish-changed', session, wish: changed })
      planCar(known.evse, 'wish of the driver', now)
      const sends = issueOrders(now)
      return new Promise((resolve, reject) => {
        acknowledge([() => resolve(ok(changed))], [reject])
        for (const send of sends) send.run()
      })
    },
    failure: () => failed,
    stop() {
      stopped = true
      for (const cancel of cancels.values()) cancel()
      assert(inbox.length <= INBOX_MAX, 'the inbox is bounded')
    },
  }
}
