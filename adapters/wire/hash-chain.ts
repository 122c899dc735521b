// How a journal entry is sealed: one canonical line of JSON whose SHA-256 covers the entry and the hash of the entry before.
import { createHash, hash as sha256 } from 'node:crypto'
import { assert } from '../../domain/result.ts'
import { compactFact, readFact } from './compact-fact.ts'
import { storable } from './storable-text.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'

/** What the first entry of a chain names as the hash before it. */
export const NO_HASH = '0'.repeat(64)

export interface Seal extends Pick<JournalEntry, 'sequence' | 'node' | 'previous' | 'hash'> {
  /** Bytes behind the fact. */
  readonly tailBytes: number
}
interface Sealed {
  readonly hash: string
  readonly line: string
}

/**
 * Seals an entry: `hash` is SHA-256 over the hash before and the canonical entry without its own hash, hex; `line` is the entry as it stands in a
 * file, without the line end. Throws when the instant is not a number or the node is no plain name, which would not survive a round trip.
 */
export function seal(entry: Omit<JournalEntry, 'hash'>): Sealed {
  assert(Number.isFinite(entry.at) && NODE.test(entry.node), `journal entry at ${entry.at} of node ${entry.node}`)
  const { at } = entry
  return sealed(entry, canonicalJson(compactFact(entry.fact, at)))
}

/** The seal of an entry that is there already, by this version or by one that wrote facts as they are; null where its hash is of something else. */
export function sealAgain(entry: JournalEntry): Sealed | null {
  const now = seal(entry)
  if (now.hash === entry.hash) return now
  const before = sealed(entry, canonicalJson(entry.fact))
  return before.hash === entry.hash ? before : null
}

/** The entry in a line of a file; `readSeal` tells whether it is as it was written. */
export function readLine(line: Buffer): JournalEntry {
  const entry = JSON.parse(line.toString('utf8')) as JournalEntry
  const fact = readFact(entry.fact, entry.at)
  return fact === entry.fact ? entry : { ...entry, fact }
}

function sealed({ at, epoch, node, previous, sequence }: Omit<JournalEntry, 'hash'>, fact: string): Sealed {
  const body = `{"at":${at},"epoch":${epoch},"fact":${fact},"node":"${node}","previous":"${previous}","sequence":${sequence}`
  const hash = sha256('sha256', `${previous}${body}}`, 'hex')
  return { hash, line: `${body},"hash":"${hash}"}` }
}

/** The seal of one line of a file, checked against its content byte by byte; null when it is no entry or was changed. */
export function readSeal(line: Buffer): Seal | null {
  const found = TAIL.exec(line.toString('latin1', Math.max(0, line.length - TAIL_BYTES_MAX)))
  if (found === null) return null
  const [, node, previous, sequence, hash] = found as unknown as [string, string, string, string, string]
  const body = line.subarray(0, line.length - HASH_BYTES)
  if (createHash('sha256').update(previous).update(body).update('}').digest('hex') !== hash) return null
  return { sequence: Number(sequence), node, previous, hash, tailBytes: found[0].length }
}

/** What stands behind the fact of an entry: it follows from the fact and from the entry before. */
export function sealTail(
  fact: Buffer,
  { node, previous, sequence }: Omit<Seal, 'hash' | 'tailBytes'>,
): { readonly hash: string; readonly tail: Buffer } {
  const body = `,"node":"${node}","previous":"${previous}","sequence":${sequence}`
  const hash = createHash('sha256').update(previous).update(fact).update(body).update('}').digest('hex')
  return { hash, tail: Buffer.from(`${body},"hash":"${hash}"}`, 'latin1') }
}

/**
 * JSON with sorted keys and without spaces, so that equal values give equal text on any machine. Text that no PostgreSQL column can hold (NUL, half
 * of a surrogate pair) becomes U+FFFD: file and copy must agree.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return text(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields: string[] = []
  const record = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(record).sort())
    if (record[key] !== undefined) fields.push(`${text(key)}:${canonicalJson(record[key])}`)
  return `{${fields.join(',')}}`
}

const NODE = /^[\w.-]{1,64}$/
const TAIL = /,"node":"([\w.-]{1,64})","previous":"([0-9a-f]{64})","sequence":(\d{1,15}),"hash":"([0-9a-f]{64})"\}$/
const TAIL_BYTES_MAX = 300
/** `,"hash":"…"}` at the end of a line. */
const HASH_BYTES = 64 + 11

function text(value: string): string {
  const json = JSON.stringify(value)
  return json.includes('\\u') ? JSON.stringify(storable(value)) : json
}
