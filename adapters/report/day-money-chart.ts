// What each local day cost in the three ways: outline for at once, grey for smart, black for both ways, side by side from zero.
import { axisOf, CHART, linear, round } from './axis.ts'
import { figure } from './figures.ts'
import { decimalsOf } from './fleet-charts.ts'
import type { PlanReport } from './plan-report.ts'
import { chart, text, valueGrid } from './plot.ts'

const BARS = [
  ['immediate', 'bar-immediate', 'immediate: outline'],
  ['smart', 'bar-smart', 'smart: grey'],
  ['bidirectional', 'bar-bidirectional', 'bidirectional: black'],
] as const
const DAY_LABELS_MAX = 24

export function dayMoneyChart(days: PlanReport['days']): string {
  const all = days.flatMap(({ cost }) => Object.values(cost))
  const low = all.reduce((least, value) => Math.min(least, value), 0)
  const high = all.reduce((most, value) => Math.max(most, value), 0)
  const axis = axisOf(low, high, 4)
  const [top, bottom] = [24, 154]
  const y = linear(axis.low, axis.high, bottom, top)
  const pitch = CHART.width / Math.max(1, days.length)
  const thick = Math.min(14, (pitch * 0.8) / BARS.length)
  const every = Math.ceil(days.length / DAY_LABELS_MAX)
  const bars = days.map(({ date, cost }, i) => {
    const middle = CHART.left + (i + 0.5) * pitch
    const three = BARS.map(([strategy, style], k) => {
      const [a, b] = [y(0), y(cost[strategy])]
      const left = middle + (k - 1.5) * thick
      return `<rect class="${style}" x="${round(left)}" y="${round(Math.min(a, b))}" width="${round(thick - 1)}" height="${round(Math.abs(a - b))}"/>`
    })
    const label = i % every === 0 ? text(middle, bottom + 16, 'axis', dayLabel(date, i === 0), 'middle') : ''
    const spoken = BARS.map(([strategy]) => `${strategy} ${figure(cost[strategy], 2)}`).join(', ')
    return `<g><title>${date}: ${spoken} EUR</title>${three.join('')}${label}</g>`
  })
  const names = BARS.map(([, style, name], k) => {
    const left = CHART.left + k * 150
    return `<rect class="${style}" x="${left}" y="4" width="9" height="9"/>${text(left + 14, 12, 'note', name)}`
  })
  return chart(
    bottom + 22,
    'Cost by day for three ways of charging',
    valueGrid(axis.ticks, y, decimalsOf(axis.ticks)) + names.join('') + bars.join(''),
  )
}

/** `7 Oct` for the first day of the axis and of a month, else `8`. */
function dayLabel(date: string, isFirst: boolean): string {
  const day = Number(date.slice(8))
  return isFirst || day === 1 ? `${day} ${MONTHS[Number(date.slice(5, 7)) - 1]}` : String(day)
}
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
