// The lines of the table of tolerances that can apply to one kind of message, ready to be matched against places of its payload.
import type { Direction } from './schema.ts'
import type { Dialect } from './frame.ts'
import { TOLERANCES, type PlaceFault, type Tolerance } from './tolerance-table.ts'

export interface Rule {
  readonly tolerance: Tolerance
  /** The place to leave out or to mend, as a pointer without its first `/`; null where the line does not fit. */
  readonly matches: (place: string, fault: PlaceFault, payload: object) => string | null
}

const prepared = new Map<string, readonly Rule[]>()

/** Rules for a message of a station, in the order in which they are tried. */
export function rulesFor(dialect: Dialect, action: string, direction: Direction): readonly Rule[] {
  const key = `${dialect} ${action} ${direction}`
  const known = prepared.get(key)
  if (known !== undefined) return known
  const rules = TOLERANCES.filter(
    ({ versions, actions }) => versions.includes(dialect) && isMeant(actions, action, direction),
  ).map(ruleOf)
  prepared.set(key, rules)
  return rules
}

function isMeant(actions: Tolerance['actions'], action: string, direction: Direction): boolean {
  if (typeof actions !== 'string') return direction === 'request' && actions.includes(action)
  return actions === 'all' || direction === 'request'
}

function ruleOf(tolerance: Tolerance): Rule {
  const patterns = tolerance.at.map(patternOf)
  const exceptions = (tolerance.except ?? []).map(patternOf)
  const { only } = tolerance
  return {
    tolerance,
    matches(place, fault, payload) {
      if (tolerance.fault !== fault && tolerance.fault !== 'any') return null
      if (only !== undefined && !has(payload, ...only)) return null
      if (exceptions.some((pattern) => pattern.test(place))) return null
      for (const pattern of patterns) {
        const found = pattern.exec(place)
        if (found !== null) return found[1] ?? place
      }
      return null
    },
  }
}

/** Whether a member has a value, in whatever capitals. */
function has(payload: object, member: string, value: string): boolean {
  const given = (payload as Readonly<Record<string, unknown>>)[member]
  return typeof given === 'string' && given.toLowerCase() === value.toLowerCase()
}

/** Signs of a pattern, longest first, and what they mean. */
const SIGN = /\*\*\/|\/\*\*|\*\*|\*/g
const MEANING: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '/**': '(?:/.*)?', '**': '.*', '*': '[^/]+' }

/** A pattern of the table as an expression over pointers. */
function patternOf(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(SIGN, (sign) => MEANING[sign]!)}$`, 's')
}
