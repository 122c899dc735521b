// OCPP-J frames: JSON arrays of type, message id and the rest. Reading never throws; every malformed frame has a name.
import { storableJson } from '../../wire/storable-text.ts'

export type Dialect = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1'
export const DIALECTS: readonly Dialect[] = ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6']

export const CALL = 2
export const CALLRESULT = 3
export const CALLERROR = 4
export const CALLRESULTERROR = 5
export const SEND = 6

export type Frame =
  | { readonly type: 2 | 6; readonly id: string; readonly action: string; readonly payload: object }
  | { readonly type: 3; readonly id: string; readonly payload: object }
  | { readonly type: 4 | 5; readonly id: string; readonly code: string; readonly description: string; readonly details: object }
/** `id` is what could be read of the message id; -1 stands for none, as the specification asks. */
export interface BadFrame {
  readonly type: 'bad'
  readonly id: string
  readonly reason: 'not-json' | 'not-a-message' | 'unknown-type' | 'bad-id' | 'bad-payload' | 'too-deep'
  /** Whether it looked like a CALL, so that an error can be sent back. */
  readonly answerable: boolean
}

const ID_MAX = 36
/** Deeper nesting than any schema has. */
const DEPTH_MAX = 32

/** Reads one text frame of a dialect. */
export function readFrame(text: string, dialect: Dialect): Frame | BadFrame {
  if (isTooDeep(text)) return bad('-1', 'too-deep', true)
  let message: unknown
  try {
    message = storableJson(JSON.parse(text), text)
  } catch {
    return bad('-1', 'not-json', true)
  }
  if (!Array.isArray(message) || message.length < 3) return bad('-1', 'not-a-message', true)
  const [type, id] = message as unknown[]
  if (typeof id !== 'string' || id.length === 0 || id.length > ID_MAX) return bad('-1', 'bad-id', type === CALL)
  switch (type) {
    case CALL:
    case SEND: {
      const [, , action, payload] = message as unknown[]
      if (type === SEND && dialect !== 'ocpp2.1') return unknownType(id, dialect)
      if (typeof action !== 'string') return bad(id, 'not-a-message', type === CALL)
      if (!isObject(payload)) return bad(id, 'bad-payload', type === CALL)
      return { type, id, action, payload }
    }
    case CALLRESULT: {
      const payload = message[2] as unknown
      return isObject(payload) ? { type, id, payload } : bad(id, 'bad-payload', false)
    }
    case CALLERROR:
    case CALLRESULTERROR: {
      const [, , code, description, details] = message as unknown[]
      if (type === CALLRESULTERROR && dialect !== 'ocpp2.1') return unknownType(id, dialect)
      if (typeof code !== 'string') return bad(id, 'bad-payload', false)
      return {
        type,
        id,
        code,
        description: typeof description === 'string' ? description : '',
        details: isObject(details) ? details : {},
      }
    }
    default:
      return unknownType(id, dialect)
  }
}

/** A CALL or SEND as text. */
export function callFrame(type: 2 | 6, id: string, action: string, payload: object): string {
  return `[${type},${JSON.stringify(id)},${JSON.stringify(action)},${JSON.stringify(payload)}]`
}
/** A CALLRESULT as text. */
export function resultFrame(id: string, payload: object): string {
  return `[3,${JSON.stringify(id)},${JSON.stringify(payload)}]`
}
/** A CALLRESULT that says no more than that it is one. */
export function emptyResult(id: string): string {
  return `[3,${JSON.stringify(id)},{}]`
}
/** Whether a frame of ours is a CALLRESULT. */
export function isResult(text: string): boolean {
  return text.startsWith('[3,')
}
/** A CALLERROR or CALLRESULTERROR as text; descriptions are cut to 255 characters. */
export function errorFrame(type: 4 | 5, id: string, code: string, description: string, details: object = {}): string {
  return JSON.stringify([type, id, code, description.slice(0, 255), details])
}
/** A bracket count without parsing: a hostile frame never reaches the parser's recursion. */
function isTooDeep(text: string): boolean {
  if (!opensMoreThan(text, DEPTH_MAX)) return false
  let depth = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inText) {
      if (code === 92) i++
      else if (code === 34) inText = false
    } else if (code === 34) inText = true
    else if (code === 91 || code === 123) {
      if (++depth > DEPTH_MAX) return true
    } else if (code === 93 || code === 125) depth--
  }
  return false
}

/** Whether as many brackets open anywhere: it takes that many to get so deep, and most messages have fewer. */
function opensMoreThan(text: string, count: number): boolean {
  let left = count
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (--left < 0) return true
  return false
}

/** 1.6 asks for silence, its successors for an error. */
function unknownType(id: string, dialect: Dialect): BadFrame {
  return bad(id, 'unknown-type', dialect !== 'ocpp1.6')
}
function bad(id: string, reason: BadFrame['reason'], answerable: boolean): BadFrame {
  return { type: 'bad', id, reason, answerable }
}
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
