// Departures that nobody told: what they cost by cause and by week, and whether what was foretold came.
import { axisOf, CHART, linear, round } from './axis.ts'
import { count, figure, kilowattHours } from './figures.ts'
import { decimalsOf } from './fleet-charts.ts'
import { chart, text, valueGrid } from './plot.ts'

/** One way to plan without knowing the departure. */
export interface DeparturePolicy {
  /** Share of the saving of perfect foresight that is lost, what is missing paid. */
  readonly regret: number
  readonly missed: number
  readonly missingKwh: number
  /** Of what was charged. */
  readonly shareMissing: number
}
export interface DepartureReport {
  readonly chance: DeparturePolicy
  readonly quantile: DeparturePolicy
  readonly weeks: readonly {
    readonly date: string
    readonly sessions: number
    readonly regret: { readonly chance: number | null; readonly quantile: number | null }
  }[]
  readonly reliability: {
    readonly left: readonly { readonly share: number; readonly came: number }[]
    readonly within80: number
  }
  /** Parts of the regret by chance. */
  readonly causes: { readonly price: number; readonly timing: number; readonly missing: number; readonly arrival: number }
}

const CAUSES = [
  ['price', 'prices not yet known'],
  ['timing', 'departure: other times'],
  ['missing', 'departure: missing energy'],
  ['arrival', 'arrivals'],
] as const

/** Both policies in a table, charging at once beside them. */
export function policyTable({ chance, quantile }: DepartureReport): string {
  const rows = [
    ['With the chance of staying', chance],
    ['As if one quantile were certain', quantile],
    ['At once', { regret: 1, missed: 0, missingKwh: 0, shareMissing: 0 }],
  ] as const
  const head = ['regret', 'cars short', 'missing', 'of charged'].map((name) => `<th scope="col">${name}</th>`)
  const body = rows.map(
    ([name, { regret, missed, missingKwh, shareMissing }], i) =>
      `<tr${i === 0 ? ' class="strong"' : ''}><th scope="row">${name}</th><td>${figure(regret * 100, 1)}\u202f%</td><td>${count(missed)}</td><td>${kilowattHours(missingKwh)}</td><td>${figure(shareMissing * 100, 2)}\u202f%</td></tr>`,
  )
  return `<table><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`
}

/** One bar a cause, in percent of the saving of perfect foresight. */
export function causeChart({ causes }: DepartureReport): string {
  const values = CAUSES.map(([cause]) => causes[cause] * 100)
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)]
  const left = CHART.left + 170
  const x = linear(low, high, left, CHART.left + CHART.width - 60)
  const bars = CAUSES.map(([, name], i) => {
    const top = 8 + i * 24
    const [a, b] = [x(0), x(values[i]!)]
    return [
      text(left - 8, top + 12, 'note', name, 'end'),
      `<rect class="bar-bidirectional" x="${round(Math.min(a, b))}" y="${top}" width="${round(Math.abs(a - b))}" height="15"/>`,
      text(Math.max(a, b) + 6, top + 12, 'note', `${figure(values[i]!, 1)} %`),
    ].join('')
  })
  const zero = `<path class="zero" d="M${round(x(0))} 4V${8 + CAUSES.length * 24}"/>`
  return chart(16 + CAUSES.length * 24, 'Regret by cause', bars.join('') + zero)
}

/** Two bars a week: black by chance, grey by one quantile; at 100 % the plan was worth no more than charging at once. */
export function weekChart({ weeks }: DepartureReport): string {
  const all = weeks.flatMap(({ regret }) => [(regret.chance ?? 0) * 100, (regret.quantile ?? 0) * 100])
  const axis = axisOf(Math.min(0, ...all), Math.max(100, ...all), 4)
  const [top, bottom] = [24, 154]
  const y = linear(axis.low, axis.high, bottom, top)
  const pitch = CHART.width / Math.max(1, weeks.length)
  const thick = Math.min(18, pitch * 0.35)
  const every = Math.ceil(weeks.length / 16)
  const bars = weeks.map(({ date, regret }, i) => {
    const middle = CHART.left + (i + 0.5) * pitch
    const bar = (value: number | null, style: string, left: number) => {
      if (value === null) return ''
      const [a, b] = [y(0), y(value * 100)]
      return `<rect class="${style}" x="${round(left)}" y="${round(Math.min(a, b))}" width="${round(thick - 1)}" height="${round(Math.abs(a - b))}"><title>${date}: ${figure(value * 100, 1)} %</title></rect>`
    }
    const label =
      i % every === 0 ? text(middle, bottom + 16, 'axis', `${Number(date.slice(8))}.${Number(date.slice(5, 7))}.`, 'middle') : ''
    return bar(regret.chance, 'bar-bidirectional', middle - thick) + bar(regret.quantile, 'bar-smart', middle) + label
  })
  const names = text(
    CHART.left,
    12,
    'note',
    'black: with the chance of staying; grey: one quantile taken for certain; 100 % is charging at once',
  )
  return chart(bottom + 22, 'Regret by week', valueGrid(axis.ticks, y, decimalsOf(axis.ticks), [100]) + names + bars.join(''))
}

/** How often departures had come by the instants foretold with each probability; on the diagonal the forecast is right. */
export function reliabilityChart({ reliability }: DepartureReport): string {
  const size = 260
  const top = 10
  const x = linear(0, 1, CHART.left, CHART.left + size)
  const y = linear(0, 1, top + size, top)
  const shares = [0, 0.25, 0.5, 0.75, 1]
  const grid = shares.map(
    (share) =>
      `<path class="grid" d="M${CHART.left} ${round(y(share))}H${CHART.left + size}M${round(x(share))} ${top}V${top + size}"/>${text(CHART.left - 6, y(share) + 4, 'axis', figure(share * 100, 0), 'end')}${text(x(share), top + size + 16, 'axis', figure(share * 100, 0), 'middle')}`,
  )
  const points = reliability.left
  const line = points.map(({ share, came }, i) => `${i === 0 ? 'M' : 'L'}${round(x(share))} ${round(y(came))}`).join('')
  const dots = points.map(
    ({ share, came }) =>
      `<circle class="dot-charge" cx="${round(x(share))}" cy="${round(y(came))}" r="3.5"><title>foretold ${figure(share * 100, 0)} %, came ${figure(came * 100, 1)} %</title></circle>`,
  )
  const notes = [
    `80 % intervals hold ${figure(reliability.within80 * 100, 1)} % of departures.`,
    'across: foretold to have left, %',
    'up: had left, %',
  ].map((note, i) => text(CHART.left + size + 24, top + 20 + i * 18, i === 0 ? 'name' : 'note', note))
  return chart(
    top + size + 26,
    'Reliability of forecast departures',
    `${grid.join('')}<path class="price dashed" fill="none" d="M${round(x(0))} ${round(y(0))}L${round(x(1))} ${round(y(1))}"/><path class="soc" fill="none" d="${line}"/>${dots.join('')}${notes.join('')}`,
  )
}
