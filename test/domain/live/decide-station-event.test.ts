import { describe, expect, it } from 'vitest'
import { evseId, id, type SessionId, type StationId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { openSession } from '../../../domain/live/live-fleet.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import type { StationDialect } from '../../../domain/registry/station.ts'
import { wattHours, watts } from '../../../domain/units.ts'
import { booked, HOUR_MS, MINUTE_MS, needsOf, NOW, read, smallFleet, smallRegistry } from './small-fleet.ts'
import { teller, type Told } from './told.ts'

function connected(dialect: StationDialect, registry: Registry = smallRegistry()) {
  const fleet = smallFleet(registry)
  const tell = teller(fleet)
  tell({ kind: 'connected', dialect })
  const live = fleet.evses.get(evseId(id<StationId>('S1'), 1))!
  return { fleet, tell, live, session: () => openSession(fleet, live) }
}
const started = (more: Partial<Extract<Told, { kind: 'session-started' }>> = {}): Told => ({
  kind: 'session-started',
  evse: 1,
  transaction: 'tx',
  token: 'TAG-1',
  at: NOW,
  offline: false,
  importedWh: null,
  ...more,
})
const ended = (transaction: string, at: number = NOW + HOUR_MS): Told => ({
  kind: 'session-ended',
  evse: null,
  transaction,
  at,
  detail: 'unplugged',
  importedWh: null,
})
const free = (at: number): Told => ({ kind: 'status', evse: 1, status: 'available', at, detail: null })

describe('a station nobody registered', () => {
  it('leaves no fact and no state, and is refused every time', () => {
    const fleet = smallFleet()
    const before = structuredClone(fleet)
    const tell = teller(fleet, 'stranger')
    const events: Told[] = [
      { kind: 'connected', dialect: 'ocpp2.1' },
      { kind: 'booted', vendor: 'v', model: 'm', serial: null, firmware: null },
      started(),
    ]
    for (const event of [...events, ...events]) expect(tell(event)).toMatchObject({ facts: [], reply: { accepted: false } })
    expect(fleet).toEqual(before)
  })
})

describe('the clock of a station', () => {
  it('never starts a session later than we hear of it (F7)', () => {
    const { tell, session } = connected('ocpp2.1')
    tell(started({ at: NOW + HOUR_MS }))
    expect(session()!.startedAt).toBeLessThanOrEqual(NOW)
  })
  it('is believed when it tells afterwards what happened offline (F5)', () => {
    const { tell, session } = connected('ocpp2.1')
    tell(started({ at: NOW - 2 * HOUR_MS, offline: true }))
    expect(session()!.startedAt).toBe(NOW - 2 * HOUR_MS)
  })
  it.each(['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '2026-02-14T16:00:00Z'])(
    'is put right where a start is told at %s, and the register counts from when we hear of it (F7)',
    (text) => {
      const { fleet, tell, live, session } = connected('ocpp1.6')
      const toldAt = Date.parse(text)
      const { readings } = tell(started({ transaction: null, at: toldAt, importedWh: 0 }))
      expect(readings).toMatchObject([{ quality: 'measured', sampledAt: NOW, origin: { toldAt } }])
      expect(session()).toMatchObject({ startedAt: NOW, toldStart: toldAt })
      read(fleet, live, NOW + MINUTE_MS, { imported: wattHours(100) })
      expect(booked(fleet, live).importedWh).toBeCloseTo(100)
    },
  )
})

describe('transaction numbers of 1.6', () => {
  it.each(['1768492800000', '1'.repeat(36), '77'])('are counted from our own, not from %s of 2.x', (transaction) => {
    const { fleet, tell } = connected('ocpp2.0.1')
    tell(started({ transaction }))
    const other = teller(fleet, 'S2')
    other({ kind: 'connected', dialect: 'ocpp1.6' })
    expect(other(started({ transaction: null, token: 'TAG-2' })).reply.transaction).toBe('1')
    expect(other(started({ transaction: null, token: 'TAG-2', at: NOW + HOUR_MS }), NOW + HOUR_MS).reply.transaction).toBe('2')
  })
  it.each([0, 2_000, HOUR_MS])('stay the same when the start is repeated, with a clock %i ms fast (F6)', (fast) => {
    const { tell, session } = connected('ocpp1.6')
    const start = started({ transaction: null, at: NOW + fast, importedWh: 0 })
    const first = tell(start)
    const again = tell(start, NOW + 30_000)
    expect(again.facts).toEqual([])
    expect(again.reply.transaction).toBe(first.reply.transaction)
    expect(session()!.transaction).toBe(first.reply.transaction)
  })
})

describe('a session whose end was not heard', () => {
  it('ends when its connector is free again (F6)', () => {
    const { tell, session } = connected('ocpp1.6')
    tell(started({ transaction: null }))
    const { facts } = tell(free(NOW + HOUR_MS), NOW + HOUR_MS)
    expect(facts).toContainEqual(
      expect.objectContaining({ kind: 'session-ended', endedAt: NOW + HOUR_MS, detail: expect.stringContaining('inferred') }),
    )
    expect(session()).toBeNull()
  })
  it('ends with a number nobody gave, where it can only be this one (F6)', () => {
    const { tell, session } = connected('ocpp1.6')
    tell(started({ transaction: null }))
    tell(ended('4711'), NOW + HOUR_MS)
    expect(session()).toBeNull()
  })
  it('goes on when that number may belong to another connector', () => {
    const registry = smallRegistry()
    const [first] = registry.evses
    const second = { ...first!, id: evseId(first!.station, 2) }
    const { tell, session } = connected('ocpp1.6', { ...registry, evses: [...registry.evses, second] })
    tell(started({ transaction: null }))
    tell(ended('4711'), NOW + HOUR_MS)
    expect(session()).not.toBeNull()
  })
  it('is not ended by the repeated end of an earlier one', () => {
    const { tell, session } = connected('ocpp1.6')
    tell(started({ transaction: null }))
    tell(ended('1'), NOW + HOUR_MS)
    tell(started({ transaction: null, at: NOW + 2 * HOUR_MS }), NOW + 2 * HOUR_MS)
    tell(ended('1'), NOW + 2 * HOUR_MS + MINUTE_MS)
    expect(session()?.transaction).toBe('2')
  })
})

describe('the needs of a car', () => {
  it('count at once and say whether it may discharge', () => {
    const { tell, live, session } = connected('ocpp2.1')
    tell(started())
    const { reply } = tell({ kind: 'needs', evse: 1, transaction: 'tx', needs: needsOf() })
    expect(reply).toMatchObject({ accepted: true, processing: true, mayDischarge: true })
    expect(session()!.needs).toEqual(needsOf())
    expect(live.trust.told).toMatchObject({ soc: 0.8, at: NOW })
  })
})

describe('the name of a session', () => {
  it('cannot be taken by a transaction of another station, whatever it calls it', () => {
    const base = smallRegistry()
    const [first, second] = base.evses
    const [short, long] = [id<StationId>('S'), id<StationId>('S-1')]
    const evses = [
      { ...first!, station: short, id: evseId(short, 1) },
      { ...second!, station: long, id: evseId(long, 1) },
    ]
    const fleet = smallFleet({ ...base, evses })
    const sessionAt = (station: StationId) => openSession(fleet, fleet.evses.get(evseId(station, 1))!)
    teller(fleet, short)(started({ transaction: '1-X' }))
    teller(fleet, long)(started({ transaction: 'X' }))
    expect(sessionAt(short)).toMatchObject({ evse: 'S/1', transaction: '1-X', endedAt: null })
    expect(sessionAt(long)).toMatchObject({ evse: 'S-1/1', transaction: 'X', endedAt: null })
    expect(sessionAt(short)!.id).not.toBe(sessionAt(long)!.id)
    expect(sessionAt(short)!.id).toMatch(/^S-1-~[\da-f]{32}$/)
    expect(sessionAt(long)!.id).toBe('S-1-1-X')
  })

  it('is another one when a station counts its transactions anew', () => {
    const { tell, session } = connected('ocpp2.1')
    tell(started())
    const before = session()!.id
    tell(ended('tx'))
    const later = NOW + 72 * HOUR_MS
    // Another one ends later: what ended two days before is forgotten.
    tell(started({ transaction: 'other', at: later }), later)
    tell(ended('other', later + HOUR_MS), later + HOUR_MS)
    tell(started({ at: later + 2 * HOUR_MS }), later + 2 * HOUR_MS)
    expect(session()).toMatchObject({ transaction: 'tx', startedAt: later + 2 * HOUR_MS })
    expect(session()!.id).not.toBe(before)
  })

  it('of an older journal goes on as it is', () => {
    const { fleet, tell, live, session } = connected('ocpp2.1')
    tell(started())
    const old = { ...session()!, id: id<SessionId>('S1-1-tx') }
    const again = smallFleet()
    apply(again, { kind: 'station-connected', station: id<StationId>('S1'), dialect: 'ocpp2.1' }, NOW)
    apply(again, { kind: 'session-started', session: old }, NOW)
    expect(fleet.sessions.size).toBe(1)
    teller(again)(ended('tx'), NOW + HOUR_MS)
    expect(again.sessions.get(old.id)).toMatchObject({ endedAt: NOW + HOUR_MS })
    expect(again.evses.get(live.evse.id)!.session).toBeNull()
  })
})

describe('values that cannot be', () => {
  const odd: Told = { kind: 'impossible-values', action: 'NotifyEVChargingNeeds', values: ['evEnergyCapacity 4.6e+307'] }
  it('are recorded once in ten minutes, however many come, and at most five of them', () => {
    const { fleet, tell } = connected('ocpp2.1')
    const facts = Array.from(
      { length: 1_000 },
      (_, i) => tell({ ...odd, values: new Array(50).fill('x 1') }, NOW + i).facts,
    ).flat()
    expect(facts).toEqual([
      { kind: 'values-refused', station: 'S1', action: 'NotifyEVChargingNeeds', values: new Array(5).fill('x 1') },
    ])
    expect(tell(odd, NOW + 11 * MINUTE_MS).facts).toHaveLength(1)
    expect(fleet.stations.get(id<StationId>('S1'))!.impossible).toEqual({
      text: 'NotifyEVChargingNeeds: evEnergyCapacity 4.6e+307',
      at: NOW + 11 * MINUTE_MS,
    })
  })

  it('F8: of a power beyond the rating of its EVSE only that is left out, whatever else the reading says', () => {
    const { tell, live } = connected('ocpp2.1')
    const reading = (power: number, more: object = {}) => ({
      evse: live.evse.id,
      transaction: null,
      sampledAt: NOW,
      arrivedAt: NOW,
      power: watts(power),
      imported: null,
      exported: null,
      soc: null,
      phases: null,
      quality: 'measured' as const,
      ...more,
    })
    const readings = [reading(11_000), reading(900_000), reading(-900_000, { imported: wattHours(5) })]
    const { readings: taken, facts } = tell({ kind: 'readings', readings })
    expect(taken!.map(({ power, imported }) => [power, imported])).toEqual([
      [11_000, null],
      [null, 5],
    ])
    expect(facts).toMatchObject([
      { kind: 'values-refused', values: ['power 900000 W beyond the rating', 'power -900000 W beyond the rating'] },
    ])
    expect(live.measured).toBe(11_000)
  })
})
