// What the cars of one pool make up for together: the pool keeps its sums, and one common shift from what each would like.
import type { DispatchColumns } from './columns.ts'
import { activationOf } from '../live/joint-bounds.ts'
import type { LiveFleet } from '../live/live-fleet.ts'
import { watts, type Power } from '../units.ts'
import { bound, fill } from './water-fill.ts'

/** So many EVSEs are levelled at once whenever one of them changes. */
export const LEVELLED_AT_ONCE = 200
/** Larger pools and sums are looked at as a whole this often at most. */
const APART_MS = 1_000
/** Less is a matter of whole watts. */
const MOVED_WATTS = 1

export interface PoolLevel {
  readonly pool: string
  /** Indexes of its EVSEs, in the order of the registry. */
  readonly members: readonly number[]
  /** What the pool is asked for instead of the sum of its plans, W. */
  target: Power | null
  /** Sums of what is planned and of what is given, W; kept up with every car that changes. */
  planned: number
  granted: number
  shift: number
  /** Power that no car could take or give when the pool was levelled last, W. */
  missing: number
  /** A car has changed since by more than its own share. */
  isStale: boolean
  /** Somebody waits for the whole pool: it is levelled as soon as so many looks have been taken on the board that all its cars were among them. */
  isUrgent: boolean
  waitsFor: number
  levelledAt: number
}

/** When something that was looked at as a whole at an instant is looked at again at the latest, epoch ms; at once where the clock was set back since (F36). */
export function lookedAgainAt(lookedAt: number, now: number): number {
  return lookedAt > now ? now : lookedAt + APART_MS
}

/** A pool nobody has looked at. */
export function poolLevel(pool: string, members: readonly number[]): PoolLevel {
  return {
    pool,
    members,
    target: null,
    planned: 0,
    granted: 0,
    shift: 0,
    missing: 0,
    isStale: true,
    isUrgent: false,
    waitsFor: 0,
    levelledAt: -Infinity,
  }
}

/** The target in force for a pool: of several activations the one that came last. Null where its plans are followed. */
export function targetOf(fleet: LiveFleet, pool: string, now: number): Power | null {
  return activationOf(fleet, pool, now)?.min ?? null
}

/** Splits the pool's sum over all its members anew, to the watt. `moved` is told of each member that gets something else than before. */
export function level(of: PoolLevel, columns: DispatchColumns, now: number, moved: (index: number) => void): void {
  const { isIn, planned, granted } = columns
  const own = of.members.filter((i) => isIn[i] === 1)
  const wanted = gathered(own, columns.wanted)
  const [low, high] = [gathered(own, columns.low), gathered(own, columns.high)]
  of.planned = 0
  for (const i of own) of.planned += planned[i]!
  const goal = of.target ?? watts(of.planned)
  const shares = new Float64Array(own.length)
  of.shift = fill({ wanted, low, high }, own.length, goal, shares)
  of.granted = 0
  for (let k = 0; k < own.length; k++) {
    const [i, share] = [own[k]!, shares[k]!]
    of.granted += share
    if (granted[i] === share) continue
    granted[i] = share
    moved(i)
  }
  of.missing = own.length === 0 ? 0 : goal - of.granted
  of.isStale = of.isUrgent = false
  of.levelledAt = now
}

function gathered(own: readonly number[], column: Float64Array): Float64Array {
  const values = new Float64Array(own.length)
  for (let k = 0; k < own.length; k++) values[k] = column[own[k]!]!
  return values
}

/** One member as it was counted: what it was planned with, and what it had. */
export interface Counted {
  readonly planned: number
  readonly granted: number
}

/** Between two looks at a large pool: a member that has changed takes the common shift, and the pool remembers what that leaves open. */
export function follow(of: PoolLevel, columns: DispatchColumns, index: number, before: Counted): void {
  const { isIn, planned, wanted, low, high, granted } = columns
  const isHere = isIn[index] === 1
  const share = isHere ? Math.floor(bound(wanted[index]! + of.shift, low[index]!, high[index]!) + 1e-6) : 0
  granted[index] = share
  of.planned += (isHere ? planned[index]! : 0) - before.planned
  of.granted += share - before.granted
  const goal = of.target ?? of.planned
  if (Math.abs(goal - of.granted - of.missing) > MOVED_WATTS) of.isStale = true
}
