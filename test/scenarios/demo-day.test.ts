// One simulated day through the whole program: both ways beats smart beats at once, the figures are true, nobody leaves too empty, and equal seeds give equal days. DEMO_SEEDS=<n> takes so many further seeds.
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../adapters/wire/in-flight.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { manualClock } from '../../src/run/clock.ts'
import { playground } from '../../src/demo/playground.ts'
import { simulateDay, type DayResult } from '../../src/demo/simulated-day.ts'

const FROM = Date.parse('2026-01-15T16:30:00Z')
const HOUR_MS = 3_600_000
const QUARTER_HOUR_MS = 900_000
const SEEDS = Array.from({ length: Number(process.env['DEMO_SEEDS'] ?? 1) }, (_, i) => String(i + 2))
const SETTINGS = { stations: 6, from: FROM, meterIntervalMs: 300_000 }

function day(seed: string, strategy: Strategy, hours: number, complaints: string[] = []): Promise<DayResult> {
  return simulateDay({
    ...SETTINGS,
    seed,
    until: FROM + hours * HOUR_MS,
    strategy,
    stores: memoryStores(),
    log(level, text, facts) {
      if (level !== 'info') complaints.push(`${level}: ${text} ${JSON.stringify(facts ?? {})}`)
    },
  })
}

/** The same day watched from the cars' side: what really flowed in each quarter-hour at its price, in micro-cents and Wh, without meter values or messages. */
async function trueDay(seed: string, strategy: Strategy, hours: number) {
  const clock = manualClock(FROM)
  const work = inFlight()
  const world = await playground({
    ...SETTINGS,
    seed,
    strategy,
    clock,
    speed: 1,
    port: 0,
    stores: memoryStores(),
    inFlight: work,
    log: () => {},
  })
  try {
    const atStart = world.twin.cars()
    const flows: { readonly importedWh: number; readonly exportedWh: number }[] = []
    let before = atStart
    for (let at = FROM + QUARTER_HOUR_MS; at <= FROM + hours * HOUR_MS; at += QUARTER_HOUR_MS) {
      await clock.runUntil(at, work.idle)
      const now = world.twin.cars()
      const grown = (of: 'importedWh' | 'exportedWh') => now.reduce((sum, car, i) => sum + car[of] - before[i]![of], 0)
      flows.push({ importedWh: grown('importedWh'), exportedWh: grown('exportedWh') })
      before = now
    }
    const { buy, sell } = world.running.prices(world.running.application.fleet, slotAt(FROM), flows.length)
    const spent = flows.reduce((sum, flow, i) => sum + flow.importedWh * buy[i]! - flow.exportedWh * sell[i]!, 0)
    const total = (of: (car: (typeof before)[number], i: number) => number) => before.reduce((sum, car, i) => sum + of(car, i), 0)
    return {
      spent,
      meanBuy: buy.reduce<number>((sum, price) => sum + price!, 0) / buy.length,
      changeWh: total((car, i) => car.storedWh - atStart[i]!.storedWh),
      drivenWh: total((car) => car.drivenWh),
      intoWh: total((car) => car.importedWh * car.efficiency),
      outOfWh: total((car) => car.exportedWh / car.efficiency),
      hash: world.running.journal.head().hash,
    }
  } finally {
    await world.stop()
  }
}

describe('a day of six stations', () => {
  const complaints: string[] = []
  let immediate: DayResult
  let smart: DayResult
  let both: DayResult
  beforeAll(async () => {
    immediate = await day('1', 'immediate', 24, complaints)
    smart = await day('1', 'smart', 24, complaints)
    both = await day('1', 'bidirectional', 24, complaints)
  })

  it('costs less with every freedom: at once, smart, both ways', () => {
    expect(both.totalEur).toBeGreaterThan(0)
    expect(smart.totalEur).toBeLessThan(immediate.totalEur)
    expect(both.totalEur).toBeLessThan(smart.totalEur)
    expect([immediate.dischargedKwh, smart.dischargedKwh]).toEqual([0, 0])
    expect(both.dischargedKwh).toBeGreaterThan(10)
  })

  it('costs what was bought less what was sold less what the cars hold more at the end', () => {
    for (const result of [immediate, smart, both]) {
      const { boughtEur, soldEur, stored, meanBuyEurMwh, totalEur } = result
      expect(totalEur).toBeCloseTo(boughtEur - soldEur - (stored.endKwh - stored.startKwh) * (meanBuyEurMwh / 1_000), 6)
      expect(result.unpricedKwh).toBe(0)
    }
  })

  it('is billed from meter values as if one had looked into the cars, which changes nothing, byte for byte', async () => {
    const truth = await trueDay('1', 'bidirectional', 24)
    expect(truth.hash).toBe(both.journal.hash)
    expect(Math.abs(both.totalEur - (truth.spent - truth.changeWh * truth.meanBuy) / 1e8)).toBeLessThan(0.01)
    expect(both.stored.changeKwh).toBeCloseTo(truth.changeWh / 1_000, 9)
    expect(truth.intoWh - truth.outOfWh - truth.drivenWh).toBeCloseTo(truth.changeWh, 3)
  })

  it('loses no energy: charged is driven, stored, lost or given back, and every strategy drives the same', () => {
    for (const { chargedKwh, dischargedKwh, stored } of [immediate, smart, both]) {
      // Registers show quarters of a watt-hour, or whole ones, at both ends of a session.
      expect(Math.abs(chargedKwh - dischargedKwh - stored.drivenKwh - stored.changeKwh - stored.lostKwh)).toBeLessThan(0.02)
      expect(stored.drivenKwh).toBeGreaterThan(40)
      expect(stored.drivenKwh).toBe(both.stored.drivenKwh)
      expect(stored.startKwh).toBe(both.stored.startKwh)
    }
    expect(both.stored.lostKwh).toBeGreaterThan(smart.stored.lostKwh)
  })

  it('says how good its plans are: none is a tenth of a cent above what no plan can undercut', () => {
    expect(both.plans.certified).toBeGreaterThan(40)
    expect(both.plans.worstEur).toBeGreaterThanOrEqual(0)
    expect(both.plans.worstEur).toBeLessThan(0.001)
    expect(immediate.plans).toMatchObject({ certified: 0, worstEur: null })
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

  it('is the same day again with the same seed, and another with another seed', async () => {
    const other = await day('2', 'bidirectional', 2)
    expect(other.journal.verified).toBe(true)
    expect(other.journal.hash).not.toBe(both.journal.hash)
    expect(await day('2', 'bidirectional', 2)).toEqual(other)
  })
})

describe.each(SEEDS)('a day of six stations with seed %s', (seed) => {
  it('has a cost with every strategy, and a smaller one with every freedom', async () => {
    const costs: number[] = []
    for (const strategy of ['bidirectional', 'smart', 'immediate'] as const) costs.push((await day(seed, strategy, 24)).totalEur)
    expect(costs[0]).toBeGreaterThan(0)
    expect(costs[1]).toBeGreaterThan(costs[0]!)
    expect(costs[2]).toBeGreaterThan(costs[1]!)
  })
})

describe('a night of stations with all habits of real ones', () => {
  const night = (hours: number, stores = memoryStores()) =>
    simulateDay({
      seed: '1',
      stations: 20,
      fleet: twinFleet({ seed: '1', stations: 20, from: FROM, habits: 'all' }),
      from: FROM,
      until: FROM + hours * HOUR_MS,
      strategy: 'bidirectional',
      meterIntervalMs: 300_000,
      stores,
      log: () => {},
    })

  it('books each session as its meter counted it, misses no departure, and begins the same way twice', async () => {
    const stores = memoryStores()
    const { booked, departures, journal } = await night(15, stores)
    expect(booked.offSessions).toEqual([])
    expect(booked.off).toEqual([])
    expect(booked.sessions).toBeGreaterThan(20)
    // What cannot be booked is that of stations that do not tell it, and nothing else.
    const habitOf = { unmetered: 'measures-nothing', 'begin-lost': 'transaction-unknown', pending: 'register-jump' }
    for (const { reason, habits } of booked.untold) expect(habits).toContain(habitOf[reason])
    expect(new Set(booked.untold.map(({ reason }) => reason))).toContain('unmetered')
    expect(departures.missed).toBe(0)
    expect(departures.met).toBeGreaterThan(5)
    expect(journal.verified).toBe(true)
    // Each entry holds the hash of the one before: who has come to the same one after four hours has told the same story until then.
    const again = (await night(4)).journal
    const [same] = await stores.journal.entries('demo', again.entries - 1, 1)
    expect(again.entries).toBeGreaterThan(1_000)
    expect(same).toMatchObject({ sequence: again.entries, hash: again.hash })
  })
})
