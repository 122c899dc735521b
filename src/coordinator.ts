// Plans the cars that something ties together, beside everything else: in threads of their own, while each car already follows its own answer to the last prices.
import type { SessionId } from '../domain/fleet/identity.ts'
import type { LiveEvse, LiveFleet } from '../domain/fleet/live-fleet.ts'
import { carOutcome } from '../domain/planning/fleet/car-outcome.ts'
import { gapScale } from '../domain/planning/fleet/coordinate.ts'
import { weigh } from '../domain/planning/fleet/weigh.ts'
import { createWork, type FleetWork } from '../domain/planning/fleet/team.ts'
import type { Plan } from '../domain/planning/plan.ts'
import { createPlanner, type Planner } from '../domain/planning/plan-vehicle.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { FleetPlanView } from '../domain/ports/fleet-view.ts'
import { later, slotAt, type Slot } from '../domain/time/slot.ts'
import { isSamePortfolio } from '../domain/trading/schedule.ts'
import { microCents, watts } from '../domain/units.ts'
import type { FleetPlanned, FleetPlanners } from './planning-workers/open-fleet-planners.ts'
import { SLOTS_MAX, type CarProblemOptions } from './services/car-problem.ts'
import { PIECE, plannedCars } from './planned-cars.ts'
import { carPlan } from './services/replan.ts'
import {
  portfolioOf,
  rowNames,
  tiedFleets,
  tiesOf,
  type ImbalancePrices,
  type PositionOf,
  type TiedFleet,
} from './services/tied-fleets.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly plans: ReadonlyMap<SessionId, Plan>
  readonly planners: FleetPlanners
  readonly car: CarProblemOptions
  readonly feeRegime: string
  readonly positionOf: PositionOf
  readonly imbalance: ImbalancePrices
  readonly sink: FleetPlanSink
  /** Keeps a manual clock from moving while threads are at work. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
/** Takes what was found, a piece at a time; called on the clock, never in the middle of something else. */
export interface FleetPlanSink {
  announce(fleetPlan: FleetPlanView): void
  take(plans: readonly Plan[]): void
  /** All plans of all portfolios have been taken: orders may follow. */
  complete(): void
}
export interface Coordinator {
  /** Something has changed that the plans of others may depend on; they are coordinated anew soon. */
  mark(): void
  /** Runs something that cannot wait while the planning threads sleep, so that it has the processor. */
  urgently<Value>(run: () => Value): Value
  /** The price the fleet puts on a car's power, ct/MWh by slot; null where nothing ties the car. */
  priceFor(live: LiveEvse, first: Slot, steps: number): Float64Array | null
  /** Whether a car follows a plan made together with others, so that its quarter-hourly look is left to the next coordination. */
  isTied(session: SessionId): boolean
  /** The last plan of every portfolio. */
  fleetPlans(): readonly FleetPlanView[]
  stop(): Promise<void>
}

/** Changes are gathered this long before they are looked at together. */
const GATHER_MS = 1_000
/** Two coordinations are at least this far apart. */
const APART_MS = 15_000
/** The order of the cars is drawn from it; the same for every run, so that equal input gives equal plans. */
const SEED = 1

/** Less than this share of the plan's worth is not worth other plans for everybody (F16). */
const WORTHWHILE = 0.01
/** The plans in force can go on as long as they miss nobody's wish by more, Wh. */
const STRAIN_MAX_WH = 250

interface Coordinated {
  readonly tied: TiedFleet
  readonly work: FleetWork
  readonly planned: FleetPlanned
  /** What the plans in force cost from now on, micro-cents, where they may stay; null where they may not. */
  readonly kept: number | null
}
interface Found {
  readonly tied: TiedFleet
  readonly view: FleetPlanView
}

/** A coordinator over a running fleet; it begins with the first mark. */
export function coordinator(options: CoordinatorOptions): Coordinator {
  const { clock, fleet, plans, planners, track, log } = options
  const planner = createPlanner(SLOTS_MAX)
  let found: readonly Found[] = []
  let tiedSessions = new Set<SessionId>()
  let cancel: (() => void) | null = null
  let running = false
  let marked = false
  let lastAt = -Infinity
  let stopped = false

  function mark(): void {
    if (stopped || cancel !== null) return
    if (running) {
      marked = true
      return
    }
    cancel = clock.at(Math.max(clock.now() + GATHER_MS, lastAt + APART_MS), 'coordinate', () => {
      cancel = null
      running = true
      lastAt = clock.now()
      void track(run(lastAt))
    })
  }

  async function run(now: number): Promise<void> {
    const before = new Map(plans)
    const results: Coordinated[] = []
    const kept: Found[] = []
    try {
      const cars = await plannedCars(fleet, now, options.car, tiesOf(fleet, now, options.positionOf), (session, error) =>
        log('error', 'a car cannot take part in its fleet', { session, detail: error.message }),
      )
      const { positionOf, imbalance } = options
      for (const tied of tiedFleets(fleet, cars, { now, positionOf, imbalanceOf: () => imbalance })) {
        const work = createWork(tied.columns, tied.coupling)
        const planned = await planners.coordinate(work, { seed: SEED, warm: false })
        if (planned.ok) results.push({ tied, work, planned: planned.value, kept: worthKeeping(tied, planned.value) })
        else {
          // The plans in force stay valid, and every car goes on alone at the last prices until the next coordination (F35).
          const old = found.find((other) => isSamePortfolio(tied.portfolio, other.tied.portfolio))
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
    clock.at(clock.now(), 'coordinated', () => finish(now, results, kept, before))
  }

  function finish(
    now: number,
    results: readonly Coordinated[],
    kept: readonly Found[],
    before: ReadonlyMap<SessionId, Plan>,
  ): void {
    if (stopped) return
    const fresh = results.map(({ tied, work, planned, kept: keeps }) => ({
      tied,
      view: viewOf(tied, work, planned, now, keeps),
    }))
    found = [...fresh, ...kept]
    tiedSessions = new Set(results.flatMap(({ tied }) => tied.cars.map(({ session }) => session.id)))
    const pieces: (() => void)[] = []
    results.forEach((result, i) => {
      const { view } = fresh[i]!
      pieces.push(() => options.sink.announce(view))
      if (result.kept !== null) return
      for (let begin = 0; begin < result.tied.cars.length; begin += PIECE)
        pieces.push(() => options.sink.take(plansOf(result, view, now, begin, before)))
    })
    step(pieces, 0)
  }

  /** One piece after the other, each in its own turn. */
  function step(pieces: readonly (() => void)[], next: number): void {
    if (stopped) return
    const piece = pieces[next]
    if (piece !== undefined) {
      piece()
      clock.at(clock.now(), 'coordinated', () => step(pieces, next + 1))
      return
    }
    if (pieces.length > 0) options.sink.complete()
    running = false
    if (marked) {
      marked = false
      mark()
    }
  }

  function plansOf(
    { tied, work, planned }: Coordinated,
    view: FleetPlanView,
    now: number,
    begin: number,
    before: ReadonlyMap<SessionId, Plan>,
  ): readonly Plan[] {
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
        plans.get(session.id) === before.get(session.id)
      if (!isSame) marked = true
      return isSame
        ? [planOf(planner, { tied, work, planned, number: begin + i, now, fleet, feeRegime: options.feeRegime, view })]
        : []
    })
  }

  return {
    mark,
    urgently(run) {
      planners.pause(true)
      try {
        return run()
      } finally {
        planners.pause(false)
      }
    },
    priceFor(live, first, steps) {
      const site = fleet.sites.get(live.evse.site)
      const portfolio = site === undefined ? null : portfolioOf(fleet, site)
      const own = found.find(({ tied }) => isSamePortfolio(tied.portfolio, portfolio))
      if (own === undefined || site === undefined) return null
      const names = rowNames(site)
      const rows = own.view.rows.filter(({ name }) => names.includes(name))
      if (rows.length === 0) return null
      const offset = first - own.tied.first
      return Float64Array.from({ length: steps }, (_, t) => rows.reduce((sum, { price }) => sum + (price[t + offset] ?? 0), 0))
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

function viewOf(tied: TiedFleet, work: FleetWork, planned: FleetPlanned, issuedAt: number, kept: number | null): FleetPlanView {
  const { coupling, columns, portfolio, first } = tied
  const schedule = kept === null ? work.schedule : scheduleInForce(tied)
  const power = Array.from({ length: columns.steps }, (_, t) => {
    let sum = 0
    for (let car = 0; car < columns.cars; car++) sum += schedule[car * columns.steps + t]!
    return watts(sum)
  })
  return {
    ...portfolio,
    issuedAt,
    first,
    power,
    rows: coupling.names.map((name, row) => ({
      name,
      kind: coupling.kinds[row]!,
      price: Array.from(work.prices.subarray(row * coupling.steps, (row + 1) * coupling.steps)),
    })),
    cars: columns.cars,
    isKept: kept !== null,
    value: microCents(kept ?? planned.value),
    bound: microCents(planned.bound),
    gap: kept === null ? planned.gap : (kept - planned.bound) / gapScale(planned),
    gapBeforePolish: planned.gapBeforePolish,
    sweeps: planned.sweeps,
    polishes: planned.polishes,
    seed: planned.seed,
    inputHash: planned.inputHash,
    missed: planned.missed,
    excess:
      planned.excess === null
        ? null
        : { row: planned.excess.row, slot: later(first, planned.excess.step), power: watts(planned.excess.power) },
  }
}

/** The plans in force in the columns of the fleet, mean W over whole slots. */
function scheduleInForce({ cars, columns, first }: TiedFleet): Float64Array {
  const { steps } = columns
  const schedule = new Float64Array(columns.cars * steps)
  cars.forEach(({ live: { plan }, car: { shareOfFirst } }, number) => {
    if (plan === null) return
    for (let t = columns.from[number]!; t < columns.until[number]!; t++)
      schedule[number * steps + t] = (plan.power[first + t - plan.firstSlot] ?? 0) * (t === 0 ? shareOfFirst : 1)
  })
  return schedule
}

/** What the plans in force cost, where they can go on and the new ones would hardly be better (F16: plans do not flap); else null. */
function worthKeeping(tied: TiedFleet, planned: FleetPlanned): number | null {
  if (planned.excess !== null || tied.cars.some(({ live }) => live.plan === null)) return null
  const { value, excess, strain, overload } = weigh(tied.columns, tied.coupling, scheduleInForce(tied))
  const goesOn = excess < 1 && overload < 1 && strain < STRAIN_MAX_WH
  return goesOn && value - planned.value < WORTHWHILE * gapScale(planned) ? value : null
}

/** One car's plan out of the fleet's. */
function planOf(
  planner: Planner,
  {
    tied,
    work,
    planned,
    number,
    now,
    fleet,
    feeRegime,
    view,
  }: {
    readonly tied: TiedFleet
    readonly work: FleetWork
    readonly planned: FleetPlanned
    readonly number: number
    readonly now: number
    readonly fleet: LiveFleet
    readonly feeRegime: string
    readonly view: FleetPlanView
  },
): Plan {
  const { live, session, car } = tied.cars[number]!
  const { steps } = car.problem
  const { columns, coupling } = tied
  const set = coupling.sets[columns.membership[number]!]!
  const lambda = new Float64Array(steps)
  for (const row of set) for (let t = 0; t < steps; t++) lambda[t]! += work.prices[row * columns.steps + t]!
  const power = Float64Array.from(work.schedule.subarray(number * columns.steps, number * columns.steps + steps))
  const rule = { chargeOnlyThrough: columns.chargeOnlyThrough[number]!, minimumFrom: columns.minimumFrom[number]! }
  const problem = { ...car.problem, lambda }
  const hard = [...set].filter((row) => coupling.kinds[row] !== 'soft')
  const heldBy = hard.map((row) => coupling.names[row]!)
  const outcome = carOutcome(planner, problem, rule, {
    strategy: car.strategy,
    power,
    heldBy: heldBy.length === 0 ? 'the sold position is worth more' : `what ${heldBy.join(' and ')} leaves`,
  })
  const { value, bound, gap, sweeps, seed, cars } = view
  const kinds = hard.map((row) => coupling.kinds[row])
  const toWatts = kinds.includes('most') ? Math.floor : kinds.includes('least') ? Math.ceil : Math.round
  return carPlan({ fleet, live, session, now, feeRegime, toWatts }, { ...car, problem }, outcome, planned.inputHash, () => ({
    scope: 'fleet',
    cars,
    value,
    bound,
    gap,
    sweeps,
    seed,
  }))
}
