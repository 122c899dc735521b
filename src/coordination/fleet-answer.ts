// What a coordination has found, in the words of the rest of the program: the fleet's plan, each car's plan, and whether the plans in force are good enough to stay.
import type { FleetWork } from '../../domain/planning/fleet/team.ts'
import { carOutcome, richCarOutcome } from '../../domain/planning/fleet/car-outcome.ts'
import { pricesOn, withinSlopes, type Coupling } from '../../domain/planning/fleet/coupling.ts'
import { gapScale } from '../../domain/planning/fleet/coordinate.ts'
import { summing, weighing } from '../../domain/planning/fleet/weigh.ts'
import type { InPieces } from '../../domain/planning/in-pieces.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import { publishPlan } from '../../domain/planning/car/publish.ts'
import { publishRich } from '../../domain/planning/battery/publish-rich.ts'
import type { DischargeRule } from '../../domain/planning/discharge-rule.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import { later } from '../../domain/time/slot.ts'
import { microCents, watts, type Power } from '../../domain/units.ts'
import type { FleetPlanned } from './workers/open-fleet-planners.ts'
import { allowedProblem, type CarProblem } from '../../domain/problems/car-problem.ts'
import { freeCourse } from '../run/free-course.ts'
import { carPlan, type CarMoment, type CarPlanners, type Publish } from '../run/replan.ts'
import { richCarProblem } from '../../domain/problems/rich-car.ts'
import { isAreaRow, type TiedFleet } from '../../domain/problems/tied-fleets.ts'

/** Cars between two breaks: some tenths of a millisecond. */
const PIECE = 64
/** Less than this share of the plan's worth is not worth other plans for everybody (F16). */
const WORTHWHILE = 0.01
/** The plans in force can go on as long as they miss nobody's wish by more, Wh. */
const STRAIN_MAX_WH = 250

/** The fleet's plan for screens and journal; `kept` as in worthKeeping. */
export function* fleetPlanView(
  tied: TiedFleet,
  work: FleetWork,
  planned: FleetPlanned,
  issuedAt: number,
  kept: number | null,
): InPieces<FleetPlanView> {
  const { coupling, columns, portfolio, first } = tied
  const schedule = kept === null ? work.schedule : yield* scheduleInForce(tied, work)
  const present = tied.cars.length
  return {
    ...portfolio,
    issuedAt,
    first,
    power: yield* powerOf(schedule, columns.steps, 0, present),
    expected: columns.cars > present ? yield* powerOf(schedule, columns.steps, present, columns.cars) : null,
    rows: coupling.names.map((name, row) => ({
      name,
      kind: coupling.kinds[row]!,
      price: Array.from(work.prices.subarray(row * coupling.steps, (row + 1) * coupling.steps)),
    })),
    cars: present,
    isKept: kept !== null,
    value: microCents(kept ?? planned.value),
    bound: microCents(planned.bound),
    // Whole watts may leave a car up to 1 Wh short of what the bound asks of it: no merit, and near zero cost it would look like one.
    gap: Math.max(0, kept === null ? planned.gap : (kept - planned.bound) / gapScale(planned)),
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

/** Power of some cars together by step. */
function* powerOf(schedule: ArrayLike<number>, steps: number, from: number, until: number): InPieces<readonly Power[]> {
  const sums = new Float64Array(steps)
  for (let car = from; car < until; car++) {
    if (car % PIECE === 0) yield
    for (let t = 0; t < steps; t++) sums[t]! += schedule[car * steps + t]!
  }
  return Array.from(sums, watts)
}

/** The dearest price of a stored Wh, ct/MWh. */
function dearest({ buy, efficiencyCharge }: TiedFleet['columns']): number {
  return (
    buy.reduce((most, price) => Math.max(most, price), 0) / efficiencyCharge.reduce((least, share) => Math.min(least, share), 1)
  )
}

/** The plans in force in the columns of the fleet, mean W over whole slots. */
function* scheduleInForce(tied: TiedFleet, work: FleetWork): InPieces<Float64Array> {
  // Nobody follows a plan of cars that are not there: theirs is the newest one.
  const schedule = Float64Array.from(work.schedule)
  yield* putPlansInForce(tied, schedule)
  return schedule
}

/** Lets a run start from the plans in force and the prices that the fleet last found. */
export function* startFromForce(
  tied: TiedFleet,
  { coupling, prices, schedule }: FleetWork,
  { first, rows }: FleetPlanView,
): InPieces<void> {
  yield* putPlansInForce(tied, schedule)
  const passed = tied.first - first
  for (const [row, name] of coupling.names.entries()) {
    const last = rows.find((other) => other.name === name)
    for (let t = 0, index = row * coupling.steps; t < coupling.steps; t++, index++)
      prices[index] = withinSlopes(coupling, index, last?.price[t + passed] ?? 0)
  }
}

function* putPlansInForce({ cars, columns, first }: TiedFleet, schedule: Float32Array | Float64Array): InPieces<void> {
  const { steps } = columns
  schedule.fill(0, 0, cars.length * steps)
  for (const [
    number,
    {
      live: { plan },
      car: { shareOfFirst },
    },
  ] of cars.entries()) {
    if (number % PIECE === 0) yield
    if (plan === null) continue
    for (let t = columns.from[number]!; t < columns.until[number]!; t++)
      schedule[number * steps + t] = (plan.power[first + t - plan.firstSlot] ?? 0) * (t === 0 ? shareOfFirst : 1)
  }
}

/** Further from the position than new plans would be, by this share of it, is worth other plans, however little money the horizon shows for it; at least the power of a small car, W. */
const STRAY_SHARE = 0.02
const STRAY_MIN_W = 2_000
/** What is missing of a position out of reach may be missing in other quarter-hours. */
const STRAY_FACTOR = 1.1

/** Whether the plans in force leave what is sold much further than new plans would, in any quarter-hour; sums by row and step, W. */
function straysFromPosition({ names, steps, at, half }: Coupling, inForce: Float64Array, fresh: Float64Array): boolean {
  const row = names.indexOf('position')
  if (row < 0) return false
  // What is left of the running quarter-hour says little: its meters catch up from reading to reading.
  for (let index = row * steps + 1; index < (row + 1) * steps; index++) {
    const sold = at[index]!
    const most = Math.abs(fresh[index]! - sold) * STRAY_FACTOR + Math.max(STRAY_MIN_W, STRAY_SHARE * Math.abs(sold))
    if (half[index]! > 0 && Math.abs(inForce[index]! - sold) > most) return true
  }
  return false
}

/** What the plans in force cost from now on, micro-cents, where they can go on and the new ones would hardly be better (F16: plans do not flap); else null. */
export function* worthKeeping(tied: TiedFleet, work: FleetWork, planned: FleetPlanned): InPieces<number | null> {
  if (planned.excess !== null || tied.cars.some(({ live }) => live.plan === null)) return null
  const { columns, coupling } = tied
  const {
    sums,
    value: paid,
    excess,
    strain,
    overload,
    missing,
  } = yield* weighing(columns, coupling, yield* scheduleInForce(tied, work))
  if (straysFromPosition(coupling, sums, yield* summing(columns, coupling, work.schedule))) return null
  // What is missing by a little has to be bought yet, at the dearest price of the horizon: leaving it out is no saving.
  const value = paid + missing * dearest(columns)
  const goesOn = excess < 1 && overload < 1 && strain < STRAIN_MAX_WH
  return goesOn && value - planned.value < WORTHWHILE * gapScale(planned) ? value : null
}

/** Whose part of a fleet's plan is wanted, by the car's number in the columns. */
export interface Share {
  readonly tied: TiedFleet
  readonly work: FleetWork
  readonly inputHash: string
  readonly number: number
  readonly view: FleetPlanView
}

/** One car's plan out of the fleet's. */
export function shareOfFleet(
  planners: CarPlanners,
  { tied, work, inputHash, number, view }: Share,
  moment: Pick<CarMoment, 'fleet' | 'now' | 'feeRegime'>,
): Plan {
  const { live, session, car } = tied.cars[number]!
  const { columns, coupling } = tied
  const set = coupling.sets[columns.membership[number]!]!
  const problem = { ...allowedProblem(car), lambda: pricesOn(coupling, set, work.prices).subarray(0, car.problem.steps) }
  const power = Float64Array.from(work.schedule.subarray(number * columns.steps, number * columns.steps + problem.steps))
  const rule = { chargeOnlyThrough: columns.chargeOnlyThrough[number]!, minimumFrom: columns.minimumFrom[number]! }
  const hard = [...set].filter((row) => coupling.kinds[row] !== 'soft')
  const names = hard.map((row) => coupling.names[row]!)
  const heldBy = names.length === 0 ? 'the sold position is worth more' : `what ${names.join(' and ')} leaves`
  const kinds = hard.map((row) => coupling.kinds[row])
  const toWatts = kinds.includes('most') ? Math.floor : kinds.includes('least') ? Math.ceil : Math.round
  const publish = publisher(planners, { ...car, problem }, rule, power, heldBy)
  const { value, bound, gap, sweeps, seed, cars } = view
  const bounds = tied.areas.get(moment.fleet.sites.get(live.evse.site)?.gridArea ?? '')
  const free =
    bounds === undefined
      ? {}
      : { free: freeCourse(planners, car, { lambda: besideArea(coupling, set, work.prices, car), ...bounds }) }
  const plan = carPlan({ ...moment, live, session, toWatts }, { ...car, problem }, publish, inputHash, () => ({
    scope: 'fleet',
    cars,
    value,
    bound,
    gap,
    sweeps,
    seed,
  }))
  return { ...plan, ...free }
}

/** What ties a car apart from its grid area, ct/MWh by step. */
function besideArea(coupling: Coupling, set: Int32Array, prices: Float64Array, car: CarProblem): Float64Array {
  const others = set.filter((row) => !isAreaRow(coupling.names[row]!))
  return pricesOn(coupling, others, prices).slice(0, car.problem.steps)
}

function publisher(planners: CarPlanners, car: CarProblem, rule: DischargeRule, power: Float64Array, heldBy: string): Publish {
  if (car.beyond === null) {
    const outcome = carOutcome(planners.simple, car.problem, rule, { strategy: car.strategy, power, heldBy })
    return (header) => publishPlan(car.problem, outcome, header)
  }
  const problem = richCarProblem(car.problem, car.beyond)
  const outcome = richCarOutcome(planners.rich(), problem, rule, { power, heldBy })
  return (header) => publishRich(problem, outcome, header)
}
