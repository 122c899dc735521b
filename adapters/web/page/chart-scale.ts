// Where things stand in the chart: the time axis counts quarter-hours, the power axis always shows zero and only ever grows.
import { scaleLinear } from 'd3-scale'
import type { LiveChart } from '../live-snapshot.ts'

export const BEFORE = 16
const MARGIN = { left: 46, right: 66, top: 10 }
const STRIP = 22
const STRIP_GAP = 8
const AXIS = 22

export interface ChartScale {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly stripTop: number
  readonly stripBottom: number
  readonly slotWidth: number
  /** Left edge of a quarter-hour by its position, or of any fraction of one. */
  x(position: number): number
  /** Height of a power in W. */
  y(watts: number): number
  readonly ticks: readonly number[]
  /** Highest and lowest power of the plot, W. */
  readonly high: number
  readonly low: number
}
export interface Extent {
  readonly high: number
  readonly low: number
}

/** The powers that have to fit; grows from what was shown before. */
export function extentOf(chart: LiveChart, before: Extent | null): Extent {
  const shown = [...[...chart.plannedW, ...chart.soldW].map((value) => value ?? 0), ...chart.measured.map(([, power]) => power)]
  const most = Math.max(0, ...shown)
  const least = Math.min(0, ...shown)
  const size = Math.max(most - least, 5_000)
  const band = (values: readonly (number | null)[]) => values.map((value) => value ?? 0)
  const [bandMost, bandLeast] = [Math.max(0, ...band(chart.possibleMaxW)), Math.min(0, ...band(chart.possibleMinW))]
  // What is possible is often many times what is planned: it is shown whole only where that does not flatten the plan.
  const high = Math.max(most + 0.16 * size, 0.3 * size, Math.min(bandMost, most + 0.3 * size))
  const low = Math.min(least - 0.16 * size, -0.2 * size, Math.max(bandLeast, least - 0.3 * size))
  return { high: Math.max(high, before?.high ?? 0), low: Math.min(low, before?.low ?? 0) }
}

export function chartScale(width: number, height: number, slots: number, extent: Extent): ChartScale {
  const [left, right, top] = [MARGIN.left, Math.max(MARGIN.left + 60, width - MARGIN.right), MARGIN.top]
  const stripBottom = height - AXIS
  const stripTop = stripBottom - STRIP
  const bottom = stripTop - STRIP_GAP
  const power = scaleLinear().domain([extent.low, extent.high]).range([bottom, top])
  const slotWidth = (right - left) / slots
  return {
    width,
    height,
    left,
    right,
    top,
    bottom,
    stripTop,
    stripBottom,
    slotWidth,
    x: (position) => left + position * slotWidth,
    y: (watts) => Math.round(power(watts) * 2) / 2,
    ticks: power.ticks(Math.max(3, Math.floor((bottom - top) / 36))),
    high: extent.high,
    low: extent.low,
  }
}

/** A step line through one value a quarter-hour. */
export function stepPath(values: readonly (number | null)[], { x, y }: ChartScale): string {
  const step = (value: number, i: number) =>
    `${(values[i - 1] ?? null) === null ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value)}H${x(i + 1).toFixed(1)}`
  return values.map((value, i) => (value === null ? '' : step(value, i))).join('')
}
/** The area between two step lines, in as many parts as there are gaps between. */
export function stepArea(high: readonly (number | null)[], low: readonly (number | null)[], scale: ChartScale): string {
  const back = (value: number, i: number) => `L${scale.x(i + 1).toFixed(1)} ${scale.y(value)}H${scale.x(i).toFixed(1)}`
  return partsOf(high)
    .map(([from, to]) => {
      const shown = (values: readonly (number | null)[]) => values.map((value, i) => (i >= from && i < to ? value : null))
      const below = low.map((value, i) => (value === null || i < from || i >= to ? '' : back(value, i))).reverse()
      return `${stepPath(shown(high), scale)}${below.join('')}Z`
    })
    .join('')
}
/** Where values are known without a gap: from which to before which. */
function partsOf(values: readonly (number | null)[]): readonly (readonly [number, number])[] {
  const starts = values.flatMap((value, i) => (value !== null && (values[i - 1] ?? null) === null ? [i] : []))
  return starts.map((from) => {
    const gap = values.indexOf(null, from)
    return [from, gap === -1 ? values.length : gap] as const
  })
}
/** Mean of what was measured in each quarter-hour; null where nothing was. */
export function measuredMeans({ firstSlot, plannedW, measured }: LiveChart): readonly (number | null)[] {
  const sums = plannedW.map(() => ({ total: 0, count: 0 }))
  for (const [at, power] of measured) {
    const sum = sums[Math.floor(at / 900_000) - firstSlot]
    if (sum !== undefined) Object.assign(sum, { total: sum.total + power, count: sum.count + 1 })
  }
  return sums.map(({ total, count }) => (count === 0 ? null : total / count))
}
