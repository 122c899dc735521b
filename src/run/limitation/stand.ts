// How a machine stands, in stamps of the wall, as it is recorded.
import { isDeepStrictEqual } from 'node:util'
import type { LimitationStand } from '../../../domain/facts/limitation.ts'
import type { ControllableSystem } from '../../../domain/limitation/controllable-system.ts'

/** Instants of passed time become stamps to the millisecond above or below; ends that are nearer than this are the same. */
const SAME_END_MS = 1_000

/** `stamp` turns an instant of passed time into epoch ms; where it stood so before, what was recorded then stays the word for it. */
export function standOf(
  { standing, limit, written, guard }: ControllableSystem,
  stamp: (elapsed: number) => number,
  before: LimitationStand | null = null,
): LimitationStand {
  const until = standing.name === 'limited' && standing.until !== null ? stamp(standing.until) : null
  const known = before?.until ?? null
  return {
    state: standing.name,
    since: stamp(standing.since),
    until: until !== null && known !== null && Math.abs(until - known) < SAME_END_MS ? known : until,
    limit,
    written,
    guard: guard?.id ?? null,
    isConnected: (guard?.connections.length ?? 0) > 0,
  }
}

/** Whether two say the same but for the stamp of their beginning, which a step of the clock moves. */
export function isSameStand(a: LimitationStand, b: LimitationStand): boolean {
  return isDeepStrictEqual({ ...a, since: 0 }, { ...b, since: 0 })
}
