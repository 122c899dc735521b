// What the project promises about faults and security, one line a promise in docs/conformance/promises.csv.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const STATES = ['whole', 'part', 'open'] as const
export interface Promised {
  readonly id: string
  /** `whole`: every clause is asserted by the tests that cite it. `part`: some are. `open`: none. */
  readonly state: (typeof STATES)[number]
  readonly promise: string
  /** What no test asserts; empty when the promise is whole. */
  readonly missing: string
}

export const PROMISES_FILE = 'docs/conformance/promises.csv'
const HEAD = 'id;state;promise;missing'
const PROMISE_CHARACTERS_MAX = 140

/** Every id there is, in the order of the page. */
export const IDS: readonly string[] = [...numbered('F', 38), ...numbered('I', 10), ...numbered('S', 28)]

/** Reads the file of the project. */
export function readPromises(root: string): readonly Promised[] {
  return parsePromises(readFileSync(join(root, PROMISES_FILE), 'utf8'))
}

/** Reads the lines of a file; throws with the number of a line that is not as it should be. */
export function parsePromises(text: string): readonly Promised[] {
  const [head, ...lines] = text.trimEnd().split(/\r?\n/)
  if (head !== HEAD) throw new Error(`${PROMISES_FILE}:1: must be ${HEAD}`)
  return lines.map((line, i) => {
    const fail = (what: string) => new Error(`${PROMISES_FILE}:${i + 2}: ${what}`)
    const fields = line.split(';').map((field) => field.trim())
    const [id = '', word = '', promise = '', missing = ''] = fields
    if (fields.length !== 4) throw fail('must have four fields; write no semicolon in a text')
    const state = STATES.find((one) => one === word)
    if (state === undefined) throw fail(`the state is ${STATES.join(', ')}, not ${word}`)
    if (promise === '' || promise.length > PROMISE_CHARACTERS_MAX)
      throw fail(`the promise has 1 to ${PROMISE_CHARACTERS_MAX} characters, not ${promise.length}`)
    if ((state === 'whole') !== (missing === ''))
      throw fail('what is missing stands where, and only where, the state is part or open')
    return { id, state, promise, missing }
  })
}

function numbered(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)
}
