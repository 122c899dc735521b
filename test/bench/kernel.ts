// How exact and how fast one car is planned: the kernel against HiGHS on the same random cars, both with the building of their model, and its time by kind of prices.
import { solve } from '../../domain/planning/car/kernel.ts'
import { createPlanner, planVehicle, solveWith } from '../../domain/planning/car/plan-vehicle.ts'
import { loadSlopes } from '../../domain/planning/car/step-cost.ts'
import { loadBounds } from '../../domain/planning/car/viability.ts'
import { vehicleProblem, type VehicleProblem } from '../../domain/planning/problem.ts'
import { oracle, statedBounds } from '../domain/planning/car/highs-oracle.ts'
import { priceSeries, random, randomProblem, type PriceShape } from '../domain/planning/car/random-problem.ts'
import type { BenchOptions, BenchResult } from './run.ts'

const SHAPES = ['spot', 'flat', 'negative'] as const satisfies readonly PriceShape[]
/** Cars planned between two looks at the clock: small enough to see the tail, large enough that the clock costs nothing. */
const BATCH = 4
const CARS = 400
const TARIFFS = 4
const ANYTHING = { chargeOnlyThrough: -1, minimumFrom: 0 }
const planner = createPlanner(192)

export async function run({ smoke }: BenchOptions): Promise<BenchResult> {
  const batches = smoke ? 2_000 : 40_000
  const figures: Record<string, number> = {}
  Object.assign(figures, await compare(smoke ? 30 : 500))
  figures['kernelP50Us'] = quantile(measureKernel(cars(96, 'spot'), batches), 0.5)
  for (const shape of SHAPES) {
    const times = measure(cars(96, shape), batches, solveChecked)
    figures[`${shape}P50Us`] = quantile(times, 0.5)
    figures[`${shape}P99Us`] = quantile(times, 0.99)
    figures[`${shape}P999Us`] = quantile(times, 0.999)
  }
  for (const shape of SHAPES)
    figures[`${shape}192StepsP50Us`] = quantile(measure(cars(192, shape), batches / 4, solveChecked), 0.5)
  figures['checkProblemP50Us'] = quantile(measure(cars(96, 'spot'), batches / 4, vehicleProblem), 0.5)
  // With shadow prices, cost by part, breaches and arrays of its own: what a caller outside of a fleet's coordination gets.
  figures['wholePlanP50Us'] = quantile(measure(cars(96, 'spot'), batches / 2, planWhole), 0.5)
  figures['plansPerSecond'] = 1e6 / figures['spotP50Us']!
  return {
    figures,
    targets: {
      instances: { atLeast: smoke ? 30 : 500 },
      maxRelDiff: { atMost: 1e-9 },
      ratioToHighs: { atLeast: 100 },
    },
  }
}

/** Bounds, slopes and optimum of a problem that was checked when it was made: the inner step of a fleet's coordination. */
function solveChecked(problem: VehicleProblem): void {
  solveWith(planner, problem, ANYTHING)
}

/** Checks the problem, finds the bounds, solves: everything from given series to a plan in the workspace. */
function optimise(problem: VehicleProblem): void {
  solveWith(planner, vehicleProblem(problem), ANYTHING)
}

function planWhole(problem: VehicleProblem): void {
  planVehicle(planner, vehicleProblem(problem), 'bidirectional')
}

/** Different cars under a few tariffs, whose prices they share as a fleet does. */
function cars(steps: number, shape: PriceShape): readonly VehicleProblem[] {
  const tariffs = Array.from({ length: TARIFFS }, (_, seed) => priceSeries(steps, shape, random(seed)))
  return Array.from({ length: CARS }, (_, i) => ({ ...randomProblem(10_000 + i, steps, shape), ...tariffs[i % TARIFFS]! }))
}

/** Objective and median time against HiGHS. Differences are relative to the objective, to one cent where it is smaller. */
async function compare(instances: number): Promise<Record<string, number>> {
  const solveProgramme = await oracle()
  const problems = Array.from({ length: instances }, (_, seed) => randomProblem(seed, 96, SHAPES[seed % SHAPES.length]!))
  let maxRelDiff = 0
  const theirs: number[] = []
  for (const problem of problems) {
    const { cost, shortfalls } = solveWith(planner, problem, ANYTHING)
    const { kernel, tube } = planner
    const relaxed = { changeMin: kernel.changeMin, changeMax: kernel.changeMax, floor: tube.floor, ceiling: tube.ceiling }
    const answer = solveProgramme(problem, shortfalls.length > 0 ? relaxed : statedBounds(problem))
    maxRelDiff = Math.max(maxRelDiff, Math.abs(cost - answer.cost) / Math.max(Math.abs(answer.cost), 1e6))
    theirs.push(answer.elapsedMs)
  }
  const highsP50Us = quantile(theirs, 0.5) * 1e3
  const ours = measure(problems, instances * 40, optimise)
  return { instances, maxRelDiff, highsP50Us, ratioToHighs: highsP50Us / quantile(ours, 0.5) }
}

/** Microseconds per plan, one value a batch, after as many batches again to warm up. */
function measure(problems: readonly VehicleProblem[], batches: number, plan: (problem: VehicleProblem) => void): number[] {
  const times: number[] = []
  for (let batch = -batches; batch < batches; batch++) {
    const started = process.hrtime.bigint()
    for (let i = 0; i < BATCH; i++) plan(problems[Math.abs(batch * BATCH + i) % problems.length]!)
    if (batch >= 0) times.push(Number(process.hrtime.bigint() - started) / 1e3 / BATCH)
  }
  return times
}

/** Microseconds of the dynamic programme and its forward pass alone, one value a plan; the loading of the workspace is not timed. */
function measureKernel(problems: readonly VehicleProblem[], plans: number): number[] {
  const times: number[] = []
  for (let plan = -plans; plan < plans; plan++) {
    const problem = problems[Math.abs(plan) % problems.length]!
    // Loaded, not solved before: a second solution of the same car would find every branch predicted.
    loadSlopes(planner.kernel, problem)
    loadBounds(planner.kernel, planner.tube, problem, ANYTHING)
    const started = process.hrtime.bigint()
    solve(planner.kernel, problem.steps, problem)
    if (plan >= 0) times.push(Number(process.hrtime.bigint() - started) / 1e3)
  }
  return times
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
