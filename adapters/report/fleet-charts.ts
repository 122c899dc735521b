// The whole fleet over the whole time: the price, and below it the power of all cars for each way of charging.
import { axisOf, CHART, dayTicks, linear, round, runs, stepArea, stepLine, type Scale } from './axis.ts'
import { figure, megawattHours } from './figures.ts'
import type { PlanReport } from './plan-report.ts'
import { chart, rightLabel, text, timeGrid, valueGrid } from './plot.ts'

const DAY_LABELS_MAX = 11
const TOP = 10

export const STRATEGY_NAMES = { immediate: 'Immediate', smart: 'Smart', bidirectional: 'Bidirectional' } as const

/** Buying price by slot; gaps are hatched and named. */
export function fleetPriceChart({ first, buy }: Pick<PlanReport['fleet'], 'first' | 'buy'>): string {
  const known = buy.filter((price) => price !== null)
  const axis = axisOf(min(known), max(known), 4)
  const bottom = TOP + 130
  const x = across(buy.length)
  const y = linear(axis.low, axis.high, bottom, TOP)
  const gaps = runs(buy.length, (i) => buy[i] === null)
  const hatches = gaps.map(([from, until]) => {
    const width = round(x(until) - x(from))
    const middle = (x(from) + x(until)) / 2
    // A short gap has room for one word a line.
    const words = width > 50 ? ['no price'] : width > 30 ? ['no', 'price'] : []
    const label = words.map((word, i) => text(middle, TOP + 14 + i * 13, 'note halo', word, 'middle')).join('')
    return `<rect class="gap" x="${round(x(from))}" y="${TOP}" width="${width}" height="${bottom - TOP}"/>${label}`
  })
  const body = [
    timeGrid(dayTicks(first, buy.length, DAY_LABELS_MAX), x, TOP, bottom, true),
    valueGrid(axis.ticks, y, decimalsOf(axis.ticks)),
    ...hatches,
    `<path class="price fine" d="${stepLine(buy, x, y)}"/>`,
    ...extremes(buy, x, y),
    rightLabel(y(buy.findLast((price) => price !== null) ?? 0) + 4, 'buying', 'price-text'),
  ]
  const said = known.length === 0 ? 'no price known' : `from ${figure(min(known), 1)} to ${figure(max(known), 1)} ct/kWh`
  return chart(bottom + 22, `Buying price by quarter-hour, ${said}`, body.join(''))
}

/** Net power of all cars by slot, one panel a strategy on one scale. */
export function fleetPowerCharts({ first, power }: PlanReport['fleet'], totals: PlanReport['totals']): string {
  const all = Object.values(power)
  const axis = axisOf(Math.min(...all.map(min)), Math.max(...all.map(max)), 4)
  const height = 92
  const length = power.immediate.length
  const x = across(length)
  const days = dayTicks(first, length, DAY_LABELS_MAX)
  const panels = (['immediate', 'smart', 'bidirectional'] as const).map((strategy, i) => {
    const top = TOP + i * (height + 20)
    const bottom = top + height
    const y = linear(axis.low, axis.high, bottom, top)
    const { charged, discharged } = totals[strategy]
    const middle = (top + bottom) / 2
    return [
      timeGrid(days, x, top, bottom, i === 2),
      valueGrid(axis.ticks, y, decimalsOf(axis.ticks)),
      `<path class="charge fine" d="${stepArea(power[strategy], 1, x, y)}"/>`,
      `<path class="discharge fine" d="${stepArea(power[strategy], -1, x, y)}"/>`,
      rightLabel(middle - 8, STRATEGY_NAMES[strategy], 'name'),
      rightLabel(middle + 7, `in ${megawattHours(charged)}`, 'charge-text'),
      discharged > 0 ? rightLabel(middle + 21, `out ${megawattHours(discharged)}`, 'discharge-text') : '',
    ].join('')
  })
  return chart(TOP + 3 * (height + 20) + 6, 'Power of all cars by quarter-hour for three ways of charging', panels.join(''))
}

/** The highest and the lowest price, marked and labelled where they are. */
function extremes(prices: readonly (number | null)[], x: Scale, y: Scale): readonly string[] {
  const known = prices.filter((price) => price !== null)
  if (known.length === 0) return []
  const marks = [
    { value: max(known), word: 'highest', style: 'dot-discharge', dy: 4 },
    { value: min(known), word: 'lowest', style: 'dot-charge', dy: -7 },
  ]
  return marks.map(({ value, word, style, dy }) => {
    const px = x(prices.indexOf(value) + 0.5)
    const isRight = px > CHART.left + CHART.width - 120
    const label = text(
      px + (isRight ? -8 : 8),
      y(value) + dy,
      'mark halo',
      `${word} ${figure(value, 1)}`,
      isRight ? 'end' : 'start',
    )
    return `<circle class="${style}" cx="${round(px)}" cy="${round(y(value))}" r="3.5"/>${label}`
  })
}

function across(slots: number): Scale {
  return linear(0, slots, CHART.left, CHART.left + CHART.width)
}
export function decimalsOf(values: readonly number[]): number {
  return values.every((value) => Number.isInteger(value)) ? 0 : values.every((value) => Number.isInteger(value * 10)) ? 1 : 2
}
function min(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity)
}
function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity)
}
