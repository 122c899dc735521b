// What stands behind the address of an information object, octet by octet.
import type { Content } from './asdu-types.ts'

/** A value with its quality (reports) or qualifier (commands). */
export interface ObjectContent {
  readonly value: number
  readonly qualifier: number
  readonly isSelect: boolean
}

const SELECT = 0x80
/** A normalised value of 1 is one step beyond the largest. */
const NORMAL = 32_768
/** Quality of a state shares its octet with the state. */
const STATE_QUALITY = 0xf0
/** The fixed pattern of a test. */
const TEST_PATTERN_BYTES = 2

/** Reads the content at an offset; the bytes are there. */
export function readContent(bytes: Buffer, at: number, content: Content): ObjectContent {
  switch (content) {
    case 'single':
      return report(bytes[at]! & 1, bytes[at]! & STATE_QUALITY)
    case 'double':
      return report(bytes[at]! & 3, bytes[at]! & STATE_QUALITY)
    case 'normalised':
      return report(bytes.readInt16LE(at) / NORMAL, bytes[at + 2]!)
    case 'scaled':
      return report(bytes.readInt16LE(at), bytes[at + 2]!)
    case 'float':
      return report(bytes.readFloatLE(at), bytes[at + 4]!)
    case 'total':
      return report(bytes.readInt32LE(at), bytes[at + 4]!)
    case 'single-command':
      return command(bytes[at]! & 1, (bytes[at]! & 0x7c) >> 2, bytes[at]!)
    case 'double-command':
      return command(bytes[at]! & 3, (bytes[at]! & 0x7c) >> 2, bytes[at]!)
    case 'set-normalised':
      return command(bytes.readInt16LE(at) / NORMAL, bytes[at + 2]! & 0x7f, bytes[at + 2]!)
    case 'set-scaled':
      return command(bytes.readInt16LE(at), bytes[at + 2]! & 0x7f, bytes[at + 2]!)
    case 'set-float':
      return command(bytes.readFloatLE(at), bytes[at + 4]! & 0x7f, bytes[at + 4]!)
    case 'initialised':
    case 'interrogation':
      return report(bytes[at]!, 0)
    case 'test':
      return report(bytes.readUIntLE(at, TEST_PATTERN_BYTES), 0)
    case 'nothing':
    case 'clock':
      return report(0, 0)
  }
}

/** Writes the content at an offset. Numbers beyond a type's range are cut to it. */
export function writeContent(bytes: Buffer, at: number, content: Content, of: ObjectContent): void {
  const { value, qualifier, isSelect } = of
  const select = isSelect ? SELECT : 0
  switch (content) {
    case 'single':
    case 'double':
      bytes[at] = value | (qualifier & STATE_QUALITY)
      return
    case 'normalised':
      bytes.writeInt16LE(short(value * NORMAL), at)
      bytes[at + 2] = qualifier
      return
    case 'scaled':
      bytes.writeInt16LE(short(value), at)
      bytes[at + 2] = qualifier
      return
    case 'float':
      bytes.writeFloatLE(value, at)
      bytes[at + 4] = qualifier
      return
    case 'total':
      bytes.writeInt32LE(value, at)
      bytes[at + 4] = qualifier
      return
    case 'single-command':
    case 'double-command':
      bytes[at] = value | (qualifier << 2) | select
      return
    case 'set-normalised':
      bytes.writeInt16LE(short(value * NORMAL), at)
      bytes[at + 2] = qualifier | select
      return
    case 'set-scaled':
      bytes.writeInt16LE(short(value), at)
      bytes[at + 2] = qualifier | select
      return
    case 'set-float':
      bytes.writeFloatLE(value, at)
      bytes[at + 4] = qualifier | select
      return
    case 'initialised':
    case 'interrogation':
      bytes[at] = value
      return
    case 'test':
      bytes.writeUIntLE(value, at, TEST_PATTERN_BYTES)
      return
    case 'nothing':
    case 'clock':
      return
  }
}

function report(value: number, qualifier: number): ObjectContent {
  return { value, qualifier, isSelect: false }
}

function command(value: number, qualifier: number, octet: number): ObjectContent {
  return { value, qualifier, isSelect: (octet & SELECT) !== 0 }
}

/** To a whole number of 16 bits. */
function short(value: number): number {
  return Math.max(-NORMAL, Math.min(NORMAL - 1, Math.round(value)))
}
