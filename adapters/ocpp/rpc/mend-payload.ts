// A payload that does not fit its schema, taken all the same where the table of tolerances says how: what is not needed refuses nothing.
import type { ErrorObject } from 'ajv'
import type { OddityKind } from '../../../domain/registry/station-oddity.ts'
import { refused, ok, type Result } from '../../../domain/result.ts'
import type { Dialect } from './frame.ts'
import { allErrors, faultFrom, type Direction, type SchemaFault } from './schema.ts'
import type { Mend, PlaceFault } from './tolerance-table.ts'
import { rulesFor, type Rule } from './tolerance-rules.ts'

export interface Mended {
  readonly payload: object
  /** Each kind once, with the first place of it, indexes as `*`. */
  readonly oddities: ReadonlyMap<OddityKind, string>
}
export interface MendingOptions {
  readonly dialect: Dialect
  readonly action: string
  readonly direction: Direction
  /** Cuts a free text without leaving half of something that must not be shown. */
  readonly shorten: (text: string, charactersMax: number) => string
}

/** More faults than this in one message are no oddities any more. */
const FAULTS_MAX = 500
/** Mending one fault may show another, as deep as payloads are nested. */
const ROUNDS_MAX = 8
const NAME_CHARACTERS_MAX = 50
const GIVEN_UP: SchemaFault = { fault: 'format', detail: 'the payload is not as its schema has it' }

type Node = Record<string, unknown>
interface Fault {
  /** Pointer without its first `/`; names of unknown fields are shortened in it. */
  readonly place: string
  readonly path: readonly string[]
  readonly fault: PlaceFault
  readonly error: ErrorObject
}

/** A copy that can be used, or what refuses the message. The payload itself stays as it is. */
export function mendPayload(payload: object, options: MendingOptions): Result<Mended, SchemaFault> {
  const { dialect, action, direction } = options
  const rules = rulesFor(dialect, action, direction)
  const copy = structuredClone(payload)
  const oddities = new Map<OddityKind, string>()
  /** What was left out is missing after that; it is one oddity. */
  const gone = new Set<string>()
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const errors = allErrors(dialect, action, direction, copy)
    if (errors.length > FAULTS_MAX) return refused(GIVEN_UP)
    const leftOut = new Set<string>()
    let isChanged = false
    for (const fault of faultsOf(errors)) {
      const done = mended(copy, fault, rules, leftOut, options)
      if (done === null) return refused(faultFrom(fault.error))
      if (!oddities.has(done.kind) && !gone.has(fault.place)) oddities.set(done.kind, shown(fault.place))
      isChanged ||= !done.isKept
      gone.add(fault.place)
    }
    if (!isChanged) return ok({ payload: copy, oddities })
    leaveOut(copy, leftOut)
  }
  return refused(GIVEN_UP)
}

/** The first rule that fits and can be done; null where none does. */
function mended(
  copy: object,
  fault: Fault,
  rules: readonly Rule[],
  leftOut: Set<string>,
  { shorten }: MendingOptions,
): { readonly kind: OddityKind; readonly isKept: boolean } | null {
  for (const { tolerance, matches } of rules) {
    const part = matches(fault.place, fault.fault, copy)
    if (part === null) continue
    const { kind, mend } = tolerance
    if (mend.do === 'keep') {
      if (mend.charactersMax !== undefined && String(fault.error.data).length > mend.charactersMax) continue
      return { kind, isKept: true }
    }
    if (mend.do === 'leave-out') {
      leftOut.add(part === fault.place ? JSON.stringify(fault.path) : JSON.stringify(part.split('/')))
      return { kind, isKept: false }
    }
    const value = valueFor(mend, fault.error, shorten)
    if (value === undefined) continue
    const parent = nodeAt(copy, fault.path.slice(0, -1))
    if (parent === null) continue
    parent[fault.path.at(-1)!] = value
    return { kind, isKept: false }
  }
  return null
}

/** What stands in the place instead; undefined where nothing can. */
function valueFor(
  mend: Exclude<Mend, { readonly do: 'keep' | 'leave-out' }>,
  error: ErrorObject,
  shorten: MendingOptions['shorten'],
): unknown {
  const { data } = error
  switch (mend.do) {
    case 'put':
      return structuredClone(mend.value)
    case 'cut':
      return shorten(String(data), (error.params as { readonly limit: number }).limit)
    case 'round':
      return typeof data === 'number' && Number.isFinite(data) ? Math.round(data) : undefined
    case 'spell':
      return typeof data === 'string' ? spelled(data, error.schema as readonly string[], mend.words ?? {}) : undefined
    case 'convert':
      return converted(error, mend.to)
  }
}

/** The one value of an enumeration that has these letters. */
function spelled(text: string, values: readonly string[], words: Readonly<Record<string, string>>): string | undefined {
  const key = folded(text)
  const word = Object.hasOwn(words, key) ? words[key] : undefined
  if (word !== undefined && values.includes(word)) return word
  const found = values.filter((value) => folded(value) === key)
  return found.length === 1 ? found[0] : undefined
}
function folded(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]/g, '')
}

const DECIMAL = /^\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*$/

function converted({ data, params, parentSchema }: ErrorObject, to: 'number' | 'text' | 'truth' | 'list'): unknown {
  const asked = String((params as { readonly type: unknown }).type)
  switch (to) {
    case 'number': {
      if ((asked !== 'number' && asked !== 'integer') || typeof data !== 'string' || !DECIMAL.test(data)) return undefined
      const value = Number(data)
      return asked === 'integer' && !Number.isInteger(value) ? undefined : value
    }
    case 'text':
      if (asked !== 'string' || typeof data !== 'number' || !Number.isFinite(data)) return undefined
      // A number is no word of an enumeration.
      if (parentSchema?.['enum'] !== undefined) return undefined
      // Beyond, the last digits are no longer those that were sent.
      return Math.abs(data) > Number.MAX_SAFE_INTEGER ? undefined : String(data)
    case 'truth': {
      if (asked !== 'boolean') return undefined
      const word = String(data).toLowerCase()
      return word === 'true' || word === '1' ? true : word === 'false' || word === '0' ? false : undefined
    }
    case 'list':
      return asked === 'array' && typeof data === 'object' && data !== null ? [data] : undefined
  }
}

/** Faults by place; a value of a wrong type is no wrong value as well. */
function faultsOf(errors: readonly ErrorObject[]): readonly Fault[] {
  const wrongType = new Set(errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath))
  return errors.flatMap((error) => {
    if (error.keyword !== 'type' && wrongType.has(error.instancePath)) return []
    const above = error.instancePath === '' ? [] : error.instancePath.slice(1).split('/').map(unescaped)
    const { missingProperty, additionalProperty } = error.params as {
      readonly missingProperty?: string
      readonly additionalProperty?: string
    }
    const name = missingProperty ?? additionalProperty
    const path = name === undefined ? above : [...above, name]
    const place = path.map((one) => escaped(one.slice(0, NAME_CHARACTERS_MAX))).join('/')
    return [{ place, path, fault: faultOf(error), error }]
  })
}

function faultOf({ keyword, data }: ErrorObject): PlaceFault {
  switch (keyword) {
    case 'maxLength':
      return 'too-long'
    case 'type':
      return data === null ? 'null' : 'wrong-type'
    case 'enum':
      return 'unknown-value'
    case 'additionalProperties':
      return 'unknown-field'
    case 'required':
      return 'missing'
    case 'minItems':
      return 'too-few'
    case 'maxItems':
      return 'too-many'
    default:
      return 'out-of-bounds'
  }
}

/** Takes parts out of a payload, those behind others of a list first. */
function leaveOut(copy: object, places: ReadonlySet<string>): void {
  const paths = [...places].map((text) => JSON.parse(text) as readonly string[])
  // Longest first, and of one list the last first: a place must not move before it was left out.
  paths.sort((a, b) => b.length - a.length || indexIn(b) - indexIn(a))
  for (const path of paths) {
    const parent = nodeAt(copy, path.slice(0, -1))
    if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1)
    else if (parent !== null) delete parent[path.at(-1)!]
  }
}

/** Names of members have no order. */
function indexIn(path: readonly string[]): number {
  const index = Number(path.at(-1))
  return Number.isNaN(index) ? -1 : index
}

function nodeAt(root: object, path: readonly string[]): Node | null {
  let node: unknown = root
  for (const name of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return null
    node = (node as Node)[name]
  }
  return typeof node === 'object' && node !== null ? (node as Node) : null
}

/** Indexes are of no interest. */
function shown(place: string): string {
  return place.replaceAll(/(?<=^|\/)\d+(?=\/|$)/g, '*')
}
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
