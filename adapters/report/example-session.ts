// One session drawn in full: price, power of the three plans, and the state of charge they lead to, on one time axis.
import { axisOf, CHART, hourTicks, linear, round, runs, stepArea, stepLine, type Scale, type TimeTick } from './axis.ts'
import { dateTime, escape, euro, figure, kilowattHours, percent } from './figures.ts'
import { decimalsOf, STRATEGY_NAMES } from './fleet-charts.ts'
import type { ReportExample } from './plan-report.ts'
import { chart, rightLabel, text, timeGrid, valueGrid } from './plot.ts'

const STRATEGIES = ['immediate', 'smart', 'bidirectional'] as const
const HOUR_LABELS_MAX = 15
const TOP = 10

export function exampleSection(example: ReportExample): string {
  const { sums } = example
  const x = linear(0, example.buy.length, CHART.left, CHART.left + CHART.width)
  const hours = hourTicks(example.first, example.buy.length, HOUR_LABELS_MAX)
  const facts = [
    ['Battery', `${figure(example.capacityKwh, 0)}\u202fkWh`],
    ['Power', `+${figure(example.chargeKw, 0)} / \u2212${figure(example.dischargeKw, 0)}\u202fkW`],
    ['On arrival', percent(example.socStart)],
    ['Goal', percent(example.socTarget)],
    ['Never below', percent(example.socMin)],
    ['At once', euro(sums.immediate.cost)],
    ['Smart', euro(sums.smart.cost)],
    ['Both ways', euro(sums.bidirectional.cost)],
  ].map(([label, value]) => `<div><dt>${label}</dt><dd>${value}</dd></div>`)
  return [
    `<h2 class="part">One session <small>${escape(example.session)}, car ${escape(example.vehicle)}, ${dateTime(example.pluggedAt)} to ${dateTime(example.unpluggedAt)}</small></h2>`,
    `<dl class="facts">${facts.join('')}</dl>`,
    '<h3>Price <small>ct/kWh by quarter-hour</small></h3>',
    priceChart(example, x, hours),
    '<h3>Power <small>kW at the connector, charging up, feeding back down</small></h3>',
    powerCharts(example, x, hours),
    '<h3>State of charge <small>%</small></h3>',
    socChart(example, x, hours),
  ].join('\n')
}

function priceChart({ buy, sell }: ReportExample, x: Scale, hours: readonly TimeTick[]): string {
  const known = [...buy, ...sell].filter((price) => price !== null)
  const axis = axisOf(Math.min(...known), Math.max(...known), 3)
  const bottom = TOP + 124
  const y = linear(axis.low, axis.high, bottom, TOP)
  const last = (prices: readonly (number | null)[]) => prices.findLast((price) => price !== null) ?? 0
  const isSame = buy.every((price, i) => price === sell[i])
  const [buyEnd, sellEnd] = [y(last(buy)), y(last(sell))]
  const body = [
    timeGrid(hours, x, TOP, bottom, true),
    valueGrid(axis.ticks, y, decimalsOf(axis.ticks)),
    ...hatches(buy, x, bottom),
    isSame ? '' : `<path class="price dashed" d="${stepLine(sell, x, y)}"/>`,
    `<path class="price" d="${stepLine(buy, x, y)}"/>`,
    rightLabel(buyEnd + 4, isSame ? 'both directions' : 'buying', 'price-text strong'),
    isSame ? '' : rightLabel(Math.max(sellEnd + 4, buyEnd + 18), 'feeding back', 'price-text'),
  ]
  return chart(bottom + 22, 'Price for buying and feeding back by quarter-hour', body.join(''))
}

function powerCharts({ power, sums, buy, chargeKw, dischargeKw }: ReportExample, x: Scale, hours: readonly TimeTick[]): string {
  const most = Math.max(chargeKw, 0.1)
  const height = 78
  const panels = STRATEGIES.map((strategy, i) => {
    const top = TOP + i * (height + 20)
    const bottom = top + height
    const y = linear(-Math.max(dischargeKw, most / 4), most, bottom, top)
    const { charged, discharged } = sums[strategy]
    const grid = dischargeKw > 0 ? [-dischargeKw, 0, chargeKw] : [0, chargeKw]
    return [
      timeGrid(hours, x, top, bottom, i === 2),
      valueGrid(grid, y, decimalsOf(grid)),
      ...hatches(buy, x, bottom, top),
      `<path class="charge" d="${stepArea(power[strategy], 1, x, y)}"/>`,
      `<path class="discharge" d="${stepArea(power[strategy], -1, x, y)}"/>`,
      `<path class="slots" d="${slotLines(power[strategy], x, y)}"/>`,
      rightLabel(y(0) - 12, STRATEGY_NAMES[strategy], 'name'),
      rightLabel(y(0) + 3, `in ${kilowattHours(charged)}`, 'charge-text'),
      discharged > 0 ? rightLabel(y(0) + 17, `out ${kilowattHours(discharged)}`, 'discharge-text') : '',
    ].join('')
  })
  return chart(TOP + 3 * (height + 20) + 6, 'Power of one session for three ways of charging', panels.join(''))
}

function socChart({ soc, socStart, socTarget, socMin, buy }: ReportExample, x: Scale, hours: readonly TimeTick[]): string {
  const bottom = TOP + 166
  const y = linear(0, 100, bottom, TOP)
  const course = (strategy: (typeof STRATEGIES)[number]) =>
    [socStart, ...soc[strategy]].map((share, i) => `${i === 0 ? 'M' : 'L'}${round(x(i))} ${round(y(share * 100))}`).join('')
  const marks = [...new Set([0, socMin * 100, socTarget * 100, 100].map((value) => Math.round(value)))].sort((a, b) => a - b)
  const end = CHART.left + CHART.width
  const goal = y(socTarget * 100)
  const body = [
    timeGrid(hours, x, TOP, bottom, true),
    valueGrid(marks, y, 0, [Math.round(socMin * 100), Math.round(socTarget * 100)]),
    ...hatches(buy, x, bottom),
    `<path class="limit-line" d="M${CHART.left} ${round(y(socMin * 100))}H${end}"/>`,
    text(end - 6, y(socMin * 100) + 14, 'note halo', `driver's minimum ${percent(socMin)}`, 'end'),
    `<path class="soc dotted" d="${course('immediate')}"/>`,
    `<path class="soc thin" d="${course('smart')}"/>`,
    `<path class="soc" d="${course('bidirectional')}"/>`,
    ...courseLabels(soc, x, y),
    `<path class="goal" d="M${end - 5} ${round(goal - 10)}h10l-5 8z"/>`,
    rightLabel(goal + 4, `${percent(socTarget)} goal`, 'strong'),
  ]
  return chart(bottom + 22, 'State of charge of one session for three ways of charging', body.join(''))
}

/** Thin lines that part the quarter-hours of a filled area. */
function slotLines(power: readonly number[], x: Scale, y: Scale): string {
  let path = ''
  for (let i = 1; i < power.length; i++) {
    const [before, after] = [power[i - 1]!, power[i]!]
    if (before * after <= 0) continue
    const shared = before > 0 ? Math.min(before, after) : Math.max(before, after)
    path += `M${round(x(i))} ${round(y(0))}V${round(y(shared))}`
  }
  return path
}

/** Each name stands at its line, where the three lie furthest apart. */
function courseLabels(soc: ReportExample['soc'], x: Scale, y: Scale): readonly string[] {
  const { length } = soc.bidirectional
  let [at, widest] = [Math.floor(length / 2), -1]
  for (let i = Math.floor(length * 0.12); i < length * 0.88; i++) {
    const three = STRATEGIES.map((strategy) => soc[strategy][i]!).sort((a, b) => a - b)
    const room = Math.min(three[1]! - three[0]!, three[2]! - three[1]!)
    if (room > widest) [at, widest] = [i, room]
  }
  const order = [...STRATEGIES].sort((a, b) => soc[b][at]! - soc[a][at]!)
  let lowest = -Infinity
  return order.map((strategy) => {
    const place = Math.max(y(soc[strategy][at]! * 100) - 6, lowest + 13)
    lowest = place
    return text(x(at + 1), place, strategy === 'bidirectional' ? 'strong halo' : 'note halo', strategy, 'middle')
  })
}

function hatches(prices: readonly (number | null)[], x: Scale, bottom: number, top: number = TOP): readonly string[] {
  return runs(prices.length, (i) => prices[i] === null).map(
    ([from, until]) =>
      `<rect class="gap" x="${round(x(from))}" y="${top}" width="${round(x(until) - x(from))}" height="${bottom - top}"><title>no price</title></rect>`,
  )
}
