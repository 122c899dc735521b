// A state that is frozen and thawed is the same: values, orders, and what is shared.
import { anything, assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freezeValue } from '../../../adapters/journal-file/freeze-value.ts'
import { thawValue } from '../../../adapters/journal-file/thaw-value.ts'

function frozen(value: unknown): Buffer {
  const pieces: Buffer[] = []
  freezeValue(value, (piece) => pieces.push(piece))
  return Buffer.concat(pieces)
}
const bytesOf = ({ buffer }: Float64Array) => Buffer.from(buffer)
const again = (value: unknown) => thawValue(frozen(value))

describe('a frozen value', () => {
  it('comes back as it was, whatever it is made of', () => {
    const plain = anything({
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: false,
      key: string().filter((name) => name !== '__proto__'),
    })
    assert(
      property(plain, (value) => {
        expect(again(value)).toStrictEqual(value)
      }),
    )
  })

  it.each([0, -0, 0.1, -1, 2 ** 53, -(2 ** 53), 2 ** 50, Number.MAX_VALUE, Infinity, Number.NaN, 1_764_432_000_000])(
    'keeps the number %s, alone and in a column',
    (number) => {
      expect(again(number)).toBe(number)
      expect(again([1, number, 3])).toStrictEqual([1, number, 3])
      expect(again([number, number])).toStrictEqual([number, number])
    },
  )

  it('keeps the order of maps and sets, and tables of numbers', () => {
    const meters = new Map([7, 3, 5].map((slot) => [slot, { importedWh: slot / 3, marks: 1 }]))
    const back = again({ meters, names: new Set(['b', 'a']) }) as { meters: typeof meters; names: Set<string> }
    expect([...back.meters]).toStrictEqual([...meters])
    expect([...back.names]).toEqual(['b', 'a'])
    expect(frozen(new Map(Array.from({ length: 1_000 }, (_, slot) => [slot, { importedWh: 5, marks: 1 }]))).length).toBeLessThan(
      1_100,
    )
  })

  it('keeps what is shared the same one, circles included', () => {
    const shared: Record<string, unknown> = { name: 'shared' }
    shared['self'] = shared
    const back = again({ a: shared, b: [shared], c: new Map([['x', shared]]) }) as {
      a: Record<string, unknown>
      b: unknown[]
      c: Map<string, unknown>
    }
    expect([back.b[0], back.c.get('x'), back.a['self']].every((one) => one === back.a)).toBe(true)
  })

  it('crosses the end of a piece at any place', () => {
    const texts = Array.from({ length: 60_000 }, (_, i) => `text number ${i} ä`)
    const column = Float64Array.from({ length: 300_000 }, Math.sqrt)
    const back = again({ texts, column, last: 1 }) as { texts: string[]; column: Float64Array; last: number }
    expect([back.texts.join() === texts.join(), Buffer.compare(bytesOf(back.column), bytesOf(column)), back.last]).toEqual([
      true,
      0,
      1,
    ])
  })

  it.each([
    ['a function', { fleet: { indexes: { find: () => 1 } } }, 'fleet.indexes.find is a function'],
    ['an instance of a class', { fleet: { since: new Date(0) } }, 'fleet.since is an instance'],
  ])('is refused with its place where it holds %s', (_, value, message) => {
    expect(() => frozen(value)).toThrow(message)
  })

  it('is refused where its bytes end early, go on, or are others', () => {
    const bytes = frozen({ a: [1, 2, 3], b: 'text' })
    for (let end = 0; end < bytes.length; end++) expect(() => thawValue(bytes.subarray(0, end))).toThrow()
    expect(() => thawValue(Buffer.concat([bytes, bytes]))).toThrow('go on')
    expect(() => thawValue(Buffer.from([99]))).toThrow('unknown kind 99')
    expect(() => thawValue(Buffer.from([8, 255, 255, 255, 255, 15]))).toThrow('end within')
  })
})
