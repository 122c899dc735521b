import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvCell, csvRows, decodeText } from '../../../adapters/wire/csv-rows.ts'

test('rows know their lines, empty lines are left out, blanks are trimmed', () => {
  expect([...csvRows('a, b\r\n\r\n"x,y","say ""hi""",z\n')]).toEqual([
    { line: 1, cells: ['a', 'b'] },
    { line: 3, cells: ['x,y', 'say "hi"', 'z'] },
  ])
  expect([...csvRows('a;b,c', ';')]).toEqual([{ line: 1, cells: ['a', 'b,c'] }])
  expect([...csvRows('')]).toEqual([])
})

test('a cell that is written is read back', () => {
  const cell = fc.string().map((text) => text.replaceAll(/[\r\n]/g, '').trim())
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
      fc.pre(cells.join('') !== '')
      expect([...csvRows(cells.map(csvCell).join(','))]).toEqual([{ line: 1, cells }])
    }),
  )
})

test('only UTF-8 is text', () => {
  expect(decodeText(Buffer.from('\uFEFFäö'))).toBe('äö')
  expect(decodeText(Uint8Array.of(0xe4))).toBeNull()
})
