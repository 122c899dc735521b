// Which stations come in however often they reconnect: those that are owed a limit of the grid or a stop.
import { describe, expect, it } from 'vitest'
import { twinFleet } from '../../../adapters/twin/twin-fleet.ts'
import { apply } from '../../../domain/live/apply.ts'
import { emptyFleet, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { id, type OrderId, type SessionId } from '../../../domain/registry/identity.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { Rank } from '../../../domain/signals/envelope.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, watts } from '../../../domain/units.ts'
import { isUrgent } from '../../../domain/dispatch/urgent-stations.ts'

const NOW = Date.UTC(2026, 10, 2, 10)
const { registry } = twinFleet({ seed: '1', stations: 2, from: NOW })
const [own, other] = registry.evses
const SESSION = id<SessionId>('session-1')

function fleetWith(...facts: readonly Fact[]): LiveFleet {
  const fleet = emptyFleet()
  for (const fact of [{ kind: 'registry-set', registry } as const, ...facts]) apply(fleet, fact, NOW)
  return fleet
}
const connected: Fact = { kind: 'station-connected', station: own!.station, dialect: 'ocpp2.1' }
const plugged: Fact = {
  kind: 'session-started',
  session: {
    id: SESSION,
    evse: own!.id,
    vehicle: null,
    transaction: 'T1',
    startedAt: NOW - 60_000,
    endedAt: null,
    needs: null,
    wish: { readyBy: NOW + 3_600_000, targetSoc: share(0.8), minimumSoc: share(0.3), by: 'default' },
  },
}
const envelope = (rank: Rank, subject: string, receivedAt = NOW): Fact => ({
  kind: 'envelope-received',
  envelope: {
    subject,
    from: NOW,
    until: null,
    rank,
    min: null,
    max: watts(4_200),
    provenance: { authority: 'VNB', reference: 'r1' },
    receivedAt,
  },
})
const ordered = (issuedAt: number, confirmed: boolean): readonly Fact[] => {
  const order = id<OrderId>('o1')
  const leaseUntil = NOW + 300_000
  const content = {
    id: order,
    evse: own!.id,
    session: SESSION,
    transaction: 'T1',
    setpoint: null,
    course: { first: slotAt(NOW), values: [watts(4_200)] },
    reason: 'limit',
    issuedAt,
    leaseMs: 300_000,
  }
  const moved: Fact = { kind: 'order-moved', evse: own!.id, order, state: { kind: 'confirmed', at: NOW, leaseUntil } }
  return [{ kind: 'order-issued', order: content, leaseUntil }, ...(confirmed ? [moved] : [])]
}
const urgent = (...facts: readonly Fact[]) => isUrgent(fleetWith(...facts), own!.station, NOW)

describe('a station is urgent', () => {
  it.each([
    ['its EVSE', `evse:${own!.id}`],
    ['its site', `site:${own!.site}`],
  ])('while a limit of the grid on %s has not reached its car', (_, subject) => {
    expect(urgent(connected, plugged, envelope('grid-limit', subject))).toBe(true)
    expect(urgent(connected, plugged, ...ordered(NOW, false), envelope('grid-limit', subject))).toBe(true)
    expect(urgent(connected, plugged, ...ordered(NOW - 1, true), envelope('grid-limit', subject))).toBe(true)
  })
  it('while it has no connection, whatever it confirmed before', () => {
    const limit = envelope('grid-limit', `evse:${own!.id}`)
    const gone: Fact = { kind: 'station-disconnected', station: own!.station, detail: 'connection lost' }
    expect(urgent(connected, plugged, ...ordered(NOW, true), limit, gone)).toBe(true)
  })
  it('while the operator stops it', () => {
    expect(urgent(connected, plugged, envelope('operator', `evse:${own!.id}`))).toBe(true)
  })
})

describe('whether a station is urgent', () => {
  it('is asked of its own EVSEs, however many others there are', () => {
    const fleet = fleetWith(connected, plugged, envelope('grid-limit', `evse:${own!.id}`))
    const all = () => {
      throw new Error('all EVSEs are looked at')
    }
    Object.assign(fleet.evses, { values: all, keys: all, entries: all, forEach: all, [Symbol.iterator]: all })
    expect(isUrgent(fleet, own!.station, NOW)).toBe(true)
    expect(isUrgent(fleet, other!.station, NOW)).toBe(false)
    expect(isUrgent(fleet, id('nobody'), NOW)).toBe(false)
  })
})

describe('a station is not urgent', () => {
  it('once it has confirmed an order since, without a car, or because of others', () => {
    const limit = envelope('grid-limit', `evse:${own!.id}`)
    expect(urgent(connected, plugged, ...ordered(NOW, true), limit)).toBe(false)
    expect(urgent(connected, limit)).toBe(false)
    expect(urgent(connected, plugged, envelope('grid-limit', `evse:${other!.id}`))).toBe(false)
    expect(urgent(connected, plugged, envelope('schedule', `evse:${own!.id}`))).toBe(false)
    expect(urgent(connected, plugged)).toBe(false)
  })
})
