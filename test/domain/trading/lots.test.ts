import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import type { Quote } from '../../../domain/trading/quotes.ts'
import { changesCarried, changesInLots } from '../../../domain/trading/retrade.ts'
import { eurPerMWh } from '../../../domain/units.ts'

const QUOTE: Quote = { bid: eurPerMWh(60), ask: eurPerMWh(61) }

test('by hand: lots of 25 kWh, towards no trade and with the rest carried on', () => {
  // Powers of whole quarter-hours: 20, 20, -60 and 10 kWh; nothing is quoted in the third.
  const beyond = [80_000, 80_000, -240_000, 40_000]
  const quotes = [QUOTE, QUOTE, null, QUOTE]
  expect([...changesInLots(beyond, quotes, 25_000)]).toEqual([0, 0, 0, 0])
  expect([...changesCarried(beyond, quotes, 25_000)]).toEqual([25_000, 25_000, 0, 0])
})

test('carried lots are whole, nowhere without a quote, and together off by half a lot at most', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -400_000, max: 400_000 }), fc.boolean()), { maxLength: 100 }),
      fc.constantFrom(0.25, 250, 25_000),
      (series, lot) => {
        const beyond = series.map(([power]) => power)
        const quotes = series.map(([, isQuoted]) => (isQuoted ? QUOTE : null))
        const changes = changesCarried(beyond, quotes, lot)
        let [wanted, traded] = [0, 0]
        for (const [t, change] of changes.entries()) {
          expect(Number.isInteger(change / lot)).toBe(true)
          if (quotes[t] === null) expect(change).toBe(0)
          else wanted += beyond[t]! / 4
          traded += change
          expect(Math.abs(traded - wanted)).toBeLessThanOrEqual(lot / 2 + 1e-6)
        }
      },
    ),
  )
})
