// Scales, ticks and step paths of the charts. Time runs in slots, so days of 23 and 25 hours come out right.
import { startOf, type Slot } from '../../domain/time/slot.ts'
import { localTime } from './figures.ts'

/** Inner width of every chart and the margins for labels on both sides, px. */
export const CHART = { left: 46, width: 856, right: 98 } as const
export const CHART_WIDTH = CHART.left + CHART.width + CHART.right

export interface Scale {
  (value: number): number
}
export function linear(low: number, high: number, from: number, to: number): Scale {
  const span = high - low
  return (value) => (span === 0 ? (from + to) / 2 : from + ((value - low) / span) * (to - from))
}

/** Round values that cover [low, high], zero among them. */
export function ticks(low: number, high: number, aim: number): readonly number[] {
  const span = Math.max(high, 0) - Math.min(low, 0)
  if (!(span > 0)) return [0]
  const raw = span / aim
  const size = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= raw)!
  const first = Math.floor(Math.min(low, 0) / step)
  const last = Math.ceil(Math.max(high, 0) / step)
  return Array.from({ length: last - first + 1 }, (_, i) => Math.round((first + i) * step * 1e9) / 1e9 + 0)
}

/** Ticks and range of an axis. An outermost tick that the values hardly approach is left out, so that no panel stands half empty. */
export function axisOf(
  low: number,
  high: number,
  aim: number,
): { readonly ticks: readonly number[]; readonly low: number; readonly high: number } {
  const all = [...ticks(low, high, aim)]
  if (all.length > 2) {
    const step = all[1]! - all[0]!
    if (all.at(-1)! > 0 && high < all.at(-1)! - step / 2) all.pop()
    if (all[0]! < 0 && low > all[0]! + step / 2) all.shift()
  }
  return { ticks: all, low: Math.min(low, all[0]!), high: Math.max(high, all.at(-1)!) }
}

export interface TimeTick {
  /** Slots since the first. */
  readonly at: number
  readonly label: string
  readonly isMidnight: boolean
}

/** Whole local hours, as many as have room; the doubled hour of the autumn change is told apart as A and B. */
export function hourTicks(first: Slot, slots: number, most: number): readonly TimeTick[] {
  const hours: { at: number; hour: number; label: string; date: string }[] = []
  for (let i = 0; i <= slots; i++) {
    const time = localTime(startOf((first + i) as Slot))
    if (time.minute !== 0) continue
    const before = time.minus({ hours: 1 }).hour === time.hour
    const after = time.plus({ hours: 1 }).hour === time.hour
    const letter = before ? 'B' : after ? 'A' : ''
    const text = letter === '' ? time.toFormat('HH:mm') : `${time.toFormat('HH')}${letter}`
    hours.push({ at: i, hour: time.hour, label: text, date: time.toFormat('d LLL') })
  }
  const step = [1, 2, 3, 4, 6, 12, 24].find((every) => hours.length / every <= most) ?? 24 * Math.ceil(hours.length / 24 / most)
  return hours
    .filter(({ hour, label }) => (step > 24 ? hour === 0 : hour % step === 0) && !(step > 1 && label.endsWith('B')))
    .map(({ at, hour, label, date }) => ({ at, label: hour === 0 ? date : label, isMidnight: hour === 0 }))
}

/** Local midnights, with a label on as many as have room. */
export function dayTicks(first: Slot, slots: number, most: number): readonly TimeTick[] {
  const days: TimeTick[] = []
  for (let i = 0; i <= slots; i++) {
    const time = localTime(startOf((first + i) as Slot))
    if (time.hour === 0 && time.minute === 0) days.push({ at: i, label: time.toFormat('ccc d LLL'), isMidnight: true })
  }
  const every = Math.ceil(days.length / most)
  return days.map((day, i) => (i % every === 0 ? day : { ...day, label: '' }))
}

/** A line of steps, one value a slot; it breaks where there is none. */
export function stepLine(values: readonly (number | null)[], x: Scale, y: Scale): string {
  let path = ''
  let isOpen = false
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isOpen = false
      continue
    }
    path += `${isOpen ? 'V' : `M${round(x(i))} `}${round(y(value))}H${round(x(i + 1))}`
    isOpen = true
  }
  return path
}

/** The area between zero and the steps on one side of it. */
export function stepArea(values: readonly number[], side: 1 | -1, x: Scale, y: Scale): string {
  let path = ''
  const zero = round(y(0))
  let isOpen = false
  for (const [i, value] of values.entries()) {
    const height = value * side > 0 ? round(y(value)) : null
    if (height === null) {
      if (isOpen) path += `V${zero}Z`
      isOpen = false
      continue
    }
    path += isOpen ? `V${height}` : `M${round(x(i))} ${zero}V${height}`
    path += `H${round(x(i + 1))}`
    isOpen = true
  }
  return isOpen ? `${path}V${zero}Z` : path
}

/** Runs of slots in which `holds`, as [from, until). */
export function runs(length: number, holds: (i: number) => boolean): readonly (readonly [number, number])[] {
  const found: [number, number][] = []
  for (let i = 0; i < length; i++) {
    if (!holds(i)) continue
    const last = found.at(-1)
    if (last !== undefined && last[1] === i) last[1] = i + 1
    else found.push([i, i + 1])
  }
  return found
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
