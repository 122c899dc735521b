// Keeps the sum of a site's or a pool's cars within what others have set for it, whatever the plans of the single cars say: a new plan for all of them may take its time.
import { watts, type Power } from '../../../../domain/units.ts'

/** One car of the sum. */
export interface Part {
  /** Power it would have, positive takes. */
  readonly power: Power
  /** Below it nothing flows. */
  readonly least: Power
  /** What flows whether it is granted or not. */
  readonly isFixed: boolean
  /** Instant the car is wanted; later ones give way first. */
  readonly readyBy: number
}

/**
 * Powers whose sum lies within [least, most] W, as far as charging less and giving less can do that: nobody is made to charge or to give for it. A car that would get less than it
 * can charge with rests.
 */
export function fitSum(parts: readonly Part[], least: number, most: number): readonly Power[] {
  const powers = parts.map(({ power }) => Number(power))
  const order = parts
    .map((_, i) => i)
    .filter((i) => !parts[i]!.isFixed)
    .toSorted((a, b) => parts[b]!.readyBy - parts[a]!.readyBy || b - a)
  let sum = powers.reduce((total, power) => total + power, 0)
  for (const sign of [1, -1]) {
    const limit = sign > 0 ? most : -least
    for (const i of order) {
      if (sign * sum <= limit) break
      const size = sign * powers[i]!
      if (size <= 0) continue
      const left = Math.max(0, Math.floor(size - (sign * sum - limit)))
      const kept = left < parts[i]!.least ? 0 : left
      sum -= sign * (size - kept)
      powers[i] = sign * kept + 0
    }
  }
  return powers.map((power) => watts(power))
}
