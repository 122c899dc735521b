// What the three ways of charging cost: bars of what was bought, fed back and worn, with the sum as a black mark, and the same in figures.
import { linear, round, ticks } from './axis.ts'
import { euro, escape, figure, megawattHours } from './figures.ts'
import { STRATEGY_NAMES, decimalsOf } from './fleet-charts.ts'
import type { PlanReport } from './plan-report.ts'

const STRATEGIES = ['immediate', 'smart', 'bidirectional'] as const
const WIDTH = 600
const [LEFT, RIGHT] = [104, 500]
const ROW = 46

/** Bars from zero: bought to the right, fed back from its end to the left, then wear; the mark is bought minus fed back. */
export function moneyChart(totals: PlanReport['totals']): string {
  const all = STRATEGIES.map((strategy) => totals[strategy])
  const low = Math.min(0, ...all.map(({ cost, bought }) => Math.min(cost, bought)))
  const high = Math.max(0, ...all.map(({ cost, bought, wear }) => Math.max(bought, cost + wear)))
  const values = ticks(low, high, 5)
  const x = linear(values[0]!, values.at(-1)!, LEFT, RIGHT)
  const bottom = 6 + STRATEGIES.length * ROW
  const grid = values.map((value) => {
    const style = value === 0 ? 'zero' : 'grid'
    const label = `<text class="axis" x="${round(x(value))}" y="${bottom + 16}" text-anchor="middle">${figure(value, decimalsOf(values))}</text>`
    return `<path class="${style}" d="M${round(x(value))} 4V${bottom}"/>${label}`
  })
  const rows = STRATEGIES.map((strategy, i) => {
    const { cost, bought, sold, wear } = totals[strategy]
    const top = 8 + i * ROW
    const name = `<text class="name" x="0" y="${top + 15}">${STRATEGY_NAMES[strategy]}</text>`
    const isBack = totals[strategy].discharged > 0
    const back = isBack ? bar(x(bought - sold), x(bought), top + 12, 10, 'discharge-fill') : ''
    const label = isBack
      ? `<tspan class="charge-text">bought ${figure(bought, 2)}</tspan><tspan class="discharge-text" x="${RIGHT + 6}" dy="13">fed back ${figure(-sold, 2)}</tspan>`
      : `<tspan class="charge-text">bought ${figure(bought, 2)}</tspan>`
    const worn = wear > 0 ? `<tspan class="note" x="${RIGHT + 6}" dy="13">wear ${figure(wear, 2)}</tspan>` : ''
    return [
      name,
      bar(x(0), x(bought), top, 10, 'charge-fill'),
      back,
      wear > 0 ? bar(x(cost), x(cost + wear), top + (isBack ? 24 : 12), 5, 'wear') : '',
      `<path class="sum" d="M${round(x(cost))} ${top - 3}V${top + 32}"/>`,
      `<text x="${RIGHT + 6}" y="${top + 8}">${label}${worn}</text>`,
    ].join('')
  })
  return `<svg viewBox="0 0 ${WIDTH} ${bottom + 22}" role="img" aria-label="Money bought, fed back and worn for three ways of charging">${grid.join('')}${rows.join('')}</svg>`
}

export function moneyTable(totals: PlanReport['totals']): string {
  const rows = STRATEGIES.map((strategy) => {
    const { cost, wear, charged, discharged } = totals[strategy]
    const difference = strategy === 'immediate' ? '–' : signed(cost - totals.immediate.cost)
    const cells = [euro(cost), difference, euro(wear), megawattHours(charged), discharged > 0 ? megawattHours(discharged) : '–']
    const tag = strategy === 'bidirectional' ? ' class="strong"' : ''
    return `<tr${tag}><th scope="row">${STRATEGY_NAMES[strategy]}</th>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`
  })
  const head = ['cost', 'against at once', 'wear', 'charged', 'fed back'].map((name) => `<th scope="col">${name}</th>`)
  return `<table><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** A difference shows its sign. */
function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${euro(value)}`
}

function bar(from: number, to: number, top: number, height: number, style: string): string {
  const width = Math.abs(to - from)
  return `<rect class="${style}" x="${round(Math.min(from, to))}" y="${top}" width="${round(Math.max(width, 0.5))}" height="${height}"/>`
}
