// What a guard writes to a Controllable System, as inputs of its machine; or why that makes no sense.
import { limitFromWire, type Direction, type LimitWrite } from '../../../domain/limitation/limit.ts'
import { ok, refused, type Result } from '../../../domain/result.ts'
import type { Power } from '../../../domain/units.ts'
import { child, isSame, type Plain, type PlainObject } from '../eebus-json.ts'
import { readDuration } from '../spine/duration.ts'
import type { Write } from '../spine/local-device.ts'
import { readScaled } from '../spine/scaled-number.ts'
import { FAILSAFE_DURATION_ID, FAILSAFE_LIMIT_ID, LIMIT_ID } from './system-data.ts'
import { DIRECTIONS, elementsOf } from './words.ts'

export interface AskedLimit {
  readonly direction: Direction
  readonly write: LimitWrite
}
export type AskedKey =
  | { readonly kind: 'failsafe-limit'; readonly direction: Direction; readonly limit: Power }
  | { readonly kind: 'failsafe-duration'; readonly durationMs: number }

/** An item as it would become, with what of it was said. */
interface Named {
  readonly item: PlainObject
  readonly said: PlainObject
  readonly before: PlainObject | undefined
}

/**
 * The limits that are written. An activation without an end has none, whatever end stood there before; where only a value is written, activity and end
 * stay as they are.
 */
export function readLimitWrites(write: Write): Result<readonly AskedLimit[], string> {
  return all(named(write, 'loadControlLimitData', 'limitId'), ({ item, said, before }): Result<AskedLimit, string> => {
    const direction = DIRECTIONS.find((one) => LIMIT_ID[one] === item['limitId'])
    if (direction === undefined) return refused('there is no such limit')
    const isActive = item['isLimitActive']
    if (typeof isActive !== 'boolean') return refused('whether the limit is active is not said')
    // A power of ten by itself would make something else of the value that stands there.
    if (said['value'] !== undefined && child(said['value'], 'number') === undefined) return refused('the limit is no number')
    const isOld = said['value'] === undefined && isSame(item['value'], before?.['value'])
    const value = isOld || item['value'] === undefined ? null : readLimit(direction, item)
    if (value?.ok === false) return value
    const period = isActive && said['isLimitActive'] === true ? said['timePeriod'] : item['timePeriod']
    const durationMs = isActive ? readPeriod(period) : ok(null)
    if (!durationMs.ok) return durationMs
    return ok({ direction, write: { isActive, value: value === null ? null : value.value, durationMs: durationMs.value } })
  })
}

/** The failsafe values that are written; at least 0 W in both directions. */
export function readKeyWrites(write: Write): Result<readonly AskedKey[], string> {
  return all(named(write, 'deviceConfigurationKeyValueData', 'keyId'), ({ item, said }): Result<AskedKey, string> => {
    const value = item['value']
    const kind = item['keyId'] === FAILSAFE_DURATION_ID ? 'duration' : 'scaledNumber'
    // Beside a value of another kind the old one would stay, and be taken for what was meant.
    if (said['value'] !== undefined && child(said['value'], kind) === undefined) return refused(`the value is no ${kind}`)
    if (kind === 'duration') {
      const durationMs = readDuration(child(value, 'duration'))
      return durationMs === null ? refused('the failsafe duration is no duration') : ok({ kind: 'failsafe-duration', durationMs })
    }
    const direction = DIRECTIONS.find((one) => FAILSAFE_LIMIT_ID[one] === item['keyId'])
    if (direction === undefined) return refused('there is no such key')
    const number = readScaled(child(value, 'scaledNumber'))
    // Counted in magnitudes, so what lets less through is the smaller one in both directions.
    const limit = number === null ? null : limitFromWire('consume', number)
    return limit === null ? refused('the failsafe limit is no number') : ok({ kind: 'failsafe-limit', direction, limit })
  })
}

function readLimit(direction: Direction, item: PlainObject): Result<Power, string> {
  const number = readScaled(item['value'])
  const limit = number === null ? null : limitFromWire(direction, number)
  return limit === null ? refused('the limit is no number') : ok(limit)
}

/** How long it holds, ms; null for ever. Only as long as from now on: an instant of a calendar would be one of another clock. */
function readPeriod(period: Plain | undefined): Result<number | null, string> {
  const [start, end] = [child(period, 'startTime'), child(period, 'endTime')]
  if (start !== undefined && readDuration(start) !== 0) return refused('a limit begins when it is written')
  if (end === undefined) return ok(null)
  const durationMs = readDuration(end)
  return durationMs === null ? refused('the end of a limit is a duration, such as PT2H') : ok(durationMs)
}

/** The items that a write is about: those it names, and those it changes by selectors. */
function named(write: Write, list: string, key: string): readonly Named[] {
  return elementsOf(write.result, list).flatMap((item) => {
    const said = elementsOf(write.written, list).find((one) => isSame(one[key], item[key]))
    const before = elementsOf(write.before, list).find((one) => isSame(one[key], item[key]))
    return said === undefined && isSame(item, before) ? [] : [{ item, said: said ?? {}, before }]
  })
}

function all<T>(list: readonly Named[], read: (one: Named) => Result<T, string>): Result<readonly T[], string> {
  const asked: T[] = []
  for (const one of list) {
    const found = read(one)
    if (!found.ok) return found
    asked.push(found.value)
  }
  return ok(asked)
}
