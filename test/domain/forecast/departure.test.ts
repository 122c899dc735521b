import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chanceOfStaying, departureQuantile, departureQuantiles } from '../../../domain/forecast/departure.ts'
import { CELL_MAX, emptyHistory, HABITS_MAX, type History, type PastSession } from '../../../domain/forecast/history.ts'
import { learn, learnAll } from '../../../domain/forecast/learn.ts'
import { stayAt } from '../../../domain/forecast/stay.ts'
import { slotAt, slotFrom } from '../../../domain/time/slot.ts'
import { wattHours } from '../../../domain/units.ts'

const ZONE = 'Europe/Berlin'
const HOUR = 3_600_000
const DAY = 24 * HOUR
const at = (text: string) => Date.parse(text)

function session(user: string, pluggedAt: number, hours: number, wh = 10_000): PastSession {
  return { user, pluggedAt, unpluggedAt: pluggedAt + hours * HOUR, energy: wattHours(wh) }
}
/** Of a car whose need nobody knows. */
const stay = (history: History, user: string, pluggedAt: number) => stayAt(history, { user, pluggedAt, need: null })
/** Plugged in at 18:00 and gone at 07:00 on every day from Monday 2025-06-02. */
const nights = (user: string, days: number) =>
  Array.from({ length: days }, (_, day) => session(user, at('2025-06-02T18:00:00+02:00') + day * DAY, 13))
const pasts = fc.array(
  fc.record({
    user: fc.constantFrom('a', 'b'),
    pluggedAt: fc.integer({ min: 0, max: 60 * 96 }).map((quarter) => at('2025-02-20T00:00:00Z') + quarter * 900_000),
    unpluggedAt: fc.integer({ min: 0, max: 400 }),
    energy: fc.integer({ min: 0, max: 80_000 }).map(wattHours),
  }),
  { maxLength: 40 },
)
const sessionsOf = (drawn: readonly PastSession[]) =>
  drawn.map((one) => ({ ...one, unpluggedAt: one.pluggedAt + one.unpluggedAt * 900_000 }))

test('who left at seven on all days is expected to leave at seven', () => {
  const history = learnAll(emptyHistory(ZONE), nights('a', 28))
  const plugged = at('2025-06-30T18:10:00+02:00')
  const median = departureQuantile(stay(history, 'a', plugged), plugged, 0.5)
  expect(Math.abs(median - at('2025-07-01T07:00:00+02:00'))).toBeLessThan(20 * 60_000)
})

test('seven on the wall clock stays seven when the clocks change in the night', () => {
  const winter = Array.from({ length: 28 }, (_, day) => session('a', at('2025-03-01T18:00:00+01:00') + day * DAY, 13))
  const history = learnAll(emptyHistory(ZONE), winter)
  const plugged = at('2025-03-29T18:00:00+01:00')
  const median = departureQuantile(stay(history, 'a', plugged), plugged, 0.5)
  expect(Math.abs(median - at('2025-03-30T07:00:00+02:00'))).toBeLessThan(20 * 60_000)
})

test('the pool speaks for a user never seen, and less and less for one with sessions of their own', () => {
  const pool = nights('others', 60)
  const plugged = at('2025-08-04T18:00:00+02:00')
  const noon = at('2025-08-05T12:00:00+02:00')
  const leavesByTen = (own: number) => {
    const mine = Array.from({ length: own }, (_, day) => session('me', at('2025-07-14T18:00:00+02:00') + day * DAY, 18))
    const history = learnAll(emptyHistory(ZONE), [...pool, ...mine])
    return chanceOfStaying(stay(history, 'me', plugged), plugged, slotAt(plugged), 96)[slotAt(noon - 2 * HOUR) - slotAt(plugged)]!
  }
  const staysUntilTen = [0, 1, 4, 14].map(leavesByTen)
  expect(staysUntilTen[0]).toBeLessThan(0.1)
  expect(staysUntilTen[3]).toBeGreaterThan(0.6)
  expect([...staysUntilTen].sort((a, b) => a - b)).toEqual(staysUntilTen)
})

test('with nothing known and with a stay longer than any before there still is an answer', () => {
  const now = at('2025-07-10T12:00:00Z')
  expect(departureQuantile(stay(emptyHistory(ZONE), 'a', now), now, 0.5)).toBeGreaterThan(now)
  const history = learnAll(emptyHistory(ZONE), nights('a', 30))
  const survival = chanceOfStaying(stay(history, 'a', now - 20 * DAY), now, slotFrom(now), 192)
  expect(survival[0]).toBeGreaterThan(0.8)
  expect(survival[191]).toBeLessThan(0.3)
})

test(
  'survival falls, starts with 1, agrees with the quantiles and is conditional on being plugged in now',
  { timeout: 20_000 },
  () => {
    fc.assert(
      fc.property(
        pasts,
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom(0.05, 0.25, 0.5, 0.75, 0.95),
        (drawn, quarters, share) => {
          const history = learnAll(emptyHistory(ZONE), sessionsOf(drawn))
          const plugged = at('2025-03-28T17:20:00Z')
          const now = plugged + quarters * 900_000
          const first = slotAt(now)
          const foretold = stay(history, 'a', plugged)
          const survival = chanceOfStaying(foretold, now, first, 600)
          expect(survival.every((value, i) => value > 0 && value <= (i === 0 ? 1 : survival[i - 1]!))).toBe(true)
          const quantiles = departureQuantiles(foretold, now, [0.05, 0.25, 0.5, 0.75, 0.95])
          expect(quantiles.every((value, i) => value > now && (i === 0 || value >= quantiles[i - 1]!))).toBe(true)
          const leaves = departureQuantile(foretold, now, share)
          // The chance of a slot is the one in its middle.
          const slot = slotAt(leaves) - first
          if (slot >= 1 && slot < 600) expect(1 - survival[slot - 1]!).toBeLessThan(share + 1e-9)
          if (slot + 1 < 600) expect(1 - survival[slot + 1]!).toBeGreaterThan(share - 1e-9)
        },
      ),
      { numRuns: 150 },
    )
  },
)

test('learning one by one is learning all, and memory is bounded', () => {
  fc.assert(
    fc.property(pasts, (drawn) => {
      const sessions = sessionsOf(drawn)
      const all = learnAll(emptyHistory(ZONE), sessions)
      expect(sessions.reduce(learn, emptyHistory(ZONE))).toEqual(all)
    }),
    { numRuns: 15 },
  )
  const long = learnAll(emptyHistory(ZONE), nights('a', 3 * HABITS_MAX))
  expect(long.users.get('a')!.habits).toHaveLength(HABITS_MAX)
  expect(Math.max(...long.recent.map((cell) => cell.length))).toBe(CELL_MAX)
})

test('learning changes no history that was there before', () => {
  const before = learnAll(emptyHistory(ZONE), nights('a', 10))
  const copy = structuredClone(before)
  learnAll(before, nights('b', 10))
  expect(before).toEqual(copy)
})
