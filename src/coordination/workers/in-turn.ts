// Lets several parts of the program use the same planning threads: whoever comes while they are at work waits for its turn.
import type { FleetPlanners } from './open-fleet-planners.ts'

/** Runs that may wait; beyond it a request is answered as busy. */
const WAITING_MAX = 8

export function inTurn(planners: FleetPlanners): FleetPlanners {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    ...planners,
    async coordinate(work, request) {
      if (waiting >= WAITING_MAX) return planners.coordinate(work, request)
      waiting++
      const turn = last.then(() => planners.coordinate(work, request))
      last = turn.catch(() => {})
      try {
        return await turn
      } finally {
        waiting--
      }
    },
  }
}
