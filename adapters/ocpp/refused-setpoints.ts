// Stations that take no set-points are led by courses, and offered one again after a while: what they refused may have lain in the car or in the moment.
import { retryAfterMs } from '../../domain/live/retry.ts'
import type { Abilities, ProfileForm } from '../../domain/registry/abilities.ts'

/** What a station has refused of set-points since it took one or booted. */
export interface RefusedSetpoints {
  /** The order that was refused last: what is told anew of one order is one refusal, however often it is told. */
  readonly order: string | null
  /** Orders refused in every form, in a row. */
  readonly count: number
  /** Passed time from which it is offered one again; null while it is offered them anyway. */
  readonly retryAt: number | null
}
export const NO_SETPOINTS_REFUSED: RefusedSetpoints = { order: null, count: 0, retryAt: null }

/** From so many on it is led by courses. */
const REFUSED_MAX = 2
/** Each try sets a car aside for a minute, so they come less often than those of orders: after 15 min, 30 min, 1, 2 and then every 3.75 h. */
const RETRY_FACTOR = 15

/** What is known after an order was refused in every form at a passed time. */
export function setpointRefused({ order, count, retryAt }: RefusedSetpoints, refused: string, at: number): RefusedSetpoints {
  if (order === refused) return { order, count, retryAt }
  const failures = count + 1 - (REFUSED_MAX - 1)
  return { order: refused, count: count + 1, retryAt: failures < 1 ? null : at + RETRY_FACTOR * retryAfterMs(failures) }
}

/** Whether a station that took no set-points is offered one again at a passed time; after a start of ours nobody knows since when it takes none. */
export function isSetpointDue({ retryAt }: RefusedSetpoints, at: number): boolean {
  return retryAt === null || at >= retryAt
}

/** In which forms a set-point is offered, in order: as it was taken last, then as it was not tried. */
export function setpointKinds(
  { setpoint }: ProfileForm,
  abilities: Abilities | null,
  isScheduled: boolean,
): readonly ProfileForm['setpoint'][] {
  // A car that keeps to schedules follows no profile that changes (K18).
  if (isScheduled || abilities?.dynamicProfiles === false) return ['absolute']
  return setpoint === 'absolute' ? ['absolute', 'dynamic'] : ['dynamic', 'absolute']
}
