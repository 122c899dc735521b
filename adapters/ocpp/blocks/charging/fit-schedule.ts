// A course cut down to the periods a station or car can hold, never allowing a watt more than was planned.
import type { Power } from '../../../../domain/units.ts'
import { watts } from '../../../../domain/units.ts'

/** A stretch of a course: `from` its first slot (counted from the start of the course) and how many slots it lasts. */
export interface Stretch {
  readonly from: number
  readonly slots: number
  readonly power: Power
}
export interface FittedCourse {
  readonly stretches: readonly Stretch[]
  /** Slots from the start for which the schedule says exactly what was planned. */
  readonly exactSlots: number
}

/**
 * The stretches of a course, equal neighbours merged; of more than `periodsMax`, the near ones stay as they are and the far ones are merged where that
 * costs the least energy. Where only one may be held it is the first, and the schedule ends with it.
 */
export function fitCourse(values: readonly Power[], periodsMax: number | null): FittedCourse {
  const stretches = stretchesOf(values)
  if (periodsMax === null || stretches.length <= periodsMax) return { stretches, exactSlots: values.length }
  if (periodsMax <= 1) {
    const first = stretches[0]!
    return { stretches: [first], exactSlots: first.slots }
  }
  const near = Math.floor(periodsMax / 2)
  const kept = stretches.slice(0, near)
  const far = mergedTo(stretches.slice(near), periodsMax - near)
  const exactSlots = kept.reduce((sum, { slots }) => sum + slots, 0)
  return { stretches: [...kept, ...far], exactSlots }
}

function stretchesOf(values: readonly Power[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  values.forEach((power, from) => {
    const last = stretches.at(-1)
    if (last !== undefined && last.power === power) stretches[stretches.length - 1] = { ...last, slots: last.slots + 1 }
    else stretches.push({ from, slots: 1, power })
  })
  return stretches
}

/** Merges the two neighbours that lose the least, again and again. At most a day and some of quarter-hours, so looking at all of them each time is cheap. */
function mergedTo(stretches: readonly Stretch[], most: number): readonly Stretch[] {
  const left = [...stretches]
  while (left.length > most) {
    let [best, least] = [0, Infinity]
    for (let i = 0; i + 1 < left.length; i++) {
      const loss = lossOf(left[i]!, left[i + 1]!)
      if (loss < least) [best, least] = [i, loss]
    }
    const [a, b] = [left[best]!, left[best + 1]!]
    left.splice(best, 2, { from: a.from, slots: a.slots + b.slots, power: lesser(a.power, b.power) })
  }
  return left
}

function lossOf(a: Stretch, b: Stretch): number {
  const power = lesser(a.power, b.power)
  return Math.abs(a.power - power) * a.slots + Math.abs(b.power - power) * b.slots
}

/** What both allow: the smaller of two that take, of two that give the one nearer to nothing, and nothing where one takes and one gives. */
function lesser(a: Power, b: Power): Power {
  if (a >= 0 && b >= 0) return watts(Math.min(a, b))
  return a <= 0 && b <= 0 ? watts(Math.max(a, b)) : watts(0)
}
