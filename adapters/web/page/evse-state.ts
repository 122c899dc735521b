// What a person sees in one EVSE: its state in one word, how urgent it is, who decides its power, and how old its values are.
import type { LiveEvse } from '../live-snapshot.ts'

export type EvseState = 'alarm' | 'warning' | 'offline' | 'charging' | 'discharging' | 'waiting' | 'free'
/** Below it a car counts as standing still: chargers draw this much for themselves. */
const STANDSTILL_W = 100
/** Values older than this are shown as old; on a fast clock a second of ours is a minute of theirs. */
const STALE_MS = 60_000
const STALE_WALL_MS = 2_000

export function stateOf(evse: LiveEvse): EvseState {
  if (evse.status === 'faulted') return 'alarm'
  if (!evse.connected) return 'offline'
  if (evse.alarms.length > 0) return 'warning'
  if (evse.session === null) return 'free'
  const power = evse.measuredW ?? evse.orderedW ?? 0
  return power > STANDSTILL_W ? 'charging' : power < -STANDSTILL_W ? 'discharging' : 'waiting'
}
export function isAbnormal(state: EvseState): boolean {
  return state === 'alarm' || state === 'warning' || state === 'offline'
}
export function directionOf(evse: LiveEvse): 'charging' | 'discharging' | 'waiting' | 'free' {
  if (evse.session === null) return 'free'
  const power = evse.measuredW ?? 0
  return power > STANDSTILL_W ? 'charging' : power < -STANDSTILL_W ? 'discharging' : 'waiting'
}

export type ReasonGroup =
  'charge' | 'discharge' | 'wait' | 'readyBy' | 'driver' | 'operator' | 'activation' | 'schedule' | 'limit' | 'unknown'

/** The reason a car is counted under, and the authority where there are several of a kind. */
export function groupOf(evse: LiveEvse): { readonly group: ReasonGroup; readonly authority: string | null } {
  switch (evse.rule) {
    case null:
      return { group: 'unknown', authority: null }
    case 'hardware':
    case 'grid-limit':
      return { group: 'limit', authority: evse.authority }
    case 'driver':
    case 'operator':
    case 'activation':
    case 'schedule':
      return { group: evse.rule, authority: null }
    case 'ready-by':
      return { group: 'readyBy', authority: null }
    case 'optimisation': {
      const power = evse.orderedW ?? evse.measuredW ?? 0
      return { group: power > 0 ? 'charge' : power < 0 ? 'discharge' : 'wait', authority: null }
    }
  }
}

/** Whether a value measured at `at` is too old to be trusted at `now`. */
export function isStale(at: number | null, now: number, speed: number): boolean {
  return at !== null && now - at > STALE_MS + STALE_WALL_MS * Math.max(1, speed)
}
