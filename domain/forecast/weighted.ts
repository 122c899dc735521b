// A distribution as weighted points: the plain truth of what was seen, each point as heavy as it is telling.

export interface Weighted {
  /** Rising. */
  readonly values: Float64Array
  /** Add up to 1 unless there is no point. */
  readonly weights: Float64Array
}

/** The quantiles that forecasts are told by. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const

/** Sorts points and scales their weights to 1; points without weight are left out. */
export function weighted(points: readonly (readonly [value: number, weight: number])[]): Weighted {
  const kept = points.filter(([, weight]) => weight > 0).sort((a, b) => a[0] - b[0])
  const total = kept.reduce((sum, [, weight]) => sum + weight, 0)
  return {
    values: Float64Array.from(kept, ([value]) => value),
    weights: Float64Array.from(kept, ([, weight]) => weight / total),
  }
}

/** The smallest value with at least `share` of the weight at or below it; NaN without points. */
export function quantile({ values, weights }: Weighted, share: number): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    sum += weights[i]!
    // The sum of many weights misses 1 by a rounding.
    if (sum >= share - 1e-12) return values[i]!
  }
  return values.at(-1) ?? NaN
}
