// Answers to calls that may come a second time, so that a repeated call has no second effect (F4).
import { emptyResult } from './frame.ts'

export interface Remembered {
  /** Of the whole call: many stations count their ids from 1 again after a restart, and such a call is a new one. */
  readonly fingerprint: number
  /** A station keeps such a call while it is offline. */
  readonly isRepeatedLater: boolean
  /** The frame, or `NOTHING_MORE`; null while the call is being handled. */
  answer: string | null
}
/** Stands for the frame of an empty answer: nearly all are, and so many texts, each kept for a while, are dear to the garbage collector. */
export const NOTHING_MORE = '{}'
export type AnswerCache = Map<string, Remembered>

/** Ids a station's answers are remembered for. */
const REMEMBERED_MAX = 64
/** What stations keep while they are offline and send again under the same id; of all else a new connection is a new start. */
const REPEATED_LATER = new Set(['StartTransaction', 'StopTransaction', 'TransactionEvent', 'MeterValues'])

/** Forgets what a new connection of the same station does not repeat. */
export function startConnection(cache: AnswerCache): void {
  for (const [id, { isRepeatedLater }] of cache) if (!isRepeatedLater) cache.delete(id)
}

/** The answer to a call that was seen before, null while that one is being handled, undefined when it is new. */
export function answerTo(cache: AnswerCache, id: string, fingerprint: number): string | null | undefined {
  const before = cache.get(id)
  if (before?.fingerprint !== fingerprint) return undefined
  return before.answer === NOTHING_MORE ? emptyResult(id) : before.answer
}

/** Keeps a call for the case that it is repeated (F4); its answer is for the caller to add. */
export function remember(cache: AnswerCache, id: string, fingerprint: number, action: string): Remembered {
  const remembered: Remembered = { fingerprint, isRepeatedLater: REPEATED_LATER.has(action), answer: null }
  cache.delete(id)
  cache.set(id, remembered)
  if (cache.size > REMEMBERED_MAX) cache.delete(cache.keys().next().value!)
  return remembered
}

/** A hash of the bytes of a frame, four at a time. */
export function fingerprintOf(frame: Buffer): number {
  const bytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const words = frame.byteLength & ~3
  let hash = frame.byteLength
  for (let i = 0; i < words; i += 4) {
    hash = Math.imul(hash ^ bytes.getInt32(i, true), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  for (let i = words; i < frame.byteLength; i++) hash = Math.imul(hash ^ bytes.getUint8(i), 0x01000193)
  return hash
}
