// A frame of SHIP: one byte for the type, then JSON in EEBUS spelling; the first frame of all is two zero bytes.
import { ok, refused, type Result } from '../../../domain/result.ts'
import { decodeRoot, encodeData, encodeRoot, type PlainObject } from '../eebus-json.ts'

/** SHIP knows no larger message. */
export const MESSAGE_BYTES_MAX = 100 * 1024

const TYPES = ['init', 'control', 'data', 'end'] as const

export type ShipFrame =
  | { readonly kind: 'init'; readonly head: number }
  /** One phase of the handshake, or access methods; `data` and `end` alike carry one root element. */
  | { readonly kind: 'control' | 'data' | 'end'; readonly root: PlainObject }

export type FrameFault =
  /** Nobody has to answer it, and it may be dropped (TC_SHIP_MSG_001, TC_SHIP_MSG_002). */
  { readonly kind: 'empty' | 'unknown-type' } | { readonly kind: 'unreadable'; readonly reason: string }

/** A frame out of the bytes of one WebSocket message. */
export function readFrame(bytes: Uint8Array): Result<ShipFrame, FrameFault> {
  const [type] = bytes
  if (type === undefined || bytes.length === 1) return refused({ kind: 'empty' })
  if (bytes.length > MESSAGE_BYTES_MAX) return refused({ kind: 'unreadable', reason: 'larger than 100 KiB' })
  const kind = TYPES[type]
  if (kind === undefined) return refused({ kind: 'unknown-type' })
  if (kind === 'init')
    return bytes.length === 2 ? ok({ kind, head: bytes[1]! }) : refused({ kind: 'unreadable', reason: 'no init' })
  const root = decodeRoot(text(bytes))
  return root.ok ? ok({ kind, root: root.value }) : refused({ kind: 'unreadable', reason: root.refusal })
}

/** Frames that we send. */
export const INIT_FRAME: Uint8Array = Uint8Array.of(0, 0)

/** A frame that carries one root element. */
export function writeFrame(kind: 'control' | 'end', root: PlainObject): Uint8Array {
  return withType(kind, encodeRoot(root))
}

/** A frame around a payload, which is a SPINE datagram in `ee1.0`. */
export function writeDataFrame(payload: PlainObject): Uint8Array {
  return withType('data', encodeData('ee1.0', payload))
}

function withType(kind: (typeof TYPES)[number], json: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(TYPES.indexOf(kind)), Buffer.from(json)])
}

/** Some append zero bytes, which no JSON ends with. */
function text(bytes: Uint8Array): string {
  let end = bytes.length
  while (end > 1 && bytes[end - 1] === 0) end -= 1
  return Buffer.from(bytes.buffer, bytes.byteOffset + 1, end - 1).toString('utf8')
}
