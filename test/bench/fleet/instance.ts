// The fleets that are planned in the benchmark: which cars, tied together how; the same options give the same bytes everywhere.
import type { Coupling } from '../../../domain/planning/fleet/coupling.ts'
import type { FleetColumns } from '../../../domain/planning/fleet/fleet-columns.ts'
import { randomRichFleet } from '../../domain/planning/battery/random-rich-fleet.ts'
import { cappedCoupling, randomFleet, soldCoupling } from '../../domain/planning/fleet/random-fleet.ts'

/** The generators of cars by name: simple ones with two segments a step, and rich ones with everything the planner knows. */
export const MODELS = ['simple', 'rich'] as const

export interface InstanceOptions {
  readonly model: (typeof MODELS)[number]
  readonly vehicles: number
  readonly seed: number
  /** With a cap of the pool in 8 slots and caps of 20 grid areas, beside the sold schedule. */
  readonly caps: boolean
}

/** The columns of simple cars are filled directly, so that a million cars need no objects of their own. */
export function instance({ model, vehicles, seed, caps }: InstanceOptions): { fleet: FleetColumns; coupling: Coupling } {
  const fleet = model === 'rich' ? randomRichFleet(vehicles, seed) : randomFleet(vehicles, seed)
  return { fleet, coupling: caps ? cappedCoupling(fleet, seed) : soldCoupling(fleet, seed) }
}

/** The same rows with a sold position changed by a factor; caps stay. */
export function withSold(coupling: Coupling, factor: number): Coupling {
  const at = new Float64Array(new SharedArrayBuffer(coupling.at.length * 8))
  at.set(coupling.at)
  for (let t = 0; t < coupling.steps; t++) at[t]! *= factor
  return { ...coupling, at }
}
