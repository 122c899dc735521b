// Courses over time as SPINE writes them: slots of a series, each by its start, its end or its length, from now on or by the calendar.
import { child, isObject, items, type Plain, type PlainObject } from '../eebus-json.ts'
import { readDuration, writeDuration } from '../spine/duration.ts'
import { readScaled } from '../spine/scaled-number.ts'
import { listed, readInstant } from './measurand.ts'

/** A part of a course; epoch ms. */
export interface Stretch {
  readonly from: number
  /** Null where it does not end. */
  readonly until: number | null
  readonly value: number | null
  readonly min: number | null
  readonly max: number | null
}
/** Something that holds for some time, ms, one after the other from now on. */
export interface Lasting<Value> {
  readonly ms: number
  readonly value: Value
}
export type SeriesType = 'constraints' | 'plan' | 'singleDemand'

/** As many as a message of SHIP holds. */
export const STRETCHES_MAX = 400
const DESCRIPTIONS = 'timeSeriesDescriptionData'

export interface SeriesDescription {
  readonly id: number
  readonly isWriteable: boolean
  /** It waits for new values. */
  readonly isUpdateRequired: boolean
}
/** The series of a type; null where none is described. */
export function describedSeries(descriptions: PlainObject | undefined, type: SeriesType): SeriesDescription | null {
  const found = listed(descriptions, DESCRIPTIONS).find((one) => one['timeSeriesType'] === type)
  const id = found?.['timeSeriesId']
  if (found === undefined || typeof id !== 'number') return null
  return { id, isWriteable: found['timeSeriesWriteable'] === true, isUpdateRequired: found['updateRequired'] === true }
}
/** The data of one series; nothing where it has none. */
export function seriesData(list: PlainObject | undefined, id: number): PlainObject | undefined {
  return listed(list, 'timeSeriesData').find((one) => one['timeSeriesId'] === id)
}

/** Its slots in time, told at `at`; empty where it has none. What stands behind a slot that cannot be placed is left out, since it would stand wrong. */
export function stretches(series: PlainObject | undefined, at: number): readonly Stretch[] {
  const slots = items(series?.['timeSeriesSlot']).filter(isObject).slice(0, STRETCHES_MAX)
  const found: Stretch[] = []
  let next = readTime(child(series?.['timePeriod'], 'startTime'), at) ?? at
  const end = readTime(child(series?.['timePeriod'], 'endTime'), at)
  for (const [index, slot] of slots.entries()) {
    const period = slot['timePeriod']
    const from = readTime(child(period, 'startTime'), at) ?? next
    const length = readDuration(slot['duration'])
    const following = readTime(child(slots[index + 1]?.['timePeriod'], 'startTime'), at)
    const until = readTime(child(period, 'endTime'), at) ?? (length === null ? (following ?? end) : from + length)
    if (until !== null && until < from) break
    found.push({
      from,
      until,
      value: readScaled(slot['value']),
      min: readScaled(slot['minValue']),
      max: readScaled(slot['maxValue']),
    })
    if (until === null) break
    next = until
  }
  return found
}

/** Slots one after the other, each with its start, the last with its end. `name` is what their values are called. */
export function writeSlots(
  courses: readonly Lasting<PlainObject>[],
  name: 'value' | 'maxValue',
): { readonly timePeriod: PlainObject; readonly timeSeriesSlot: Plain } {
  let start = 0
  const slots = courses.map(({ ms, value }, index): PlainObject => {
    const [from, until] = [start, start + ms]
    start = until
    const endTime = index === courses.length - 1 ? writeDuration(until) : undefined
    return { timeSeriesSlotId: index, timePeriod: { startTime: writeDuration(from), endTime }, [name]: value }
  })
  return { timePeriod: { startTime: 'PT0S', endTime: writeDuration(start) }, timeSeriesSlot: slots }
}

/** Epoch ms of a time by the calendar or from `at` on; null for what is none. */
export function readTime(value: Plain | undefined, at: number): number | null {
  const duration = readDuration(value)
  return duration === null ? readInstant(value) : at + duration
}

/** As many parts as the other end can hold: equal neighbours become one, then those that differ least, at their mean by time or at the lower of both. */
export function fitted(
  courses: readonly Lasting<number>[],
  countMax: number,
  together: 'mean' | 'least',
): readonly Lasting<number>[] {
  const parts: Lasting<number>[] = []
  for (const one of courses) {
    const last = parts.at(-1)
    if (last === undefined || last.value !== one.value) parts.push(one)
    else parts[parts.length - 1] = { ms: last.ms + one.ms, value: last.value }
  }
  while (parts.length > Math.max(1, countMax)) {
    let at = 1
    for (let index = 2; index < parts.length; index += 1) if (gap(parts, index) < gap(parts, at)) at = index
    const [before, after] = [parts[at - 1]!, parts[at]!]
    const ms = before.ms + after.ms
    const mean = (before.value * before.ms + after.value * after.ms) / ms
    parts.splice(at - 1, 2, { ms, value: together === 'mean' ? mean : Math.min(before.value, after.value) })
  }
  return parts
}

function gap(parts: readonly Lasting<number>[], index: number): number {
  return Math.abs(parts[index]!.value - parts[index - 1]!.value)
}
