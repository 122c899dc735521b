// What a station has taken of an order, as far as we know.
import type { OrderContent } from '../../../../domain/orders/order.ts'
import type { ProfileForm } from '../../../../domain/registry/abilities.ts'
import { endSlot, valueAt, type Series } from '../../../../domain/time/series.ts'
import { later } from '../../../../domain/time/slot.ts'
import type { Power } from '../../../../domain/units.ts'

export interface Installed {
  readonly course: Series<Power>
  /** Null while no dynamic profile is in place. */
  readonly setpoint: Power | null
  /** Elapsed ms of the clock when the core last ordered or renewed it; null once nobody knows how long ago that really was (F36). */
  readonly renewedAt: number | null
  /** The set-point as the station was told it, in the unit of its profile; null while none is in place. */
  readonly wireSetpoint: number | null
  /** The form in which it was taken. */
  readonly form: ProfileForm
  /** The station took the course only as the default of its EVSE; it has to go with the session. */
  readonly asDefault: boolean
}

/** Slots a course has to reach ahead before it is sent again only because time passes. */
const AHEAD_MIN = 48

/** Whether the station has this course already, as far as both reach: time passing is no change as long as enough of it is left. */
export function hasCourse(installed: Installed | null, { course }: OrderContent): boolean {
  if (installed === null || endSlot(installed.course) < Math.min(endSlot(course), course.first + AHEAD_MIN)) return false
  return course.values.every((value, i) => {
    const before = valueAt(installed.course, later(course.first, i))
    return before === undefined ? value === 0 : before === value
  })
}
