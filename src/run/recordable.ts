// What may stand in the journal: plain data whose numbers are numbers. JSON writes NaN and infinity as null, and what is read back at the next start would be another fact.
import type { Fact } from '../../domain/facts/fact.ts'
import { assert } from '../../domain/result.ts'

/** Deeper nesting than any fact has. */
const DEPTH_MAX = 12

/** Throws when a fact would not be the same after it was written and read again; names the place. */
export function assertRecordable(fact: Fact): void {
  if (!isPlain(fact, 0)) assert(false, `the fact ${fact.kind} cannot be recorded: ${faultIn(fact, '', 0)}`)
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean' || value === undefined
  if (value === null) return true
  if (depth >= DEPTH_MAX) return false
  if (Array.isArray(value)) return value.every((part) => isPlain(part, depth + 1))
  // Without a list of the parts: every reading comes by here.
  for (const name in value) if (!isPlain((value as Readonly<Record<string, unknown>>)[name], depth + 1)) return false
  return true
}

/** Where it is, looked for only once something is wrong. */
function faultIn(value: unknown, path: string, depth: number): string {
  if (typeof value !== 'object' || value === null || depth >= DEPTH_MAX) return `${path} is ${String(value)}`
  for (const [key, part] of Object.entries(value))
    if (!isPlain(part, depth + 1)) return faultIn(part, path === '' ? key : `${path}.${key}`, depth + 1)
  return path
}
