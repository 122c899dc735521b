// Bytes of an energy manager become a message, or a problem that names what is wrong with them.
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Problem } from '../wire/problem.ts'
import { HEMS_MESSAGES, type HemsMessage, type HemsMessageName } from './messages.ts'

export const MESSAGE_BYTES_MAX = 65_536
/** Deeper than any message is. */
const DEPTH_MAX = 16
const ISSUES_MAX = 20

/** Reads a message of a kind. Never throws. */
export function readMessage(name: HemsMessageName, payload: Buffer): Result<HemsMessage, Problem> {
  if (payload.length > MESSAGE_BYTES_MAX)
    return refused({ kind: 'too-large', detail: `a message has at most ${MESSAGE_BYTES_MAX} bytes` })
  if (isDeep(payload)) return refused({ kind: 'malformed-json', detail: `a message is nested at most ${DEPTH_MAX} deep` })
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return refused({ kind: 'malformed-json', detail: 'the message is not JSON in UTF-8' })
  }
  const parsed = HEMS_MESSAGES[name].schema.safeParse(json)
  if (parsed.success) return ok({ name, body: parsed.data } as HemsMessage)
  const errors = parsed.error.issues
    .slice(0, ISSUES_MAX)
    .map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message }))
  return refused({ kind: 'invalid-request', detail: 'some values are not valid', errors })
}

/** Looked for before anything is parsed; brackets inside of texts count as well, which no sound message notices. */
function isDeep(payload: Buffer): boolean {
  let depth = 0
  for (const byte of payload) {
    if (byte === 0x5b || byte === 0x7b) depth++
    else if (byte === 0x5d || byte === 0x7d) depth--
    if (depth > DEPTH_MAX) return true
  }
  return false
}
