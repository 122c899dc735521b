// ASDUs: a header, and information objects of one type. Two octets of cause, two of common address, three of object address.
import { assert, ok, refused, type Result } from '../../../domain/result.ts'
import { ASDU_BYTES_MAX } from './apci.ts'
import { asduType, type AsduType } from './asdu-types.ts'
import { readContent, writeContent } from './content.ts'
import { readTimeTag, TIME_TAG_BYTES, writeTimeTag, type TimeTag } from './time-tag.ts'

/** Causes of transmission. */
export const CAUSES = {
  periodic: 1,
  background: 2,
  spontaneous: 3,
  initialised: 4,
  request: 5,
  activation: 6,
  activationConfirmation: 7,
  deactivation: 8,
  deactivationConfirmation: 9,
  activationTermination: 10,
  returnRemote: 11,
  returnLocal: 12,
  interrogatedStation: 20,
  unknownType: 44,
  unknownCause: 45,
  unknownCommonAddress: 46,
  unknownObjectAddress: 47,
} as const

export interface AsduHeader {
  readonly type: number
  readonly cause: number
  /** P/N: a confirmation that refuses. */
  readonly isNegative: boolean
  /** T: a test that is to have no effect. */
  readonly isTest: boolean
  /** The originator address of the centre; 0 for none. */
  readonly originator: number
  /** The common address of the station; 65535 means all. */
  readonly station: number
}
export interface InformationObject {
  /** Its address, 0 to 16,777,215. */
  readonly address: number
  /** A state, number, or qualifier of interrogation, as its type has it. */
  readonly value: number
  /** Quality of a report, qualifier of a command; 0 where its type has none. */
  readonly qualifier: number
  /** S/E of a command: select instead of execute. */
  readonly isSelect: boolean
  readonly time: TimeTag | null
}
export interface Asdu extends AsduHeader {
  readonly objects: readonly InformationObject[]
}
/** Malformed: its length does not fit what it says it holds. */
export type AsduFault = 'unknown-type' | 'malformed'

export const BROADCAST = 65_535
export const OBJECT_ADDRESS_MAX = 0xff_ff_ff
const HEADER_BYTES = 6
const ADDRESS_BYTES = 3
const SEQUENCE = 0x80
const NUMBER = 0x7f
const NEGATIVE = 0x40
const TEST = 0x80
const CAUSE = 0x3f

/** Reads the header of at least six octets. */
export function readHeader(bytes: Buffer): AsduHeader {
  return {
    type: bytes[0]!,
    cause: bytes[2]! & CAUSE,
    isNegative: (bytes[2]! & NEGATIVE) !== 0,
    isTest: (bytes[2]! & TEST) !== 0,
    originator: bytes[3]!,
    station: bytes.readUInt16LE(4),
  }
}

/** Reads a whole ASDU. */
export function readAsdu(bytes: Buffer): Result<Asdu, AsduFault> {
  if (bytes.length < HEADER_BYTES) return refused('malformed')
  const type = asduType(bytes[0]!)
  if (type === undefined) return refused('unknown-type')
  const number = bytes[1]! & NUMBER
  const isSequence = (bytes[1]! & SEQUENCE) !== 0
  // What wants something wants one thing.
  if (number === 0 || (type.direction === 'control' && (number > 1 || isSequence))) return refused('malformed')
  const addresses = isSequence ? 1 : number
  if (bytes.length !== HEADER_BYTES + addresses * ADDRESS_BYTES + number * type.bytes) return refused('malformed')
  return ok({ ...readHeader(bytes), objects: readObjects(bytes, type, number, isSequence) })
}

function readObjects(bytes: Buffer, type: AsduType, number: number, isSequence: boolean): readonly InformationObject[] {
  const objects: InformationObject[] = []
  let at = HEADER_BYTES
  let address = 0
  for (let i = 0; i < number; i++) {
    if (i === 0 || !isSequence) {
      address = bytes.readUIntLE(at, ADDRESS_BYTES)
      at += ADDRESS_BYTES
    } else address = (address + 1) & OBJECT_ADDRESS_MAX
    const { value, qualifier, isSelect } = readContent(bytes, at, type.content)
    const time = type.isTagged ? readTimeTag(bytes, at + type.bytes - TIME_TAG_BYTES) : null
    objects.push({ address, value, qualifier, isSelect, time })
    at += type.bytes
  }
  return objects
}

/** Writes an ASDU whose objects each carry their address. It has to fit: see `objectsAtMost`. */
export function writeAsdu({ objects, ...header }: Asdu): Buffer {
  const type = asduType(header.type)
  assert(type !== undefined, `type ${header.type} is not spoken here`)
  assert(objects.length >= 1 && objects.length <= objectsAtMost(header.type), `${objects.length} objects do not fit`)
  const each = ADDRESS_BYTES + type.bytes
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + objects.length * each)
  bytes[0] = header.type
  bytes[1] = objects.length
  bytes[2] = header.cause | (header.isNegative ? NEGATIVE : 0) | (header.isTest ? TEST : 0)
  bytes[3] = header.originator
  bytes.writeUInt16LE(header.station, 4)
  let at = HEADER_BYTES
  for (const object of objects) {
    bytes.writeUIntLE(object.address, at, ADDRESS_BYTES)
    writeContent(bytes, at + ADDRESS_BYTES, type.content, object)
    if (object.time !== null) writeTimeTag(bytes, at + each - TIME_TAG_BYTES, object.time)
    else assert(!type.isTagged, `${type.name} needs a time`)
    at += each
  }
  return bytes
}

/** How many objects of a type fit into one ASDU. */
export function objectsAtMost(number: number): number {
  const bytes = asduType(number)?.bytes ?? 0
  return Math.min(NUMBER, Math.floor((ASDU_BYTES_MAX - HEADER_BYTES) / (ADDRESS_BYTES + bytes)))
}

/** The same ASDU, octet for octet, sent back with another cause: a confirmation, or a refusal. */
export function mirrored(bytes: Buffer, cause: number, isNegative: boolean): Buffer {
  const copy = Buffer.from(bytes)
  copy[2] = (copy[2]! & TEST) | cause | (isNegative ? NEGATIVE : 0)
  return copy
}
