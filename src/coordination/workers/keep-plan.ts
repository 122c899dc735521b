// Keeps the plan a work holds while a new one is written over it, so that a run that fails costs nothing but its time.
import type { FleetWork } from '../../../domain/planning/fleet/team.ts'

/** Holds one plan at a time, in memory of its own that is used again: fresh memory takes several times as long as the copy. */
export interface PlanKeeper {
  /** Copies schedule, own costs and prices of a work; calling the result writes them back to the byte. */
  keep(work: FleetWork): () => void
}

export function planKeeper(): PlanKeeper {
  let kept = { schedule: new Float32Array(0), own: new Float64Array(0), prices: new Float64Array(0) }
  return {
    keep({ schedule, own, prices }) {
      if (kept.schedule.length !== schedule.length || kept.own.length !== own.length || kept.prices.length !== prices.length) {
        kept = {
          schedule: new Float32Array(schedule.length),
          own: new Float64Array(own.length),
          prices: new Float64Array(prices.length),
        }
      }
      const { schedule: schedules, own: costs, prices: found } = kept
      schedules.set(schedule)
      costs.set(own)
      found.set(prices)
      return () => {
        schedule.set(schedules)
        own.set(costs)
        prices.set(found)
      }
    },
  }
}
