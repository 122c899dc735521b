// Keeps a sum of cars within what others have set for it, whatever the plans of the single cars say: a new plan for all of them may take its time.

/** The cars of the sum by position. */
export interface Parts {
  /** Power each would have, W, positive takes; changed to what it may have. */
  readonly powers: Float64Array
  /** Below it nothing flows. */
  readonly least: Float64Array
  /** Positions of those that may be changed, who is wanted last first. */
  readonly order: Int32Array
}

/**
 * Changes the powers so that their sum lies within [from, to] W, as far as charging less and giving less can do that: nobody is made to charge or to give for it. A car that would get
 * less than it can charge with rests.
 */
export function fitSum({ powers, least, order }: Parts, from: number, to: number): void {
  let sum = 0
  for (let i = 0; i < powers.length; i++) sum += powers[i]!
  for (const sign of [1, -1]) {
    const limit = sign > 0 ? to : -from
    for (let k = 0; k < order.length && sign * sum > limit; k++) {
      const i = order[k]!
      const size = sign * powers[i]!
      if (size <= 0) continue
      const left = Math.max(0, Math.floor(size - (sign * sum - limit)))
      const kept = left < least[i]! ? 0 : left
      sum -= sign * (size - kept)
      powers[i] = sign * kept + 0
    }
  }
}
