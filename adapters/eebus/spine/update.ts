// How a change of data is carried out: lists are merged by the keys of their items, elements by their members.
import { ok, refused, type Result } from '../../../domain/result.ts'
import { isObject, isSame, items, type Plain, type PlainObject } from '../eebus-json.ts'
import type { Command, Filter } from './command.ts'
import { LISTS, type ListShape } from './list-shapes.ts'

/** What holds while data are changed. */
export interface UpdateRules {
  /** Items nobody has yet may be added: in what others tell of themselves, not in what they write to us. */
  readonly mayAdd: boolean
}

const ITEMS_MAX = 512

/** The data after a command; the reason why it cannot be carried out. Nothing is lost that the command does not name. */
export function updated(old: PlainObject | undefined, command: Command, rules: UpdateRules): Result<PlainObject, string> {
  const list = LISTS[command.name]
  if (list === undefined) return ok(updatedElement(old ?? {}, command))
  if (command.filters.length === 0 && rules.mayAdd) return ok(command.data)
  let all = items(old?.[list.item]).filter(isObject)
  for (const filter of command.filters) if (filter.kind === 'delete') all = deleted(all, filter, rules)
  for (const change of items(command.data[list.item])) {
    const merged = isObject(change) ? withChange(all, change, { list, command, rules }) : refused('an item that is no element')
    if (!merged.ok) return merged
    all = merged.value
  }
  return all.length > ITEMS_MAX ? refused('too many items') : ok({ ...old, [list.item]: all })
}

function updatedElement(old: PlainObject, { data, filters }: Command): PlainObject {
  if (filters.length === 0) return data
  const removed = filters.filter(({ kind }) => kind === 'delete').reduce((left, { elements }) => without(left, elements), old)
  return merge(removed, data)
}

interface ListChange {
  readonly list: ListShape
  readonly command: Command
  readonly rules: UpdateRules
}
function withChange(
  all: readonly PlainObject[],
  change: PlainObject,
  { list, command, rules }: ListChange,
): Result<PlainObject[], string> {
  const selectors = command.filters.find(({ kind }) => kind === 'partial')?.selectors ?? {}
  const key = list.key.filter((name) => change[name] !== undefined)
  const isMeant = (item: PlainObject) =>
    key.length > 0 ? key.every((name) => isSame(item[name], change[name])) && matches(item, selectors) : matches(item, selectors)
  // Without a key every item would be meant: a limit on what is taken would become one on what is given.
  if (key.length < list.key.length && Object.keys(selectors).length === 0)
    return refused(`an item without ${list.key.join(', ')}`)
  const meant = all.filter(isMeant)
  if (meant.length === 0 && !rules.mayAdd) return refused('an item nobody knows')
  if (meant.length === 0) return ok([...all, change])
  const isWhole = command.filters.length === 0
  return ok(
    all.map((item) => (meant.includes(item) ? (isWhole ? { ...kept(item, list), ...change } : merge(item, change)) : item)),
  )
}

/** What only the owner of the data says, and what names the item. */
function kept(item: PlainObject, { key, own }: ListShape): PlainObject {
  return Object.fromEntries([...key, ...own].map((name) => [name, item[name]]))
}

function deleted(all: readonly PlainObject[], { selectors, elements }: Filter, { mayAdd }: UpdateRules): PlainObject[] {
  // Whoever only writes may empty members, and remove no item of ours.
  if (Object.keys(elements).length === 0) return mayAdd ? all.filter((item) => !matches(item, selectors)) : [...all]
  return all.map((item) => (matches(item, selectors) ? without(item, elements) : item))
}

function matches(item: PlainObject, selectors: PlainObject): boolean {
  return Object.entries(selectors).every(([name, value]) => isSame(item[name], value))
}

/** Without the named members, or without members of those. */
function without(item: PlainObject, elements: PlainObject): PlainObject {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => {
      const inner = elements[name]
      if (inner === undefined) return [[name, value]]
      return isObject(inner) && Object.keys(inner).length > 0 && isObject(value) ? [[name, without(value, inner)]] : []
    }),
  )
}

/** A number that comes without its scale keeps the one it had [SPINE-TS-RT-03]. */
function merge(old: PlainObject, change: PlainObject): PlainObject {
  const result: Record<string, Plain | undefined> = { ...old }
  for (const [name, value] of Object.entries(change)) {
    const before = result[name]
    result[name] = isObject(before) && isObject(value) ? merge(before, value) : value
  }
  return result
}
