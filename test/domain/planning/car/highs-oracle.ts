// The same single-car problem as a linear programme for HiGHS, written independently of the kernel's dynamic programme.
import loadHighs, { type Highs } from 'highs'
import { forbidsDischarge } from '../../../../domain/planning/negative-price.ts'
import type { VehicleProblem } from '../../../../domain/planning/problem.ts'

/** Hard bounds in Wh of stored energy: as the problem has them, or as they stand after relaxation where not all can be met. */
export interface OracleBounds {
  readonly changeMin: Float64Array
  readonly changeMax: Float64Array
  readonly floor: Float64Array
  readonly ceiling: Float64Array
}

/** The bounds as the problem states them, without any relaxation. */
export function statedBounds(problem: VehicleProblem): OracleBounds {
  const { steps, stepHours, efficiencyCharge, efficiencyDischarge, powerMin, powerMax, energyMin, energyMax, minimum, targets } =
    problem
  const stored = (power: number) => (power < 0 ? power / efficiencyDischarge : power * efficiencyCharge) * stepHours
  const floor = energyMin.map((bound) => Math.max(bound, minimum))
  for (const { step, energy } of targets) floor[step] = Math.max(floor[step]!, energy)
  return { changeMin: powerMin.map(stored), changeMax: powerMax.map(stored), floor: floor.subarray(0, steps), ceiling: energyMax }
}

/** The least cost in micro-cents, and the time the model and the solution took together, ms. */
export interface OracleAnswer {
  readonly cost: number
  readonly elapsedMs: number
}

export async function oracle(): Promise<(problem: VehicleProblem, bounds: OracleBounds) => OracleAnswer> {
  // The package's declarations describe its CommonJS build; the module build exports the loader itself.
  const highs = await (loadHighs as unknown as () => Promise<Highs>)()
  const model = highs.createModel()
  model.options.set({ output_flag: false })
  return (problem, bounds) => {
    const started = process.hrtime.bigint()
    model.passModel(linearProgramme(highs, problem, bounds))
    model.run()
    const cost = model.getObjectiveValue() * MICRO_CENTS + fixedCost(problem)
    const elapsedMs = Number(process.hrtime.bigint() - started) / 1e6
    if (model.getModelStatus() !== highs.constants.modelStatus.optimal)
      throw new Error(`HiGHS: model status ${model.getModelStatus()}`)
    return { cost, elapsedMs }
  }
}

// The programme is in kWh and cents per kWh, well scaled for the solver: 1 ct/MWh x Wh = 1 micro-cent.
const KILO = 1_000
const MICRO_CENTS = KILO * KILO

function fixedCost(problem: VehicleProblem): number {
  let used = 0
  for (let t = 0; t < problem.steps; t++) used += problem.drive?.[t] ?? 0
  return -(problem.start - used) * problem.terminalPrice
}

/** Columns: charged and discharged stored energy, energy after the step, missing to the soft floor, each by step. Rows: balance, and floor + missing >= level. */
function linearProgramme(highs: Highs, problem: VehicleProblem, { changeMin, changeMax, floor, ceiling }: OracleBounds) {
  const {
    steps,
    buy,
    sell,
    efficiencyCharge,
    efficiencyDischarge,
    wear,
    start,
    drive,
    reserveLevel,
    reservePrice,
    terminalPrice,
  } = problem
  const soft = reservePrice > 0
  const columns = steps * (soft ? 4 : 3)
  const colCost = new Float64Array(columns)
  const colLower = new Float64Array(columns)
  const colUpper = new Float64Array(columns)
  const [given, energy, missing] = [steps, 2 * steps, 3 * steps]
  const starts = [0]
  const indices: number[] = []
  const values: number[] = []
  const rowLower: number[] = []
  const rowUpper: number[] = []
  for (let t = 0; t < steps; t++) {
    // Energy left over is valued by what flows in and out, so that the objective has no large constant part.
    colCost[t] = (buy[t]! / efficiencyCharge + wear / 2 - terminalPrice) / KILO
    colCost[given + t] = -(sell[t]! * efficiencyDischarge - wear / 2 - terminalPrice) / KILO
    colLower[t] = Math.max(0, changeMin[t]!) / KILO
    colUpper[t] = Math.max(0, changeMax[t]!) / KILO
    const forbidden = changeMax[t]! >= 0 && forbidsDischarge(buy[t]!, sell[t]!, problem)
    colLower[given + t] = Math.max(0, -changeMax[t]!) / KILO
    colUpper[given + t] = forbidden ? 0 : Math.max(0, -changeMin[t]!) / KILO
    colLower[energy + t] = floor[t]! / KILO
    colUpper[energy + t] = ceiling[t]! / KILO
    const balance = ((t === 0 ? start : 0) - (drive?.[t] ?? 0)) / KILO
    indices.push(energy + t, t, given + t)
    values.push(1, -1, 1)
    if (t > 0) {
      indices.push(energy + t - 1)
      values.push(-1)
    }
    starts.push(indices.length)
    rowLower.push(balance)
    rowUpper.push(balance)
    if (!soft) continue
    colCost[missing + t] = reservePrice / KILO
    colUpper[missing + t] = highs.infinity
    indices.push(energy + t, missing + t)
    values.push(1, 1)
    starts.push(indices.length)
    rowLower.push(reserveLevel / KILO)
    rowUpper.push(highs.infinity)
  }
  return {
    numCols: columns,
    numRows: rowLower.length,
    colCost,
    colLower,
    colUpper,
    rowLower: new Float64Array(rowLower),
    rowUpper: new Float64Array(rowUpper),
    matrix: {
      format: 'csr' as const,
      numRows: rowLower.length,
      numCols: columns,
      starts: new Int32Array(starts),
      indices: new Int32Array(indices),
      values: new Float64Array(values),
    },
  }
}
