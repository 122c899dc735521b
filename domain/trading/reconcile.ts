// Both sides' series of a day beside each other in whole quarter watt-hours, so that equal means equal and a difference is an exact number.
import type { SlotQuality } from '../telemetry/slot-meter.ts'
import type { DeliveryDay } from '../time/delivery-day.ts'
import { later, type Slot } from '../time/slot.ts'
import type { Energy, Power } from '../units.ts'

/** One quarter-hour; energies as whole numbers of 0.25 Wh, positive takes from the grid. */
export interface ReconciledSlot {
  readonly slot: Slot
  /** Position within the day, from 1. */
  readonly position: number
  /** The schedule in force. */
  readonly nominated: number | null
  /** The sum of the deals. */
  readonly traded: number | null
  /** What meters counted, as far as it is over. */
  readonly metered: number | null
  /** How sure that is; null with it. */
  readonly meterQuality: SlotQuality | null
  /** How often its meters were changed after it had closed, all together. */
  readonly meterRevisions: number
  /** Nominated less traded; 0 where both say nothing. */
  readonly difference: number
  /** Metered less nominated: what is settled as imbalance; null where either is missing. */
  readonly imbalance: number | null
}
export interface Reconciliation {
  readonly day: DeliveryDay
  readonly slots: readonly ReconciledSlot[]
  /** Sum of the sizes of all differences. */
  readonly open: number
}

/** What the meters of a portfolio say about a quarter-hour. */
export interface MeteredSlot {
  readonly energy: Energy
  readonly quality: SlotQuality
  readonly revisions: number
}

/** Whole numbers of 0.25 Wh; energies are multiples of that, so nothing is rounded. */
export function quarterWattHours(energy: Energy): number {
  return energy * 4
}

/** Reconciles a day. The series have one value a quarter-hour of the day. */
export function reconcile(
  day: DeliveryDay,
  series: {
    readonly nominated: readonly (Energy | null)[]
    readonly traded: readonly (Energy | null)[]
    readonly metered: readonly (MeteredSlot | null)[]
  },
): Reconciliation {
  const at = (values: readonly (Energy | null)[], i: number) => {
    const energy = values[i] ?? null
    return energy === null ? null : quarterWattHours(energy)
  }
  const slots = Array.from({ length: day.slots }, (_, i): ReconciledSlot => {
    const meter = series.metered[i] ?? null
    const [nominated, traded] = [at(series.nominated, i), at(series.traded, i)]
    const metered = meter === null ? null : quarterWattHours(meter.energy)
    return {
      slot: later(day.first, i),
      position: i + 1,
      nominated,
      traded,
      metered,
      meterQuality: meter?.quality ?? null,
      meterRevisions: meter?.revisions ?? 0,
      difference: (nominated ?? 0) - (traded ?? 0),
      imbalance: nominated === null || metered === null ? null : metered - nominated,
    }
  })
  return { day, slots, open: slots.reduce((sum, { difference }) => sum + Math.abs(difference), 0) }
}

/** What a plan foresees by slot of a day, whole numbers of 0.25 Wh; null where it says nothing. A watt for a quarter-hour is 0.25 Wh. */
export function plannedIn(
  day: DeliveryDay,
  plan: { readonly first: Slot; readonly power: readonly Power[]; readonly expected: readonly Power[] | null } | null,
): readonly (number | null)[] {
  return Array.from({ length: day.slots }, (_, i) => {
    const t = later(day.first, i) - (plan?.first ?? 0)
    const power = plan?.power[t]
    return power === undefined ? null : Math.round(power + (plan?.expected?.[t] ?? 0)) + 0
  })
}
