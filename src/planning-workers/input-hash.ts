// A fingerprint of everything a fleet plan was made from: equal hashes and equal seeds mean equal plans.
import { createHash } from 'node:crypto'
import type { FleetWork } from '../../domain/planning/fleet/team.ts'

/** SHA-256 over cars, coupling and the prices to start from, in hexadecimal. A plan made from an earlier one depends on that one too, which is not read again here. */
export function inputHash({ fleet, coupling, prices }: FleetWork): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([fleet.cars, fleet.steps, fleet.stepHours, coupling.names, coupling.kinds]))
  for (const column of Object.values(fleet) as (number | Float64Array | Int32Array)[])
    if (typeof column === 'object') hash.update(column)
  for (const column of [coupling.at, coupling.middle, coupling.half, ...coupling.sets, prices]) hash.update(column)
  return hash.digest('hex')
}
