import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { liveOrder, renewalDue } from '../../../domain/live/live-fleet.ts'
import { id, type OrderId } from '../../../domain/registry/identity.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import { isUnseen } from '../../../domain/live/reachable.ts'
import { booked, HOUR_MS, MINUTE_MS, NOW, plugIn, read, sessionOf, smallFleet } from './small-fleet.ts'

const LEASE_MS = 300_000
const AT = NOW + 2 * MINUTE_MS

/** A car that gives 5 kW by an order of NOW and was seen a minute later. */
function givingCar(setpoint: number | null = -5_000) {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  const { id: session, transaction } = sessionOf(1)
  const leaseMs = setpoint === null ? 2 * HOUR_MS : LEASE_MS
  const order = {
    id: id<OrderId>('o1'),
    evse: live.evse.id,
    session,
    transaction,
    setpoint: setpoint === null ? null : watts(setpoint),
    course: { first: slotAt(NOW), values: [watts(0)] },
    reason: 'plan',
    issuedAt: NOW,
    leaseMs,
  }
  apply(fleet, { kind: 'order-issued', order, leaseUntil: NOW + leaseMs }, NOW)
  const move = (state: object) =>
    apply(fleet, { kind: 'order-moved', evse: live.evse.id, order: order.id, state: state as never }, NOW + MINUTE_MS)
  read(fleet, live, NOW + MINUTE_MS, { power: watts(-5_000) })
  move({ kind: 'followed', at: NOW + MINUTE_MS, leaseUntil: NOW + leaseMs, measured: watts(-5_000) })
  apply(fleet, { kind: 'station-deviates', evse: live.evse.id, ordered: 0, measured: 0, misses: 1 }, AT)
  apply(fleet, { kind: 'station-quarantined', evse: live.evse.id, until: AT + 15 * MINUTE_MS }, AT)
  return { fleet, live, step: (by: number) => apply(fleet, { kind: 'clock-stepped', from: AT, to: AT + by }, AT + by) }
}

describe.each([HOUR_MS, -HOUR_MS])('a step of the clock by %d ms', (by) => {
  const now = AT + by

  it('F36: leaves set-points the rest of their lease, to be confirmed anew, and renewed when they would have been', () => {
    const { live, step } = givingCar()
    step(by)
    const order = liveOrder(live, now)!
    expect(order.leaseUntil - now).toBe(LEASE_MS - 2 * MINUTE_MS)
    expect(order.state).toEqual({ kind: 'issued', leaseUntil: order.leaseUntil })
    expect(order.content).toMatchObject({ issuedAt: NOW + by, leaseMs: LEASE_MS })
    expect(renewalDue(order)).toBe(NOW + MINUTE_MS + by)
    expect(liveOrder(live, now + LEASE_MS - 2 * MINUTE_MS)).toBeNull()
  })

  it('F36: leaves courses where they stand in the calendar', () => {
    const { live, step } = givingCar(null)
    step(by)
    expect(live.order!.leaseUntil).toBe(NOW + 2 * HOUR_MS)
    expect(live.order!.content.issuedAt + live.order!.content.leaseMs).toBe(NOW + 2 * HOUR_MS)
    expect(live.order!.state).toMatchObject({ kind: 'followed', at: NOW + MINUTE_MS + by })
  })

  it('F36: makes what was seen no younger, older by no more than a lease, and the quarantine as long as before', () => {
    const { fleet, live, step } = givingCar()
    step(by)
    const age = now - live.measuredAt!
    expect(age).toBeGreaterThanOrEqual(MINUTE_MS)
    expect(age).toBeLessThanOrEqual(MINUTE_MS + LEASE_MS)
    expect(live.judgedAt).toBe(live.measuredAt)
    expect(live.quarantinedUntil! - now).toBe(15 * MINUTE_MS)
    expect(now - fleet.stations.get(live.evse.station)!.lastSeenAt!).toBeLessThanOrEqual(MINUTE_MS + LEASE_MS)
    expect(fleet.clockSteps).toBe(1)
    // I2: who is not heard of for six minutes is not discharged, wherever the clock stands.
    const session = fleet.sessions.get(live.session!)!
    expect(isUnseen(live, session, now)).toBe(false)
    expect(isUnseen(live, session, now + 6 * MINUTE_MS)).toBe(true)
  })
})

describe('after a step back', () => {
  it('F36: a station that went by our clock is counted on, the energy of the hour that comes again included', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    read(fleet, live, NOW, { imported: wattHours(0), power: watts(6_000) })
    apply(fleet, { kind: 'clock-stepped', from: NOW, to: NOW - HOUR_MS }, NOW - HOUR_MS)
    for (let minute = 1; minute <= 90; minute++)
      read(fleet, live, NOW - HOUR_MS + minute * MINUTE_MS, { imported: wattHours(minute * 100), power: watts(6_000 + minute) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(9_000)
    expect(live.chargedWh).toBeCloseTo(9_000)
    expect(live.measured).toBe(6_090)
  })

  it('F36: keeps both passes of an hour that comes twice, also when readings of the second come out of order, and leaves the start of the session where it was', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    for (let minute = 0; minute <= 60; minute += 2)
      read(fleet, live, NOW + minute * MINUTE_MS, { imported: wattHours(minute * 100), power: watts(6_000) })
    const at = NOW + HOUR_MS
    apply(fleet, { kind: 'clock-stepped', from: at, to: at - HOUR_MS }, at - HOUR_MS)
    const second = Array.from({ length: 60 }, (_, i) => i + 1)
    // Every pair of minutes arrives the wrong way round.
    for (const minute of second.map((one) => (one % 2 === 0 ? one - 1 : one + 1)))
      read(fleet, live, NOW + minute * MINUTE_MS, {
        imported: wattHours(6_000 + minute * 100),
        power: watts(6_000),
        arrivedAt: NOW + (minute + 1) * MINUTE_MS,
      })
    expect(booked(fleet, live).importedWh).toBeCloseTo(12_000)
    expect(live.chargedWh).toBeCloseTo(12_000)
    const [first] = [...fleet.meter.get(live.evse.id)!.values()]
    expect(first!.importedWh).toBeCloseTo(3_000)
  })

  it('F36, F5: what was booked ahead of the time stays, also when readings come out of order after the step', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    for (let minute = 0; minute <= 30; minute++)
      read(fleet, live, NOW + minute * MINUTE_MS, { imported: wattHours(minute * 100), power: watts(6_000) })
    const now = NOW + 30 * MINUTE_MS
    apply(fleet, { kind: 'clock-stepped', from: now, to: now - HOUR_MS }, now - HOUR_MS)
    // Every third reading is overtaken by the two behind it.
    for (let minute = 1; minute <= 120; minute++) {
      const own = [2, 3, 1][minute % 3]! + 3 * Math.floor((minute - 1) / 3)
      read(fleet, live, now - HOUR_MS + own * MINUTE_MS, {
        imported: wattHours(3_000 + own * 100),
        arrivedAt: now - HOUR_MS + (minute + 2) * MINUTE_MS,
      })
    }
    expect(booked(fleet, live).importedWh).toBeCloseTo(15_000)
    expect(live.chargedWh).toBeCloseTo(15_000)
  })

  it('F5: readings that come late count where they belong, and are no sign of a step', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    read(fleet, live, NOW, { imported: wattHours(500) })
    read(fleet, live, NOW - 2 * MINUTE_MS, { imported: wattHours(400), arrivedAt: NOW + MINUTE_MS })
    read(fleet, live, NOW + 2 * MINUTE_MS, { imported: wattHours(600) })
    expect(booked(fleet, live).importedWh).toBeCloseTo(200)
  })
})

describe('energy around a step', () => {
  it.each([true, false])(
    'F36: a step forward takes nothing from what was given since the car told its state of charge, by a reading: %s',
    (byReading) => {
      const fleet = smallFleet()
      const live = plugIn(fleet, 1, byReading ? { needs: null } : {})
      read(fleet, live, NOW, {
        imported: wattHours(0),
        exported: wattHours(0),
        power: watts(0),
        ...(byReading ? { soc: share(0.8) } : {}),
      })
      for (let minute = 1; minute <= 30; minute++)
        read(fleet, live, NOW + minute * MINUTE_MS, { exported: wattHours(minute * 150) })
      apply(fleet, { kind: 'clock-stepped', from: NOW + 30 * MINUTE_MS, to: NOW + 90 * MINUTE_MS }, NOW + 90 * MINUTE_MS)
      read(fleet, live, NOW + 92 * MINUTE_MS, { exported: wattHours(4_800) })
      read(fleet, live, NOW + 91 * MINUTE_MS, { exported: wattHours(4_650), arrivedAt: NOW + 92 * MINUTE_MS })
      expect(live.dischargedWh - live.trust.told!.outMost).toBeCloseTo(4_800)
    },
  )
})
