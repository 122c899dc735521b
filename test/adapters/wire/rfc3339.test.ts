import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseInstant } from '../../../adapters/wire/rfc3339.ts'

test.each([
  ['2025-10-26T02:00:00+02:00', '2025-10-26T00:00:00.000Z'],
  ['2025-10-26 02:00:00+01:00', '2025-10-26T01:00:00.000Z'],
  ['2025-10-26T02:00Z', '2025-10-26T02:00:00.000Z'],
  ['2024-02-29t23:59:59.5z', '2024-02-29T23:59:59.500Z'],
  ['2025-01-01T00:15:00+05:45', '2024-12-31T18:30:00.000Z'],
  ['2025-01-01T00:00:00-03:30', '2025-01-01T03:30:00.000Z'],
])('%s is %s', (text, instant) => expect(new Date(parseInstant(text)!).toISOString()).toBe(instant))

test.each([
  '2025-10-26T02:00:00',
  '2025-10-26',
  '2025-02-29T00:00Z',
  '2025-13-01T00:00Z',
  '2025-01-01T24:00Z',
  '2025-01-01T00:60Z',
  '2025-01-01T00:00:60Z',
  '2025-01-01T00:00+24:00',
  '2025-1-1T00:00Z',
  '',
])('%s is no instant', (text) => expect(parseInstant(text)).toBeNull())

test('reads what Date writes', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
      expect(parseInstant(date.toISOString())).toBe(date.getTime())
    }),
  )
})
