// Numbers of spreadsheets: never a thousandth and never a thousandfold of what was meant.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalSignOf, readNumber } from '../../../adapters/wire/decimal-sign.ts'

const signOf = (texts: readonly string[], separator = ';', pointIsDocumented = false) =>
  decimalSignOf(
    texts.map((text, i) => ({ line: i + 2, column: 'x', text })),
    { separator, pointIsDocumented },
  )
const complaint = (texts: readonly string[], separator = ';', pointIsDocumented = false) => {
  const found = signOf(texts, separator, pointIsDocumented)
  if (found.ok) throw new Error(`expected a refusal, found ${found.value}`)
  return `${found.refusal.line}: ${found.refusal.detail}`
}

describe('the sign of a file', () => {
  test.each([
    [['1,5'], ','],
    [['1.234,5'], ','],
    [['1.234.567'], ','],
    [['2500,00', '1.234'], ','],
    [['1.234', '7', '0,25'], ','],
    [['12345,678'], ','],
    [['0,500'], ','],
    [[',500'], ','],
    [['1 234,567'], ','],
    [['1\u00a0234,5'], ','],
    [['1,5'], ','],
    [['1.5'], '.'],
    [['1,234.5'], '.'],
    [['1,234,567'], '.'],
    [['1.234', '-0.500'], '.'],
    [['1.234e3'], '.'],
    [["1'234.567"], '.'],
    [['5', '', '2500', '-', 'NaN'], '.'],
  ] as const)('%j has %s', (texts, sign) => expect(signOf(texts)).toEqual({ ok: true, value: sign }))

  test('1.234 alone means two numbers, and nobody chooses', () => {
    expect(complaint(['7', '1.234'])).toMatch(/^3: x 1\.234 can mean 1234 or 1\.234: no other number in the file/)
    expect(complaint(['-1,234'], '\t')).toMatch(/^2: x -1,234 can mean 1234 or 1\.234/)
    expect(complaint(['"1,234"'.slice(1, -1)], ',', true)).toMatch(/can mean 1234 or 1\.234/)
    expect(complaint(['1.234', '1,234'])).toMatch(/can mean/)
  })
  test('where the point is documented and commas separate columns, the point begins decimals', () => {
    expect(signOf(['1.234'], ',', true)).toEqual({ ok: true, value: '.' })
    expect(complaint(['1.234'], ',')).toMatch(/can mean/)
    expect(complaint(['1.234'], ';', true)).toMatch(/can mean/)
  })
  test('two signs in one file, and a decimal comma between commas, are refused', () => {
    expect(complaint(['1,5', '7', '1.5'])).toBe(
      '4: x 1.5 has a decimal point, 1,5 in line 2 a decimal comma; one file has one of them',
    )
    expect(complaint(['105,51'], ',')).toMatch(/^2: x 105,51 has a decimal comma between columns that commas separate/)
  })
})

describe('one number', () => {
  test.each([
    ['2.500', ',', 2_500],
    ['2.500,25', ',', 2_500.25],
    ['-1.234.567,5', ',', -1_234_567.5],
    ['2,500', '.', 2_500],
    ['2,500.25', '.', 2_500.25],
    ['2.500', '.', 2.5],
    ['2500,', ',', 2_500],
    ['+,5', ',', 0.5],
    ['1 234,5', ',', 1_234.5],
    ['1\u202f234\u202f567', '.', 1_234_567],
    ['1\u2019234.50', '.', 1_234.5],
    ['\u221212,5', ',', -12.5],
    ['1e2', '.', 100],
    ['0', ',', 0],
  ] as const)('%s with %s is %d', (text, sign, value) => expect(readNumber(text, sign)).toBe(value))

  test.each([
    '',
    '-',
    'NaN',
    'Infinity',
    '1.23.456',
    '1.2345,6',
    '12 34',
    '1 234 56',
    '0.500,1',
    '1,5',
    '5 €',
    '1,2,3',
    '--1',
    '0x10',
  ])('%s with a decimal point, or with a comma where that is none, is no number', (text) =>
    expect(readNumber(text, text.includes('.') ? ',' : '.')).toBeNull(),
  )

  test('what either country writes is read back as it was', () => {
    for (const locale of ['de-DE', 'en-US', 'de-CH', 'fr-FR']) {
      const format = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
      const sign = format.format(0.5).includes(',') ? ',' : '.'
      fc.assert(
        fc.property(fc.array(fc.integer({ min: -1e11, max: 1e11 }), { minLength: 1, maxLength: 20 }), (cents) => {
          const texts = cents.map((each) => format.format(each / 100))
          expect(signOf(texts)).toEqual({ ok: true, value: sign })
          expect(texts.map((text) => readNumber(text, sign)! + 0)).toEqual(cents.map((each) => each / 100 + 0))
        }),
        { numRuns: 30 },
      )
    }
  })
})
