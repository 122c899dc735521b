// At stations that end a transaction as soon as it is asked for nothing, a pause is the least they can do: the car goes on slowly, and can be led later.
import type { LiveEvse, LiveFleet } from '../live/live-fleet.ts'
import { endsWhenPaused } from '../live/pause-ends.ts'
import type { Session } from '../registry/session.ts'
import { series, type Series } from '../time/series.ts'
import { later, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import { leastPower } from './led-car.ts'

/** The power a plan means where it says nothing; nothing where the station can wait, and behind the last thing that is planned. */
export function pausePower(fleet: LiveFleet, live: LiveEvse, session: Session, slot: Slot): Power {
  if (!endsWhenPaused(fleet, live) || !isBeforeMore(live, slot)) return watts(0)
  return leastPower(live, session)
}

/** A course without pauses, as far as what bounds each slot, W, leaves the least power. A limit below it stays a limit. */
export function withoutPauses(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  course: Series<Power>,
  most: (slot: Slot) => number,
): Series<Power> {
  if (!endsWhenPaused(fleet, live)) return course
  const values = course.values.map((value, i) => {
    const slot = later(course.first, i)
    const least = value === 0 ? pausePower(fleet, live, session, slot) : watts(0)
    return least > 0 && least <= most(slot) ? least : value
  })
  return series(course.first, values)
}

function isBeforeMore({ plan }: LiveEvse, slot: Slot): boolean {
  return plan !== null && plan.power.some((power, i) => power !== 0 && plan.firstSlot + i > slot)
}
