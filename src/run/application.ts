// The application's heart: what arrives is recorded first and handled at our own pace, in an order that depends on nothing but the data.
import { stationOf, type EvseId, type SessionId, type StationId } from '../../domain/registry/identity.ts'
import { type LiveEvse, type LiveFleet, evsesOf, openSession } from '../../domain/live/live-fleet.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import { untoldRevisions } from '../../domain/live/revisions.ts'
import type { Session, Wish } from '../../domain/registry/session.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import { notRecorded, type ReceiveStationEvent, type StationEvent, type StationReply } from '../../domain/ports/charge-points.ts'
import type { ResumeSession } from '../../domain/ports/resume-session.ts'
import type { Clock, ClockStep } from '../../domain/ports/clock.ts'
import type { NewWish, WishRefusal } from '../../domain/ports/answers/sessions.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Controllables } from '../../domain/ports/controllables.ts'
import { assert, ok, refused, type Result } from '../../domain/result.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { qualityOf, type Reading } from '../../domain/telemetry/reading.ts'
import { instantText, SLOT_MS, type Slot } from '../../domain/time/slot.ts'
import type { Power } from '../../domain/units.ts'
import { byTheClock } from './by-the-clock.ts'
import type { Coordination, FleetPlanSink } from './coordination.ts'
import { resumeFact } from '../../domain/live/pause-ends.ts'
import { eventLimits } from './event-limits.ts'
import { planDesk } from './plans.ts'
import { inSlices } from './in-slices.ts'
import { leaseRenewals } from './lease-renewals.ts'
import { orderDesk, type Issued, type OrderAnswer, type Send } from './orders.ts'
import type { Pace } from './pace.ts'
import { planningQueue, type Ask } from './planning-queue.ts'
import { judge } from '../../domain/dispatch/judge.ts'
import type { PoolBand } from '../../domain/dispatch/pool-band.ts'
import type { ExpectedCars } from '../../domain/forecast/habits.ts'
import { decideStationEvent } from '../../domain/live/decide-station-event.ts'
import type { Decision } from '../../domain/live/decision.ts'
import { standingWish } from '../../domain/live/wishes.ts'
import { judgedToken } from '../../domain/live/judge-token.ts'
import type { Replan } from './replan.ts'
import type { FleetRecord } from './fleet-record.ts'
import type { Base } from './remembered.ts'
import type { Troubles } from './troubles.ts'
import { isPlannedTooCautiously, socFact } from '../../domain/dispatch/watch-soc.ts'

export interface ApplicationOptions {
  readonly clock: Clock
  /** Journal and live state: everything that happens is recorded here first. */
  readonly kept: FleetRecord
  readonly controllables: Controllables
  /** Asks a station to begin again with the car that is known by a pseudonym. */
  readonly resume: ResumeSession
  readonly replan: Replan
  /** Whoever plans cars together that something ties; it is asked only once the application has started. */
  readonly coordination: () => Coordination
  /** Hands plans to the database, always after the journal. */
  readonly keepPlans: (plans: readonly Plan[]) => void
  readonly node: string
  readonly epoch: number
  readonly version: string
  readonly safeDefault: Power
  readonly troubles: Troubles
  /** How long many cars are planned at a time. */
  readonly pace: Pace
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}

/** What waits to be handled. Things without a station sort first. */
type Item = { readonly station: StationId | ''; readonly number: number } & (
  | { readonly kind: 'prices'; readonly curve: PriceCurve }
  | {
      readonly kind: 'event'
      readonly event: StationEvent
      readonly answer: (reply: StationReply) => void
      readonly fail: (error: Error) => void
      /** It has waited for its turn. */
      readonly released?: boolean
    }
  | { readonly kind: 'replan'; readonly evse: EvseId; readonly cause: string }
  | { readonly kind: 'answer'; readonly answer: OrderAnswer }
)

export interface Application {
  readonly fleet: LiveFleet
  /** Plans in force by session, with everything needed to explain them. */
  readonly plans: ReadonlyMap<SessionId, Plan>
  readonly receive: ReceiveStationEvent
  /** Who is expected at some of the EVSEs (see domain/forecast/habits.ts). */
  expectedAt(isOwn: (evse: EvseId) => boolean, first: Slot, steps: number): ExpectedCars | null
  /** Rebuilds the state from what stands for the first entries and from the journal, then starts the jobs. Resolves with the number of entries read. */
  start(registry: Registry | null, base?: Base | null): Promise<number>
  receivePrices(curve: PriceCurve): void
  /** Takes over what was planned for many cars together: the fleet's plan, its cars' plans piece by piece, and when it is complete. */
  readonly fleetPlans: FleetPlanSink
  /** Records a fact from outside and plans the cars it concerns at once; resolves when it is durable, rejects while nothing can be recorded. */
  keep(fact: Fact, concerns?: { readonly evses: readonly EvseId[]; readonly cause: string }): Promise<void>
  /** Ends what is open at a station and records the fact that takes it out of the fleet; resolves when both are durable. */
  takeOut(station: StationId, fact: Fact, detail: string): Promise<void>
  /** Records what somebody outside has said about subjects and sends the orders it leads to at once, no plan before them; resolves when it is durable. */
  restrict(facts: readonly Fact[], subjects: readonly string[]): Promise<void>
  /** Has cars planned anew in slices, in a later turn; who is planned together with others may wait for them. Orders follow. */
  planBeside(evses: readonly EvseId[], cause: string): void
  quarantinePrices(source: string, detail: string): void
  /** Signals of these subjects (`evse:`, `site:`, `pool:`, `area:`) came, went, begin or end: the orders that changes are issued at once, no plan before them. */
  redispatch(subjects: readonly string[]): void
  changeWish(session: SessionId, wish: NewWish): Promise<Result<Wish, WishRefusal>>
  /** What a pool's cars are planned for and could do instead, now; null for an unknown pool, and before anybody was looked at. */
  poolBand(pool: string): PoolBand | null
  /** Rejections of the journal: nothing is acknowledged any more. */
  failure(): string | null
  /** The clock was set within the last minutes: who knows whether it is right now. */
  isClockDoubted(): boolean
  stop(): void
}

/** Events waiting at most; beyond it stations are told to try again. */
const INBOX_MAX = 20_000
const CONTROL_CYCLE_MS = 60_000
/** A car that goes on failing is recorded again after this. */
const FAILURE_EVERY_MS = 600_000
/** In its last hour a car is looked at by itself every quarter-hour, whatever it shares with others. */
const ALONE_BEFORE_MS = 3_600_000
/** So long after a step the clock counts as not to be trusted (F36). */
const CLOCK_DOUBTED_MS = 600_000
/** The journal may end this much ahead of the clock at the start: within it clocks are only steered. */
const STEERED_MAX_MS = 1_000
/** A car that is still there this long after its ready-by gets the wish of the next usual day. */
const WISH_ROLLS_AFTER_MS = 3_600_000

/** Joins journal, stations and planner; nothing happens before `start`. */
export function application(options: ApplicationOptions): Application {
  const { clock, kept, replan, log, coordination, troubles } = options
  const { fleet, habitual, journal, record, replay, failure, mayRecord, acknowledge } = kept
  const cancels: (() => void)[] = []
  /** Elapsed ms at the last step of the clock. */
  let steppedAt = -Infinity
  let inbox: Item[] = []
  let arrivals = 0
  let ticking = false
  /** Plans were not made meanwhile; they are made from this instant on. */
  let plansMissed = false
  /** In passed time. */
  let plansDueAt = Infinity
  /** Steps of the clock for which the journal had no room; they come first when it has. */
  const missedSteps: ClockStep[] = []
  /** Cars to be planned in a turn of their own, once all orders that are due have been issued, and why. */
  const beside = new Map<EvseId, string>()
  let isBesideArmed = false
  /** Orders are due that have not been issued. */
  let isMoreDue = false
  /** A station left while nobody could be told. */
  let leftUnheard = false
  let stopped = false
  let isStarted = false
  /** A control cycle is under way. */
  let stopLooking = () => {}
  /** EVSEs it has not got to yet. */
  let unlooked = new Set<EvseId>()
  /** When orders go out although nothing happens, in passed time. */
  let goesOnAt = Infinity
  let cancelGoOn = () => {}
  /** Stations that are to be asked to begin again. */
  const resumes: Send[] = []
  /** Cars that failed since the last look, and why. */
  const failed = new Map<EvseId, string>()
  troubles.onCar((evse, detail) => void failed.set(evse, detail))
  kept.listen({
    // What is read back at the start is dispatched as a whole.
    noticed: (fact, _, at) => void (isStarted && desk.notice(fact, at)),
    healed: () => troubles.guard('control', goOn, undefined),
  })
  const plans = planDesk({ fleet, replan, record, keep: options.keepPlans })
  const queue = planningQueue({
    clock,
    pace: options.pace,
    plan: planAsked,
    onFailure: (evse, error) => troubles.noteCar(evse, error),
    onSlice: () => troubles.guard('internal', followPlans, undefined),
    mayPlan: mayRecord,
    onMissed: () => void (plansMissed = true),
  })
  const desk = orderDesk({
    fleet,
    record,
    controllables: options.controllables,
    onAnswer: (answer) => enqueue({ kind: 'answer', station: answer.station, number: arrivals++, answer }),
    onLease: (evse, ms) => leases.due(evse, ms),
    node: options.node,
    epoch: options.epoch,
    safeDefault: options.safeDefault,
    troubles,
    log,
  })

  const leases = leaseRenewals(clock, (evses) => {
    // What cannot be recorded is not renewed; the control cycle goes on once it can.
    if (failure() === null) dispatchSends(troubles.guard('control', () => desk.renewals(evses, clock.now()), []))
  })
  const limits = eventLimits({
    clock,
    release: (event) =>
      enqueue({ kind: 'event', station: event.station, number: arrivals++, event, answer() {}, fail() {}, released: true }),
    replan: (evse, cause) => enqueue({ kind: 'replan', station: stationOf(evse), number: arrivals++, evse, cause }),
  })

  /** A car that failed is told of in the journal, once in a while. */
  function recordFailures(now: number): void {
    for (const [evse, detail] of failed) {
      const before = fleet.evses.get(evse)?.failure ?? null
      if (before === null || now - before.at >= FAILURE_EVERY_MS) record({ kind: 'evse-failed', evse, detail })
    }
    failed.clear()
  }

  /** The journal can be written again: orders that are due, and those that could not leave, go out. Plans are made when the stations were heard again. */
  function goOn(): void {
    for (const step of missedSteps.splice(0)) takeStep(step)
    if (plansMissed) plansDueAt = clock.elapsed() + CONTROL_CYCLE_MS
    plansMissed = false
    // Whoever is gone does nothing any more, so the others may have to do something else (F1).
    if (leftUnheard) noticeLeft()
    lookAfter((live) => desk.expire(live, clock.now()))
  }

  /** Records who has left meanwhile. */
  function noticeLeft(): void {
    for (const { evse } of fleet.evses.values()) {
      const isHere = options.controllables.controllability(evse.id) !== null
      if (isHere || fleet.stations.get(evse.station)?.connected !== true) continue
      record({ kind: 'station-disconnected', station: evse.station, detail: 'left while nothing could be recorded' })
    }
    leftUnheard = false
  }

  function enqueue(item: Item): void {
    inbox.push(item)
    if (ticking) return
    ticking = true
    clock.after(0, 'a-tick', tick)
  }

  function tick(): void {
    ticking = false
    if (stopped) return
    const now = clock.now()
    const isWritable = mayRecord()
    const batch = inbox.sort((a, b) => (a.station < b.station ? -1 : a.station > b.station ? 1 : a.number - b.number))
    inbox = []
    const heard: Heard[] = []
    const dirty = new Map<EvseId, string>()
    const restore = new Set<StationId>()
    let everybody: string | null = null
    let redispatch = false
    /** Somebody is counted on from now on, or no more: others have more or less to do. */
    let isCountedAnew = false
    let readings: Reading[] = []
    const flushReadings = () => {
      if (readings.length === 0) return
      const taken = readings
      readings = []
      record({ kind: 'readings', readings: taken })
    }
    function take(decision: Decision, item: Item & { kind: 'event' }): void {
      if (decision.readings !== undefined) readings.push(...decision.readings)
      if (decision.facts.length > 0) flushReadings()
      for (const fact of decision.facts) {
        if (fact.kind === 'session-ended') endSession(fact.session, now)
        if (fact.kind === 'session-started' && fact.session.endedAt === null) limits.forget(fact.session.evse)
        if (fact.kind === 'values-refused') log('warn', 'a station told values that cannot be; they were left out', fact)
        record(fact)
      }
      if (decision.replan !== undefined && limits.mayReplan(decision.replan.evse, decision.replan.cause))
        dirty.set(decision.replan.evse, decision.replan.cause)
      if (decision.restore !== undefined && decision.reply.accepted) restore.add(decision.restore)
      redispatch ||= decision.redispatch === true
      if (decision.planBeside !== undefined)
        for (const evse of decision.planBeside.evses) beside.set(evse, decision.planBeside.cause)
      isCountedAnew ||= item.event.kind === 'connected' || item.event.kind === 'disconnected'
      // The event itself is not needed while its answer waits.
      heard.push({ answer: item.answer, fail: item.fail, reply: decision.reply })
    }
    for (const item of batch) {
      if (item.kind === 'answer') {
        isCountedAnew = troubles.guard('dispatch', () => desk.settle(item.answer, now), false) || isCountedAnew
        continue
      }
      if (item.kind === 'prices') {
        troubles.guard('internal', () => record({ kind: 'prices-received', curve: item.curve }), undefined)
        everybody = 'new prices'
        continue
      }
      if (item.kind === 'replan') {
        dirty.set(item.evse, item.cause)
        continue
      }
      if (!isWritable) {
        // Its station has its answer already: what was promised is kept until it can be recorded.
        if (item.released === true) limits.putBack(item.event)
        else refuse(item)
        continue
      }
      try {
        const decision = judgedToken(fleet, item.event, decideStationEvent(fleet, item.event, habitual.usualReadyBy))
        const counts = item.released === true || limits.takes(item.event, decision.facts.length > 0)
        take(counts ? decision : { facts: [], reply: decision.reply }, item)
      } catch (error) {
        // One station's nonsense is its own: it gets an error, the others go on.
        log('error', 'an event of a station could not be handled', { station: item.station, detail: (error as Error).message })
        item.fail(error as Error)
      }
    }
    // Whoever waits for an answer gets one, whatever fails from here on.
    troubles.guard('internal', flushReadings, undefined)
    if (everybody !== null) queue.wave(plugged(fleet), { causes: [everybody], isRoutine: false })
    if (dirty.size > 0) queue.urgent(dirty)
    redispatch ||= desk.isRoomMade()
    const isPlanned = dirty.size > 0 || everybody !== null
    if (isPlanned || isCountedAnew) coordination().mark()
    const orders =
      isPlanned || restore.size > 0 || redispatch || isCountedAnew ? issueOrders(now, livesOf(dirty.keys(), restore)) : []
    const sends = [...troubles.guard('dispatch', () => desk.restore(restore, now), []), ...orders]
    // What a station has not been answered it does not know yet: a transaction of 1.6 gets its number with the answer, and only then can it take an order.
    const asked = new Set<string>(batch.filter(({ kind }) => kind === 'event').map(({ station }) => station))
    acknowledge([() => answerAll(heard)], [(error) => refuseAll(heard, error)], () => {
      dispatchSends(sends.filter((send) => asked.has(send.station)))
    })
    dispatchSends(sends.filter((send) => !asked.has(send.station)))
  }

  function livesOf(evses: Iterable<EvseId>, stations: Iterable<StationId>): readonly LiveEvse[] {
    const named = [...evses].flatMap((evse) => fleet.evses.get(evse) ?? [])
    return [...new Set([...named, ...[...stations].flatMap((station) => evsesOf(fleet, station))])]
  }

  function refuse({ event, fail }: Pick<Item & { kind: 'event' }, 'event' | 'fail'>): void {
    leftUnheard ||= event.kind === 'disconnected'
    fail(notRecorded(failure() ?? 'busy'))
  }

  /** Orders leave only when what led to them is at least with the operating system; many of them leave in slices. */
  function dispatchSends(sends: readonly Send[]): void {
    if (sends.length === 0 || stopped) return
    const within = (work: () => void) => coordination().urgently(work)
    inSlices(sends, { clock, pace: options.pace, key: 'sends', pauseMs: 0, run: leave, within, end() {} })
  }

  function leave(send: Send): void {
    if (stopped) return
    if (failure() === null) send.run()
    else send.putOff?.()
  }

  /** Orders that are due. What cannot be recorded is not ordered; leases run out by themselves. What is left over has its turn next. */
  function issueOrders(now: number, first: readonly LiveEvse[] = []): readonly Send[] {
    if (failure() !== null) return []
    const nothing: Issued = { sends: [], isMore: false, again: null }
    const { sends, isMore, again } = troubles.guard(
      'dispatch',
      () => coordination().urgently(() => desk.issue(now, first)),
      nothing,
    )
    recordFailures(now)
    isMoreDue = isMore
    armBeside()
    goOnIn(isMore ? 0 : again === null ? null : Math.max(0, again - now))
    return sends
  }

  /** Orders that are due go out again after some ms; a time asked for before is overruled by an earlier one only. */
  function goOnIn(ms: number | null): void {
    if (ms === null || stopped || clock.elapsed() + ms >= goesOnAt) return
    cancelGoOn()
    goesOnAt = clock.elapsed() + ms
    cancelGoOn = clock.after(ms, 'dispatch', () => {
      goesOnAt = Infinity
      if (!stopped) troubles.guard('dispatch', sendDue, undefined)
    })
  }

  function sendDue(): void {
    const sends = issueOrders(clock.now())
    if (sends.length === 0) return
    acknowledge([], [])
    dispatchSends(sends)
  }

  /** What the queue asks for. A car that cannot be planned keeps the plan in force; the others are planned all the same. */
  function planAsked(evse: EvseId, { causes, isRoutine }: Ask): void {
    const now = clock.now()
    const live = fleet.evses.get(evse)
    const session = live === undefined ? null : openSession(fleet, live)
    if (session === null) return
    if (isRoutine) rollWish(session, now)
    if (!isRoutine || !mayWait(session, now)) plans.planCar(evse, causes.join(', '), now)
  }

  /** Orders that follow from plans made beside everything else. */
  function followPlans(): void {
    const sends = issueOrders(clock.now())
    acknowledge([], [])
    dispatchSends(sends)
  }

  function planBeside(evses: readonly EvseId[], cause: string): void {
    for (const evse of evses) if (!beside.has(evse)) beside.set(evse, cause)
    armBeside()
  }

  /** Plans never come before the orders of a signal, however many turns these take. */
  function armBeside(): void {
    if (isBesideArmed || isMoreDue || beside.size === 0) return
    isBesideArmed = true
    clock.after(0, 'z-beside', () => {
      isBesideArmed = false
      if (stopped || isMoreDue) return
      const [cause] = beside.values()
      const asked = [...beside.keys()]
      beside.clear()
      queue.wave(asked, { causes: [cause!], isRoutine: true })
      coordination().mark()
      followPlans()
    })
  }

  function endSession(session: SessionId, now: number): void {
    plans.endSession(session)
    desk.endSession(session, now)
    coordination().mark()
  }

  /** Every minute: leases are renewed or run out, stations are judged by what they measure, revised quarter-hours are told. */
  function control(): void {
    if (!mayRecord()) return
    if (plansDueAt <= clock.elapsed()) {
      plansDueAt = Infinity
      replanAll('journal healed')
    }
    troubles.guard('control', () => untoldRevisions(fleet).forEach(record), undefined)
    desk.heedReadings()
    lookAfter(judgeCar)
  }

  /** What a control cycle finds out about one car. */
  function judgeCar(live: LiveEvse): void {
    const now = clock.now()
    desk.expire(live, now)
    for (const fact of judge(fleet, live, now)) {
      record(fact)
      if (fact.kind === 'station-quarantined') coordination().mark()
    }
    resume(live, now)
    const doubt = socFact(live)
    if (doubt !== null) record(doubt)
    if (doubt === null && !isPlannedTooCautiously(live, now)) return
    plans.planCar(live.evse.id, 'what its state of charge is worth', now)
    coordination().mark()
  }

  /** A car whose transaction ended because it was asked to wait, and whose time has come, begins again. */
  function resume(live: LiveEvse, now: number): void {
    const vehicle = live.stranded?.vehicle == null ? undefined : fleet.vehicles.get(live.stranded.vehicle)
    const asked = vehicle === undefined ? null : resumeFact(fleet, live, now)
    if (asked === null || vehicle === undefined) return
    record(asked)
    const evse = live.evse.id
    const run = () =>
      void options.resume(evse, vehicle.token).then(
        (result) => {
          if (!result.ok) log('warn', 'a station does not begin again', { evse, refusal: result.refusal })
        },
        (error: unknown) => troubles.noteCar(evse, error),
      )
    resumes.push({ station: live.evse.station, run })
  }

  /** Goes through all EVSEs: what time alone has changed is ordered, renewed or told again. */
  function lookAfter(look: (live: LiveEvse) => void): void {
    stopLooking()
    stopLooking = inSlices(lookedAtNext(), {
      clock,
      pace: options.pace,
      key: 'control',
      pauseMs: options.pace.pauseMs,
      run(evse) {
        unlooked.delete(evse)
        const live = fleet.evses.get(evse)
        if (live === undefined) return
        troubles.guardCar(evse, () => look(live), undefined)
        if (troubles.guard('control', () => desk.check(live, clock.now()), false)) coordination().mark()
      },
      end(evses) {
        if (stopped || !mayRecord()) return
        const now = clock.now()
        const issued = issueOrders(now)
        const kept = failure() === null ? evses.flatMap((evse) => upkeep(evse, now)) : []
        acknowledge([], [])
        dispatchSends([...issued, ...kept, ...resumes.splice(0)])
      },
    })
  }

  /** All EVSEs, those first that the last time did not get to: where a minute is too short for all of them, each has its turn all the same. */
  function lookedAtNext(): readonly EvseId[] {
    const others = [...fleet.evses.keys()].filter((evse) => !unlooked.has(evse))
    unlooked = new Set([...unlooked, ...others])
    return [...unlooked]
  }

  function upkeep(evse: EvseId, now: number): readonly Send[] {
    const live = fleet.evses.get(evse)
    return live === undefined ? [] : troubles.guard('control', () => desk.upkeep(live, now), [])
  }

  /**
   * The clock was set, or the machine slept: from here on everything goes by the new time. What waits to be handled was stamped by the old one; control cycle
   * and quarter-hour begin anew by themselves where the new time lies in another one (F36).
   */
  function clockStepped({ from, to }: ClockStep): void {
    steppedAt = clock.elapsed()
    log('warn', 'the clock of this machine was set or the machine slept: leases keep their length, set-points are told anew', {
      from: instantText(from),
      to: instantText(to),
      seconds: Math.round((to - from) / 1_000),
    })
    if (journal.hasRoom()) takeStep({ from, to })
    else missedSteps.push({ from, to })
    inbox = inbox.map((item) => (item.kind === 'event' ? { ...item, event: restamped(item.event, to - from) } : item))
    coordination().mark()
    acknowledge([], [])
  }

  function takeStep({ from, to }: ClockStep): void {
    troubles.guard('control', () => record({ kind: 'clock-stepped', from, to }), undefined)
    desk.doubt(clock.now())
  }

  function isClockDoubted(): boolean {
    return clock.elapsed() - steppedAt < CLOCK_DOUBTED_MS
  }

  /** All cars are looked at, as many at once as a slice takes; the new quarter-hour's orders do not wait for the others. */
  function replanAll(cause: string): void {
    plansMissed ||= !mayRecord()
    if (plansMissed) return
    queue.wave(plugged(fleet), { causes: [cause], isRoutine: true })
    coordination().mark()
    desk.noticeAll()
    const sends = issueOrders(clock.now())
    acknowledge([], [])
    dispatchSends(sends)
  }

  /** Who is still there long after its time gets the wish of the next usual day. By a clock that may be wrong nobody's wish is taken for over. */
  function rollWish(session: Session, now: number): void {
    if (now <= session.wish.readyBy + WISH_ROLLS_AFTER_MS || isClockDoubted()) return
    const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
    record({ kind: 'wish-changed', session: session.id, wish: standingWish(vehicle, now) })
  }

  /** Cars that are planned together get their new plan together, except for those whose time has nearly come. */
  function mayWait(session: Session, now: number): boolean {
    return coordination().isTied(session.id) && session.wish.readyBy - now > ALONE_BEFORE_MS
  }

  /** Runs by the clock again and again, also after a time that failed. */
  function again(key: string, ms: number, run: () => void): () => void {
    return byTheClock(clock, { ms, key, run: () => troubles.guard('control', run, undefined) })
  }

  return {
    fleet,
    plans: plans.plans,
    expectedAt: (isOwn, first, steps) => habitual.expectedAt(fleet, isOwn, first, steps),
    receive: (event) =>
      new Promise((answer, fail) => {
        if (stopped || failure() !== null || inbox.length >= INBOX_MAX) return refuse({ event, fail })
        enqueue({ kind: 'event', station: event.station, number: arrivals++, event, answer, fail })
      }),
    async start(registry, base) {
      const { entries, lastAt } = await replay(base)
      isStarted = true
      cancels.push(clock.onStep(clockStepped))
      const now = clock.now()
      // Restored, or started with an empty battery: the journal goes on from where it ends, by the clock there is.
      if (lastAt > now + STEERED_MAX_MS) clockStepped({ from: lastAt, to: now })
      record({ kind: 'started', version: options.version, strategy: replan.strategy })
      if (registry !== null) {
        record({ kind: 'registry-set', registry })
      }
      for (const live of fleet.evses.values()) troubles.guardCar(live.evse.id, () => desk.expire(live, clock.now()), undefined)
      desk.appointLeases(clock.now())
      replanAll('start')
      cancels.push(
        again('control', CONTROL_CYCLE_MS, control),
        again('slot', SLOT_MS, () => replanAll('quarter-hour')),
      )
      return entries
    },
    receivePrices: (curve) => enqueue({ kind: 'prices', station: '', number: arrivals++, curve }),
    fleetPlans: {
      announce(fleetPlan) {
        if (mayRecord()) plans.announce(fleetPlan)
        else plansMissed = true
      },
      take(made) {
        if (mayRecord()) plans.take(made)
        else plansMissed = true
      },
      complete() {
        const sends = issueOrders(clock.now())
        acknowledge([], [])
        dispatchSends(sends)
      },
    },
    keep(fact, concerns) {
      if (concerns === undefined) return kept.keep(fact)
      const reason = failure()
      if (stopped || reason !== null) return Promise.reject(new Error(reason ?? 'stopped'))
      record(fact)
      const now = clock.now()
      queue.urgent(concerns.evses.map((evse) => [evse, concerns.cause] as const))
      coordination().mark()
      const sends = issueOrders(now, livesOf(concerns.evses, []))
      return new Promise((resolve, reject) => {
        acknowledge([resolve], [reject])
        dispatchSends(sends)
      })
    },
    takeOut(station, fact, detail) {
      const reason = failure()
      if (stopped || reason !== null) return Promise.reject(new Error(reason ?? 'stopped'))
      const now = clock.now()
      for (const live of evsesOf(fleet, station)) {
        const session = openSession(fleet, live)
        if (session === null) continue
        endSession(session.id, now)
        record({ kind: 'session-ended', session: session.id, endedAt: Math.max(session.startedAt, now), detail })
      }
      record(fact)
      coordination().mark()
      const sends = issueOrders(now)
      return new Promise((resolve, reject) => {
        acknowledge([resolve], [reject])
        dispatchSends(sends)
      })
    },
    restrict(facts, subjects) {
      const reason = failure()
      if (stopped || reason !== null) return Promise.reject(new Error(reason ?? 'stopped'))
      for (const fact of facts) record(fact)
      desk.noticeSubjects(subjects, clock.now())
      const sends = issueOrders(clock.now())
      return new Promise((resolve, reject) => {
        acknowledge([resolve], [reject])
        dispatchSends(sends)
      })
    },
    planBeside,
    poolBand: (pool) => desk.poolBand(pool, clock.now()),
    redispatch(subjects) {
      if (stopped) return
      desk.noticeSubjects(subjects, clock.now())
      const sends = issueOrders(clock.now())
      acknowledge([], [])
      dispatchSends(sends)
    },
    quarantinePrices(source, detail) {
      if (!mayRecord()) return
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
      if (!mayRecord()) return Promise.reject(new Error(failure()!))
      const changed: Wish = { ...wish, by: 'driver' }
      record({ kind: 'wish-changed', session, wish: changed })
      queue.now(known.evse, 'wish of the driver')
      coordination().mark()
      const sends = issueOrders(now, livesOf([known.evse], []))
      return new Promise((resolve, reject) => {
        acknowledge([() => resolve(ok(changed))], [reject])
        dispatchSends(sends)
      })
    },
    failure,
    isClockDoubted,
    stop() {
      stopped = true
      stopLooking()
      cancelGoOn()
      limits.stop()
      leases.stop()
      queue.stop()
      for (const cancel of cancels) cancel()
      assert(inbox.length <= INBOX_MAX, 'the inbox is bounded')
    },
  }
}

/** An event that has been handled and whose answer waits for the journal. */
interface Heard {
  readonly answer: (reply: StationReply) => void
  readonly fail: (error: Error) => void
  readonly reply: StationReply
}
function answerAll(heard: readonly Heard[]): void {
  for (const { answer, reply } of heard) answer(reply)
}
function refuseAll(heard: readonly Heard[], { message }: Error): void {
  for (const { fail } of heard) fail(notRecorded(message))
}

/** EVSEs with a car. */
function* plugged(fleet: LiveFleet): Iterable<EvseId> {
  for (const { evse, session } of fleet.evses.values()) if (session !== null) yield evse.id
}

/** What waited while the clock stepped, as if it had been received by the new time. */
function restamped(event: StationEvent, by: number): StationEvent {
  const receivedAt = event.receivedAt + by
  if (event.kind !== 'readings') return { ...event, receivedAt }
  const readings = event.readings.map((reading) => {
    const arrivedAt = reading.arrivedAt + by
    return { ...reading, arrivedAt, quality: qualityOf(reading.sampledAt, arrivedAt) }
  })
  return { ...event, receivedAt, readings }
}
