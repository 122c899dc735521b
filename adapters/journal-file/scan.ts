// Reads the lines of segments and checks every link of the chain on the way.
import { basename } from 'node:path'
import { ok, refused, type Result } from '../../domain/result.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { hasOffsets, LINE_BYTES_MAX, segmentLines } from './segment-lines.ts'
import type { Mark, Segment } from './segments.ts'

/** The first place where a journal is not what it was when it was written. */
export interface Break {
  readonly sequence: number
  readonly file: string
  readonly line: number
  readonly reason: string
}
export type Scanned =
  | {
      readonly kind: 'entry'
      readonly segment: Segment
      readonly mark: Mark
      readonly node: string
      readonly hash: string
      readonly json: Buffer
    }
  /** The last line of the last segment has no end: the process died while writing it, so nobody was told that it is durable. */
  | { readonly kind: 'torn'; readonly segment: Segment; readonly mark: Mark; readonly bytes: number }

/**
 * Entries in order, from the beginning of the chain or from a mark in the first segment; `before` is the hash of the entry before that. Without it that
 * hash is taken on trust: it was checked when the mark was made. A break ends the scan and is its last item.
 */
export async function* scan(
  segments: readonly Segment[],
  start: Mark | null,
  before: string | null = start === null ? NO_HASH : null,
): AsyncGenerator<Result<Scanned, Break>> {
  let sequence = start?.sequence ?? 1
  let previous = before
  for (const [index, segment] of segments.entries()) {
    // A packed segment is read from its beginning.
    const isInside = index === 0 && start !== null && hasOffsets(segment)
    let { offset, line } = isInside ? start : { offset: 0, line: 1 }
    if (index === 0 && start !== null && !isInside && sequence !== segment.first) [sequence, previous] = [segment.first, null]
    let rest = 0
    const broken = (at: number, reason: string) => refused({ sequence: at, file: basename(segment.file), line, reason })
    try {
      for await (const some of segmentLines(segment, offset)) {
        for (const { json, seal } of some.lines) {
          if (seal === null) return yield broken(sequence, 'content and hash do not agree')
          if (seal.sequence > sequence) return yield broken(sequence, `missing; ${seal.sequence} stands in its place`)
          if (seal.sequence < sequence) return yield broken(sequence, `${seal.sequence} stands in its place once more`)
          if (line === 1 && seal.sequence !== segment.first)
            return yield broken(sequence, `stands in a segment that should begin with entry ${segment.first}`)
          if (previous !== null && seal.previous !== previous) return yield broken(sequence, 'does not continue the entry before')
          yield ok({ kind: 'entry', segment, mark: { sequence, offset, line }, node: seal.node, hash: seal.hash, json })
          previous = seal.hash
          offset += json.length + 1
          sequence++
          line++
        }
        rest = some.rest
        if (rest > LINE_BYTES_MAX) return yield broken(sequence, `line of more than ${LINE_BYTES_MAX} bytes`)
      }
    } catch (error) {
      return yield broken(sequence, `cannot be read: ${(error as Error).message}`)
    }
    if (rest > 0) {
      if (index < segments.length - 1) return yield broken(sequence, 'line without an end before the end of the journal')
      yield ok({ kind: 'torn', segment, mark: { sequence, offset, line }, bytes: rest })
    }
  }
}

/** A break of the chain in words: entry, file, line and reason. */
export function breakText(at: Break): string {
  return `journal entry ${at.sequence} is broken (${at.file}, line ${at.line}): ${at.reason}`
}
