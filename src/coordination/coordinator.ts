// Plans the cars that something ties together, beside everything else: in threads of their own, while each car already follows its own answer to the last prices.
import type { EvseId, SessionId } from '../../domain/registry/identity.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { isReachable } from '../../domain/live/reachable.ts'
import { createWork, type FleetWork } from '../../domain/planning/fleet/team.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import { slotAt, type Slot } from '../../domain/time/slot.ts'
import { isSamePortfolio, portfolioKey } from '../../domain/trading/schedule.ts'
import type { Coordination, FleetPlanSink } from '../run/coordination.ts'
import { fleetPlanView, shareOfFleet, startFromForce, worthKeeping } from './fleet-answer.ts'
import { plannedCars } from './planned-cars.ts'
import type { FleetPlanned, FleetPlanners } from './workers/open-fleet-planners.ts'
import type { CarProblemOptions } from '../../domain/problems/car-problem.ts'
import { createCarPlanners } from '../run/replan.ts'
import type { FreePrices } from '../run/free-course.ts'
import { inTurns } from '../run/turns.ts'
import type { ImbalancePrices } from '../../domain/problems/coupling-rows.ts'
import { portfolioOf } from '../../domain/live/portfolios.ts'
import {
  isAreaRow,
  rowNames,
  tyingFleets,
  tiesOf,
  type ExpectedOf,
  type PositionOf,
  type TiedFleet,
} from '../../domain/problems/tied-fleets.ts'

export interface WarmStart {
  readonly fromCars: number
  /** A plan that starts from those in force and may be further from the best one is made again from scratch. */
  readonly gapMax: number
}

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly planners: FleetPlanners
  readonly car: CarProblemOptions
  readonly feeRegime: string
  readonly positionOf: PositionOf
  readonly imbalance: ImbalancePrices
  readonly expectedOf: ExpectedOf
  /** When a run starts from the plans in force; measured values where it is left out. */
  readonly warm?: WarmStart
  /** Keeps a manual clock from moving while threads are at work. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
/** Whoever follows the plans: what is in force for each car, and where new plans go. */
export interface Followers {
  readonly plans: ReadonlyMap<SessionId, Plan>
  readonly fleetPlans: FleetPlanSink
  /** Has cars planned anew, each by itself. */
  planBeside(evses: readonly EvseId[], cause: string): void
}
export interface Coordinator extends Coordination {
  /** Names who follows the plans; until then they go nowhere. */
  attend(followers: Followers): void
  /** The price the fleet puts on a car's power, ct/MWh by slot; null where nothing ties the car. */
  priceFor(live: LiveEvse, first: Slot, steps: number): Float64Array | null
  /** The same without the bounds on its grid area, and these; null where they do not tie the car. */
  freePricesFor(live: LiveEvse, first: Slot, steps: number): FreePrices | null
  /** The last plan of every portfolio. */
  fleetPlans(): readonly FleetPlanView[]
  stop(): Promise<void>
}

/** Changes are gathered this long before they are looked at together. */
const GATHER_MS = 1_000
/** Two coordinations are at least this far apart. */
const APART_MS = 15_000
/** Fewer cars are planned from scratch in a moment, and better. */
const WARM_START: WarmStart = { fromCars: 1_000, gapMax: 0.005 }
/** Plans taken over in one turn, a few milliseconds: a number and no time, for they are recorded. */
const PIECE = 16
/** The order of the cars is drawn from it; the same for every run, so that equal input gives equal plans. */
const SEED = 1

const NOBODY: Followers = { plans: new Map(), fleetPlans: { announce() {}, take() {}, complete() {} }, planBeside() {} }

interface Coordinated {
  readonly tied: TiedFleet
  readonly work: FleetWork
  readonly planned: FleetPlanned
  /** What the plans in force cost from now on, micro-cents, where they may stay; null where they may not. */
  readonly kept: number | null
  readonly view: FleetPlanView
}
interface Found {
  readonly tied: TiedFleet
  readonly view: FleetPlanView
}

/** A coordinator over a running fleet; it begins with the first mark. */
export function coordinator(options: CoordinatorOptions): Coordinator {
  const { clock, fleet, planners, track, log, warm = WARM_START } = options
  let followers = NOBODY
  const carPlanners = createCarPlanners()
  let found: readonly Found[] = []
  /** What was sold when the plans of a portfolio were last taken over, all of them. */
  const followed = new Map<string, Pick<TiedFleet, 'first' | 'sold'>>()
  let tiedSessions = new Set<SessionId>()
  let cancel: (() => void) | null = null
  let running = false
  let marked = false
  /** Elapsed ms at the last coordination. */
  let lastAt = -Infinity
  let stopped = false

  function mark(): void {
    if (stopped || cancel !== null) return
    if (running) {
      marked = true
      return
    }
    cancel = clock.after(Math.max(GATHER_MS, lastAt + APART_MS - clock.elapsed()), 'coordinate', () => {
      cancel = null
      running = true
      lastAt = clock.elapsed()
      void track(run(clock.now()))
    })
  }

  async function run(now: number): Promise<void> {
    const before = new Map(followers.plans)
    const results: Coordinated[] = []
    const kept: Found[] = []
    try {
      const { cars, unread } = await plannedCars(
        fleet,
        now,
        options.car,
        tiesOf(fleet, now, options.positionOf),
        (session, error) => log('error', 'a car cannot take part in its fleet', { session, detail: error.message }),
      )
      const { positionOf, imbalance, expectedOf } = options
      const terms = { now, positionOf, imbalanceOf: () => imbalance, expectedOf, unread }
      for (const tied of await inTurns(tyingFleets(fleet, cars, terms))) {
        const work = createWork(tied.columns, tied.coupling)
        const planned = await coordinated(tied, work)
        if (planned.ok) {
          const keeps = isSoldAnew(tied) || isBoundedAnew(tied) ? null : await inTurns(worthKeeping(tied, work, planned.value))
          const view = await inTurns(fleetPlanView(tied, work, planned.value, now, keeps))
          results.push({ tied, work, planned: planned.value, kept: keeps, view })
        } else {
          // The plans in force stay valid, and every car goes on alone at the last prices until the next coordination (F35).
          const old = lastOf(tied)
          if (old !== undefined) kept.push(old)
          log('warn', 'a fleet could not be coordinated; the plans in force stay', { ...tied.portfolio, ...planned.refusal })
        }
      }
    } catch (error) {
      log('error', 'the fleet could not be read for its coordination; the plans in force stay', {
        detail: (error as Error).message,
      })
    }
    if (stopped) return
    // In its turn like everything that arrives, so that equal seeds give equal journals.
    clock.after(0, 'coordinated', () => finish(now, results, kept, before))
  }

  /** Many cars start from the plans in force and what the fleet last found; few, or whoever would stay too far from the best plan that way, from scratch. */
  async function coordinated(tied: TiedFleet, work: FleetWork): ReturnType<FleetPlanners['coordinate']> {
    const last = lastOf(tied)
    if (last !== undefined && tied.cars.length >= warm.fromCars) {
      await inTurns(startFromForce(tied, work, last.view))
      const planned = await planners.coordinate(work, { seed: SEED, warm: true })
      if (!planned.ok || planned.value.gap <= warm.gapMax) return planned
      work.prices.fill(0)
    }
    return planners.coordinate(work, { seed: SEED, warm: false })
  }

  function lastOf({ portfolio }: TiedFleet): Found | undefined {
    return found.find(({ tied }) => isSamePortfolio(portfolio, tied.portfolio))
  }

  /** Whether the schedule has changed since the last coordination: then the newest plans count, however little they are better. */
  function isSoldAnew({ portfolio, first, sold }: TiedFleet): boolean {
    const before = followed.get(portfolioKey(portfolio))
    if (before === undefined) return sold.some((energy) => energy !== null)
    const passed = first - before.first
    return sold.some((energy, t) => t + passed < before.sold.length && energy !== before.sold[t + passed])
  }

  /** Whether grid areas are bounded otherwise than at the last coordination. */
  function isBoundedAnew(tied: TiedFleet): boolean {
    const before = lastOf(tied)?.tied
    if (before === undefined) return tied.areas.size > 0
    const names = new Set([...before.areas.keys(), ...tied.areas.keys()])
    return [...names].some((area) => !isSameBounds(before, tied, area))
  }

  /** Cars that nothing ties any more are planned for themselves: what held them back, as shares of a fleet or one by one before that was known, holds no longer. */
  function letGo(sessions: ReadonlySet<SessionId>): void {
    const loose = [...sessions].flatMap((id) => {
      const session = tiedSessions.has(id) ? undefined : fleet.sessions.get(id)
      const live = session === undefined ? undefined : fleet.evses.get(session.evse)
      return live?.session === id ? [live.evse.id] : []
    })
    if (loose.length > 0) followers.planBeside(loose, 'its grid area is let go')
  }

  function finish(
    now: number,
    results: readonly Coordinated[],
    kept: readonly Found[],
    before: ReadonlyMap<SessionId, Plan>,
  ): void {
    if (stopped) return
    found = [...results.map(({ tied, view }) => ({ tied, view })), ...kept]
    const tiedBefore = tiedSessions
    tiedSessions = new Set(results.flatMap(({ tied }) => tied.cars.map(({ session }) => session.id)))
    letGo(tiedBefore)
    const pieces: (() => void)[] = []
    for (const result of results) {
      const { tied, view } = result
      pieces.push(() => followers.fleetPlans.announce(view))
      if (result.kept !== null) continue
      for (let begin = 0; begin < tied.cars.length; begin += PIECE)
        pieces.push(() => followers.fleetPlans.take(plansOf(result, now, begin, before)))
      pieces.push(() => {
        if (slotAt(clock.now()) === tied.first) followed.set(portfolioKey(tied.portfolio), tied)
      })
    }
    step(pieces, 0)
  }

  /** One piece after the other, each in its own turn. */
  function step(pieces: readonly (() => void)[], next: number): void {
    if (stopped) return
    const piece = pieces[next]
    if (piece !== undefined) {
      try {
        piece()
      } catch (error) {
        log('error', 'a part of a fleet’s plan could not be taken over', { detail: (error as Error).message })
      }
      clock.after(0, 'coordinated', () => step(pieces, next + 1))
      return
    }
    if (pieces.length > 0) followers.fleetPlans.complete()
    running = false
    if (marked) {
      marked = false
      mark()
    }
  }

  function plansOf(
    { tied, work, planned, view }: Coordinated,
    now: number,
    begin: number,
    before: ReadonlyMap<SessionId, Plan>,
  ): readonly Plan[] {
    const moment = { fleet, now, feeRegime: options.feeRegime }
    // The quarter-hour the plan begins with is over: it is made anew, not published.
    if (slotAt(clock.now()) !== tied.first) {
      marked = true
      return []
    }
    return tied.cars.slice(begin, begin + PIECE).flatMap(({ live, session }, i) => {
      // Whoever has left or got another plan meanwhile is not overruled by an older one.
      const isSame =
        live.session === session.id &&
        fleet.sessions.get(session.id) === session &&
        followers.plans.get(session.id) === before.get(session.id)
      if (!isSame) marked = true
      return isSame
        ? [shareOfFleet(carPlanners, { tied, work, inputHash: planned.inputHash, number: begin + i, view }, moment)]
        : []
    })
  }

  /** What the last coordination found for a car. */
  function foundFor(live: LiveEvse) {
    const site = fleet.sites.get(live.evse.site)
    const portfolio = site === undefined ? null : portfolioOf(fleet, site)
    const own = found.find(({ tied }) => isSamePortfolio(tied.portfolio, portfolio))
    return own === undefined || site === undefined ? null : { ...own, site }
  }
  /** The sum of the prices of some rows a car counts in, ct/MWh by slot; null where there are none. */
  function pricesOf(live: LiveEvse, first: Slot, steps: number, isMeant: (name: string) => boolean): Float64Array | null {
    const own = foundFor(live)
    if (own === null) return null
    const session = openSession(fleet, live)
    // Nothing of a car that is not counted on is sold: it is planned for its driver alone.
    const isCounted = session !== null && isReachable(fleet, live, session, clock.now())
    const names = rowNames(own.site).filter((name) => (isCounted || name !== 'position') && isMeant(name))
    const rows = own.view.rows.filter(({ name }) => names.includes(name))
    if (rows.length === 0) return null
    const offset = first - own.tied.first
    return Float64Array.from({ length: steps }, (_, t) => rows.reduce((sum, { price }) => sum + (price[t + offset] ?? 0), 0))
  }

  return {
    mark,
    attend: (next) => void (followers = next),
    urgently(run) {
      planners.pause(true)
      try {
        return run()
      } finally {
        planners.pause(false)
      }
    },
    priceFor: (live, first, steps) => pricesOf(live, first, steps, () => true),
    freePricesFor(live, first, steps) {
      const own = foundFor(live)
      const bounds = own?.tied.areas.get(own.site.gridArea)
      if (own === null || bounds === undefined) return null
      const from = (side: Float64Array, none: number) =>
        Float64Array.from({ length: steps }, (_, t) => side[t + first - own.tied.first] ?? none)
      const lambda = pricesOf(live, first, steps, (name) => !isAreaRow(name))
      return { lambda, max: from(bounds.max, Infinity), min: from(bounds.min, -Infinity) }
    },
    isTied: (session) => tiedSessions.has(session),
    fleetPlans: () => found.map(({ view }) => view),
    async stop() {
      stopped = true
      cancel?.()
      await planners.close()
    },
  }
}

/** Whether an area is bounded alike in all quarter-hours that two fleets have in common but the running one, in which bounds begin and end. */
function isSameBounds(before: TiedFleet, now: TiedFleet, area: string): boolean {
  const passed = now.first - before.first
  const at = (tied: TiedFleet, side: 'max' | 'min', t: number) => {
    const bound = tied.areas.get(area)?.[side][t]
    return bound === undefined || !Number.isFinite(bound) ? null : bound
  }
  const common = Math.min(now.coupling.steps, before.coupling.steps - passed)
  for (let t = 1; t < common; t++)
    for (const side of ['max', 'min'] as const) if (at(before, side, t + passed) !== at(now, side, t)) return false
  return true
}
