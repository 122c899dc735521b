// A fingerprint of everything a fleet plan was made from: equal hashes and equal seeds mean equal plans.
import { createHash } from 'node:crypto'
import type { FleetWork } from '../../../domain/planning/fleet/team.ts'

/** SHA-256 over cars, coupling and, for a warm run, the plan and the prices to start from, in hexadecimal. */
export function inputHash({ fleet, coupling, prices, schedule }: FleetWork, warm: boolean): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([fleet.cars, fleet.steps, fleet.stepHours, coupling.names, coupling.kinds]))
  for (const column of Object.values(fleet) as (number | Float64Array | Int32Array)[])
    if (typeof column === 'object') hash.update(column)
  for (const column of [coupling.at, coupling.middle, coupling.half, ...coupling.sets, prices]) hash.update(column)
  if (warm) hash.update(schedule)
  return hash.digest('hex')
}
