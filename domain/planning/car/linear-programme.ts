// The very problem the planner solves, written down as a linear programme that any solver reads (CPLEX LP format), so that nobody has to take the optimum on trust.
//
// Energies kWh, money EUR. The file holds what the planner has made of the data before it optimises: bounds that cannot be kept are relaxed as far as needed, and steps in
// which discharging is ruled out because of strongly negative prices have no variable for it.
import { createPlanner, ruleFor, solveWith, type Planner } from './plan-vehicle.ts'
import type { VehicleProblem } from '../problem.ts'

const WH_PER_KWH = 1_000
/** ct/MWh to EUR/kWh. */
const EUR_PER_KWH = 1e-5

/** A car with the number its variables carry. */
interface NumberedCar {
  readonly number: number
  readonly problem: VehicleProblem
  /** Bounds of the change of stored energy and of the stored energy by step, kWh. */
  readonly changeMin: Float64Array
  readonly changeMax: Float64Array
  readonly energyMin: Float64Array
  readonly energyMax: Float64Array
}

/**
 * Lines of the programme of cars planned both ways, each by itself; the optimum is the sum of their costs in EUR (energy, wear, less the worth of energy left). Variables of
 * car k (from 1) in step t (from 1): `charge_k_t` and `give_k_t` are energies at the charger, `stored_k_t` the energy in the battery after the step.
 */
export function* linearProgramme(problems: readonly VehicleProblem[]): Generator<string> {
  const planner = createPlanner(Math.max(1, ...problems.map(({ steps }) => steps)))
  yield '\\ kWh and EUR; charge and give at the charger, stored in the battery'
  yield 'Minimize'
  yield ' cost:'
  for (const [i, problem] of problems.entries()) yield* objective(problem, i + 1)
  yield 'Subject To'
  for (const [i, problem] of problems.entries()) yield* balance(numbered(planner, problem, i + 1))
  yield 'Bounds'
  for (const [i, problem] of problems.entries()) yield* bounds(numbered(planner, problem, i + 1))
  yield 'End'
}

function numbered(planner: Planner, problem: VehicleProblem, number: number): NumberedCar {
  solveWith(planner, problem, ruleFor(planner, problem))
  const inKwh = (values: Float64Array) => values.slice(0, problem.steps).map((value) => value / WH_PER_KWH)
  const { changeMin, changeMax, energyMin, energyMax } = planner.kernel
  return {
    number,
    problem,
    changeMin: inKwh(changeMin),
    changeMax: inKwh(changeMax),
    energyMin: inKwh(energyMin),
    energyMax: inKwh(energyMax),
  }
}

function* objective(
  { steps, buy, sell, wear, efficiencyCharge, efficiencyDischarge, terminalPrice }: VehicleProblem,
  k: number,
): Generator<string> {
  for (let t = 0; t < steps; t++) {
    yield `  ${signed((buy[t]! + (wear / 2) * efficiencyCharge) * EUR_PER_KWH)} charge_${k}_${t + 1}`
    yield `  ${signed((wear / 2 / efficiencyDischarge - sell[t]!) * EUR_PER_KWH)} give_${k}_${t + 1}`
  }
  yield `  ${signed(-terminalPrice * EUR_PER_KWH)} stored_${k}_${steps}`
}

function* balance({ problem, number: k }: NumberedCar): Generator<string> {
  const { steps, start, drive, efficiencyCharge, efficiencyDischarge } = problem
  for (let t = 0; t < steps; t++) {
    const before = t === 0 ? '' : ` - stored_${k}_${t}`
    const given = (t === 0 ? start : 0) - (drive?.[t] ?? 0)
    yield ` balance_${k}_${t + 1}: stored_${k}_${t + 1}${before} ${signed(-efficiencyCharge)} charge_${k}_${t + 1} ${signed(1 / efficiencyDischarge)} give_${k}_${t + 1} = ${text(given / WH_PER_KWH)}`
  }
}

function* bounds({ problem, number: k, changeMin, changeMax, energyMin, energyMax }: NumberedCar): Generator<string> {
  const { steps, efficiencyCharge, efficiencyDischarge } = problem
  for (let t = 0; t < steps; t++) {
    const [least, most] = [changeMin[t]!, changeMax[t]!]
    yield ` ${text(Math.max(0, least) / efficiencyCharge)} <= charge_${k}_${t + 1} <= ${text(Math.max(0, most) / efficiencyCharge)}`
    yield ` ${text(Math.max(0, -most) * efficiencyDischarge)} <= give_${k}_${t + 1} <= ${text(Math.max(0, -least) * efficiencyDischarge)}`
    yield ` ${text(energyMin[t]!)} <= stored_${k}_${t + 1} <= ${text(energyMax[t]!)}`
  }
}

/** A number with its sign; the shortest text that reads back to the same number. */
function signed(value: number): string {
  return value < 0 ? `- ${text(-value)}` : `+ ${text(value)}`
}
function text(value: number): string {
  return String(value + 0)
}
