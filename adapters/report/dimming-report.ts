// The picture of a dimmed night: what everybody took, the limits that held, who said what when, and what each limit has come to by its proof.
import { CHART, linear, round, ticks, type Scale } from './axis.ts'
import { count, escape, figure, localTime } from './figures.ts'
import { page } from './page.ts'
import { chart, rightLabel, text, timeGrid, valueGrid } from './plot.ts'

/** Powers in W, taking positive; instants epoch ms. */
export interface DimmingCourse {
  readonly title: string
  readonly note: string
  readonly points: readonly { readonly at: number; readonly takenW: number }[]
  readonly bounds: readonly {
    readonly maxW: number | null
    readonly minW: number | null
    readonly from: number
    readonly until: number | null
  }[]
  /** Numbers of the sayings that are about it. */
  readonly sayings: readonly number[]
}
export interface DimmingSaying {
  readonly at: number
  readonly who: string
  readonly over: string
  readonly what: string
  readonly bound: string
  readonly beforeW: number
  readonly orderedW: number
  readonly afterW: number
}
/** A row of the table of limits, as texts. */
export interface DimmingLimit {
  readonly name: string
  readonly bound: string
  readonly instants: readonly (number | null)[]
  readonly kept: string
}
export interface DimmingPicture {
  readonly command: string
  /** The night, without what was before it. */
  readonly from: number
  readonly until: number
  readonly looks: number
  readonly exceeded: readonly string[]
  readonly courses: readonly DimmingCourse[]
  readonly sayings: readonly DimmingSaying[]
  readonly limits: readonly DimmingLimit[]
}

const MINUTE_MS = 60_000
const TICK_MS = 15 * MINUTE_MS
const HEIGHT = { large: 220, small: 110 } as const
const MARGIN = { top: 18, bottom: 24 } as const
const VALUE_TICKS = { large: 5, small: 3 } as const
const WATTS_PER_KW = 1_000

/** The whole report as one HTML document; equal data give equal bytes. */
export function renderDimmingReport(picture: DimmingPicture): string {
  const { courses, sayings, from, until } = picture
  const sections = [
    `<h1>${headline(picture)}</h1>`,
    '<p class="lead">A simulation. What is drawn is what cars and house took in truth, looked at every ten seconds while something held; a station has ten seconds to follow. Numbers are those of the table below.</p>',
    ...picture.exceeded.map((line) => `<p class="regime">${escape(line)}</p>`),
    ...courses.map(
      (course, i) => `${heading(course.title, course.note)}${courseChart(course, sayings, i === 0, { from, until })}`,
    ),
    heading('Who said what', 'kW; ordered in the same millisecond, taken ten seconds later'),
    `<div class="wide">${sayingTable(sayings)}</div>`,
    heading('Limits by their proofs', 'local time; a minute of meter values after each change counts as outside'),
    `<div class="wide">${limitTable(picture.limits)}</div>`,
  ]
  return page({
    title: 'Gegenstrom, a dimmed night',
    what: 'dimmed night',
    period: `${localTime(from).toFormat('d LLL yyyy, HH:mm')} to ${clock(until)}, Europe/Berlin`,
    body: sections.join('\n'),
    command: picture.command,
  })
}

function headline({ exceeded, looks, sayings }: DimmingPicture): string {
  const kept = exceeded.length === 0 ? 'nobody took or gave more than was allowed' : `more than allowed ${exceeded.length} times`
  return `${count(sayings.length)} things were said; in ${count(looks)} looks ${kept}.`
}

interface Window {
  readonly from: number
  readonly until: number
}

/** What was taken as a line, limits as steps, and a mark with its number wherever somebody spoke. */
function courseChart(course: DimmingCourse, sayings: readonly DimmingSaying[], isLarge: boolean, night: Window): string {
  const size = isLarge ? 'large' : 'small'
  const { from, until } = windowOf(course, night)
  const points = course.points.filter(({ at }) => at >= from && at <= until)
  const values = [...points.map(({ takenW }) => takenW), ...course.bounds.flatMap(({ maxW, minW }) => [maxW ?? 0, minW ?? 0])]
  const kilowatts = values.map((power) => power / WATTS_PER_KW)
  const marks = ticks(Math.min(0, ...kilowatts), Math.max(1, ...kilowatts), VALUE_TICKS[size])
  const bottom = MARGIN.top + HEIGHT[size]
  const x = linear(from, until, CHART.left, CHART.left + CHART.width)
  const y = linear(marks[0]!, marks.at(-1)!, bottom, MARGIN.top)
  const body = [
    valueGrid(marks, y, 0),
    timeGrid(timeTicks(from, until), x, MARGIN.top, bottom, true),
    boundLines(course, { from, until }, x, y),
    `<path class="soc" d="${line(points, x, y)}"/>`,
    ...course.sayings.map((number) => sayingMark(number, sayings[number - 1]!.at, x, bottom)),
    rightLabel(y((points.at(-1)?.takenW ?? 0) / WATTS_PER_KW) + 4, 'taken', 'note'),
  ]
  return chart(bottom + MARGIN.bottom, `${course.title}: power and limits`, body.join(''))
}

/** The night, or what was limited before it with some minutes on both sides. */
function windowOf({ bounds }: DimmingCourse, night: Window): Window {
  const last = bounds.at(-1)
  if (last === undefined || last.from >= night.from) return night
  return { from: bounds[0]!.from - TICK_MS, until: (last.until ?? last.from) + TICK_MS }
}

function timeTicks(from: number, until: number) {
  const first = Math.ceil(from / TICK_MS) * TICK_MS
  const length = Math.max(0, Math.floor((until - first) / TICK_MS) + 1)
  return Array.from({ length }, (_, i) => ({ at: first + i * TICK_MS, label: clock(first + i * TICK_MS), isMidnight: false }))
}

function line(points: DimmingCourse['points'], x: Scale, y: Scale): string {
  return points.map(({ at, takenW }, i) => `${i === 0 ? 'M' : 'L'}${round(x(at))} ${round(y(takenW / WATTS_PER_KW))}`).join('')
}

function boundLines({ bounds }: DimmingCourse, window: Window, x: Scale, y: Scale): string {
  return bounds
    .flatMap(({ maxW, minW, from, until }) =>
      [maxW, minW].flatMap((power) => {
        if (power === null) return []
        const [left, right] = [x(from), x(until ?? window.until)].map(round)
        const height = round(y(power / WATTS_PER_KW))
        const label = text(left! + 3, height - 4, 'price-text mark halo', `${figure(power / WATTS_PER_KW, 1)} kW`)
        return [`<path class="price" d="M${left} ${height}H${right}"/>${label}`]
      }),
    )
    .join('')
}

function sayingMark(number: number, at: number, x: Scale, bottom: number): string {
  const px = round(x(at))
  return `<path class="thin" d="M${px} ${MARGIN.top}V${bottom}"/>${text(px, MARGIN.top - 5, 'note', String(number), 'middle')}`
}

function sayingTable(sayings: readonly DimmingSaying[]): string {
  const rows = sayings.map(({ at, who, over, what, bound, beforeW, orderedW, afterW }, i) => {
    const words = [clockWithSeconds(at), who, over, what, bound].map((word) => `<td class="word">${escape(word)}</td>`)
    const powers = [beforeW, orderedW, afterW].map((power) => `<td>${figure(power / WATTS_PER_KW, 1)}</td>`)
    return `<tr><th>${i + 1}</th>${words.join('')}${powers.join('')}</tr>`
  })
  return table(['', 'at', 'who', 'over', 'what', 'holds'], ['took', 'ordered', 'takes'], rows)
}

function limitTable(limits: readonly DimmingLimit[]): string {
  const rows = limits.map(({ name, bound, instants, kept }) => {
    const times = instants.map((at) => `<td>${at === null ? '–' : clockWithSeconds(at)}</td>`)
    return `<tr><th>${escape(name)}</th><td class="word">${escape(bound)}</td>${times.join('')}<td>${escape(kept)}</td></tr>`
  })
  return table(['limit', 'bound'], ['received', 'first applied', 'last applied', 'measured within', 'released', 'kept'], rows)
}

function table(words: readonly string[], figures: readonly string[], rows: readonly string[]): string {
  const heads = [...words.map((name) => `<th class="word">${name}</th>`), ...figures.map((name) => `<th>${name}</th>`)]
  return `<table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function heading(title: string, note: string): string {
  return `<h2>${escape(title)}${note === '' ? '' : ` <small>${escape(note)}</small>`}</h2>`
}

function clock(at: number): string {
  return localTime(at).toFormat('HH:mm')
}
function clockWithSeconds(at: number): string {
  return localTime(at).toFormat('HH:mm:ss')
}
