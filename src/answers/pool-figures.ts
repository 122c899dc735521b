// What a pool does now and could do, in one pass over its cars: for whoever leads it second by second.
import type { PoolBand } from '../../domain/dispatch/pool-band.ts'
import { openSession, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { powerAt } from '../../domain/live/measured-power.ts'
import { storedEnergy } from '../../domain/live/stored-energy.ts'
import { id, type PoolId } from '../../domain/registry/identity.ts'

/** W, taking positive; Wh. */
export interface PoolFigures extends PoolBand {
  readonly measured: number
  readonly stored: number
  /** Cars that are plugged in, and those of them whose power was told longer ago than it should, or is not known at all. */
  readonly cars: number
  readonly old: number
  readonly unknown: number
}

/** The figures of a pool at an instant, epoch ms; null for one that is not known. What was told more than `oldMs` ago is old. */
export function poolFigures(
  fleet: LiveFleet,
  pool: string,
  band: PoolBand | null,
  at: number,
  oldMs: number,
): PoolFigures | null {
  const members = fleet.evsesByPool.get(id<PoolId>(pool))
  if (members === undefined || band === null) return null
  let [measured, stored, cars, old, unknown] = [0, 0, 0, 0, 0]
  for (const evse of members) {
    const live = fleet.evses.get(evse)!
    const session = openSession(fleet, live)
    if (session === null) continue
    const power = powerAt(live, at)
    cars++
    measured += power ?? 0
    stored += storedEnergy(fleet, live, session).energy
    if (power === null) unknown++
    if (power === null || live.heardAt === null || at - live.heardAt > oldMs) old++
  }
  return { ...band, measured, stored, cars, old, unknown }
}
