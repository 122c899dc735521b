// What a pool does now and could do, in one pass over its cars: for whoever leads it second by second.
import type { PoolBand } from '../../domain/dispatch/pool-band.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
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
export interface PoolFiguresOptions {
  readonly fleet: LiveFleet
  /** Null for an unknown pool, and before anybody was looked at. */
  readonly band: (pool: string) => PoolBand | null
  /** What was told longer ago is old, ms. */
  readonly oldMs: number
}

/** Batteries fill slowly: how full they are is added up this often, of all plugged cars. */
const STORED_EVERY_MS = 10_000

/** The figures of a pool at an instant, epoch ms; null for one that is not known. Asked for every second, a pool of ten thousand takes some milliseconds. */
export function poolFigures({ fleet, band, oldMs }: PoolFiguresOptions): (pool: string, at: number) => PoolFigures | null {
  const known = new Map<string, { readonly stored: number; readonly at: number }>()
  function storedOf(pool: string, lives: readonly LiveEvse[], at: number): number {
    const before = known.get(pool)
    if (before !== undefined && Math.abs(at - before.at) < STORED_EVERY_MS) return before.stored
    let stored = 0
    for (const live of lives) {
      const session = openSession(fleet, live)
      if (session !== null) stored += storedEnergy(fleet, live, session).energy
    }
    known.set(pool, { stored, at })
    return stored
  }
  return (pool, at) => {
    const members = fleet.evsesByPool.get(id<PoolId>(pool))
    const bounds = band(pool)
    if (members === undefined || bounds === null) return null
    const plugged = members.map((evse) => fleet.evses.get(evse)!).filter(({ session }) => session !== null)
    let [measured, old, unknown] = [0, 0, 0]
    for (const live of plugged) {
      const power = powerAt(live, at)
      measured += power ?? 0
      if (power === null) unknown++
      if (power === null || at - live.heardAt! > oldMs) old++
    }
    return { ...bounds, measured, stored: storedOf(pool, plugged, at), cars: plugged.length, old, unknown }
  }
}
