// A bound on the sum of a site, a pool or a grid area: its members are kept within it, now and slot by slot, and look at nobody else.
import { fitSum } from './fit-sums.ts'
import { actualPower, COURSE_SLOTS, leastPower, type Fitted, type LedCar } from './led-car.ts'
import { strictest } from '../live/joint-bounds.ts'
import type { Envelope } from '../signals/envelope.ts'
import { series, type Series } from '../time/series.ts'
import { later, slotAt, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'

/** A member with what is left to it by everything narrower. */
export interface JointMember {
  readonly car: LedCar
  readonly input: Fitted
}

/** What the members may do under the envelopes of one subject, by position. Courses hold when nobody leads any more, slot by slot. */
export function fitJoint(
  subject: string,
  envelopes: readonly Envelope[],
  members: readonly JointMember[],
  now: number,
): readonly Fitted[] {
  const first = slotAt(now)
  const order = lastWantedFirst(members)
  const least = Float64Array.from(members, ({ car }) => leastPower(car.live, car.session))
  const powers = Float64Array.from(members, ({ car, input }) => (car.isLed ? input.power : actualPower(car.live, now)))
  const led = order.filter((i) => members[i]!.car.isLed)
  fitSum({ powers, least, order: led }, strictest(envelopes, first, 'min', now), strictest(envelopes, first, 'max', now))
  const courses = members.map(({ input }) => [...input.course.values])
  for (let t = 0; t < COURSE_SLOTS; t++) fitSlot(later(first, t), envelopes, members, { courses, least, order, now })
  return members.map(({ car, input }, i) => {
    const power = car.isLed ? watts(powers[i]!) : input.power
    const heldBy = power === input.power ? input.heldBy : `a bound on the sum of ${subject.replace(':', ' ')}`
    return { power, course: series(input.course.first, courses[i]!), isTight: true, heldBy }
  })
}

interface Courses {
  /** Values of the members' courses; cut where the sum leaves less. */
  readonly courses: readonly Power[][]
  readonly least: Float64Array
  readonly order: Int32Array
  readonly now: number
}

function fitSlot(slot: Slot, envelopes: readonly Envelope[], members: readonly JointMember[], of: Courses): void {
  const [from, to] = [strictest(envelopes, slot, 'min', of.now), strictest(envelopes, slot, 'max', of.now)]
  if (from === -Infinity && to === Infinity) return
  const powers = Float64Array.from(members, ({ input }) => input.course.values[slot - input.course.first] ?? 0)
  fitSum({ powers, least: of.least, order: of.order }, from, to)
  members.forEach(({ input }, i) => {
    const at = slot - input.course.first
    const own = of.courses[i]!
    if (at >= 0 && at < own.length && powers[i]! < own[at]!) own[at] = watts(powers[i]!)
  })
}

function lastWantedFirst(members: readonly JointMember[]): Int32Array {
  const readyBy = Float64Array.from(members, ({ car }) => car.session.wish.readyBy)
  return Int32Array.from(members.keys()).sort((a, b) => readyBy[b]! - readyBy[a]! || b - a)
}

/** What the members of a large sum have together: between two looks at all of them a change of one finds its room here. */
export interface JointRoom {
  readonly from: number
  readonly to: number
  sum: number
}

/** What a member of a large sum may do until all are looked at again: no more than before, and what room there is. `before` is what it had; null for nothing. */
export function admitted({ input, car }: JointMember, before: Fitted | null, room: JointRoom): Fitted {
  const had = before?.power ?? 0
  const most = Math.max(had, 0, had + (room.to - room.sum))
  const least = Math.min(had, 0, had + (room.from - room.sum))
  const power = car.isLed ? watts(Math.min(most, Math.max(least, input.power))) : input.power
  return { power, course: noMore(input.course, before), isTight: true, heldBy: input.heldBy }
}

/** A course that is nowhere above the one before; a new car's waits for the look at all. */
function noMore(course: Series<Power>, before: Fitted | null): Series<Power> {
  const { first, values } = course
  return series(
    first,
    values.map((value, t) => watts(Math.min(value, before?.course.values[first + t - before.course.first] ?? 0))),
  )
}
