// The limitation desk over many sites: what a heartbeat costs, how many are released together, what a clock that is set and a journal that is away do to it.
import { describe, expect, it } from 'vitest'
import { isInForce } from '../../../../domain/signals/envelope.ts'
import { id, type SiteId } from '../../../../domain/registry/identity.ts'
import { watts } from '../../../../domain/units.ts'
import { consume, deskLab, GUARD, HOUR_MS, sitesWith, START } from './desk-lab.ts'

const REGISTRY_SET = { kind: 'registry-set', registry: sitesWith(0, {}) } as const

describe('ten thousand sites', () => {
  it('are told of heartbeats by nobody: no fact, and no look at any car', async () => {
    const of = deskLab({ sites: 10_000 })
    for (let n = 1; n <= 10_000; n++) await of.heartbeat(n)
    await of.run(20_000)
    for (let n = 1; n <= 10_000; n++) await of.limit(null, n)
    await of.run(60_000)
    const [facts, looks] = [of.facts.length, of.looks.length]
    for (let minute = 0; minute < 2; minute++) {
      for (let n = 1; n <= 10_000; n++) await of.heartbeat(n)
      await of.run(60_000)
    }
    expect([of.facts.length, of.looks.length]).toEqual([facts, looks])
    expect(
      of
        .desk()
        .all()
        .every(({ part: { system } }) => system().standing.name === 'unlimited/controlled'),
    ).toBe(true)
    // Silence ends it for all of them, each by its own time.
    await of.run(120_000)
    expect(
      of
        .desk()
        .all()
        .every(({ part: { system } }) => system().standing.name === 'failsafe'),
    ).toBe(true)
    expect(of.limited(1)).toBe(4_200)
    expect(of.limited(10_000)).toBe(4_200)
  })
})

describe('what is given back', () => {
  it('by one guard to a thousand sites comes one after the other within the window, and what is taken away at once', async () => {
    const of = deskLab({ sites: 1_000 })
    for (let n = 1; n <= 1_000; n++) await of.heartbeat(n)
    for (let n = 1; n <= 1_000; n++) await of.limit(0, n)
    const held = () => Array.from({ length: 1_000 }, (_, i) => of.limited(i + 1)).filter((most) => most !== null).length
    expect(of.limited(1_000)).toBe(0)
    for (let n = 1; n <= 1_000; n++) await of.limit(null, n)
    expect(held()).toBe(999)
    const last = of.desk().limited(id<SiteId>('home-1000'), 'consume')!.releasesAt!
    expect(last - START).toBeGreaterThan(59_800)
    expect(last - START).toBeLessThanOrEqual(60_000)
    await of.run(30_000)
    expect(held()).toBeGreaterThan(490)
    expect(held()).toBeLessThan(510)
    // Whoever waits and is limited again keeps what holds, and loses its turn.
    await of.limit(0, 1_000)
    await of.run(30_000)
    expect(held()).toBe(1)
    expect(of.limited(1_000)).toBe(0)
  })

  it('to far more sites than were counted first comes within the window all the same', async () => {
    const of = deskLab({ sites: 1_000 })
    for (let n = 1; n <= 1_000; n++) await of.heartbeat(n)
    for (let n = 1; n <= 1_000; n++) await of.limit(n <= 12 ? 0 : null, n)
    await of.run(60_000)
    for (let n = 1; n <= 12; n++) await of.limit(null, n)
    for (let n = 13; n <= 1_000; n++) await of.limit(0, n)
    for (let n = 13; n <= 1_000; n++) await of.limit(null, n)
    for (let n = 1; n <= 1_000; n++) await of.heartbeat(n)
    await of.run(60_000)
    for (let n = 1; n <= 1_000; n++) expect(of.limited(n), `home-${n}`).toBeNull()
  })

  it('to a single site comes at once, also where its guard guides a thousand', async () => {
    const of = deskLab({ sites: 1_000 })
    for (const n of [1, 2, 3]) {
      await of.heartbeat(n)
      await of.limit(null, n)
      expect(of.limited(n)).toBeNull()
      await of.run(1_000)
    }
  })
})

describe('one site', () => {
  it('LPC-TS-044: keeps through restarts what its guard has written, and versions go on rising', async () => {
    const of = deskLab()
    await of.heartbeat()
    await of.limit(null)
    expect(await of.part().take({ kind: 'failsafe-limit-write', guard: GUARD, limit: watts(3_000) })).toMatchObject({
      isAccepted: true,
    })
    const version = of.fleet.signals.byId.get('lpc:home-1')!.withdrawn!.version
    of.restart()
    expect(of.limited(1)).toBe(3_000)
    expect(of.fleet.signals.byId.get('lpc:home-1')!.signal.version).toBe(version + 1)
    expect(of.fleet.limitations.get('lpc:home-1')).toMatchObject({
      stands: { state: 'init', limit: null, written: { limit: 3_000 } },
      history: [{ to: 'unlimited/controlled' }, { from: 'unlimited/controlled', to: 'init', cause: 'started-anew' }],
    })
  })

  it('LPC-TS-041: has one failsafe duration for both directions', async () => {
    const both = { ...consume(), produce: consume({ failsafeLimit: watts(0) }).consume }
    const of = deskLab({ limitation: both })
    await of.heartbeat()
    await of.limit(null)
    await of.part().take({ kind: 'failsafe-duration-write', guard: GUARD, durationMs: 5 * HOUR_MS })
    expect(of.part(1, 'produce').system().written).toEqual({ limit: null, durationMs: 5 * HOUR_MS })
    expect(of.fleet.limitations.get('lpp:home-1')!.stands.written.durationMs).toBe(5 * HOUR_MS)
  })

  it('hears only the guard of its contract, whoever else has its line', async () => {
    const of = deskLab()
    const stranger = {
      kind: 'limit-write',
      guard: 'stranger',
      write: { isActive: true, value: watts(0), durationMs: null },
    } as const
    expect(await of.part().take({ kind: 'connection-made', guard: 'stranger', connection: 'one' })).toBeNull()
    expect(await of.part().take({ kind: 'heartbeat', guard: 'stranger', timeoutMs: 60_000 })).toBeNull()
    for (let i = 0; i < 100; i++) expect(await of.part().take(stranger)).toEqual({ isAccepted: false, refusal: 'another-guard' })
    expect(of.part().system().guard).toBeNull()
    expect(of.facts.filter(({ kind }) => kind === 'limitation-refused')).toHaveLength(1)
    await of.heartbeat()
    expect(await of.limit(0)).toMatchObject({ isAccepted: true })
  })

  it('F36: a clock that is set lifts no limit and ends none early; silence is counted in time that passed', async () => {
    const of = deskLab()
    await of.heartbeat()
    await of.limit(2_000, 1, 100_000)
    for (const step of [-5 * HOUR_MS, 10 * HOUR_MS]) {
      of.clock.step(step)
      const [envelope] = of.fleet.signals.bySubject.get('site:home-1')!
      expect(isInForce(envelope!, of.clock.now())).toBe(true)
      await of.run(40_000)
      expect(of.limited(1)).toBe(2_000)
      await of.heartbeat()
    }
    await of.run(20_000)
    expect(of.part().system().standing.name).toBe('unlimited/controlled')
    expect(of.limited(1)).toBeNull()
  })

  it('confirms nothing while nothing can be recorded, and says what it went through once it can', async () => {
    const of = deskLab()
    await of.heartbeat()
    await of.limit(null)
    of.away(true)
    await expect(of.limit(1_000)).rejects.toThrow('the disk is full')
    await of.run(130_000)
    expect(of.part().system().standing.name).toBe('failsafe')
    of.away(false)
    of.desk().healed()
    expect(of.limited(1)).toBe(4_200)
    expect(of.fleet.limitations.get('lpc:home-1')!.stands.state).toBe('failsafe')
  })

  it('is limited to what its contract allows at most, and gives back no more', async () => {
    const of = deskLab({ limitation: consume({ nominalMax: watts(30_000) }) })
    await of.heartbeat()
    await of.limit(null)
    expect(of.limited(1)).toBe(30_000)
    expect(of.fleet.signals.byId.get('lpc:home-1')!.signal.provenance.reference).toBe('LPC contractual maximum')
  })

  it('that comes with the registry is limited at once, and nothing is left of one that goes', async () => {
    const of = deskLab({ sites: 1, limitation: {} })
    expect(of.desk().all()).toEqual([])
    const told: number[] = []
    of.desk().onChange(() => told.push(of.desk().all().length))
    of.record({ kind: 'registry-set', registry: sitesWith(2, consume()) })
    of.desk().noticed(REGISTRY_SET)
    await of.run(0)
    expect([of.limited(1), of.limited(2)]).toEqual([4_200, 4_200])
    of.record({ kind: 'registry-set', registry: sitesWith(1, consume()) })
    of.desk().noticed(REGISTRY_SET)
    await of.run(0)
    expect([of.limited(1), of.limited(2)]).toEqual([4_200, null])
    of.desk().stop()
    of.record({ kind: 'registry-set', registry: sitesWith(1, {}) })
    of.restart()
    expect(of.limited(1)).toBeNull()
    expect(told).toEqual([2, 1])
  })
})

describe('a registry that changes', () => {
  it('takes the part of a site away: nothing said over it afterwards limits anybody or is confirmed', async () => {
    const of = deskLab()
    await of.heartbeat()
    await of.limit(1_000)
    const part = of.part()
    of.record({ kind: 'registry-set', registry: sitesWith(1, {}) })
    of.desk().noticed(REGISTRY_SET)
    await of.run(1)
    expect(of.limited(1)).toBeNull()
    const facts = of.facts.length
    await part.take({ kind: 'connection-lost', guard: GUARD, connection: 'one' })
    await part.take({ kind: 'heartbeat', guard: GUARD, timeoutMs: 60_000 })
    const write = { isActive: true, value: watts(500), durationMs: null }
    await expect(part.take({ kind: 'limit-write', guard: GUARD, write })).rejects.toThrow('limited no longer')
    await of.run(HOUR_MS)
    expect([of.facts.length, of.limited(1)]).toEqual([facts, null])
  })

  it('F20: another guard with a stricter failsafe limit: it holds at once, whatever the one before has written', async () => {
    const of = deskLab({ limitation: consume({ failsafeLimit: watts(11_000) }) })
    expect(of.limited(1)).toBe(11_000)
    await of.heartbeat()
    await of.limit(null)
    await of.part().take({ kind: 'failsafe-limit-write', guard: GUARD, limit: watts(9_000) })
    const other = consume({ guard: 'another', failsafeLimit: watts(4_200) })
    of.record({ kind: 'registry-set', registry: sitesWith(1, other) })
    of.desk().noticed(REGISTRY_SET)
    await of.run(1)
    expect(of.limited(1)).toBe(4_200)
    expect(of.fleet.signals.byId.get('lpc:home-1')!.signal.sender).toBe('another')
    of.restart()
    expect(of.limited(1)).toBe(4_200)
  })
})
