import { describe, expect, it } from 'vitest'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { writeBehind } from '../../../adapters/postgres/write-behind.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { EMPTY_REGISTRY } from '../../../domain/registry/registry.ts'
import { id, type EvseId, type SessionId, type TenantId } from '../../../domain/registry/identity.ts'
import type { ChargingNeeds, Session } from '../../../domain/registry/session.ts'
import type { Plan } from '../../../domain/planning/plan.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { series } from '../../../domain/time/series.ts'
import { slot } from '../../../domain/time/slot.ts'
import { eurPerMWh, microCents, share, watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'

const evse = id<EvseId>('cp-1/1')
const wish = { readyBy: 100, targetSoc: share(0.8), minimumSoc: share(0.1), by: 'driver' } as const
const session: Session = {
  id: id<SessionId>('s-1'),
  evse,
  vehicle: null,
  transaction: 't',
  startedAt: 1,
  endedAt: null,
  needs: null,
  wish,
}
const needs: ChargingNeeds = {
  departure: 5,
  capacity: null,
  soc: null,
  energyWanted: null,
  targetSoc: null,
  minimumSoc: null,
  chargeMin: null,
  chargeMax: null,
  dischargeMax: null,
  bidirectional: false,
  phases: 3,
}
const reading = (sampledAt: number): Reading => ({
  evse,
  transaction: 't',
  sampledAt,
  arrivedAt: sampledAt,
  power: watts(1),
  imported: null,
  exported: null,
  soc: null,
  phases: null,
  quality: 'measured',
})
const plan = (issuedAt: number): Plan => ({
  session: session.id,
  evse,
  vehicle: null,
  strategy: 'smart',
  issuedAt,
  power: series(slot(0), [watts(1)]),
  stored: [],
  objective: { energy: microCents(0), wear: microCents(0), breaches: microCents(0), terminal: microCents(0) },
  shadowPrice: [],
  buy: [],
  sell: [],
  feeRegime: 'none',
  breaches: [],
  degraded: false,
  inputHash: 'f',
  certificate: null,
})

function setup(plansMax?: number) {
  const [stores, journal, idle] = [memoryStores(), memoryJournal({ node: 'node-1' }), inFlight()]
  const start = () =>
    writeBehind({
      stores,
      journal,
      node: 'node-1',
      clock: manualClock(0),
      inFlight: idle,
      ...(plansMax === undefined ? {} : { plansMax }),
    })
  const record = (...facts: Fact[]) => facts.map((fact) => journal.append(fact, 1)).at(-1)!
  return { stores, journal, idle, start, record }
}

describe('write-behind', () => {
  it('saves what the journal says: registry, prices, sessions as they changed, readings', async () => {
    const { stores, idle, start, record } = setup()
    const behind = start()
    const registry = { ...EMPTY_REGISTRY, tenants: [{ id: id<TenantId>('t'), name: 'T' }] }
    const provenance = { source: 'csv', location: 'x', fetchedAt: 1, digest: 'd' }
    const curve = { zone: 'DE-LU', market: 'SDAC', prices: series(slot(5), [eurPerMWh(3)]), provenance }
    const started: Fact = { kind: 'session-started', session }
    behind.follow(record({ kind: 'registry-set', registry }, { kind: 'prices-received', curve }, started))
    await idle.idle()
    expect(await stores.registry.load()).toEqual(registry)
    expect(await stores.prices.prices('DE-LU', 'SDAC', slot(5), slot(6))).toEqual(curve.prices)
    expect(await stores.sessions.find(session.id)).toEqual(session)
    const later = { ...wish, readyBy: 200 }
    behind.follow(
      record(
        { kind: 'session-needs', session: session.id, needs, wish },
        { kind: 'wish-changed', session: session.id, wish: later },
        { kind: 'readings', readings: [reading(1), reading(2)] },
        { kind: 'session-ended', session: session.id, endedAt: 9, detail: 'unplugged' },
      ),
    )
    await idle.idle()
    expect(await stores.sessions.find(session.id)).toEqual({ ...session, needs, wish: later, endedAt: 9 })
    expect(await stores.readings.list(evse, 0, 10, 10)).toEqual([reading(1), reading(2)])
    expect(behind.state()).toMatchObject({ failure: null, lag: 0, lagMs: 0, copied: 7, plansWaiting: 0, plansDropped: 0 })
    await behind.close()
  })

  it('copies only what is durable', async () => {
    const { stores, start, record } = setup()
    const behind = start()
    record(...Array.from({ length: 1_200 }, (_, i): Fact => ({ kind: 'readings', readings: [reading(i)] })))
    behind.follow(1_100)
    await behind.drained()
    expect(await stores.journal.lastCopied('node-1')).toBe(1_100)
    expect(await stores.readings.list(evse, 0, 9_999, 9_999)).toHaveLength(1_100)
    await behind.close()
  })

  it('goes on after a restart where the copy ends, and saves what an earlier life did not come to', async () => {
    const { stores, journal, start, record } = setup()
    const first = start()
    first.follow(record({ kind: 'session-started', session }, { kind: 'readings', readings: [reading(1)] }))
    await first.close()
    record({ kind: 'readings', readings: [reading(2)] }, { kind: 'session-ended', session: session.id, endedAt: 9, detail: '' })
    const second = start()
    second.follow(journal.head().sequence)
    await second.close()
    expect(await stores.readings.list(evse, 0, 10, 10)).toEqual([reading(1), reading(2)])
    expect((await stores.sessions.find(session.id))?.endedAt).toBe(9)
    expect(await stores.journal.lastCopied('node-1')).toBe(4)
  })

  it('holds a bounded number of plans and keeps the newest (F12)', async () => {
    const { stores, start } = setup(10)
    const behind = start()
    behind.pushPlans(Array.from({ length: 25 }, (_, i) => plan(i)))
    expect(behind.state()).toMatchObject({ plansWaiting: 10, plansDropped: 15 })
    await behind.drained()
    expect((await stores.plans.history(session.id, 100)).map((one) => one.issuedAt)).toEqual([
      24, 23, 22, 21, 20, 19, 18, 17, 16, 15,
    ])
    await behind.close()
  })

  it('does not mix two pasts: a file that was replaced is not copied over what is there', async () => {
    const { stores, start, record } = setup()
    const first = start()
    first.follow(record(...[1, 2, 3].map((at): Fact => ({ kind: 'readings', readings: [reading(at)] }))))
    await first.close()
    const replaced = memoryJournal({ node: 'node-1' })
    const second = writeBehind({ stores, journal: replaced, node: 'node-1', clock: manualClock(0) })
    for (let at = 10; at < 20; at++) replaced.append({ kind: 'readings', readings: [reading(at)] }, at)
    second.follow(10)
    await second.drained()
    expect(second.state().failure).toContain('disagree at entry 3 of node-1')
    await second.close()
    expect(await stores.journal.lastCopied('node-1')).toBe(3)
  })

  it('says so when the file ends before what was called durable', async () => {
    const { start } = setup()
    const behind = start()
    behind.follow(7)
    await behind.drained()
    expect(behind.state()).toMatchObject({ failure: 'the journal file ends before entry 1', lag: 7 })
    await behind.close()
  })

  it('tells how many entries and for how long the copy lags while the database is away, and nothing once it has caught up (F11)', async () => {
    const { stores, journal, record } = setup()
    const clock = manualClock(1_000)
    let isAway = true
    const away = {
      ...stores.journal,
      lastCopied: async (node: string) => (isAway ? Promise.reject(new Error('away')) : stores.journal.lastCopied(node)),
    }
    const behind = writeBehind({ stores: { ...stores, journal: away }, journal, node: 'node-1', clock })
    const facts = Array.from({ length: 5_000 }, (_, i): Fact => ({ kind: 'readings', readings: [reading(i)] }))
    behind.follow(record(...facts.slice(0, 10)))
    await behind.drained()
    await clock.runUntil(1_400, async () => {})
    behind.follow(record(...facts.slice(10)))
    expect(behind.state()).toMatchObject({ failure: 'away', lag: 5_000, lagMs: 400, copied: 0 })
    isAway = false
    await clock.runUntil(1_500, async () => {})
    await behind.drained()
    expect(behind.state()).toMatchObject({ failure: null, lag: 0, lagMs: 0, copied: 5_000, batch: { entries: 1_000 } })
    await behind.close()
  })

  it('lets a few entries wait for more to come, and nobody who waits for all of them', async () => {
    const { stores, journal, record } = setup()
    const clock = manualClock(0)
    const behind = writeBehind({ stores, journal, node: 'node-1', clock, gatherMs: 200 })
    const follow = () => behind.follow(record({ kind: 'readings', readings: [reading(1)] }))
    for (let i = 0; i < 3; i++) follow()
    await clock.runUntil(199, async () => {})
    expect(behind.state()).toMatchObject({ lag: 3, copied: 0 })
    await clock.runUntil(200, async () => {})
    await behind.drained()
    expect(behind.state()).toMatchObject({ lag: 0, batch: { entries: 3 } })
    follow()
    await behind.drained()
    expect(behind.state()).toMatchObject({ lag: 0, copied: 4 })
    follow()
    await behind.close()
    expect(await stores.journal.lastCopied('node-1')).toBe(5)
  })
})
