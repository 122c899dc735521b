// How much of the power at the grid arrives in the battery, and how much the battery gives for the power at the grid, over the whole range of power.
//
// Chargers are poor at part load. Within a quarter-hour a station that switches between rest and its best point (or between any two points) has every mean on the line between
// them, so the planner may use the least concave curve above the measured points; the share of the quarter-hour it is on is the duty (see duty-cycle.ts).
import { assert } from '../../result.ts'

/** Concave and rising: power into the battery (negative: out of it) over power at the grid, W, as straight lines between knots. (0, 0) is a knot. */
export interface ConversionCurve {
  readonly grid: Float64Array
  readonly stored: Float64Array
}

/** One measured point: power at the grid, W, more than 0, and efficiency there, in (0, 1]. */
export interface EfficiencyPoint {
  readonly power: number
  readonly efficiency: number
}

/** Beyond every power of a car, W: where the last line of a curve ends. */
const FAR_W = 1e7

/** The curve of constant efficiencies. */
export function constantCurve(efficiencyCharge: number, efficiencyDischarge: number): ConversionCurve {
  return partLoadCurve([{ power: FAR_W, efficiency: efficiencyCharge }], [{ power: FAR_W, efficiency: efficiencyDischarge }])
}

/** The least concave curve above rest and the measured points; beyond the last point the last line goes on. Throws on points out of range. */
export function partLoadCurve(charge: readonly EfficiencyPoint[], discharge: readonly EfficiencyPoint[]): ConversionCurve {
  for (const { power, efficiency } of [...charge, ...discharge])
    assert(power > 0 && efficiency > 0 && efficiency <= 1, `efficiency ${efficiency} at ${power} W`)
  assert(charge.length > 0 && discharge.length > 0, 'an efficiency in both directions')
  const points = [
    ...discharge.map(({ power, efficiency }) => ({ grid: -power, stored: -power / efficiency })),
    { grid: 0, stored: 0 },
    ...charge.map(({ power, efficiency }) => ({ grid: power, stored: power * efficiency })),
  ].sort((a, b) => a.grid - b.grid)
  const hull: { grid: number; stored: number }[] = []
  for (const point of points) {
    while (hull.length >= 2 && slope(hull.at(-2)!, hull.at(-1)!) <= slope(hull.at(-1)!, point)) hull.pop()
    hull.push(point)
  }
  for (const knots of [hull, hull.toReversed()]) {
    const [before, last] = [knots.at(-2)!, knots.at(-1)!]
    const far = FAR_W * Math.sign(last.grid)
    // A line that falls would give away energy; the curve ends before.
    if (far !== last.grid && slope(before, last) > 0)
      hull.push({ grid: far, stored: last.stored + (far - last.grid) * slope(before, last) })
  }
  hull.sort((a, b) => a.grid - b.grid)
  for (let i = 1; i < hull.length; i++) assert(slope(hull[i - 1]!, hull[i]!) > 0, 'more power at the grid stores more')
  return {
    grid: Float64Array.from(hull, ({ grid }) => grid),
    stored: Float64Array.from(hull, ({ stored }) => stored),
  }
}

function slope(a: { grid: number; stored: number }, b: { grid: number; stored: number }): number {
  return (b.stored - a.stored) / (b.grid - a.grid)
}

/** Power into the battery, W, for a power at the grid, W. */
export function storedPower({ grid, stored }: ConversionCurve, power: number): number {
  return along(grid, stored, power)
}

/** Power at the grid, W, for a power into the battery, W. */
export function powerAtGrid({ grid, stored }: ConversionCurve, power: number): number {
  return along(stored, grid, power)
}

function along(from: Float64Array, to: Float64Array, value: number): number {
  let i = 1
  while (i < from.length - 1 && from[i]! < value) i++
  const share = (value - from[i - 1]!) / (from[i]! - from[i - 1]!)
  // At a knot the knot itself, so that rest stays rest.
  return value === from[i] ? to[i]! : to[i - 1]! + share * (to[i]! - to[i - 1]!)
}
