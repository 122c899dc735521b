// EEBUS JSON: every object is written as an array of objects with one key each, in the order of the schema; lists stay lists.
// A structural codec on parsed values. Strings are never touched, which a replacement of bytes cannot promise.
import { ok, refused, type Result } from '../../domain/result.ts'

export type Scalar = string | number | boolean | null
export type Plain = Scalar | PlainObject | readonly Plain[]
/** An element with its children by name. An empty one, such as `partial: {}`, says something by being there. */
export interface PlainObject {
  readonly [name: string]: Plain | undefined
}

/** No message of SPINE nests deeper than half of this. */
const DEPTH_MAX = 64

/** The wire form of an object whose root is not wrapped: `{"connectionHello":[{"phase":"ready"}]}`. Absent members and empty lists are left out. */
export function encodeRoot(root: PlainObject): string {
  return JSON.stringify(Object.fromEntries(members(root).map(([name, value]) => [name, wire(value)])))
}

/** SHIP's data message around a datagram; `payload` is a plain object on the wire, as others write it. */
export function encodeData(protocolId: string, payload: PlainObject): string {
  const inner = Object.fromEntries(members(payload).map(([name, value]) => [name, wire(value)]))
  return JSON.stringify({ data: [{ header: [{ protocolId }] }, { payload: inner }] })
}

/** Reads either spelling: arrays of single-key objects, and plain objects. The reason when it is none of both, or too deep. */
export function decodeRoot(text: string): Result<PlainObject, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return refused('no JSON')
  }
  try {
    const value = plain(parsed, 0)
    return isObject(value) ? ok(value) : refused('the root is no object')
  } catch (error) {
    if (error instanceof Unreadable) return refused(error.message)
    throw error
  }
}

/** True for an element with children, false for lists, scalars and nothing. */
export function isObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The child of an element, or nothing where there is no such element. */
export function child(value: Plain | undefined, name: string): Plain | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The items of a list; one item alone counts as a list of one, because some write it so. */
export function items(value: Plain | undefined): readonly Plain[] {
  if (value === undefined || value === null) return []
  if (isList(value)) return value
  // An empty list and an empty element are the same on the wire.
  return isObject(value) && Object.keys(value).length === 0 ? [] : [value]
}

/** Array.isArray does not narrow lists that are read-only. */
export function isList(value: unknown): value is readonly Plain[] {
  return Array.isArray(value)
}

/** Whether two values say the same; members that are absent count as missing, and their order does not matter. */
export function isSame(a: Plain | undefined, b: Plain | undefined): boolean {
  if (a === b) return true
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  const names = new Set([...members(a), ...members(b)].map(([name]) => name))
  return [...names].every((name) => isSame(a[name], b[name]))
}

class Unreadable extends Error {}

/** Receivers turn every `[]` into an empty element, so a list without items must not be written at all. */
function members(value: PlainObject): [string, Plain][] {
  return Object.entries(value).flatMap(([name, item]) =>
    item === undefined || (isList(item) && item.length === 0) ? [] : [[name, item] satisfies [string, Plain]],
  )
}

function wire(value: Plain): unknown {
  if (isList(value)) return value.map(wire)
  if (isObject(value)) return members(value).map(([name, item]) => ({ [name]: wire(item) }))
  return value
}

function plain(value: unknown, depth: number): Plain {
  if (depth > DEPTH_MAX) throw new Unreadable('nested too deeply')
  if (Array.isArray(value)) {
    const parts: readonly unknown[] = value
    return isElement(parts) ? element(parts, depth) : value.map((item) => plain(item, depth + 1))
  }
  if (isObject(value)) return element([value], depth)
  return value as Scalar
}

/** Objects stand in an array only as members of one element: items of a list are arrays themselves. */
function isElement(value: readonly unknown[]): value is readonly PlainObject[] {
  const objects = value.filter(isObject).length
  if (objects > 0 && objects < value.length) throw new Unreadable('members and list items in one array')
  return objects === value.length
}

function element(parts: readonly PlainObject[], depth: number): PlainObject {
  const result: Record<string, Plain> = {}
  for (const part of parts)
    for (const [name, value] of Object.entries(part)) {
      // Another prototype is nothing that an element is called, and would change what the object is.
      if (name === '__proto__') throw new Unreadable('a name that cannot be')
      if (Object.hasOwn(result, name)) throw new Unreadable(`${name.slice(0, 60)} is there twice`)
      result[name] = plain(value, depth + 1)
    }
  return result
}
