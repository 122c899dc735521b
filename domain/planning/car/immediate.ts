// Charging at once: full power from plug-in until the target is reached. The yardstick of every plan, and what "charge now" orders.
import type { Kernel } from './kernel.ts'
import type { VehicleProblem } from '../problem.ts'
import type { Tube } from './viability.ts'

/** Fills change and energy of the kernel; its bounds must be loaded for charging only. Without a target it charges to the ceiling. */
export function chargeAtOnce(kernel: Kernel, tube: Tube, problem: VehicleProblem): void {
  const { changeMin, changeMax, drive, change, energy } = kernel
  const ceilings = roomForForced(kernel, tube, problem.steps)
  let stored = problem.start
  for (let t = 0; t < problem.steps; t++) {
    const rested = stored - drive[t]!
    const goal = Math.min(Math.max(goalAt(problem, t), tube.floor[t]!), ceilings[t]!)
    change[t] = Math.min(Math.max(goal - rested, changeMin[t]!, 0), changeMax[t]!)
    stored = rested + change[t]!
    energy[t] = stored
  }
}

/** How much may be stored after each step so that charging forced later still finds room, Wh. */
function roomForForced({ changeMin, drive }: Kernel, { ceiling }: Tube, steps: number): Float64Array {
  const ceilings = ceiling.slice(0, steps)
  for (let t = steps - 2; t >= 0; t--)
    ceilings[t] = Math.min(ceilings[t]!, ceilings[t + 1]! - Math.max(0, changeMin[t + 1]!) + drive[t + 1]!)
  return ceilings
}

function goalAt({ targets, departure, energyMax }: VehicleProblem, step: number): number {
  if (targets.length === 0) return departure?.energy ?? energyMax[step]!
  let goal = departure?.energy ?? -Infinity
  for (const target of targets) if (target.step >= step && target.energy > goal) goal = target.energy
  return goal
}
