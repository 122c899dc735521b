// A session follows what happened, whatever the order in which it is told (F4, F5, F6).
import { describe, expect, it } from 'vitest'
import { evseId, id, type StationId } from '../../../domain/registry/identity.ts'
import { openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import type { Session } from '../../../domain/registry/session.ts'
import type { StationDialect } from '../../../domain/registry/station.ts'
import { watts, wattHours } from '../../../domain/units.ts'
import { booked, HOUR_MS, MINUTE_MS, needsOf, NOW, readingOf, smallFleet, smallRegistry } from './small-fleet.ts'
import { teller, type Told } from './told.ts'

const STATION = id<StationId>('S1')

/** A station with some EVSEs, and two cars that may come. */
function station(dialect: StationDialect, evses = 1) {
  const small = smallRegistry()
  const [first] = small.evses
  const numbers = Array.from({ length: evses }, (_, i) => i + 1)
  const registry: Registry = { ...small, evses: numbers.map((number) => ({ ...first!, id: evseId(STATION, number) })) }
  const fleet = smallFleet(registry)
  const tell = teller(fleet)
  tell({ kind: 'connected', dialect })
  const live = fleet.evses.get(evseId(STATION, 1))!
  return { fleet, tell, live, session: () => openSession(fleet, live) }
}
const started = (
  transaction: string | null,
  at: number,
  more: Partial<Extract<Told, { kind: 'session-started' }>> = {},
): Told => ({
  kind: 'session-started',
  evse: 1,
  transaction,
  token: 'TAG-1',
  at,
  offline: false,
  importedWh: null,
  ...more,
})
const updated = (transaction: string, at: number, more: Partial<Extract<Told, { kind: 'session-updated' }>> = {}): Told => ({
  kind: 'session-updated',
  evse: 1,
  transaction,
  token: null,
  at,
  ...more,
})
const ended = (transaction: string, at: number, more: Partial<Extract<Told, { kind: 'session-ended' }>> = {}): Told => ({
  kind: 'session-ended',
  evse: null,
  transaction,
  at,
  detail: 'EVDeparted',
  importedWh: null,
  ...more,
})
const status = (
  connector: number | null,
  told: 'available' | 'occupied' | 'faulted' | 'unavailable' | 'reserved',
  at: number,
): Told => ({
  kind: 'status',
  evse: 1,
  ...(connector === null ? {} : { connector }),
  status: told,
  at,
  detail: null,
})
function sessions(fleet: LiveFleet): readonly Session[] {
  return [...fleet.sessions.values()].sort((a, b) => a.startedAt - b.startedAt)
}

describe('a card that is shown after the cable was plugged in (E02, E01.FR.16)', () => {
  it('says whose car it is and what is wanted, and the car is planned anew', () => {
    const { tell, session } = station('ocpp2.1')
    tell(started('T', NOW, { token: null }))
    expect(session()).toMatchObject({ vehicle: null, wish: { by: 'default' } })
    const { reply, replan } = tell(updated('T', NOW + MINUTE_MS, { token: 'TAG-2', remoteStartId: 7 }), NOW + MINUTE_MS)
    expect(reply).toMatchObject({ accepted: true, mayDischarge: true })
    expect(replan).toMatchObject({ evse: 'S1/1' })
    expect(session()).toMatchObject({ vehicle: 'car-2', remoteStartId: 7, wish: { by: 'standing-wish' } })
  })
  it('tells nothing new when it is told again, and another card takes nothing over', () => {
    const { tell, session } = station('ocpp2.0.1')
    tell(started('T', NOW, { token: null }))
    tell(updated('T', NOW + MINUTE_MS, { token: 'TAG-2' }), NOW + MINUTE_MS)
    expect(tell(updated('T', NOW + MINUTE_MS, { token: 'TAG-2' }), NOW + 2 * MINUTE_MS).facts).toEqual([])
    tell(updated('T', NOW + 3 * MINUTE_MS, { token: 'TAG-1' }), NOW + 3 * MINUTE_MS)
    expect(session()).toMatchObject({ vehicle: 'car-2' })
  })
  it('leaves what its driver and the car have said', () => {
    const { tell, session } = station('ocpp2.1')
    tell(started('T', NOW, { token: null }))
    tell({ kind: 'needs', evse: 1, transaction: 'T', needs: needsOf({ departure: NOW + 5 * HOUR_MS }) })
    tell(updated('T', NOW + MINUTE_MS, { token: 'TAG-2' }), NOW + MINUTE_MS)
    expect(session()).toMatchObject({
      vehicle: 'car-2',
      needs: { bidirectional: true },
      wish: { by: 'car', readyBy: NOW + 5 * HOUR_MS },
    })
  })
})

describe('the departure a car tells', () => {
  it('is by the clock of its station, as everything else: local time told as UTC is put right (F7)', () => {
    const { tell, session } = station('ocpp2.1')
    tell(started('T', NOW + HOUR_MS, { token: 'TAG-1' }), NOW)
    tell({ kind: 'needs', evse: 1, transaction: 'T', needs: needsOf({ departure: NOW + 6 * HOUR_MS }) }, NOW + MINUTE_MS)
    expect(session()).toMatchObject({ wish: { by: 'car', readyBy: NOW + 5 * HOUR_MS } })
    tell({ kind: 'needs', evse: 1, transaction: 'T', needs: needsOf({ departure: NOW + HOUR_MS }) }, NOW + 2 * MINUTE_MS)
    expect(session()?.needs?.departure).toBe(null)
  })
})

describe('a transaction whose EVSE nobody knows', () => {
  it('waits without one, and begins there as soon as it is told, with its card and its start', () => {
    const { fleet, tell, session } = station('ocpp2.0.1', 2)
    const { reply } = tell(started('T', NOW, { evse: null, remoteStartId: 9 }))
    expect(reply).toMatchObject({ accepted: true, mayDischarge: true })
    expect(fleet.sessions.size).toBe(0)
    expect(fleet.held.get(STATION)).toMatchObject([{ transaction: 'T', startedAt: NOW, vehicle: 'car-1' }])
    tell(updated('T', NOW + 2 * MINUTE_MS), NOW + 2 * MINUTE_MS)
    expect(session()).toMatchObject({ startedAt: NOW, vehicle: 'car-1', remoteStartId: 9, evse: 'S1/1' })
    expect(session()!.isTakenUp).toBeUndefined()
    expect(fleet.held.size).toBe(0)
  })
  it('can only be at the one EVSE of its station', () => {
    const { tell, session } = station('ocpp2.0.1')
    tell(started('T', NOW, { evse: null }))
    expect(session()).toMatchObject({ evse: 'S1/1' })
  })
  it('waits among sixteen at most, and not for ever', () => {
    const { fleet, tell } = station('ocpp2.0.1', 2)
    for (let i = 0; i < 40; i++) tell(started(`T${i}`, NOW + i, { evse: null }), NOW + i)
    expect(fleet.held.get(STATION)).toHaveLength(16)
    tell(started('later', NOW + 48 * HOUR_MS, { evse: null }), NOW + 48 * HOUR_MS)
    expect(fleet.held.get(STATION)).toHaveLength(1)
  })
})

describe.each(['ocpp1.6', 'ocpp2.0.1'] as const)('an older transaction that is told after a newer one, in %s', (dialect) => {
  const name = (text: string) => (dialect === 'ocpp1.6' ? null : text)
  it('is one of the past; the one that runs stays', () => {
    const { fleet, tell, session } = station(dialect)
    const { reply } = tell(started(name('NOW'), NOW - 10 * MINUTE_MS))
    const old = tell(started(name('OLD'), NOW - 5 * HOUR_MS, { token: 'TAG-2', offline: true, importedWh: 1_000 }))
    expect(old.reply).toMatchObject({ accepted: true })
    expect(old.reply.transaction).not.toBe(reply.transaction)
    expect(old.replan).toBeUndefined()
    expect(session()).toMatchObject({ transaction: reply.transaction })
    tell(ended(old.reply.transaction!, NOW - 2 * HOUR_MS, { importedWh: 8_000 }))
    expect(session()).toMatchObject({ transaction: reply.transaction })
    expect(sessions(fleet)).toMatchObject([
      { vehicle: 'car-2', startedAt: NOW - 5 * HOUR_MS, endedAt: NOW - 2 * HOUR_MS },
      { vehicle: 'car-1', startedAt: NOW - 10 * MINUTE_MS, endedAt: null },
    ])
    const live = fleet.evses.get(evseId(STATION, 1))!
    expect(booked(fleet, live).importedWh).toBeCloseTo(7_000)
  })
  it('ended when the next one began, until its end is told', () => {
    const { fleet, tell } = station(dialect)
    tell(started(name('C'), NOW - HOUR_MS))
    const a = tell(started(name('A'), NOW - 9 * HOUR_MS, { offline: true }))
    tell(started(name('B'), NOW - 6 * HOUR_MS, { offline: true }))
    expect(sessions(fleet).map(({ endedAt }) => endedAt)).toEqual([NOW - 6 * HOUR_MS, NOW - HOUR_MS, null])
    tell(ended(a.reply.transaction!, NOW - 8 * HOUR_MS))
    expect(sessions(fleet)[0]).toMatchObject({ endedAt: NOW - 8 * HOUR_MS })
    expect(sessions(fleet)[0]!.isEndInferred).toBeUndefined()
  })
  it('is the same one when it is told again', () => {
    const { fleet, tell } = station(dialect)
    tell(started(name('NOW'), NOW - 10 * MINUTE_MS))
    const first = tell(started(name('OLD'), NOW - 5 * HOUR_MS, { offline: true }))
    const again = tell(started(name('OLD'), NOW - 5 * HOUR_MS, { offline: true }), NOW + MINUTE_MS)
    expect(again.facts).toEqual([])
    expect(again.reply.transaction).toBe(first.reply.transaction)
    expect(fleet.sessions.size).toBe(2)
  })
  it('is of the past where its place is free by now', () => {
    const { fleet, tell, session } = station(dialect)
    tell(status(dialect === 'ocpp1.6' ? null : 1, 'available', NOW))
    tell(started(name('OLD'), NOW - HOUR_MS, { offline: true }))
    expect(session()).toBeNull()
    expect(sessions(fleet)).toMatchObject([{ endedAt: NOW, isEndInferred: true }])
  })
})

describe('an end that comes before its start', () => {
  it('is kept as one of the past, and gets its start when that comes', () => {
    const { fleet, tell, session } = station('ocpp2.0.1')
    tell(ended('T', NOW - HOUR_MS, { evse: 1 }))
    expect(sessions(fleet)).toMatchObject([{ startedAt: NOW - HOUR_MS, endedAt: NOW - HOUR_MS, isTakenUp: true }])
    tell(started('T', NOW - 3 * HOUR_MS, { offline: true }), NOW + MINUTE_MS)
    expect(session()).toBeNull()
    expect(sessions(fleet)).toMatchObject([
      { startedAt: NOW - 3 * HOUR_MS, endedAt: NOW - HOUR_MS, isTakenUp: false, vehicle: 'car-1' },
    ])
  })
  it('waits where nobody knows the EVSE', () => {
    const { fleet, tell, session } = station('ocpp2.0.1', 2)
    tell(ended('T', NOW - HOUR_MS))
    tell(started('T', NOW - 3 * HOUR_MS, { offline: true }), NOW + MINUTE_MS)
    expect(session()).toBeNull()
    expect(sessions(fleet)).toMatchObject([{ startedAt: NOW - 3 * HOUR_MS, endedAt: NOW - HOUR_MS }])
  })
  it('leaves the session that runs', () => {
    const { fleet, tell, session } = station('ocpp2.0.1')
    tell(started('NOW', NOW - 10 * MINUTE_MS))
    tell(ended('OLD', NOW - HOUR_MS, { evse: 1 }))
    expect(session()).toMatchObject({ transaction: 'NOW' })
    expect(fleet.sessions.size).toBe(2)
  })
  it('of 1.6 is that of an older transaction when it happened before the open one began', () => {
    const { tell, session } = station('ocpp1.6')
    tell(started(null, NOW - 10 * MINUTE_MS))
    tell(ended('4711', NOW - HOUR_MS, { importedWh: 5_000 }))
    expect(session()).not.toBeNull()
    tell(ended('4712', NOW, { importedWh: 5_000 }))
    expect(session()).toBeNull()
  })
})

describe('needs that come before the transaction', () => {
  const needs: Told = { kind: 'needs', evse: 1, transaction: null, needs: needsOf() }
  it('are being processed, and belong to the session that begins then', () => {
    const { tell, session } = station('ocpp2.1')
    expect(tell(needs).reply).toMatchObject({ accepted: true, processing: true })
    tell(started('T', NOW + 5 * MINUTE_MS), NOW + 5 * MINUTE_MS)
    expect(session()).toMatchObject({ transaction: 'T', needs: needsOf() })
  })
  it('are forgotten after a quarter of an hour, and when the place is free again', () => {
    const { tell, session } = station('ocpp2.1')
    tell(needs)
    tell(started('T', NOW + 20 * MINUTE_MS), NOW + 20 * MINUTE_MS)
    expect(session()!.needs).toBeNull()
    const other = station('ocpp2.1')
    other.tell(needs)
    other.tell(status(1, 'available', NOW + MINUTE_MS), NOW + MINUTE_MS)
    other.tell(started('T', NOW + 2 * MINUTE_MS), NOW + 2 * MINUTE_MS)
    expect(other.session()!.needs).toBeNull()
  })
  it('belong to the next car where the one before had not been told to have left', () => {
    const { tell, session } = station('ocpp2.1')
    tell(started('A', NOW - 3 * HOUR_MS))
    tell(needs)
    tell(started('B', NOW - 2 * MINUTE_MS, { token: 'TAG-2', offline: true }), NOW + MINUTE_MS)
    expect(session()).toMatchObject({ transaction: 'B', vehicle: 'car-2', needs: needsOf() })
  })
})

describe('a transaction whose begin was never heard', () => {
  const reading = (live: ReturnType<typeof station>['live'], transaction: string, at: number, imported: number): Told => ({
    kind: 'readings',
    readings: [readingOf(live, at, { transaction, power: watts(5_000), imported: wattHours(imported) })],
  })
  it.each(['ocpp1.6', 'ocpp2.1'] as const)('is taken up from its readings, in %s', (dialect) => {
    const { tell, live, session } = station(dialect)
    const { replan } = tell(reading(live, '815', NOW, 4_000))
    expect(replan).toMatchObject({ evse: 'S1/1' })
    expect(session()).toMatchObject({ transaction: '815', startedAt: NOW, isTakenUp: true, vehicle: null })
    expect(tell(reading(live, '815', NOW + MINUTE_MS, 4_100), NOW + MINUTE_MS).facts).toEqual([])
    tell(ended('815', NOW + HOUR_MS, { importedWh: 9_000 }), NOW + HOUR_MS)
    expect(session()).toBeNull()
  })
  it('is taken up with its car, and has its true start when that comes', () => {
    const { tell, live, session } = station('ocpp2.1')
    tell(reading(live, 'T', NOW, 4_000))
    tell(updated('T', NOW + MINUTE_MS, { token: 'TAG-2' }), NOW + MINUTE_MS)
    expect(session()).toMatchObject({ vehicle: 'car-2' })
    const before = session()!.id
    tell(started('T', NOW - HOUR_MS, { token: null, offline: true, importedWh: 1_000 }), NOW + 2 * MINUTE_MS)
    tell(reading(live, 'T', NOW + 3 * MINUTE_MS, 4_200), NOW + 3 * MINUTE_MS)
    expect(session()).toMatchObject({ id: before, startedAt: NOW - HOUR_MS, vehicle: 'car-2', isTakenUp: false })
    expect(live.chargedWh).toBeCloseTo(3_200)
  })
  it('of 1.6 is a mistake beside one of ours, and never numbers those that follow', () => {
    const { fleet, tell, live, session } = station('ocpp1.6')
    tell(started(null, NOW))
    tell(reading(live, '999999999', NOW + MINUTE_MS, 4_000), NOW + MINUTE_MS)
    expect(session()).toMatchObject({ transaction: '1' })
    tell(ended('1', NOW + HOUR_MS), NOW + HOUR_MS)
    tell(reading(live, '999999999', NOW + 2 * HOUR_MS, 4_000), NOW + 2 * HOUR_MS)
    expect(session()).toMatchObject({ transaction: '999999999' })
    expect(fleet.transactionsIssued).toBe(1)
    tell(reading(live, '-1', NOW + 2 * HOUR_MS, 4_000), NOW + 2 * HOUR_MS)
    expect(fleet.sessions.size).toBe(2)
  })
  it('that was heard of long ago is one of the past', () => {
    const { fleet, tell, live, session } = station('ocpp2.0.1')
    const late = {
      ...readingOf(live, NOW - HOUR_MS, { transaction: 'T', imported: wattHours(1) }),
      arrivedAt: NOW,
      quality: 'late' as const,
    }
    tell({ kind: 'readings', readings: [late] })
    expect(session()).toBeNull()
    expect(sessions(fleet)).toMatchObject([{ transaction: 'T', isTakenUp: true, isEndInferred: true }])
  })
})

describe('a session that was taken to have ended and goes on', () => {
  it('is taken up again, the same one, with what it has given', () => {
    const { fleet, tell, live, session } = station('ocpp2.1')
    tell(started('T', NOW))
    const { id: before } = session()!
    const out = (at: number, exported: number): Told => ({
      kind: 'readings',
      readings: [
        readingOf(live, at, { transaction: 'T', power: watts(-5_000), imported: wattHours(0), exported: wattHours(exported) }),
      ],
    })
    tell(out(NOW, 0))
    tell(out(NOW + 10 * MINUTE_MS, 800), NOW + 10 * MINUTE_MS)
    tell(status(1, 'available', NOW + 11 * MINUTE_MS), NOW + 11 * MINUTE_MS)
    expect(session()).toBeNull()
    expect(fleet.servedInAll).toBeCloseTo(800)
    const { replan } = tell(out(NOW + 12 * MINUTE_MS, 900), NOW + 12 * MINUTE_MS)
    expect(replan).toMatchObject({ evse: 'S1/1' })
    expect(session()).toMatchObject({ id: before, endedAt: null })
    expect(live).toMatchObject({ status: 'occupied', dischargedWh: 900 })
    tell(ended('T', NOW + 20 * MINUTE_MS), NOW + 20 * MINUTE_MS)
    expect(fleet.servedInAll).toBeCloseTo(900)
    expect(fleet.sessions.size).toBe(1)
  })
  it('is not, once its station has told the end', () => {
    const { fleet, tell, session } = station('ocpp2.1')
    tell(started('T', NOW))
    tell(ended('T', NOW + HOUR_MS), NOW + HOUR_MS)
    tell(updated('T', NOW + 2 * HOUR_MS), NOW + 2 * HOUR_MS)
    expect(session()).toBeNull()
    expect(fleet.sessions.size).toBe(1)
  })
})

describe('a status', () => {
  it.each(['available', 'unavailable', 'faulted', 'reserved'] as const)(
    '%s of an idle connector leaves the session on the other',
    (told) => {
      const { tell, live, session } = station('ocpp2.0.1')
      tell(started('T', NOW, { connector: 1 }))
      tell(status(1, 'occupied', NOW))
      tell(status(2, told, NOW + MINUTE_MS), NOW + MINUTE_MS)
      expect(session()).toMatchObject({ transaction: 'T' })
      expect(live.status).toBe('occupied')
    },
  )
  it('of the car’s own connector counts: faulted is shown, available ends it', () => {
    const { tell, live, session } = station('ocpp2.0.1')
    tell(status(1, 'available', NOW - HOUR_MS), NOW - HOUR_MS)
    tell(status(2, 'available', NOW - HOUR_MS), NOW - HOUR_MS)
    tell(started('T', NOW, { connector: 2 }))
    tell(status(2, 'faulted', NOW + MINUTE_MS), NOW + MINUTE_MS)
    expect(live.status).toBe('faulted')
    tell(status(2, 'available', NOW + 2 * MINUTE_MS), NOW + 2 * MINUTE_MS)
    expect(session()).toBeNull()
    expect(live.status).toBe('available')
  })
  it('of one connector says nothing about a car whose connector nobody told, until all are free', () => {
    const { tell, session } = station('ocpp2.0.1')
    for (const connector of [1, 2]) tell(status(connector, 'available', NOW - HOUR_MS), NOW - HOUR_MS)
    tell(started('T', NOW))
    tell(status(2, 'available', NOW + MINUTE_MS), NOW + MINUTE_MS)
    expect(session()).not.toBeNull()
    tell(status(1, 'available', NOW + MINUTE_MS), NOW + MINUTE_MS)
    expect(session()).toBeNull()
  })
  it('makes an EVSE free when all its connectors are', () => {
    const { tell, live } = station('ocpp2.0.1')
    tell(status(1, 'occupied', NOW))
    tell(status(2, 'available', NOW + 1_000), NOW + 1_000)
    expect(live.status).toBe('occupied')
    tell(status(1, 'available', NOW + 2_000), NOW + 2_000)
    expect(live.status).toBe('available')
  })
  it('that is older than the session, or than its last reading, ends nothing', () => {
    const { tell, live, session } = station('ocpp2.0.1')
    tell(started('T', NOW))
    tell(status(1, 'available', NOW - MINUTE_MS), NOW + 1_000)
    expect(session()).not.toBeNull()
    const at = NOW + 10 * MINUTE_MS
    tell({ kind: 'readings', readings: [readingOf(live, at, { transaction: 'T', power: watts(1) })] }, at)
    tell(status(1, 'available', NOW + 5 * MINUTE_MS), at)
    expect(session()).not.toBeNull()
  })
  it('of EVSE 0 is that of the station', () => {
    const { fleet, tell, session } = station('ocpp2.0.1')
    tell(started('T', NOW))
    const whole: Told = { kind: 'status', evse: 0, status: 'available', at: NOW + 1, detail: null }
    expect(tell(whole, NOW + 1).facts).toMatchObject([{ kind: 'station-status', status: 'available' }])
    expect(tell(whole, NOW + 2).facts).toEqual([])
    expect(session()).not.toBeNull()
    expect(fleet.stations.get(STATION)!.status).toBe('available')
  })
  it('keeps no more connectors than there may be', () => {
    const { tell, live } = station('ocpp2.0.1')
    for (let connector = 1; connector < 100; connector++) tell(status(connector, 'available', NOW + connector), NOW + connector)
    expect(live.connectors).toHaveLength(16)
  })
})

describe('a name of a transaction', () => {
  it('that a station uses again after its end is another session', () => {
    const { fleet, tell, session } = station('ocpp2.0.1')
    tell(started('1', NOW))
    tell(ended('1', NOW + HOUR_MS), NOW + HOUR_MS)
    tell(started('1', NOW), NOW + 2 * HOUR_MS)
    expect(session()).toBeNull()
    tell(started('1', NOW + 3 * HOUR_MS, { token: 'TAG-2' }), NOW + 3 * HOUR_MS)
    expect(session()).toMatchObject({ vehicle: 'car-2', startedAt: NOW + 3 * HOUR_MS })
    expect(fleet.sessions.size).toBe(2)
  })
})
