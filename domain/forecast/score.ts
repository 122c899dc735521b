// How good was a forecast? Pinball loss for its quantiles, coverage for its bands, mean absolute error for its median.
import { QUANTILES } from './weighted.ts'

/** One forecast by its five quantiles and what came of it, in one unit. */
export interface ScoredCase {
  /** In the order of `QUANTILES`. */
  readonly quantiles: readonly number[]
  readonly actual: number
  /** Where a whole distribution was foretold: the chance of the quarter-hour that came, and the 10 and 90 % quantiles. */
  readonly chance?: number
  readonly band80?: readonly [low: number, high: number]
}
export interface Score {
  /** Mean pinball loss over cases and the five quantiles; the smaller the better. */
  readonly pinball: number
  /** Mean absolute error of the median. */
  readonly meanAbsolute: number
  /** Share of cases within the 5-95 % band, bounds included; 0.9 is right. */
  readonly within90: number
  /** Share of cases within the 10-90 % band, and mean logarithm of the chance of what came; null where no distribution was foretold. */
  readonly within80: number | null
  readonly logLikelihood: number | null
  /** Share of cases within the 25-75 % band, bounds included; 0.5 is right. */
  readonly within50: number
}

/** What a forecast loses at one quantile: being too low costs `share`, too high the rest. */
export function pinball(share: number, forecast: number, actual: number): number {
  return actual >= forecast ? share * (actual - forecast) : (1 - share) * (forecast - actual)
}

/** The score of many cases, in their unit; null without cases. */
export function scoreOf(cases: readonly ScoredCase[]): Score | null {
  if (cases.length === 0) return null
  const mean = (of: (one: ScoredCase) => number) => cases.reduce((sum, one) => sum + of(one), 0) / cases.length
  const within = (low: number, high: number) =>
    mean(({ quantiles, actual }) => (quantiles[low]! <= actual && actual <= quantiles[high]! ? 1 : 0))
  return {
    pinball: mean(
      ({ quantiles, actual }) =>
        QUANTILES.reduce((sum, share, i) => sum + pinball(share, quantiles[i]!, actual), 0) / QUANTILES.length,
    ),
    meanAbsolute: mean(({ quantiles, actual }) => Math.abs(quantiles[2]! - actual)),
    within90: within(0, 4),
    within50: within(1, 3),
    within80: cases.every(({ band80 }) => band80 !== undefined)
      ? mean(({ band80, actual }) => (band80![0] <= actual && actual <= band80![1] ? 1 : 0))
      : null,
    logLikelihood: cases.every(({ chance }) => chance !== undefined) ? mean(({ chance }) => Math.log(chance!)) : null,
  }
}
