// A week of cars of which nobody tells when they leave: planned by what earlier sessions say, from the first one on.
import { expect, test } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { simulateDay, simulateFigures, type DayOptions } from '../../src/demo/simulated-day.ts'

const DAY_MS = 86_400_000
const FROM = Date.parse('2026-01-12T00:00:00+01:00')
const SEED = 'untold'

function span(stations: number, days: number, strategy: DayOptions['strategy']): Omit<DayOptions, 'stores'> {
  const fleet = twinFleet({ seed: SEED, stations, from: FROM, untold: true })
  return { seed: SEED, stations, fleet, from: FROM, until: FROM + days * DAY_MS, strategy, log: () => {} }
}

test(
  'a week of drivers who tell nothing costs less than charging at once, and at most 2 % of them leave short',
  { timeout: 400_000 },
  async () => {
    const atOnce = await simulateFigures(span(6, 7, 'immediate'))
    const planned = await simulateFigures(span(6, 7, 'bidirectional'))
    const saved = atOnce.totalEur - planned.totalEur
    console.info(
      `at once ${atOnce.totalEur.toFixed(2)} EUR, planned ${planned.totalEur.toFixed(2)} EUR, saved ${saved.toFixed(2)} EUR; ${planned.departures.met} departures met, ${planned.departures.missed} missed`,
    )
    expect(planned.departures.met).toBeGreaterThan(20)
    expect(planned.departures.missed).toBeLessThanOrEqual(0.02 * (planned.departures.met + planned.departures.missed))
    expect(saved).toBeGreaterThan(0.2 * atOnce.totalEur)
  },
)

test('the same seed gives the same journal', { timeout: 300_000 }, async () => {
  const hashes = []
  for (let run = 0; run < 2; run++)
    hashes.push((await simulateDay({ ...span(3, 1, 'bidirectional'), stores: memoryStores() })).journal)
  expect(hashes[0]).toMatchObject({ verified: true })
  expect(hashes[1]!.hash).toBe(hashes[0]!.hash)
})
