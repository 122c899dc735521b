// What the cars of a pool are planned for together and could do instead, under everything that bounds them now: the band an operator of the grid can count on.
import type { Board, SiteGroup } from './board.ts'
import { envelopesOn, strictestNow } from '../live/joint-bounds.ts'
import type { LiveFleet } from '../live/live-fleet.ts'

/** W, taking positive. */
export interface PoolBand {
  readonly planned: number
  readonly low: number
  readonly high: number
}
type Sums = { -readonly [Sum in keyof PoolBand]: number }

/** The band at an instant, epoch ms, of cars as they were looked at last; null for an unknown pool. What an area leaves counts as if it were this pool's alone. */
export function poolBand(board: Board, fleet: LiveFleet, pool: string, now: number): PoolBand | null {
  const members = board.pools.get(pool)?.members
  if (members === undefined) return null
  const areas = new Map<string | null, Sums>()
  for (const index of members) {
    const group = board.siteOf[index]!
    // A connection belongs to one pool: it is looked at once, with the first of its cars.
    if (group.members[0] !== index) continue
    const sums = areas.get(group.area) ?? { planned: 0, low: 0, high: 0 }
    areas.set(group.area, sums)
    add(sums, siteSums(board, fleet, group, now))
  }
  const whole = { planned: 0, low: 0, high: 0 }
  for (const [area, sums] of areas) add(whole, area === null ? sums : bounded(fleet, `area:${area}`, sums, now))
  return bounded(fleet, `pool:${pool}`, whole, now)
}

function siteSums({ columns }: Board, fleet: LiveFleet, { site, members }: SiteGroup, now: number): Sums {
  const sums = { planned: 0, low: 0, high: 0 }
  for (const index of members) {
    if (columns.isIn[index] !== 1) continue
    sums.planned += columns.planned[index]!
    sums.low += columns.low[index]!
    sums.high += columns.high[index]!
  }
  return bounded(fleet, `site:${site}`, sums, now)
}

/** What a bound on a sum leaves of it, also of what is planned. */
function bounded(fleet: LiveFleet, subject: string, sums: Sums, now: number): Sums {
  const envelopes = envelopesOn(fleet, subject, now)
  if (envelopes.length === 0) return sums
  const most = strictestNow(envelopes, 'max', now)
  const least = strictestNow(envelopes, 'min', now)
  const within = (value: number) => Math.min(most, Math.max(least, value))
  return { planned: within(sums.planned), low: within(sums.low), high: within(sums.high) }
}

function add(to: Sums, sums: Sums): void {
  to.planned += sums.planned
  to.low += sums.low
  to.high += sums.high
}
