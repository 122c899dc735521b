// What a datagram asks or tells: one function with its data, and filters that say which part of them is meant.
import { ok, refused, type Result } from '../../../domain/result.ts'
import { child, isObject, items, type Plain, type PlainObject } from '../eebus-json.ts'

export interface Command {
  readonly name: string
  /** Empty in a read. */
  readonly data: PlainObject
  /** Deletions first, as they are carried out. */
  readonly filters: readonly Filter[]
}

export interface Filter {
  readonly kind: 'partial' | 'delete'
  /** Members that an item must have to be meant; empty means all. */
  readonly selectors: PlainObject
  /** Members that are meant; empty means all. */
  readonly elements: PlainObject
}

const FILTERS_MAX = 16
const BESIDE_DATA = new Set(['function', 'filter', 'manufacturerSpecificExtension', 'lastUpdateAt'])

/** A command out of a message. A read names its function or gives its data element, empty; both are read. */
export function readCommand(value: Plain | undefined): Result<Command, string> {
  if (!isObject(value)) return refused('no command')
  const names = Object.keys(value).filter((name) => !BESIDE_DATA.has(name))
  const named = value['function']
  if (names.length > 1) return refused('more than one function in a command')
  const name = names[0] ?? named
  if (typeof name !== 'string' || name === '') return refused('a command without a function')
  if (named !== undefined && named !== name) return refused('a command that names another function than it carries')
  const data = value[name] ?? {}
  if (!isObject(data)) return refused('the data of a command are no element')
  const filters = items(value['filter']).map((item) => readFilter(item, name))
  if (filters.length > FILTERS_MAX) return refused('too many filters')
  if (!filters.every((filter) => filter !== null)) return refused('a filter that is none')
  return ok({ name, data, filters: filters.toSorted((a, b) => (a.kind === b.kind ? 0 : a.kind === 'delete' ? -1 : 1)) })
}

/** A command for a message: with filters the function has to be named. */
export function writeCommand(name: string, data: PlainObject, filters: readonly Filter[] = []): PlainObject {
  if (filters.length === 0) return { [name]: data }
  const written = filters.map(({ kind, selectors, elements }): PlainObject => {
    const { selectorsName, elementsName } = filterNames(name)
    const some = (part: PlainObject) => (Object.keys(part).length === 0 ? undefined : part)
    return { cmdControl: { [kind]: {} }, [selectorsName]: some(selectors), [elementsName]: some(elements) }
  })
  return { function: name, filter: written, [name]: data }
}

function readFilter(value: Plain, name: string): Filter | null {
  const control = child(value, 'cmdControl')
  const kind = child(control, 'delete') === undefined ? 'partial' : 'delete'
  if (kind === 'partial' && child(control, 'partial') === undefined) return null
  const { selectorsName, elementsName } = filterNames(name)
  const [selectors, elements] = [child(value, selectorsName) ?? {}, child(value, elementsName) ?? {}]
  return isObject(selectors) && isObject(elements) ? { kind, selectors, elements } : null
}

/** Elements are named after the item of a list, selectors after the list. */
function filterNames(name: string): { readonly selectorsName: string; readonly elementsName: string } {
  return { selectorsName: `${name}Selectors`, elementsName: `${name.replace(/ListData$/, 'Data')}Elements` }
}
