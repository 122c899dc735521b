// What every store must do, whatever is behind it.
import { asyncProperty, assert as holds, constantFrom, integer, record, uniqueArray } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryJournal } from '../../adapters/memory/memory-journal.ts'
import type {
  BalanceGroupId,
  DriverId,
  EvseId,
  PoolId,
  SessionId,
  SiteId,
  StationId,
  TenantId,
  VehicleId,
} from '../../domain/registry/identity.ts'
import { id } from '../../domain/registry/identity.ts'
import type { LimitationContract } from '../../domain/limitation/limitation-contract.ts'
import { NO_AUTONOMY } from '../../domain/limitation/limited-device.ts'
import { EMPTY_REGISTRY, type Registry } from '../../domain/registry/registry.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import { series } from '../../domain/time/series.ts'
import { later, slot } from '../../domain/time/slot.ts'
import { kilowattHours, kilowatts, microCents, share, wattHours, watts, type Price } from '../../domain/units.ts'

const NOW = Date.UTC(2026, 2, 29, 0, 59, 59, 999)
const FIRST = slot(1_971_000)

/** Names that languages sort differently, and that UTF-16 and UTF-8 do, too. */
const NAMES = ['', '9', '10', 'a', 'A', 'B', 'b', 'ä', 'z', 'a b', 'a-b', 'ab', "'", '%', '\ufb00', '\u{1f697}'].flatMap(
  (name) => [name, `${name}x`],
)
const RUNS = 40

function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
function noneFirst(a: string | null, b: string | null): number {
  return a === null || b === null ? Number(a !== null) - Number(b !== null) : bytewise(a, b)
}

/**
 * Walks through all pages and adds a row after each. Every page has to go on strictly behind the one before. `missed` are the rows that were added where
 * the walk had been already.
 */
async function walk<Row>(over: {
  page: (after: Row | null) => Promise<readonly Row[]>
  add: (row: Row) => Promise<void>
  meanwhile: readonly Row[]
  order: (a: Row, b: Row) => number
}): Promise<{ rows: readonly Row[]; missed: ReadonlySet<Row> }> {
  const rows: Row[] = []
  const missed = new Set<Row>()
  const waiting = [...over.meanwhile]
  for (let last: Row | null = null; ;) {
    const page: readonly Row[] = await over.page(last)
    for (const row of page) {
      if (last !== null) expect(over.order(last, row)).toBeLessThan(0)
      rows.push((last = row))
    }
    const next = waiting.shift()
    if (next === undefined && page.length === 0) return { rows, missed }
    if (next === undefined) continue
    await over.add(next)
    if (last !== null && over.order(next, last) < 0) missed.add(next)
  }
}

export function storesContract(name: string, open: () => Promise<Stores>): void {
  describe(`stores ${name}`, () => {
    let stores: Stores
    beforeAll(async () => {
      stores = await open()
    })
    afterAll(() => stores?.close())

    it('answer', () => stores.check())

    describe('journal copy', () => {
      it('keeps entries as they are, by node, in order', async () => {
        const entries = await journal('node-1', 30)
        await stores.journal.copy(entries.slice(10))
        await stores.journal.copy(entries.slice(0, 15))
        await stores.journal.copy([])
        await stores.journal.copy(await journal('node-2', 3))
        expect(await stores.journal.lastCopied('node-1')).toBe(30)
        expect(await stores.journal.lastCopied('node-2')).toBe(3)
        expect(await stores.journal.lastCopied('node-3')).toBe(0)
        expect(await stores.journal.entries('node-1', 0, 100)).toEqual(entries)
        expect(await stores.journal.entries('node-1', 12, 5)).toEqual(entries.slice(12, 17))
      })

      it('refuses another entry in the same place, and then takes nothing', async () => {
        const [entries, others] = [await journal('node-4', 5), await journal('node-4', 8, 'other')]
        await stores.journal.copy(entries)
        await expect(stores.journal.copy(others)).rejects.toThrow('journal entry 1 of node-4')
        expect(await stores.journal.entries('node-4', 0, 100)).toEqual(entries)
      })
    })

    describe('registry', () => {
      it('is empty at first and is replaced as a whole', async () => {
        expect(await stores.registry.load()).toEqual(EMPTY_REGISTRY)
        await stores.registry.save(registry)
        expect(await stores.registry.load()).toEqual(registry)
        const fewer = { ...registry, vehicles: registry.vehicles.slice(1), consents: [] }
        await stores.registry.save(fewer)
        expect(await stores.registry.load()).toEqual(fewer)
      })
    })

    describe('sessions', () => {
      it('are found as they were saved last, also twice in one batch', async () => {
        const first = session('s-1')
        const changed: Session = { ...first, endedAt: NOW + 5, needs: null }
        await stores.sessions.save([first])
        expect(await stores.sessions.find(first.id)).toEqual(first)
        await stores.sessions.save([first, changed])
        expect(await stores.sessions.find(first.id)).toEqual(changed)
        expect(await stores.sessions.find(id<SessionId>('none'))).toBeNull()
      })

      it('are listed where they overlap a time, newest first, without the ends', async () => {
        const at = (name: string, startedAt: number, endedAt: number | null) => ({ ...session(name), startedAt, endedAt })
        const day = 86_400_000
        const all = [at('a', day, 2 * day), at('b', 2 * day, 3 * day), at('c', 3 * day, null), at('d', 2 * day, 2 * day + 1)]
        await stores.sessions.save(all)
        const listed = async (from: number, until: number, limit = 10) =>
          (await stores.sessions.list(from, until, limit)).map((one) => one.id)
        expect(await listed(2 * day, 3 * day)).toEqual(['d', 'b'])
        expect(await listed(1, day + 1)).toEqual(['a'])
        expect(await listed(4 * day, 5 * day)).toEqual(['c'])
        expect(await listed(0, 4 * day, 2)).toEqual(['c', 'd'])
        expect(await listed(-8.64e15, 8.64e15, 100)).toEqual(expect.arrayContaining(['a', 'b', 'c', 'd']))
      })

      it('come page by page, none lost and none twice, however many began in one instant and whatever comes in meanwhile', async () => {
        let run = 0
        const some = uniqueArray(record({ startedAt: integer({ min: 0, max: 3 }), name: constantFrom(...NAMES) }), {
          minLength: 1,
          maxLength: 25,
          selector: ({ name }) => name,
        })
        await holds(
          asyncProperty(some, integer({ min: 0, max: 25 }), integer({ min: 1, max: 6 }), async (drawn, later, limit) => {
            // Every run has its own hour, so that it sees its own sessions only.
            const hour = Date.UTC(2031, 0, 1, run++)
            const all = drawn.map(({ startedAt, name }): Session => {
              const began = hour + startedAt
              return { ...session(`${run} ${name}`), startedAt: began, endedAt: began + 1_000 }
            })
            const [before, meanwhile] = [all.slice(later), all.slice(0, later)]
            await stores.sessions.save(before)
            const { rows, missed } = await walk({
              page: (after) => stores.sessions.list(hour, hour + 10, limit, after),
              add: (one) => stores.sessions.save([one]),
              meanwhile,
              order: (a, b) => b.startedAt - a.startedAt || -bytewise(a.id, b.id),
            })
            const own = rows.filter(({ id: name }) => all.some((one) => one.id === name))
            const seen = (one: Session) => own.filter(({ id: name }) => name === one.id).length
            expect(before.map(seen)).toEqual(before.map(() => 1))
            // What came in behind the page just read is of no page any more; all else is.
            expect(meanwhile.map(seen)).toEqual(meanwhile.map((one) => (missed.has(one) ? 0 : 1)))
          }),
          { numRuns: RUNS },
        )
      })

      it('are never read without end', async () => {
        for (const limit of [10_001, Infinity, NaN, -1, 0.5])
          await expect(stores.sessions.list(0, 1, limit)).rejects.toThrow('at most')
      })
    })

    describe('plans', () => {
      it('keep every version; the one issued last is in force', async () => {
        const [early, late] = [plan('p-1', NOW), plan('p-1', NOW + 1)]
        await stores.plans.save([late, plan('p-2', NOW + 9)])
        await stores.plans.save([early])
        expect(await stores.plans.latest(early.session)).toEqual(late)
        expect(await stores.plans.history(early.session, 10)).toEqual([late, early])
        expect(await stores.plans.history(early.session, 1)).toEqual([late])
        expect(await stores.plans.latest(id<SessionId>('none'))).toBeNull()
      })

      it('of one instant count in the order of saving, and a repeated attempt adds nothing', async () => {
        const [a, b] = [plan('p-3', NOW, 'a'), plan('p-3', NOW, 'b')]
        await stores.plans.save([a, b])
        await stores.plans.save([a, b])
        expect(await stores.plans.history(a.session, 10)).toEqual([b, a])
        await stores.plans.save([b, a, a])
        expect(await stores.plans.history(a.session, 10)).toEqual([a, b])
      })

      it('come back with gaps in prices, with reasons or without', async () => {
        const { reasons: _, ...bare } = { ...plan('p-4', NOW), reasons: undefined }
        const full: Plan = { ...bare, buy: [null, 31_840, -1_703.5], vehicle: null, reasons: [], degraded: true }
        await stores.plans.save([bare])
        expect(await stores.plans.latest(bare.session)).toEqual(bare)
        await stores.plans.save([{ ...full, issuedAt: NOW + 1 }])
        expect(await stores.plans.latest(bare.session)).toEqual({ ...full, issuedAt: NOW + 1 })
      })
    })

    describe('readings', () => {
      it('are one when they say the same, however often and late they come; nothing that says something else is lost', async () => {
        const evse = id<EvseId>('cp-r/1')
        const one = reading({ evse })
        const outside = reading({ evse, transaction: null, power: null, imported: null, soc: null, phases: null })
        await stores.readings.save([one, outside])
        await stores.readings.save([{ ...one, arrivedAt: NOW + 9_999, quality: 'late' }, outside, one])
        const saved = await stores.readings.list(evse, NOW, NOW + 1, 10)
        expect(saved).toHaveLength(2)
        expect(saved).toEqual(expect.arrayContaining([one, outside]))
        const other = { ...one, arrivedAt: NOW + 5_000, imported: wattHours(1_234_560) }
        await stores.readings.save([other, { ...outside, arrivedAt: NOW + 6_000, soc: share(0.5) }])
        const all = await stores.readings.list(evse, NOW, NOW + 1, 10)
        expect(all).toHaveLength(4)
        expect(all[2]).toEqual(other)
      })

      it('are listed by sampling instant to the millisecond, start included, end excluded', async () => {
        const evse = id<EvseId>('cp-r/2')
        const all = Array.from({ length: 1_000 }, (_, i) => reading({ evse, sampledAt: NOW + i }))
        await stores.readings.save(all.toReversed())
        expect(await stores.readings.list(evse, NOW, NOW + 1_000, 2_000)).toEqual(all)
        expect(await stores.readings.list(evse, NOW + 7, NOW + 9, 10)).toEqual(all.slice(7, 9))
        expect(await stores.readings.list(evse, NOW, NOW + 1_000, 3)).toEqual(all.slice(0, 3))
      })

      it('hold whatever number or text a station may send', async () => {
        const evse = id<EvseId>('cp-r/3')
        const told = reading({ evse, sampledAt: NOW + 3, origin: { toldAt: NOW - 3_600_000, edge: 'begin', location: 1 } })
        await stores.readings.save([told])
        expect(await stores.readings.list(evse, NOW + 3, NOW + 4, 1)).toEqual([told])
        const odd = reading({ evse, transaction: "o'\\dd €🚗", power: watts(-5e12), exported: wattHours(1e12 + 0.25) })
        await stores.readings.save([odd])
        expect(await stores.readings.list(evse, NOW, NOW + 1, 1)).toEqual([odd])
        await stores.readings.save([reading({ evse, transaction: 'NUL \0 and half \ud83d', sampledAt: NOW + 5 })])
        expect(await stores.readings.list(evse, NOW + 5, NOW + 6, 9)).toHaveLength(1)
      })

      it('come page by page, none lost and none twice, however many are of one instant and whatever comes in meanwhile', async () => {
        let run = 0
        const imported = constantFrom(null, wattHours(0), wattHours(7_000.25))
        const drawnFrom = record({ sampledAt: integer({ min: 0, max: 3 }), transaction: constantFrom(null, ...NAMES), imported })
        const some = uniqueArray(drawnFrom, {
          minLength: 1,
          maxLength: 30,
          selector: (one) => JSON.stringify([one.sampledAt, one.transaction, one.imported]),
        })
        await holds(
          asyncProperty(some, integer({ min: 0, max: 30 }), integer({ min: 1, max: 6 }), async (drawn, later, limit) => {
            const evse = id<EvseId>(`cp-page/${++run}`)
            const all = drawn.map((one) => reading({ evse, ...one, sampledAt: NOW + one.sampledAt }))
            const [before, meanwhile] = [all.slice(later), all.slice(0, later)]
            await stores.readings.save(before)
            const { rows, missed } = await walk({
              page: (after) => stores.readings.list(evse, NOW, NOW + 10, limit, after),
              add: (one) => stores.readings.save([one]),
              meanwhile,
              order: (a, b) =>
                a.sampledAt - b.sampledAt || noneFirst(a.transaction, b.transaction) || (a.imported ?? -1) - (b.imported ?? -1),
            })
            const expected = all.filter((one) => !missed.has(one))
            expect(rows).toHaveLength(expected.length)
            expect(rows).toEqual(expect.arrayContaining(expected))
          }),
          { numRuns: RUNS },
        )
      })

      it('are found on either side of midnight, on a day nobody expected, in 1970 and in 2099, each once (F7)', async () => {
        const evse = id<EvseId>('cp-r/4')
        const midnight = Date.UTC(2026, 2, 30)
        const unexpected = Date.UTC(2027, 6, 9, 12)
        const instants = [0, midnight - 1, midnight, midnight + 1, unexpected, Date.UTC(2099, 11, 31, 23, 59, 59, 999)]
        const all = instants.map((sampledAt) =>
          reading({ evse, sampledAt, arrivedAt: sampledAt === unexpected ? unexpected : midnight + 2 }),
        )
        await stores.readings.save(all.toReversed())
        await stores.readings.save(all)
        expect(await stores.readings.list(evse, 0, Date.UTC(2100), 99)).toEqual(all)
        expect(await stores.readings.list(evse, midnight - 1, midnight, 9)).toEqual([all[1]])
        expect(await stores.readings.list(evse, midnight, midnight + 1, 9)).toEqual([all[2]])
        expect(await stores.readings.list(evse, midnight, Date.UTC(2100), 2, all[2])).toEqual(all.slice(3, 5))
      })

      it('of one day come once, whether the meter was lost in time when they came first or when they came again', async () => {
        const evse = id<EvseId>('cp-r/5')
        const sampledAt = Date.UTC(2031, 4, 1, 12)
        const odd = reading({ evse, sampledAt, arrivedAt: sampledAt - 30 * 86_400_000 })
        const inTime = reading({ evse, sampledAt, arrivedAt: sampledAt + 1 })
        const next = reading({ evse, sampledAt: sampledAt + 1_000, arrivedAt: sampledAt + 1_001 })
        await stores.readings.save([odd])
        await stores.readings.save([inTime, next])
        await stores.readings.save([odd, next])
        expect(await stores.readings.list(evse, 0, Date.UTC(2100), 9)).toEqual([odd, next])
      })

      it('are forgotten before an instant where that is asked for, and those of the day itself and later stay', async () => {
        const evse = id<EvseId>('cp-r/6')
        const day = Date.UTC(2001, 5, 15)
        const all = [-400 * 365, -1, 0, 1]
          .map((days) => day + days * 86_400_000)
          .map((sampledAt) => reading({ evse, sampledAt, arrivedAt: day }))
        await stores.readings.save(all)
        await stores.readings.forget(day)
        expect(await stores.readings.list(evse, -8.64e15, Date.UTC(2100), 9)).toEqual(all.slice(2))
        await stores.readings.save(all.slice(1))
        expect(await stores.readings.list(evse, -8.64e15, Date.UTC(2100), 9)).toEqual(all.slice(1))
      })

      it('are never read without end', async () => {
        const evse = id<EvseId>('cp-r/9')
        for (const limit of [10_001, Infinity, NaN, -1, 0.5])
          await expect(stores.readings.list(evse, 0, 1, limit)).rejects.toThrow('at most')
      })
    })

    describe('prices', () => {
      const values = (...prices: (number | null)[]) => prices as (Price | null)[]
      it('hide older versions slot by slot, but a gap never hides a price', async () => {
        await stores.prices.save(curve('SDAC', FIRST, values(1, 2, 3, -4, null), 1))
        await stores.prices.save(curve('SDAC', later(FIRST, 1), values(20, null, 40, null, 60), 3))
        await stores.prices.save(curve('SDAC', FIRST, values(100, 200, null, null, 500), 2))
        await stores.prices.save(curve('EXAA', FIRST, values(9, 9, 9, 9, 9), 9))
        expect(await stores.prices.prices('DE-LU', 'SDAC', later(FIRST, -1), later(FIRST, 7))).toEqual(
          series(later(FIRST, -1), [null, 100, 20, 3, 40, 500, 60, null]),
        )
        expect(await stores.prices.prices('AT', 'SDAC', FIRST, later(FIRST, 1))).toEqual(series(FIRST, [null]))
        expect(await stores.prices.prices('DE-LU', 'SDAC', FIRST, FIRST)).toEqual(series(FIRST, []))
      })

      it('say where they came from, newest first; a repeated attempt adds nothing', async () => {
        const all = [1, 2, 3].map((fetchedAt) => curve('IDC', FIRST, values(fetchedAt), fetchedAt))
        for (const one of [...all, ...all]) await stores.prices.save(one)
        expect(await stores.prices.sources('DE-LU', 'IDC', 10)).toEqual(all.toReversed().map((one) => one.provenance))
        expect(await stores.prices.sources('DE-LU', 'IDC', 1)).toEqual([all[2]!.provenance])
        expect(await stores.prices.prices('DE-LU', 'IDC', FIRST, later(FIRST, 1))).toEqual(series(FIRST, [3]))
      })
    })
  })
}

async function journal(node: string, entries: number, detail = 'gone'): Promise<JournalEntry[]> {
  const chain = memoryJournal({ node })
  const all: Fact[] = [
    { kind: 'station-disconnected', station: id<StationId>('cp-1'), detail: `${detail} "ä€🚗"\n` },
    { kind: 'session-started', session: session('s-j') },
    { kind: 'readings', readings: [reading({}), reading({ transaction: null, phases: null })] },
  ]
  for (let i = 0; i < entries; i++) chain.append(all[i % all.length]!, NOW + i)
  const read: JournalEntry[] = []
  for await (const entry of chain.read(0)) read.push(entry)
  return read
}

function session(name: string): Session {
  return {
    id: id<SessionId>(name),
    evse: id<EvseId>('cp-1/1'),
    vehicle: id<VehicleId>('car-1'),
    transaction: 't-1',
    startedAt: NOW,
    endedAt: null,
    needs: {
      departure: NOW + 1,
      capacity: kilowattHours(60.25),
      soc: share(0.3),
      energyWanted: null,
      targetSoc: null,
      minimumSoc: null,
      chargeMin: watts(1_380),
      chargeMax: kilowatts(11),
      dischargeMax: kilowatts(-10),
      bidirectional: true,
      phases: 3,
    },
    wish: { readyBy: NOW + 3_600_000, targetSoc: share(0.8), minimumSoc: share(0.1), by: 'driver' },
  }
}

function plan(name: string, issuedAt: number, inputHash = 'f00'): Plan {
  return {
    session: id<SessionId>(name),
    evse: id<EvseId>('cp-1/1'),
    vehicle: id<VehicleId>('car-1'),
    strategy: 'bidirectional',
    issuedAt,
    power: series(FIRST, [kilowatts(11), watts(-3_333), watts(0)]),
    stored: [wattHours(30_000.25), wattHours(29_000), wattHours(29_000)],
    objective: { energy: microCents(-12_345.75), wear: microCents(1e12), breaches: microCents(0), terminal: microCents(-1) },
    shadowPrice: [31_840 / 3, -0.1, 1e-9],
    buy: [31_840, 0, -1_703],
    sell: [null, null, 12.5],
    feeRegime: 'none',
    breaches: [{ kind: 'target', missing: wattHours(4.25), slot: later(FIRST, 2), cause: 'house fuse' }],
    reasons: [{ action: 'charge', because: 'price', boundBy: null }],
    degraded: false,
    inputHash,
    certificate: { scope: 'car', cars: 1, value: microCents(-110), bound: microCents(-111.5), gap: 0.0135, sweeps: 0, seed: 0 },
  }
}

function reading(change: Partial<Reading>): Reading {
  return {
    evse: id<EvseId>('cp-1/1'),
    transaction: 't-1',
    sampledAt: NOW,
    arrivedAt: NOW + 321,
    power: watts(-7_360),
    imported: wattHours(1_234_567.25),
    exported: wattHours(0),
    soc: share(0.123_456_789),
    phases: [watts(-2_453), watts(-2_453), watts(-2_454)],
    quality: 'measured',
    ...change,
  }
}

function curve(market: string, first: typeof FIRST, values: readonly (Price | null)[], fetchedAt: number): PriceCurve {
  const provenance = { source: 'csv', location: 'prices.csv', fetchedAt: NOW + fetchedAt, digest: 'd'.repeat(64) }
  return { zone: 'DE-LU', market, prices: series(first, values), provenance }
}

const LIMITED: LimitationContract = {
  guard: 'control box',
  by: 'relay',
  role: 'energy-manager',
  nominalMax: kilowatts(30),
  failsafeLimit: watts(4_200),
  failsafeDurationMs: 7_200_000,
  failsafeDurationMaxMs: 86_400_000,
  largestLimit: null,
  autonomy: NO_AUTONOMY,
  relayLevels: ['minimum', watts(0), null],
}
const registry: Registry = {
  tenants: [{ id: id<TenantId>('stadtwerk'), name: 'Stadtwerk Ü' }],
  pools: [{ id: id<PoolId>('pool-1'), tenant: id<TenantId>('stadtwerk'), controlArea: 'TenneT', product: 'FCR' }],
  balanceGroups: [
    {
      id: id<BalanceGroupId>('bg-1'),
      eic: '11XSTADTWERK---1',
      controlArea: 'TenneT',
      responsibleParty: 'Stadtwerk',
      supplier: 'Stadtwerk',
    },
  ],
  sites: [
    {
      id: id<SiteId>('z-site'),
      tenant: id<TenantId>('stadtwerk'),
      pool: id<PoolId>('pool-1'),
      balanceGroup: id<BalanceGroupId>('bg-1'),
      gridArea: 'Hunte 7',
      phases: ['L1', 'L2', 'L3'],
      fuseAmps: 63,
      feedInMax: kilowatts(30),
      access: 'private',
      limitation: { consume: LIMITED },
    },
  ],
  evses: [
    {
      id: id<EvseId>('cp-2/1'),
      station: id<StationId>('cp-2'),
      site: id<SiteId>('z-site'),
      phases: [],
      chargeMin: watts(1_380),
      chargeMax: kilowatts(22),
      dischargeMax: kilowatts(-11),
      gridCodeCertifiedAt: NOW,
      operatorRegisteredAt: null,
      masterDataRegisteredAt: 0,
    },
    {
      id: id<EvseId>('cp-1/1'),
      station: id<StationId>('cp-1'),
      site: id<SiteId>('z-site'),
      phases: ['L2', 'L3', 'L1'],
      chargeMin: watts(4_140),
      chargeMax: kilowatts(11),
      dischargeMax: watts(0),
      gridCodeCertifiedAt: null,
      operatorRegisteredAt: null,
      masterDataRegisteredAt: null,
    },
  ],
  vehicles: ['car-2', 'car-1'].map((name) => ({
    id: id<VehicleId>(name),
    tenant: id<TenantId>('stadtwerk'),
    driver: id<DriverId>('driver-1'),
    capacity: kilowattHours(77.25),
    efficiency: 0.93,
    token: 'DE*ABC',
    v2x: 'bpt',
    socKnown: true,
    usualDailyEnergy: kilowattHours(8),
    standingWish: { readyByHour: 7, readyByMinute: 30, targetSoc: share(0.8), minimumSoc: share(0.2) },
  })),
  consents: [
    { driver: id<DriverId>('driver-1'), purposes: ['charge', 'discharge'], from: 0, until: 253_402_300_799_999 },
    { driver: id<DriverId>('driver-1'), purposes: [], from: 0, until: null },
  ],
}
