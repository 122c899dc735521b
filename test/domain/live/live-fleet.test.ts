import { describe, expect, it } from 'vitest'
import { evseId, id, type SessionId, type StationId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { boundsOf } from '../../../domain/live/bounds.ts'
import { evsesOf, openSession, sessionOf as sessionOfTransaction, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { storedEnergy } from '../../../domain/live/stored-energy.ts'
import { slotQuality } from '../../../domain/telemetry/slot-meter.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import {
  booked,
  CAPACITY_WH,
  EFFICIENCY,
  HOUR_MS,
  MINUTE_MS,
  needsOf,
  NOW,
  plugIn,
  read,
  sessionOf,
  smallFleet,
  smallRegistry,
} from './small-fleet.ts'

const DAY_MS = 24 * HOUR_MS
const HEARD_LATE = ['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '2026-02-14T16:00:00Z'].map((text) => Date.parse(text))

describe('registers', () => {
  it.each(HEARD_LATE)('book nothing when the first of two readings is dated %i (F7)', (strange) => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    read(fleet, live, strange, { imported: wattHours(0), arrivedAt: NOW, quality: strange > NOW ? 'suspect' : 'measured' })
    read(fleet, live, NOW, { imported: wattHours(100) })
    expect(booked(fleet, live).importedWh).toBe(0)
    read(fleet, live, NOW + MINUTE_MS, { imported: wattHours(250) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(150)
  })

  it('are never spread over more than eight days', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    read(fleet, live, NOW - 17 * DAY_MS, { imported: wattHours(1_000) })
    read(fleet, live, NOW - 8 * DAY_MS + 1, { imported: wattHours(2_000) })
    expect(booked(fleet, live).importedWh).toBe(0)
    read(fleet, live, NOW - DAY_MS, { imported: wattHours(9_000) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(7_000)
    const slots = [...fleet.meter.get(live.evse.id)!.values()]
    expect(slots.filter(({ importedWh }) => importedWh > 0)).toHaveLength(7 * 96)
    expect(slotQuality(fleet.meter.get(live.evse.id)!.get(slotAt(NOW - 3 * DAY_MS))!)).toBe('interpolated')
  })

  it('keep their old base after a spike and take the new one after a rollback (F8)', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    read(fleet, live, NOW, { imported: wattHours(5_000) })
    read(fleet, live, NOW + MINUTE_MS, { imported: wattHours(9_000_000) })
    read(fleet, live, NOW + 2 * MINUTE_MS, { imported: wattHours(5_200) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(200)
    read(fleet, live, NOW + 3 * MINUTE_MS, { imported: wattHours(10) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(200)
    read(fleet, live, NOW + 4 * MINUTE_MS, { imported: wattHours(110) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(300)
  })
})

describe('stored energy', () => {
  const setUp = (needs = needsOf()) => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1, { needs })
    return { fleet, live, stored: () => storedEnergy(fleet, live, openSession(fleet, live)!) }
  }

  it('is the lower of what the car told and what the meter has left of it (F34)', () => {
    const { fleet, live, stored } = setUp()
    expect(stored()).toMatchObject({ energy: 48_000, estimated: false })
    for (let minute = 0; minute <= 120; minute++)
      read(fleet, live, NOW + minute * MINUTE_MS, {
        power: watts(-11_000),
        imported: wattHours(0),
        exported: wattHours((11_000 * minute) / 60),
      })
    expect(stored().energy).toBeCloseTo(48_000 - 22_000 / EFFICIENCY, -1)
    expect(stored().soc).toBeCloseTo(stored().energy / CAPACITY_WH, 5)
    read(fleet, live, NOW + 121 * MINUTE_MS, { soc: share(0.42) })
    expect(stored().energy).toBeCloseTo(48_000 - 22_000 / EFFICIENCY, -1)
    read(fleet, live, NOW + 122 * MINUTE_MS, { soc: share(0.4), imported: wattHours(0), exported: wattHours(22_000) })
    expect(stored().energy).toBeCloseTo(24_000)
    read(fleet, live, NOW + 123 * MINUTE_MS, { imported: wattHours(200), exported: wattHours(22_000) })
    expect(stored().energy).toBeCloseTo(24_000 + 200 * EFFICIENCY, -1)
  })

  it('counts what is told with the needs even when the clock of the station is fast', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1, { session: { startedAt: NOW + HOUR_MS } })
    expect(storedEnergy(fleet, live, openSession(fleet, live)!)).toMatchObject({ soc: 0.8, estimated: false })
  })

  it('stays within the battery, whatever the meter counts', () => {
    const { fleet, live, stored } = setUp()
    read(fleet, live, NOW, { imported: wattHours(0), exported: wattHours(0) })
    read(fleet, live, NOW + 10 * HOUR_MS, { imported: wattHours(100_000), exported: wattHours(0) })
    expect(stored()).toMatchObject({ energy: CAPACITY_WH, soc: 1 })
    read(fleet, live, NOW + 30 * HOUR_MS, { imported: wattHours(100_000), exported: wattHours(200_000) })
    expect(stored()).toMatchObject({ energy: 0, soc: 0 })
  })

  it.each([null, share(0.5)])('bears a car that tells a capacity of 0 Wh, state of charge %s', (soc) => {
    const { fleet, live, stored } = setUp(needsOf({ capacity: wattHours(0), soc }))
    read(fleet, live, NOW, { imported: wattHours(0), exported: wattHours(0) })
    read(fleet, live, NOW + HOUR_MS, { imported: wattHours(5_000), exported: wattHours(0) })
    expect(stored().capacity).toBeGreaterThan(0)
    expect(stored().soc).toBeGreaterThanOrEqual(0)
    expect(stored().soc).toBeLessThanOrEqual(1)
  })
})

describe('a new registry', () => {
  it('removes what it no longer names and keeps the state of the rest', () => {
    const fleet = smallFleet()
    plugIn(fleet, 1)
    const kept = plugIn(fleet, 2)
    const registry = smallRegistry()
    const evses = registry.evses.filter((evse) => evse.id === kept.evse.id)
    apply(fleet, { kind: 'registry-set', registry: { ...registry, evses } }, NOW + HOUR_MS)
    expect([...fleet.evses.keys()]).toEqual(['S2/1'])
    expect(fleet.evses.get(kept.evse.id)!.session).toBe('session-2')
  })

  it('finds the car again at an EVSE that comes back, and lets it give nothing before it tells its needs anew (I2)', () => {
    const fleet = smallFleet()
    const gone = plugIn(fleet, 1)
    const registry = smallRegistry()
    const without = { ...registry, evses: registry.evses.slice(1) }
    apply(fleet, { kind: 'registry-set', registry: without }, NOW + HOUR_MS)
    apply(fleet, { kind: 'registry-set', registry: smallRegistry() }, NOW + 2 * HOUR_MS)
    const live = fleet.evses.get(gone.evse.id)!
    const session = openSession(fleet, live)!
    expect([session.id, session.wish, live.pluggedAt, live.status]).toEqual(['session-1', sessionOf(1).wish, NOW, 'occupied'])
    expect(boundsOf(fleet, live, session, NOW + 2 * HOUR_MS).min).toBe(0)
    apply(fleet, { kind: 'session-needs', session: session.id, needs: needsOf(), wish: session.wish }, NOW + 3 * HOUR_MS)
    expect(boundsOf(fleet, live, openSession(fleet, live)!, NOW + 3 * HOUR_MS).min).toBeLessThan(0)
    apply(fleet, { kind: 'session-ended', session: session.id, endedAt: NOW + 4 * HOUR_MS, detail: 'away' }, NOW + 4 * HOUR_MS)
    apply(fleet, { kind: 'registry-set', registry: without }, NOW + 5 * HOUR_MS)
    apply(fleet, { kind: 'registry-set', registry: smallRegistry() }, NOW + 6 * HOUR_MS)
    expect(fleet.evses.get(gone.evse.id)!.session).toBeNull()
  })
})

describe('the EVSEs of a station', () => {
  it('are those of the registry in force', () => {
    const fleet = smallFleet(smallRegistry({ cars: 3 }))
    const station = id<StationId>('S2')
    expect(evsesOf(fleet, station).map(({ evse }) => evse.id)).toEqual(['S2/1'])
    const registry = smallRegistry({ cars: 3 })
    const second = { ...registry.evses[1]!, id: evseId(station, 2) }
    apply(fleet, { kind: 'registry-set', registry: { ...registry, evses: [...registry.evses.slice(1), second] } }, NOW)
    expect(evsesOf(fleet, station).map(({ evse }) => evse.id)).toEqual(['S2/1', 'S2/2'])
    expect(evsesOf(fleet, id<StationId>('S1'))).toEqual([])
  })
})

describe('sessions that have ended', () => {
  const endMany = (fleet: LiveFleet, n: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const session = sessionOf(n, { id: id<SessionId>(`many-${n}-${i}`), transaction: `many-${i}` })
      apply(fleet, { kind: 'session-started', session }, NOW)
      apply(fleet, { kind: 'session-ended', session: session.id, endedAt: NOW, detail: 'left' }, NOW)
    }
  }

  it('of one station are its last 500, and push out none of another', () => {
    const fleet = smallFleet()
    endMany(fleet, 1, 3)
    endMany(fleet, 2, 2_000)
    expect(fleet.ended.size).toBe(503)
    expect(fleet.sessions.size).toBe(503)
    expect(fleet.transactions.get(id('S2'))!.size).toBe(500)
    expect(fleet.sessions.has(id('many-2-1499'))).toBe(false)
    expect(fleet.sessions.has(id('many-2-1500'))).toBe(true)
    for (const i of [0, 1, 2]) expect(openOrEnded(fleet, `many-${i}`)).toBe(`many-1-${i}`)
  })

  it('are gone after two days, by station too', () => {
    const fleet = smallFleet()
    endMany(fleet, 2, 10)
    plugIn(fleet, 1)
    const at = NOW + 2 * DAY_MS + 1
    apply(fleet, { kind: 'session-ended', session: id<SessionId>('session-1'), endedAt: at, detail: 'left' }, at)
    expect([...fleet.ended.keys()]).toEqual(['session-1'])
    expect([...fleet.endedByStation]).toEqual([['S1', new Set(['session-1'])]])
  })
})

/** The session a transaction of the first station belongs to. */
function openOrEnded(fleet: LiveFleet, transaction: string): string | undefined {
  return sessionOfTransaction(fleet, id<StationId>('S1'), transaction)?.id
}
