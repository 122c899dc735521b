// The arrays in which one storage with rich costs is planned, and how many of its segments and hinges they must hold.
import { createRichKernel, type RichKernel } from './rich-kernel.ts'
import type { RichProblem } from './rich-problem.ts'

/** One serves any number of storages one after the other, never two at once. */
export interface RichPlanner {
  readonly kernel: RichKernel
  readonly segmentsMax: number
  readonly hingesMax: number
  /** Energy bounds after relaxation but before the restriction to what can be reached, Wh. */
  readonly floor: Float64Array
  readonly ceiling: Float64Array
  /** Power bounds at the grid after relaxation, W. */
  readonly powerMin: Float64Array
  readonly powerMax: Float64Array
  /** Of each segment in the kernel before coordination: its own slope, ct/MWh of stored energy, and grid energy per stored energy. */
  readonly own: Float64Array
  readonly grid: Float64Array
  /** Energy at the grid and own cost of the least change, Wh and micro-cents. */
  readonly gridAtLeast: Float64Array
  readonly ownAtLeast: Float64Array
  /** Knots of one step's cost, W at the grid. */
  readonly knots: Float64Array
  readonly ends: { segments: number; hinges: number; start: number; terminalPrice: number; retention: number }
}

export function createRichPlanner(stepsMax: number, segmentsMax = 12, hingesMax = 8): RichPlanner {
  const array = (each = 1) => new Float64Array(stepsMax * each)
  return {
    kernel: createRichKernel(stepsMax, segmentsMax, hingesMax),
    segmentsMax,
    hingesMax,
    floor: array(),
    ceiling: array(),
    powerMin: array(),
    powerMax: array(),
    own: array(segmentsMax),
    grid: array(segmentsMax),
    gridAtLeast: array(),
    ownAtLeast: array(),
    knots: new Float64Array(segmentsMax + 1),
    ends: { segments: 0, hinges: 0, start: 0, terminalPrice: 0, retention: 1 },
  }
}

/** Segments of each step: the lines of the curve, and one more for each place where the price bends. */
export function segmentsOf({ curve, otherLoad, previous, switching }: RichProblem): number {
  return curve.grid.length - 1 + (otherLoad === null ? 0 : 1) + (previous === null || switching === 0 ? 0 : 1)
}

/** Hinges of each step. */
export function hingesOf({ reservePrice, softLevels, softTarget, staying, terminalPrice }: RichProblem): number {
  return (
    (reservePrice > 0 ? 1 : 0) +
    softLevels.length +
    (softTarget === null ? 0 : 1) +
    (staying === null || terminalPrice === 0 ? 0 : 1)
  )
}
