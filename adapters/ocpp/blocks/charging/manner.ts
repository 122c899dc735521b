// How an order is put into words for one EVSE and car: the form its station takes, and what its car can hold.
import type { ProfileForm } from '../../../../domain/registry/abilities.ts'
import type { Power } from '../../../../domain/units.ts'
import { later, type Slot } from '../../../../domain/time/slot.ts'
import type { OrderContent } from '../../../../domain/orders/order.ts'
import { fitCourse, type FittedCourse } from './fit-schedule.ts'
import type { PriceAt } from './price-levels.ts'
import { wireRate, type Electrics } from './rate.ts'

export interface Manner {
  readonly form: ProfileForm
  readonly electrics: Electrics
  /** Periods the car can hold of a schedule; null where it did not say. */
  readonly tuplesMax: number | null
  /** The car plans by itself within a schedule, and is told how dear its parts are; one of ISO 15118-2 in the words of that standard. */
  readonly priceAt: PriceAt | null
  readonly isOlderCar: boolean
  /** What the station is to keep to without us; null where it was not told. */
  readonly fallback: Power | null
  /** Epoch ms. */
  readonly now: number
}

/** The periods of a course as a station is told them, from its first slot on. */
export interface WireCourse extends FittedCourse {
  readonly first: Slot
  /** Slots the schedule lasts. */
  readonly slots: number
  readonly periods: readonly { readonly startPeriod: number; readonly limit: number }[]
}

const SLOT_SECONDS = 900
/** An order is looked at anew long before: what lies in the past need not be told where periods are scarce. */
export function wireCourse({ course }: OrderContent, { form, electrics, tuplesMax, now }: Manner): WireCourse {
  const told = smaller(form.periodsMax, tuplesMax)
  // The limit that holds without us takes a period of its own where the course lies in its place.
  const most = told !== null && form.purpose === 'TxDefaultProfile' && form.stackLevel === 0 ? Math.max(1, told - 1) : told
  const isScarce = most !== null && most < course.values.length
  const past = isScarce ? Math.min(Math.max(0, Math.floor(now / 900_000) - course.first), course.values.length - 1) : 0
  const fitted = fitCourse(course.values.slice(past), most)
  const { stretches } = fitted
  return {
    ...fitted,
    first: later(course.first, past),
    slots: stretches.reduce((sum, { slots }) => sum + slots, 0),
    periods: stretches.map(({ from, power }) => ({
      startPeriod: from * SLOT_SECONDS,
      limit: wireRate(power, form, electrics),
    })),
  }
}

function smaller(a: number | null, b: number | null): number | null {
  const known = [a, b].filter((one) => one !== null && one >= 1) as number[]
  return known.length === 0 ? null : Math.min(...known)
}
