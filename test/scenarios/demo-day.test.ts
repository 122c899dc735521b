// One simulated day through the whole program: both ways beats smart beats at once, nobody leaves too empty, and equal seeds give equal days.
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import { simulateDay, type DayResult } from '../../src/simulated-day.ts'

const FROM = Date.parse('2026-01-15T16:30:00Z')
const HOUR_MS = 3_600_000

function day(seed: string, strategy: Strategy, hours: number, complaints: string[] = []): Promise<DayResult> {
  return simulateDay({
    seed,
    stations: 6,
    from: FROM,
    until: FROM + hours * HOUR_MS,
    strategy,
    stores: memoryStores(),
    meterIntervalMs: 300_000,
    log: (level, text, facts) => void complaints.push(`${level}: ${text} ${JSON.stringify(facts ?? {})}`),
  })
}

describe('a day of six stations', { timeout: 60_000 }, () => {
  const complaints: string[] = []
  let immediate: DayResult
  let smart: DayResult
  let both: DayResult
  beforeAll(async () => {
    immediate = await day('1', 'immediate', 24, complaints)
    smart = await day('1', 'smart', 24, complaints)
    both = await day('1', 'bidirectional', 24, complaints)
  }, 60_000)

  it('costs less with every freedom: at once, smart, both ways', () => {
    expect(smart.totalEur).toBeLessThan(immediate.totalEur)
    expect(both.totalEur).toBeLessThan(smart.totalEur)
    expect([immediate.dischargedKwh, smart.dischargedKwh]).toEqual([0, 0])
    expect(both.dischargedKwh).toBeGreaterThan(10)
  })

  it('keeps every ready-by, whatever the strategy (I3)', () => {
    for (const { departures } of [immediate, smart, both]) {
      expect(departures.missed).toBe(0)
      expect(departures.met).toBeGreaterThanOrEqual(5)
    }
  })

  it('charges below the mean price and gives back above it', () => {
    expect(both.chargedMeanEurMwh).toBeLessThan(both.meanSpotEurMwh)
    expect(both.dischargedMeanEurMwh).toBeGreaterThan(both.meanSpotEurMwh)
    expect(immediate.dischargedMeanEurMwh).toBeNull()
  })

  it('leaves a journal that verifies and a log without complaints', () => {
    for (const { journal } of [immediate, smart, both]) expect(journal).toMatchObject({ verified: true })
    expect(complaints).toEqual([])
  })

  it('is the same day again with the same seed, byte for byte, and another with another seed', async () => {
    expect(await day('1', 'bidirectional', 24)).toEqual(both)
    const other = await day('2', 'bidirectional', 2)
    expect(other.journal.verified).toBe(true)
    expect(other.journal.hash).not.toBe(both.journal.hash)
    expect(await day('2', 'bidirectional', 2)).toEqual(other)
  })
})
