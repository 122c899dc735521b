// The report of a backtest: what weeks cost as they were lived, beside perfect foresight, as one HTML file that needs no network.
import type { Slot } from '../../domain/time/slot.ts'
import { axisOf, CHART, dayTicks, linear, round, stepArea, stepLine, type Scale } from './axis.ts'
import { count, dateRange, dateTime, escape, euro, figure, kilowattHours, megawattHours } from './figures.ts'
import { causeChart, policyTable, reliabilityChart, weekChart, type DepartureReport } from './departure-charts.ts'
import { decimalsOf, fleetPriceChart } from './fleet-charts.ts'
import { page } from './page.ts'
import { chart, rightLabel, text, timeGrid, valueGrid } from './plot.ts'

/** EUR, and kWh at the grid. */
export interface LivedSums {
  readonly money: number
  readonly wear: number
  readonly charged: number
  readonly discharged: number
}
export interface BacktestReport {
  readonly command: string
  /** Epoch ms of the first plug-in and the last unplug. */
  readonly from: number
  readonly until: number
  readonly sessions: number
  readonly vehicles: number
  /** Share of the saving of perfect foresight that is lost. */
  readonly regret: number
  readonly missedDepartures: number
  readonly unreachable: number
  readonly forecast: DepartureReport | null
  readonly totals: Readonly<Record<'immediate' | 'smart' | 'lived' | 'foresight', LivedSums>>
  readonly cycles: number
  readonly fleet: {
    readonly first: Slot
    /** ct/kWh by slot, null for a gap. */
    readonly buy: readonly (number | null)[]
    /** kW by slot, all cars. */
    readonly lived: readonly number[]
    readonly foresight: readonly number[]
  }
  /** Money plus wear, EUR, by the local day of plugging in. */
  readonly days: readonly {
    readonly date: string
    readonly cost: Readonly<Record<'immediate' | 'smart' | 'lived' | 'foresight', number>>
    readonly regret: number | null
  }[]
  readonly missed: readonly {
    readonly session: string
    readonly vehicle: string
    readonly unpluggedAt: number
    readonly missingKwh: number
  }[]
  readonly gaps: readonly { readonly date: string; readonly slots: number }[]
  readonly assumptions: readonly string[]
}

const NAMES = {
  immediate: 'At once',
  smart: 'Smart, foresight',
  lived: 'Both ways, as lived',
  foresight: 'Both ways, foresight',
} as const
const WAYS = ['immediate', 'smart', 'lived', 'foresight'] as const
const DAY_LABELS_MAX = 11
const TOP = 10

/** The whole report as one HTML document; equal data gives equal bytes. */
export function renderBacktestReport(report: BacktestReport): string {
  const { totals, fleet } = report
  const sections = [
    `<h1>${headline(report)}</h1>`,
    `<p class="lead">${escape(lead(report))}</p>`,
    facts(report),
    heading('Price', 'ct/kWh for buying, by quarter-hour'),
    fleetPriceChart(fleet),
    heading('Power of all cars', 'kW at the grid, charging up, feeding back down'),
    powerCharts(report),
    heading('Cost by day', 'money plus wear, EUR, by the day of plugging in'),
    costChart(report.days),
    heading('Regret by day', 'share of the day’s saving that perfect foresight would have made more, %'),
    regretChart(report.days),
    ...(report.forecast === null ? [] : departures(report.forecast)),
    heading('In figures', ''),
    `<div class="wide">${totalsTable(totals)}</div>`,
    heading('Departures missed', ''),
    missedTable(report.missed),
    heading('What this assumes', ''),
    `<ul class="assumptions">${report.assumptions.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`,
  ]
  return page({
    title: `Gegenstrom backtest, ${dateRange(report.from, report.until)}`,
    what: 'backtest',
    period: dateRange(report.from, report.until),
    body: sections.join('\n'),
    command: report.command,
  })
}

function departures(forecast: DepartureReport): readonly string[] {
  return [
    heading('Departures forecast', 'what is missing is paid'),
    `<div class="wide">${policyTable(forecast)}</div>`,
    heading('Regret by cause', 'parts of the regret with the chance of staying, % of the saving of perfect foresight'),
    causeChart(forecast),
    heading('Regret by week', '%, by the day of plugging in'),
    weekChart(forecast),
    heading('Reliability of departures', 'what was foretold at plug-in against what came'),
    reliabilityChart(forecast),
  ]
}

function headline({ totals, sessions, regret }: BacktestReport): string {
  const saved = worth(totals.immediate) - worth(totals.lived)
  return `${euro(saved)} saved in ${count(sessions)} sessions,<br>${figure(regret * 100, 2)}\u202f% less than perfect foresight.`
}

function lead({ totals, forecast, missedDepartures, unreachable, gaps }: BacktestReport): string {
  const against = `Charging at once costs ${euro(worth(totals.immediate))} with wear, both ways as lived ${euro(worth(totals.lived))}, with perfect foresight ${euro(worth(totals.foresight))}.`
  const missed =
    missedDepartures === 0 ? 'No reachable departure is missed.' : `${count(missedDepartures)} reachable departures are missed.`
  const short = unreachable === 0 ? '' : ` ${count(unreachable)} targets are out of reach even at full power.`
  const guessed =
    forecast === null
      ? ''
      : ` With departures forecast instead of known, the regret is ${figure(forecast.chance.regret * 100, 1)}\u202f% and ${count(forecast.chance.missed)} cars lack ${kilowattHours(forecast.chance.missingKwh)} together.`
  const gap =
    gaps.length === 0
      ? ''
      : ` No price is known on ${gaps.map(({ date }) => date.replaceAll('-', '\u2011')).join(', ')}: there is no power there.`
  return `${against} ${missed}${short}${guessed}${gap}`
}

function facts({ vehicles, sessions, cycles, totals, regret }: BacktestReport): string {
  const list = [
    ['Cars', count(vehicles)],
    ['Sessions', count(sessions)],
    ['Regret', `${figure(regret * 100, 2)}\u202f%`],
    ['Fed back', megawattHours(totals.lived.discharged)],
    ['Wear', euro(totals.lived.wear)],
    ['Full cycles, all cars', figure(cycles, 1)],
  ]
  return `<dl class="facts">${list.map(([label, value]) => `<div><dt>${label}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

/** As lived above, with perfect foresight below, on one scale. */
function powerCharts({ fleet, totals }: BacktestReport): string {
  const all = [...fleet.lived, ...fleet.foresight]
  const axis = axisOf(least(all), most(all), 4)
  const height = 110
  const x = across(fleet.buy.length)
  const days = dayTicks(fleet.first, fleet.buy.length, DAY_LABELS_MAX)
  const panels = (['lived', 'foresight'] as const).map((way, i) => {
    const [top, bottom] = [TOP + i * (height + 20), TOP + i * (height + 20) + height]
    const y = linear(axis.low, axis.high, bottom, top)
    const middle = (top + bottom) / 2
    return [
      timeGrid(days, x, top, bottom, i === 1),
      valueGrid(axis.ticks, y, decimalsOf(axis.ticks)),
      `<path class="charge fine" d="${stepArea(fleet[way], 1, x, y)}"/>`,
      `<path class="discharge fine" d="${stepArea(fleet[way], -1, x, y)}"/>`,
      rightLabel(middle - 8, way === 'lived' ? 'As lived' : 'Foresight', 'name'),
      rightLabel(middle + 7, `in ${megawattHours(totals[way].charged)}`, 'charge-text'),
      rightLabel(middle + 21, `back ${megawattHours(totals[way].discharged)}`, 'discharge-text'),
    ].join('')
  })
  return chart(TOP + 2 * height + 42, 'Power of all cars as lived and with perfect foresight', panels.join(''))
}

/** One step line a way over the days, named at its end. */
function costChart(days: BacktestReport['days']): string {
  const all = days.flatMap(({ cost }) => Object.values(cost))
  const axis = axisOf(least(all), most(all), 4)
  const [top, bottom] = [10, 170]
  const y = linear(axis.low, axis.high, bottom, top)
  const x = across(days.length)
  const lines = [
    ['immediate', 'dotted', 'at once'],
    ['smart', 'thin', 'smart'],
    ['foresight', 'price dashed', 'foresight'],
    ['lived', 'soc', 'as lived'],
  ] as const
  const labels = spread(lines.map(([way]) => y(days.at(-1)?.cost[way] ?? 0) + 4))
  const body = [
    valueGrid(axis.ticks, y, decimalsOf(axis.ticks)),
    dayLabels(days, x, bottom),
    ...lines.map(([way, style, name], i) => {
      const path = stepLine(
        days.map(({ cost }) => cost[way]),
        x,
        y,
      )
      return `<path class="${style}" fill="none" d="${path}"/>${rightLabel(labels[i]!, name, way === 'lived' ? 'strong' : 'note')}`
    }),
  ]
  return chart(bottom + 22, 'Cost by day of four ways of charging', body.join(''))
}

function regretChart(days: BacktestReport['days']): string {
  const shares = days.map(({ regret }) => (regret === null ? 0 : regret * 100))
  const axis = axisOf(least(shares), most(shares), 3)
  const [top, bottom] = [10, 90]
  const y = linear(axis.low, axis.high, bottom, top)
  const x = across(days.length)
  const bars = days.map(({ date, regret }, i) => {
    if (regret === null) return ''
    const [a, b] = [y(0), y(regret * 100)]
    return `<rect class="bar-bidirectional" x="${round(x(i + 0.25))}" y="${round(Math.min(a, b))}" width="${round((x(1) - x(0)) / 2)}" height="${round(Math.abs(a - b))}"><title>${date}: ${figure(regret * 100, 2)} %</title></rect>`
  })
  return chart(
    bottom + 22,
    'Regret by day',
    valueGrid(axis.ticks, y, decimalsOf(axis.ticks)) + dayLabels(days, x, bottom) + bars.join(''),
  )
}

function totalsTable(totals: BacktestReport['totals']): string {
  const base = worth(totals.immediate)
  const rows = WAYS.map((way) => {
    const of = totals[way]
    const saving = way === 'immediate' ? '–' : euro(base - worth(of))
    const cells = [
      euro(of.money),
      euro(of.wear),
      euro(worth(of)),
      saving,
      megawattHours(of.charged),
      of.discharged > 0 ? megawattHours(of.discharged) : '–',
    ]
    return `<tr${way === 'lived' ? ' class="strong"' : ''}><th scope="row">${NAMES[way]}</th>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`
  })
  const head = ['money', 'wear', 'both', 'saved', 'charged', 'fed back'].map((name) => `<th scope="col">${name}</th>`)
  return `<table><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function missedTable(missed: BacktestReport['missed']): string {
  if (missed.length === 0) return '<p>None: every car left with its target, or with the most that was in reach.</p>'
  const rows = missed.map(
    ({ session, vehicle, unpluggedAt, missingKwh }) =>
      `<tr><td class="word">${escape(session)}</td><td class="word">${escape(vehicle)}</td><td class="word">${dateTime(unpluggedAt)}</td><td>${kilowattHours(missingKwh)}</td></tr>`,
  )
  const head = ['session', 'car', 'left', 'missing'].map(
    (name, i) => `<th scope="col"${i < 3 ? ' class="word"' : ''}>${name}</th>`,
  )
  return `<table class="sessions"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function dayLabels(days: BacktestReport['days'], x: Scale, bottom: number): string {
  const every = Math.ceil(days.length / 24)
  return days
    .map(({ date }, i) =>
      i % every === 0
        ? text((x(i) + x(i + 1)) / 2, bottom + 16, 'axis', `${Number(date.slice(8))}.${Number(date.slice(5, 7))}.`, 'middle')
        : '',
    )
    .join('')
}

/** Labels at least a line apart, in their order from top to bottom. */
function spread(heights: readonly number[]): readonly number[] {
  const placed = [...heights]
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!)
  order.forEach((i, k) => {
    const above = order[k - 1]
    if (above !== undefined) placed[i] = Math.max(placed[i]!, placed[above]! + 13)
  })
  return placed
}

function worth({ money, wear }: LivedSums): number {
  return money + wear
}
function across(length: number): Scale {
  return linear(0, Math.max(1, length), CHART.left, CHART.left + CHART.width)
}
function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), 0)
}
function most(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), 0)
}
function heading(title: string, note: string): string {
  return `<h2>${title}${note === '' ? '' : ` <small>${note}</small>`}</h2>`
}
