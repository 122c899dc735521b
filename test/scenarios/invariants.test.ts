// A day of eight stations looked at every minute: what must hold always, holds.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokenOrders, HOUR_MS, invariants, openWorld, type World } from './world.ts'

const FROM = Date.parse('2026-01-15T16:30:00Z')

describe('a day of eight stations, looked at every minute', () => {
  let world: World
  const broken: string[] = []
  const seen = { charging: 0, discharging: 0 }
  beforeAll(async () => {
    world = await openWorld({ from: FROM })
    const look = invariants(world)
    await world.watchUntil(FROM + 24 * HOUR_MS, (at) => {
      broken.push(...look(at))
      for (const { power } of world.twin.cars()) {
        if (power > 1_000) seen.charging++
        if (power < -1_000) seen.discharging++
      }
    })
  })
  afterAll(() => world.stop())

  it('discharges nobody below the minimum (I2), nobody without a lease (I4), and no fuse carries too much', () => {
    // Minutes of cars: the day was worth looking at.
    expect(seen.charging).toBeGreaterThan(300)
    expect(seen.discharging).toBeGreaterThan(200)
    expect(broken).toEqual([])
  })

  it('gives every order exactly one outcome, and sends none after it (I6)', async () => {
    const entries = await world.journal()
    expect(brokenOrders(entries)).toEqual([])
    expect(world.running.application.fleet.ordersIssued).toBeGreaterThan(50)
  })

  it('books every metered watt-hour into a slot (I7), and the truth is what was metered', () => {
    for (const car of world.twin.cars()) {
      const { evse } = world.live(car.evse)
      const registers = world.running.application.fleet.registers.get(evse.id)
      const slots = [...(world.running.application.fleet.meter.get(evse.id)?.values() ?? [])]
      const imported = slots.reduce((total, slot) => total + slot.importedWh, 0)
      const exported = slots.reduce((total, slot) => total + slot.exportedWh, 0)
      if (registers === undefined) expect([imported, exported]).toEqual([0, 0])
      else {
        expect(Math.abs(imported - registers.imported.top!.last.wh)).toBeLessThanOrEqual(1)
        expect(Math.abs(exported - (registers.exported.top?.last.wh ?? 0))).toBeLessThanOrEqual(1)
      }
      expect(Math.abs(imported - car.importedWh)).toBeLessThanOrEqual(1)
      expect(Math.abs(exported - car.exportedWh)).toBeLessThanOrEqual(1)
    }
  })

  it('has everybody ready (I3) and nothing to complain about', () => {
    expect(world.twin.departures().missed).toBe(0)
    expect(world.twin.departures().met).toBeGreaterThanOrEqual(7)
    expect(world.complaints).toEqual([])
  })
})
