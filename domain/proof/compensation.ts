// The energy that was not drawn because of a limit, by quarter-hour: what was planned before it came, less what was measured while it held.
import { valueAt } from '../time/series.ts'
import type { CompensatedSlot } from '../signals/compensated-slot.ts'
import { endOf, slotAt, startOf, type Slot } from '../time/slot.ts'
import type { StandingMember } from './standing.ts'
import { energyOf, type Step } from './measured-sum.ts'

export interface CompensationRecord {
  readonly slots: readonly CompensatedSlot[]
  /** The exact sum of the quarter-hours. */
  readonly notDrawnWh: number
  /** Cars that had a plan before the limit; who came later has none to be held against. */
  readonly cars: number
}
export interface CompensatedCar {
  readonly plan: NonNullable<StandingMember['plan']>
  readonly steps: readonly Step[]
  /** Until it left, epoch ms. */
  readonly until: number
}

const HOUR_MS = 3_600_000

/** The record over times in which the limit held, epoch ms, in order. Rounded so that rows add up to the sum and the sum is right to a watt-hour. */
export function compensation(
  cars: readonly CompensatedCar[],
  held: readonly { readonly from: number; readonly until: number }[],
): CompensationRecord {
  const bySlot = new Map<Slot, { planned: number; measured: number }>()
  for (const { from, until } of held)
    for (const car of cars)
      for (let at = from; at < Math.min(until, car.until);) {
        const slot = slotAt(at)
        const end = Math.min(until, car.until, endOf(slot))
        const power = valueAt({ first: car.plan.firstSlot, values: car.plan.power }, slot)
        if (power !== undefined) {
          const sums = bySlot.get(slot) ?? { planned: 0, measured: 0 }
          sums.planned += (power * (end - at)) / HOUR_MS
          sums.measured += energyOf(car.steps, at, end)
          bySlot.set(slot, sums)
        }
        at = end
      }
  const slots: CompensatedSlot[] = []
  let [planned, measured] = [0, 0]
  let [plannedBefore, measuredBefore] = [0, 0]
  for (const [slot, sums] of [...bySlot].sort(([a], [b]) => startOf(a) - startOf(b))) {
    planned += sums.planned
    measured += sums.measured
    const [plannedWh, measuredWh] = [Math.round(planned) - plannedBefore, Math.round(measured) - measuredBefore]
    slots.push({ slot, plannedWh, measuredWh, notDrawnWh: plannedWh - measuredWh })
    plannedBefore += plannedWh
    measuredBefore += measuredWh
  }
  return { slots, notDrawnWh: slots.reduce((sum, { notDrawnWh }) => sum + notDrawnWh, 0), cars: cars.length }
}
