// What would it be worth to know when a car leaves? The expected cost of planning without, less the mean cost of planning for each time it may leave at.
import type { Strategy } from '../plan.ts'
import { chanceOfLeaving, type VehicleProblem } from '../problem.ts'
import { planVehicle, type Planner } from './plan-vehicle.ts'

/** Times that stand for all: each takes one plan. */
const TIMES = 10

/** Micro-cents for this stay, never negative; 0 where the departure is certain. What is missing is paid with either. */
export function worthOfKnowing(planner: Planner, problem: VehicleProblem, strategy: Strategy): number {
  const { departure, steps } = problem
  if (departure === null) return 0
  const unknown = planVehicle(planner, problem, strategy).cost.total
  let known = 0
  let [step, left] = [0, chanceOfLeaving(departure, steps, 0)]
  for (let time = 0; time < TIMES; time++) {
    const share = ((time + 0.5) / TIMES) * departure.staying[0]!
    while (left < share && step < steps - 1) left += chanceOfLeaving(departure, steps, ++step)
    known += planVehicle(planner, leavingAfter(problem, step), strategy).cost.total / TIMES
  }
  return Math.max(0, unknown - known)
}

/** The same car, certain to leave right after a step. */
function leavingAfter(problem: VehicleProblem, step: number): VehicleProblem {
  const steps = step + 1
  return { ...problem, steps, departure: { ...problem.departure!, staying: new Float64Array(steps).fill(1) } }
}
