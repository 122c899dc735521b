// Writes a state of plain objects, arrays, maps, sets and typed arrays as bytes: compact, in pieces, with everything that is shared still shared.
import { COLUMN, KIND, TYPED_ARRAYS } from './frozen-kinds.ts'

/** Bytes of a piece, about. */
const PIECE_BYTES = 1024 * 1024
/** No single value but a typed array, an array or a text needs more than this. */
const ROOM = 64
/** A JavaScript map holds no more than 2^24 keys. */
const KNOWN_MAX = 2 ** 23

interface Writer {
  room(bytes: number): void
  byte(value: number): void
  whole(value: number): void
  number(value: number): void
  text(value: string): void
  bytes(value: Uint8Array): void
  end(): void
}

/**
 * Hands the bytes of a value to `take`, piece by piece. Objects in a map from numbers to objects of numbers are taken as values: where they stand twice they
 * come back as two. Throws where something is no data, naming the place: a function, a symbol, an instance of a class.
 */
export function freezeValue(value: unknown, take: (piece: Buffer) => void): void {
  const out = writer(take)
  const texts = new Map<string, number>()
  const shapes = new Map<string, number>()
  const known: Map<object, number>[] = [new Map()]
  /** Where it stands that is being written, for messages. */
  const path: string[] = []
  const place = () => path.join('.') || 'the value'
  let count = 0

  function isAgain(one: object): boolean {
    for (const part of known) {
      const number = part.get(one)
      if (number === undefined) continue
      out.byte(KIND.again)
      out.whole(number)
      return true
    }
    if (known.at(-1)!.size >= KNOWN_MAX) known.push(new Map())
    known.at(-1)!.set(one, count++)
    return false
  }

  function write(one: unknown): void {
    out.room(ROOM)
    switch (typeof one) {
      case 'undefined':
        return out.byte(KIND.undefined)
      case 'boolean':
        return out.byte(one ? KIND.true : KIND.false)
      case 'number':
        return writeNumber(out, one)
      case 'string':
        return writeText(one)
      case 'object':
        return one === null ? out.byte(KIND.null) : writeObject(one)
      default:
        throw new Error(`${place()} is a ${typeof one} and cannot be frozen`)
    }
  }
  function writeText(text: string): void {
    const number = texts.get(text)
    if (number !== undefined) {
      out.byte(KIND.textAgain)
      return out.whole(number)
    }
    texts.set(text, texts.size)
    out.byte(KIND.text)
    out.text(text)
  }
  function writeObject(one: object): void {
    if (isAgain(one)) return
    if (Array.isArray(one)) return writeArray(one)
    if (one instanceof Map) return writeMap(one)
    if (one instanceof Set) {
      out.byte(KIND.set)
      out.whole(one.size)
      for (const part of one) write(part)
      return
    }
    if (ArrayBuffer.isView(one)) return writeTypedArray(one)
    const prototype: unknown = Object.getPrototypeOf(one)
    if (prototype !== Object.prototype && prototype !== null)
      throw new Error(`${place()} is an instance of a class and cannot be frozen`)
    const record = one as Readonly<Record<string, unknown>>
    const keys = Object.keys(record)
    writeShape(keys)
    for (const key of keys) {
      path.push(key)
      write(record[key])
      path.pop()
    }
  }
  function writeShape(keys: readonly string[]): void {
    const shape = JSON.stringify(keys)
    const number = shapes.get(shape)
    if (number !== undefined) {
      out.byte(KIND.objectAgain)
      return out.whole(number)
    }
    shapes.set(shape, shapes.size)
    out.byte(KIND.object)
    out.whole(keys.length)
    for (const key of keys) out.text(key)
  }
  function writeArray(all: readonly unknown[]): void {
    if (all.length > 0 && all.every((one) => typeof one === 'number')) {
      out.byte(KIND.numbers)
      out.whole(all.length)
      return writeColumn(out, all.length, (i) => all[i] as number)
    }
    out.byte(KIND.array)
    out.whole(all.length)
    for (const one of all) write(one)
  }
  function writeMap(map: ReadonlyMap<unknown, unknown>): void {
    const fields = fieldsOfTable(map)
    if (fields === null) {
      out.byte(KIND.map)
      out.whole(map.size)
      for (const [key, one] of map) {
        write(key)
        path.push(String(key))
        write(one)
        path.pop()
      }
      return
    }
    out.byte(KIND.table)
    out.whole(map.size)
    out.whole(fields.length)
    for (const field of fields) out.text(field)
    const keys = [...map.keys()] as number[]
    const rows = [...map.values()] as Readonly<Record<string, number>>[]
    writeColumn(out, keys.length, (i) => keys[i]!)
    for (const field of fields) writeColumn(out, rows.length, (i) => rows[i]![field]!)
  }
  function writeTypedArray(one: ArrayBufferView): void {
    const kind = TYPED_ARRAYS.findIndex((type) => Object.getPrototypeOf(one) === type.prototype)
    if (kind < 0) throw new Error(`${place()} is a view that cannot be frozen`)
    out.byte(KIND.typedArray)
    out.byte(kind)
    out.whole(one.byteLength)
    out.bytes(new Uint8Array(one.buffer, one.byteOffset, one.byteLength))
  }

  write(value)
  out.end()
}

/** The fields of all values of a map that is a table; null where it is none. */
function fieldsOfTable(map: ReadonlyMap<unknown, unknown>): readonly string[] | null {
  let fields: readonly string[] | null = null
  for (const [key, row] of map) {
    if (!isWhole(key) || typeof row !== 'object' || row === null || Object.getPrototypeOf(row) !== Object.prototype) return null
    const own: readonly string[] = Object.keys(row)
    fields ??= own
    if (own.length !== fields.length) return null
    for (let i = 0; i < own.length; i++)
      if (own[i] !== fields[i] || typeof (row as Readonly<Record<string, unknown>>)[own[i]!] !== 'number') return null
  }
  return fields
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) < 2 ** 51 && !Object.is(value, -0)
}

function writeNumber(out: Writer, value: number): void {
  if (isWhole(value)) {
    out.byte(KIND.whole)
    return out.whole(zigzag(value))
  }
  out.byte(KIND.number)
  out.number(value)
}

function writeColumn(out: Writer, length: number, at: (index: number) => number): void {
  let [areWhole, areSame] = [true, true]
  for (let i = 0; i < length && areWhole; i++) {
    areWhole = isWhole(at(i))
    areSame &&= at(i) === at(0)
  }
  out.room(ROOM)
  if (length > 0 && areWhole && areSame) {
    out.byte(COLUMN.constant)
    return out.whole(zigzag(at(0)))
  }
  out.byte(areWhole ? COLUMN.differences : COLUMN.doubles)
  let before = 0
  for (let i = 0; i < length; i++) {
    out.room(ROOM)
    if (!areWhole) {
      out.number(at(i))
      continue
    }
    out.whole(zigzag(at(i) - before))
    before = at(i)
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function writer(take: (piece: Buffer) => void): Writer {
  let piece = Buffer.allocUnsafe(PIECE_BYTES)
  let used = 0
  function end(): void {
    if (used > 0) take(piece.subarray(0, used))
    piece = Buffer.allocUnsafe(PIECE_BYTES)
    used = 0
  }
  function room(bytes: number): void {
    if (used + bytes > piece.length) end()
  }
  function whole(value: number): void {
    while (value >= 128) {
      piece[used++] = (value % 128) + 128
      value = Math.floor(value / 128)
    }
    piece[used++] = value
  }
  function bytes(value: Uint8Array): void {
    if (value.length > PIECE_BYTES - used) {
      end()
      if (value.length > PIECE_BYTES) return take(Buffer.from(value))
    }
    piece.set(value, used)
    used += value.length
  }
  return {
    room,
    byte: (value) => void (piece[used++] = value),
    whole,
    number: (value) => void (used = piece.writeDoubleLE(value, used)),
    text(value) {
      room(ROOM)
      const encoded = Buffer.from(value, 'utf8')
      whole(encoded.length)
      bytes(encoded)
    },
    bytes,
    end,
  }
}
