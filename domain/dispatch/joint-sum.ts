// A bound on the sum of a site, a pool or a grid area: its members are kept within it, now and slot by slot, and look at nobody else.
import { fitSum, type Parts } from './fit-sums.ts'
import { actualPower, COURSE_SLOTS, leastPower, toldPower, type Fitted, type LedCar } from './led-car.ts'
import { strictest, strictestNow } from '../live/joint-bounds.ts'
import { heldByText } from '../live/subject.ts'
import type { Envelope } from '../signals/envelope.ts'
import { series, type Series } from '../time/series.ts'
import { later, slotAt, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'

/** A member with what is left to it by everything narrower. */
export interface JointMember {
  readonly car: LedCar
  readonly input: Fitted
}

/**
 * What the members may do under the envelopes of one subject, by position. Courses hold when nobody leads any more, slot by slot.
 * `beside`: what others take now of whom nobody can say yet what they may do, W.
 */
export function fitJoint(
  subject: string,
  envelopes: readonly Envelope[],
  members: readonly JointMember[],
  now: number,
  beside = 0,
): readonly Fitted[] {
  const order = lastWantedFirst(members)
  const least = Float64Array.from(members, ({ car }) => leastPower(car.live, car.session))
  const bound = currentSlot(envelopes, members.length, now, beside)
  const wanted = members.map(({ car, input }) => (car.isLed ? toldPower(car, input.power, now) : input.power))
  const powers = Float64Array.from(members, ({ car }, i) =>
    car.isLed ? wanted[i]! : actualPower(car.live, now, bound.from, bound.to),
  )
  const led = order.filter((i) => members[i]!.car.isLed)
  fitSum({ powers, least, order: led }, bound.from, bound.to)
  const courses = fitCourses(envelopes, members, { least, order, powers }, bound, now)
  return members.map(({ car, input }, i) => {
    const power = car.isLed ? watts(powers[i]!) : input.power
    const heldBy = power === wanted[i] ? input.heldBy : heldByText(subject)
    return { power, course: courses[i]!, isTight: true, heldBy }
  })
}

/** One slot that is bounded, and what its members would have in it. */
interface BoundSlot {
  readonly slot: Slot
  readonly from: number
  readonly to: number
  readonly powers: Float64Array
}

function fitCourses(
  envelopes: readonly Envelope[],
  members: readonly JointMember[],
  { least, order, powers: fitted }: Parts,
  current: BoundSlot,
  now: number,
): readonly Series<Power>[] {
  const slots = boundSlots(envelopes, members.length, now)
  // Member by member: what lies together in memory is read together.
  members.forEach(({ input: { course }, car }, i) => {
    for (const { slot, powers } of slots) powers[i] = course.values[slot - course.first] ?? 0
    // What is led by a set-point now takes that and leaves the rest to those that are led by their courses.
    current.powers[i] = isLedByCourse(car) ? (course.values[current.slot - course.first] ?? 0) : fitted[i]!
  })
  for (const { powers, from, to } of slots) fitSum({ powers, least, order }, from, to)
  const byCourse = order.filter((i) => isLedByCourse(members[i]!.car))
  fitSum({ powers: current.powers, least, order: byCourse }, current.from, current.to)
  return members.map(({ input: { course }, car }, i) => {
    let cut: Power[] | null = null
    for (const bound of slots) {
      const { slot, powers } = isLedByCourse(car) && bound.slot === current.slot ? current : bound
      const at = slot - course.first
      if (at < 0 || at >= course.values.length || powers[i]! >= course.values[at]!) continue
      cut ??= [...course.values]
      cut[at] = watts(powers[i]!)
    }
    return cut === null ? course : series(course.first, cut)
  })
}

/** Whoever is led by its course now is told again when a bound begins: until then it does not count. */
function isLedByCourse({ isLed, control }: LedCar): boolean {
  return isLed && control === 'course'
}

/** The running slot under what is in force now, and what others leave of it. */
function currentSlot(envelopes: readonly Envelope[], count: number, now: number, beside: number): BoundSlot {
  const [from, to] = [strictestNow(envelopes, 'min', now) - beside, strictestNow(envelopes, 'max', now) - beside]
  return { slot: slotAt(now), from, to, powers: new Float64Array(count) }
}

function boundSlots(envelopes: readonly Envelope[], count: number, now: number): readonly BoundSlot[] {
  const slots: BoundSlot[] = []
  for (let t = 0; t < COURSE_SLOTS; t++) {
    const slot = later(slotAt(now), t)
    const [from, to] = [strictest(envelopes, slot, 'min', now), strictest(envelopes, slot, 'max', now)]
    if (from !== -Infinity || to !== Infinity) slots.push({ slot, from, to, powers: new Float64Array(count) })
  }
  return slots
}

/** Wishes further apart count as this far, ms: a sort key has to be a whole number. */
const APART_MAX_MS = 365 * 86_400_000

function lastWantedFirst(members: readonly JointMember[]): Int32Array {
  const count = members.length
  let latest = -Infinity
  for (const { car } of members) latest = Math.max(latest, car.session.wish.readyBy)
  // Wish and position in one number: numbers are sorted many times as fast as by comparison.
  const keys = Float64Array.from(
    members,
    ({ car }, i) => Math.min(APART_MAX_MS, latest - car.session.wish.readyBy) * count + (count - 1 - i),
  )
  return Int32Array.from(keys.sort(), (key) => count - 1 - (key % count))
}

/** Bounds of a sum, W; infinite for none. */
export interface Bound {
  readonly from: number
  readonly to: number
}

/** What the members of a large sum have together: between two looks at all of them a change of one finds its room here. */
export interface JointRoom extends Bound {
  sum: number
}

/** What a member of a large sum counted for so far, W, and its course; null where it had none. */
export interface Had {
  readonly power: number
  readonly course: Series<Power> | null
}

/** What a member of a sum counts for in it now, W: what it is led to, by its course or by a set-point, or what it does by itself. */
export function countedPower({ car }: JointMember, { power, course }: Fitted, { from, to }: Bound, now: number): number {
  if (!car.isLed) return actualPower(car.live, now, from, to)
  return isLedByCourse(car) ? (course.values[slotAt(now) - course.first] ?? 0) : power
}

/** What a member of a large sum may do until all are looked at again: what it did, and what room there is; where there is too little, it makes some. */
export function admitted({ input, car }: JointMember, had: Had, room: JointRoom, now: number): Fitted {
  const most = Math.max(0, had.power + (room.to - room.sum))
  const least = Math.min(0, had.power + (room.from - room.sum))
  const power = car.isLed ? watts(Math.min(most, Math.max(least, toldPower(car, input.power, now)))) : input.power
  const before = noMore(input.course, had.course)
  const course = isLedByCourse(car) ? noMoreIn(before, slotAt(now), most) : before
  return { power, course, isTight: true, heldBy: input.heldBy }
}

/** A course that is nowhere above the one before; a new car's waits for the look at all. */
function noMore(course: Series<Power>, before: Series<Power> | null): Series<Power> {
  const { first, values } = course
  return series(
    first,
    values.map((value, t) => watts(Math.min(value, before?.values[first + t - before.first] ?? 0))),
  )
}

/** A course with one slot of at most so much, W. */
function noMoreIn(course: Series<Power>, slot: Slot, most: number): Series<Power> {
  const values = [...course.values]
  const at = slot - course.first
  if (at >= 0 && at < values.length) values[at] = watts(Math.min(values[at]!, most))
  return series(course.first, values)
}
