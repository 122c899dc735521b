// Frames of IEC 60870-5-104 (APCI): a start byte, a length, four control octets, and in numbered frames an ASDU behind them.
import { ok, refused, type Result } from '../../../domain/result.ts'

export const START_BYTE = 0x68
/** Start byte, length and control octets. */
const APCI_BYTES = 6
/** The length octet counts what follows it. */
const LENGTH_MIN = 4
const LENGTH_MAX = 253
/** The longest ASDU that fits into a frame, bytes. */
export const ASDU_BYTES_MAX = LENGTH_MAX - LENGTH_MIN
/** Type, number, cause, originator and common address. */
const ASDU_BYTES_MIN = 6
/** Send and receive numbers count to here and begin again. */
export const NUMBERS = 32_768

const FUNCTIONS = {
  'startdt-act': 0x07,
  'startdt-con': 0x0b,
  'stopdt-act': 0x13,
  'stopdt-con': 0x23,
  'testfr-act': 0x43,
  'testfr-con': 0x83,
} as const
export type UnnumberedFunction = keyof typeof FUNCTIONS
const BY_OCTET = new Map(Object.entries(FUNCTIONS).map(([name, octet]) => [octet as number, name as UnnumberedFunction]))

export type Frame =
  | { readonly kind: 'information'; readonly sent: number; readonly received: number; readonly asdu: Buffer }
  | { readonly kind: 'supervisory'; readonly received: number }
  | { readonly kind: 'unnumbered'; readonly is: UnnumberedFunction }
/** What ends a connection at once: after it nobody knows where the next frame begins, or what was meant. */
export type FrameFault = 'start-byte' | 'length' | 'control-octets' | 'short-asdu'

/** Reads one whole frame, start byte and length included. Its ASDU is a view of the same memory. */
export function readFrame(bytes: Buffer): Result<Frame, FrameFault> {
  if (bytes[0] !== START_BYTE) return refused('start-byte')
  if (bytes.length < APCI_BYTES || bytes[1] !== bytes.length - 2 || bytes.length - 2 > LENGTH_MAX) return refused('length')
  const control = bytes[2]!
  if ((control & 1) === 0) return readInformation(bytes)
  if (bytes.length !== APCI_BYTES) return refused('length')
  if (control === 1 && bytes[3] === 0) return ok({ kind: 'supervisory', received: bytes.readUInt16LE(4) >> 1 })
  const is = BY_OCTET.get(control)
  if (is === undefined || bytes[3] !== 0 || bytes[4] !== 0 || bytes[5] !== 0) return refused('control-octets')
  return ok({ kind: 'unnumbered', is })
}

function readInformation(bytes: Buffer): Result<Frame, FrameFault> {
  if (bytes.length < APCI_BYTES + ASDU_BYTES_MIN) return refused('short-asdu')
  return ok({
    kind: 'information',
    sent: bytes.readUInt16LE(2) >> 1,
    received: bytes.readUInt16LE(4) >> 1,
    asdu: bytes.subarray(APCI_BYTES),
  })
}

/** A numbered frame around an ASDU of at most `ASDU_BYTES_MAX` bytes. */
export function informationFrame(sent: number, received: number, asdu: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(APCI_BYTES + asdu.length)
  bytes[0] = START_BYTE
  bytes[1] = LENGTH_MIN + asdu.length
  bytes.writeUInt16LE(sent << 1, 2)
  bytes.writeUInt16LE(received << 1, 4)
  bytes.set(asdu, APCI_BYTES)
  return bytes
}

/** A frame that only acknowledges. */
export function supervisoryFrame(received: number): Buffer {
  return Buffer.from([START_BYTE, LENGTH_MIN, 1, 0, (received << 1) & 0xff, received >> 7])
}

/** A frame that starts, stops or tests. */
export function unnumberedFrame(is: UnnumberedFunction): Buffer {
  return Buffer.from([START_BYTE, LENGTH_MIN, FUNCTIONS[is], 0, 0, 0])
}

export interface FrameSplitter {
  /** Calls `take` with each whole frame of a stream, in order; null, or why nothing more of the stream can be read. */
  push(part: Buffer, take: (frame: Buffer) => void): FrameFault | null
}

/** Cuts a stream into frames. Holds back at most one unfinished frame. */
export function frameSplitter(): FrameSplitter {
  let rest: Buffer = Buffer.alloc(0)
  return {
    push(part, take) {
      const bytes = rest.length === 0 ? part : Buffer.concat([rest, part])
      let begin = 0
      while (begin < bytes.length) {
        if (bytes[begin] !== START_BYTE) return 'start-byte'
        const length = bytes[begin + 1]
        if (length === undefined) break
        if (length < LENGTH_MIN || length > LENGTH_MAX) return 'length'
        const end = begin + 2 + length
        if (end > bytes.length) break
        take(bytes.subarray(begin, end))
        begin = end
      }
      // A copy: the memory of a part may be large, and belongs to its reader.
      rest = begin === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(begin))
      return null
    },
  }
}
