// What readings make of an EVSE: a power that ages, one that registers tell, jumps that are no energy, and clocks that are wrong.
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { decideStationEvent } from '../../../domain/live/decide-station-event.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import { powerAt } from '../../../domain/live/measured-power.ts'
import type { StationEvent } from '../../../domain/ports/charge-points.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { wattHours, watts } from '../../../domain/units.ts'
import { booked, HOUR_MS, MINUTE_MS, NOW, readingOf, smallFleet } from './small-fleet.ts'

const station = id<StationId>('S1')

function world() {
  const fleet: LiveFleet = smallFleet()
  const [live] = [...fleet.evses.values()]
  const hear = (body: object, receivedAt: number) => {
    const { facts, readings } = decideStationEvent(fleet, { station, receivedAt, ...body } as StationEvent)
    if (readings !== undefined && readings.length > 0) apply(fleet, { kind: 'readings', readings }, receivedAt)
    for (const fact of facts) apply(fleet, fact, receivedAt)
    return readings ?? []
  }
  return {
    fleet,
    live: live!,
    hear,
    read: (toldAt: number, more: Partial<Reading>, receivedAt = toldAt) =>
      hear({ kind: 'readings', readings: [readingOf(live!, toldAt, { arrivedAt: receivedAt, ...more })] }, receivedAt),
    start: (at: number, importedWh: number, transaction = 'T1') =>
      hear({ kind: 'session-started', evse: 1, transaction, token: null, at, offline: false, importedWh }, at),
    end: (at: number, importedWh: number, transaction = 'T1') =>
      hear({ kind: 'session-ended', evse: 1, transaction, at, detail: 'Local', importedWh }, at),
  }
}

describe('a power', () => {
  it('is unknown a minute after it should have been told again', () => {
    const { live, read } = world()
    read(NOW, { power: watts(7_400) })
    expect(powerAt(live, NOW + MINUTE_MS)).toBe(7_400)
    expect(powerAt(live, NOW + MINUTE_MS + 1)).toBeNull()
  })
  it('waits for meters that tell less often', () => {
    const { live, read } = world()
    for (const quarter of [0, 1, 2]) read(NOW + quarter * 15 * MINUTE_MS, { power: watts(7_400) })
    const last = NOW + 30 * MINUTE_MS
    expect(powerAt(live, last + 16 * MINUTE_MS)).toBe(7_400)
    expect(powerAt(live, last + 16 * MINUTE_MS + 1)).toBeNull()
  })
  it('follows from a register that moves, and is nothing where it stands still', () => {
    const { live, read, start } = world()
    start(NOW, 5_000)
    read(NOW + MINUTE_MS, { imported: wattHours(5_103), power: watts(7_400) })
    read(NOW + 2 * MINUTE_MS, { imported: wattHours(5_203) })
    expect(powerAt(live, NOW + 2 * MINUTE_MS)).toBe(6_000)
    read(NOW + 3 * MINUTE_MS, { imported: wattHours(5_203) })
    expect(powerAt(live, NOW + 3 * MINUTE_MS)).toBe(0)
  })
})

describe('a register', () => {
  it('that jumped while no car was there has counted no energy, however long that was (F8)', () => {
    const { fleet, live, read, start, end } = world()
    start(NOW, 5_000)
    read(NOW + 10 * MINUTE_MS, { imported: wattHours(6_000) })
    end(NOW + 20 * MINUTE_MS, 7_000)
    const later = NOW + 48 * HOUR_MS
    start(later, 200_000, 'T2')
    read(later + 10 * MINUTE_MS, { imported: wattHours(200_800), transaction: 'T2' })
    end(later + 20 * MINUTE_MS, 201_500, 'T2')
    expect(booked(fleet, live).importedWh).toBeCloseTo(2_000 + 1_500)
  })
  it('is made of intervals where none is told, of one series', () => {
    const { fleet, live, read, start } = world()
    start(NOW, 0)
    const interval = (series: 'periodic' | 'clock', importedWh: number) => ({
      origin: { interval: { series, importedWh, exportedWh: null } },
    })
    for (let minute = 5; minute <= 15; minute += 5) read(NOW + minute * MINUTE_MS, interval('periodic', 500))
    read(NOW + 15 * MINUTE_MS, interval('clock', 1_500))
    read(NOW + 15 * MINUTE_MS, interval('periodic', 500))
    expect(booked(fleet, live).importedWh).toBeCloseTo(1_500)
    expect(powerAt(live, NOW + 15 * MINUTE_MS)).toBe(6_000)
  })
  it('at the inlet counts nothing once the outlet was told', () => {
    const { live, read, fleet } = world()
    read(NOW, { imported: wattHours(5_003) })
    read(NOW + MINUTE_MS, { imported: wattHours(99_000), power: watts(9_000), origin: { location: 2 } })
    read(NOW + 2 * MINUTE_MS, { imported: wattHours(5_203) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(200)
    expect(live.measured).toBe(6_000)
  })
})

describe('a clock an hour ahead (F7)', () => {
  it('is put right with its first word: session, slots and readings; what was told is kept', () => {
    const { fleet, live, hear, read } = world()
    hear({ kind: 'status', evse: 1, status: 'occupied', at: NOW + HOUR_MS - 200, detail: null }, NOW)
    expect(fleet.stations.get(station)!.clock.skewMs).toBe(HOUR_MS)
    const told = (minute: number) => NOW + HOUR_MS + minute * MINUTE_MS
    hear(
      { kind: 'session-started', evse: 1, transaction: 'T1', token: null, at: told(1), offline: false, importedWh: 100 },
      NOW + MINUTE_MS,
    )
    expect([...fleet.sessions.values()][0]).toMatchObject({ startedAt: NOW + MINUTE_MS, toldStart: told(1) })
    const [reading] = read(told(6), { imported: wattHours(600), power: watts(6_000) }, NOW + 6 * MINUTE_MS)
    expect(reading).toMatchObject({ sampledAt: NOW + 6 * MINUTE_MS, quality: 'measured', origin: { toldAt: told(6) } })
    expect(powerAt(live, NOW + 6 * MINUTE_MS)).toBe(6_000)
    expect([...fleet.meter.get(live.evse.id)!.keys()]).toEqual([slotAt(NOW)])
  })
  it('is right again as soon as it tells the time', () => {
    const { fleet, read } = world()
    read(NOW + HOUR_MS, { power: watts(1) }, NOW)
    expect(fleet.stations.get(station)!.clock.skewMs).toBe(HOUR_MS)
    read(NOW + MINUTE_MS - 300, { power: watts(1) }, NOW + MINUTE_MS)
    expect(fleet.stations.get(station)!.clock.skewMs).toBe(0)
  })
})
