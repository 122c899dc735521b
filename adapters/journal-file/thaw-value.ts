// Reads back what freeze-value.ts has written: the same values, with everything that was shared shared again.
import { assert } from '../../domain/result.ts'
import { COLUMN, KIND, TYPED_ARRAYS } from './frozen-kinds.ts'

/** The value in some bytes. Throws where they are not what a value was frozen to. */
export function thawValue(bytes: Buffer): unknown {
  const reader = readerOf(bytes)
  const value = reader.value()
  assert(reader.isAtEnd(), 'frozen bytes go on behind their value')
  return value
}

function readerOf(bytes: Buffer): { value(): unknown; isAtEnd(): boolean } {
  let place = 0
  const texts: string[] = []
  const shapes: (readonly string[])[] = []
  const known: object[] = []

  function byte(): number {
    assert(place < bytes.length, 'frozen bytes end within a value')
    return bytes[place++]!
  }
  function whole(): number {
    let read = byte()
    if (read < 128) return read
    let value = read - 128
    for (let weight = 128; ; weight *= 128) {
      read = byte()
      value += (read < 128 ? read : read - 128) * weight
      if (read < 128) return value
    }
  }
  /** A number of things that follow, each of at least so many bytes: broken bytes must not ask for all the memory there is. */
  function count(least: number): number {
    const value = whole()
    assert(value * least <= bytes.length - place, 'frozen bytes end within a value')
    return value
  }
  function signed(): number {
    const value = whole()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  function double(): number {
    const value = bytes.readDoubleLE(place)
    place += 8
    return value
  }
  function text(): string {
    const length = count(1)
    place += length
    return bytes.toString('utf8', place - length, place)
  }
  function keep<Kept extends object>(one: Kept): Kept {
    known.push(one)
    return one
  }
  function column(length: number): number[] {
    const kind = byte()
    const numbers = new Array<number>(length)
    if (kind === COLUMN.constant) return numbers.fill(signed())
    if (kind === COLUMN.doubles) {
      for (let i = 0; i < length; i++) numbers[i] = double()
      return numbers
    }
    assert(kind === COLUMN.differences, 'frozen bytes hold an unknown column')
    for (let i = 0, before = 0; i < length; i++) numbers[i] = before += signed()
    return numbers
  }
  function table(): Map<number, object> {
    const map = keep(new Map<number, Record<string, number>>())
    const rows = whole()
    const fields = Array.from({ length: count(1) }, text)
    const keys = column(rows)
    const columns = fields.map(() => column(rows))
    const template = Object.fromEntries(fields.map((field) => [field, 0]))
    for (let i = 0; i < rows; i++) {
      const row = { ...template }
      for (let k = 0; k < fields.length; k++) row[fields[k]!] = columns[k]![i]!
      map.set(keys[i]!, row)
    }
    return map
  }
  function typedArray(): object {
    const type = TYPED_ARRAYS[byte()]
    assert(type !== undefined, 'frozen bytes hold an unknown typed array')
    const length = count(1)
    // A copy lies at a place that suits its kind.
    const own = new Uint8Array(bytes.subarray(place, place + length))
    place += length
    return keep(new type(own.buffer, 0, length / type.BYTES_PER_ELEMENT))
  }
  function object(keys: readonly string[] | undefined): object {
    assert(keys !== undefined, 'frozen bytes hold unknown keys')
    const one = keep<Record<string, unknown>>({})
    for (const key of keys) one[key] = value()
    return one
  }
  function shape(): readonly string[] {
    const keys = Array.from({ length: count(1) }, text)
    shapes.push(keys)
    return keys
  }
  function container(kind: number): object {
    switch (kind) {
      case KIND.array: {
        const [all, length] = [keep<unknown[]>([]), count(1)]
        for (let i = 0; i < length; i++) all.push(value())
        return all
      }
      case KIND.numbers: {
        const number = known.push([]) - 1
        return (known[number] = column(whole()))
      }
      case KIND.map: {
        const [map, size] = [keep(new Map<unknown, unknown>()), count(2)]
        for (let i = 0; i < size; i++) {
          const key = value()
          map.set(key, value())
        }
        return map
      }
      case KIND.set: {
        const [all, size] = [keep(new Set<unknown>()), count(1)]
        for (let i = 0; i < size; i++) all.add(value())
        return all
      }
      case KIND.object:
        return object(shape())
      case KIND.objectAgain:
        return object(shapes[whole()])
      case KIND.typedArray:
        return typedArray()
      case KIND.table:
        return table()
      default:
        throw new Error(`frozen bytes hold an unknown kind ${kind} before byte ${place}`)
    }
  }
  function value(): unknown {
    const kind = byte()
    switch (kind) {
      case KIND.undefined:
        return undefined
      case KIND.null:
        return null
      case KIND.true:
        return true
      case KIND.false:
        return false
      case KIND.whole:
        return signed()
      case KIND.number:
        return double()
      case KIND.text: {
        const one = text()
        texts.push(one)
        return one
      }
      case KIND.textAgain:
        return texts[whole()]
      case KIND.again: {
        const one = known[whole()]
        assert(one !== undefined, 'frozen bytes name something that does not stand before')
        return one
      }
      default:
        return container(kind)
    }
  }
  return { value, isAtEnd: () => place === bytes.length }
}
