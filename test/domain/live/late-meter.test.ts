// What comes late or in any order from a meter: energy since plug-in, the state of charge it moves, and what is told about it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { isMeterOff } from '../../../domain/live/live-meter.ts'
import { untoldRevisions } from '../../../domain/live/revisions.ts'
import { storedEnergy } from '../../../domain/live/stored-energy.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import { booked, EFFICIENCY, HOUR_MS, MINUTE_MS, NOW, plugIn, readingOf, smallFleet, smallRegistry } from './small-fleet.ts'

const LATER = NOW + 12 * HOUR_MS

/** Discharge for three hours, then charge; minute by minute, with a session that begins at `NOW` and readings of the one before. */
function evening(fleet: LiveFleet): readonly Reading[] {
  const live = fleet.evses.get('S1/1' as never)!
  return Array.from({ length: 60 }, (_, i) => {
    const minutes = (i - 10) * 6
    const [given, taken] = [
      Math.max(0, Math.min(minutes, 180)) * 150,
      Math.max(0, minutes - 180) * 100 + (minutes < 0 ? (minutes + 60) * 100 : 6_000),
    ]
    const register = { imported: wattHours(50_000 + taken), exported: wattHours(9_000 + given) }
    return readingOf(live, NOW + minutes * MINUTE_MS, { ...register, arrivedAt: LATER, quality: 'late' })
  })
}
function state(order: (readings: readonly Reading[]) => readonly (readonly Reading[])[]) {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  for (const readings of order(evening(fleet))) apply(fleet, { kind: 'readings', readings }, LATER)
  const meters = [...fleet.meter.get(live.evse.id)!].sort(([a], [b]) => a - b)
  const stored = storedEnergy(fleet, live, openSession(fleet, live)!)
  return {
    meters,
    chargedWh: live.chargedWh,
    dischargedWh: live.dischargedWh,
    atSoc: live.trust.ceiling!.inMost,
    stored,
    live,
    fleet,
  }
}

describe('energy since plug-in', () => {
  it('is the same in any order of arrival, and what belongs before the start does not count (F5)', () => {
    const truth = state((readings) => [readings])
    expect(truth.dischargedWh).toBeCloseTo(27_000)
    expect(truth.chargedWh).toBeCloseTo(11_400)
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), (seed, size) => {
        const found = state((readings) => {
          const keyed = readings.map((reading, i) => ({ reading, key: Math.imul(i + 1, seed * 2 + 1) >>> 0 }))
          const mixed = keyed.sort((a, b) => a.key - b.key).map(({ reading }) => reading)
          return Array.from({ length: Math.ceil(mixed.length / size) }, (_, i) => mixed.slice(i * size, (i + 1) * size))
        })
        expect(found.chargedWh).toBeCloseTo(truth.chargedWh, 6)
        expect(found.dischargedWh).toBeCloseTo(truth.dischargedWh, 6)
        expect(found.stored.energy).toBeCloseTo(truth.stored.energy, 6)
        expect(found.meters.map(([slot]) => slot)).toEqual(truth.meters.map(([slot]) => slot))
        found.meters.forEach(([, meter], i) => {
          expect(meter.importedWh).toBeCloseTo(truth.meters[i]![1].importedWh, 6)
          expect(meter.exportedWh).toBeCloseTo(truth.meters[i]![1].exportedWh, 6)
        })
      }),
      { numRuns: 60 },
    )
  })

  it('that comes late from before the car told its state of charge is in that already', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const read = (minutes: number, more: Partial<Reading>, now = minutes) =>
      apply(
        fleet,
        {
          kind: 'readings',
          readings: [readingOf(live, NOW + minutes * MINUTE_MS, { arrivedAt: NOW + now * MINUTE_MS, ...more })],
        },
        NOW,
      )
    const stored = () => storedEnergy(fleet, live, openSession(fleet, live)!).energy
    read(0, { imported: wattHours(0), exported: wattHours(0) })
    read(120, { soc: share(0.65), power: watts(0) })
    read(60, { exported: wattHours(8_000), imported: wattHours(0), quality: 'late' }, 121)
    expect(live.dischargedWh).toBe(8_000)
    expect(stored()).toBe(39_000)
    read(122, { exported: wattHours(8_100), imported: wattHours(0), soc: share(0.648) })
    expect(stored()).toBeCloseTo(38_880)
    read(121, { exported: wattHours(8_050), imported: wattHours(0), quality: 'late' }, 130)
    expect(stored()).toBeCloseTo(38_880)
    read(123, { exported: wattHours(8_200), imported: wattHours(0) })
    expect(stored()).toBeCloseTo(38_880 - 100 / EFFICIENCY)
  })

  it('counts from a clock that is an hour behind, from the moment the car told its state of charge', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1, { session: { startedAt: NOW - HOUR_MS } })
    for (let minute = 0; minute <= 30; minute++)
      apply(
        fleet,
        {
          kind: 'readings',
          readings: [
            readingOf(live, NOW - HOUR_MS + minute * MINUTE_MS, {
              arrivedAt: NOW + minute * MINUTE_MS,
              exported: wattHours(minute * 150),
              imported: wattHours(0),
              quality: 'late',
            }),
          ],
        },
        NOW + minute * MINUTE_MS,
      )
    expect(storedEnergy(fleet, live, openSession(fleet, live)!).energy).toBeCloseTo(48_000 - 4_500 / EFFICIENCY)
    expect(live.measured).toBeNull()
  })

  it('of an export register that is told only later begins with its first value', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const read = (minutes: number, more: Partial<Reading>) =>
      apply(fleet, { kind: 'readings', readings: [readingOf(live, NOW + minutes * MINUTE_MS, more)] }, NOW)
    read(0, { imported: wattHours(70_000) })
    read(1, { imported: wattHours(70_100) })
    read(2, { imported: wattHours(70_100), exported: wattHours(33_000) })
    read(3, { imported: wattHours(70_100), exported: wattHours(33_150) })
    read(4, { power: watts(-9_000) })
    expect(booked(fleet, live)).toEqual({ importedWh: 100, exportedWh: 150 })
  })
})

describe('closed quarter-hours', () => {
  it('that change are told once, with what they were before', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const at = (minutes: number, imported: number, now: number) =>
      apply(
        fleet,
        {
          kind: 'readings',
          readings: [
            readingOf(live, NOW + minutes * MINUTE_MS, {
              imported: wattHours(imported),
              arrivedAt: NOW + now * MINUTE_MS,
              quality: 'late',
            }),
          ],
        },
        NOW,
      )
    at(0, 0, 0)
    at(15, 1_500, 15)
    at(30, 3_000, 30)
    expect(untoldRevisions(fleet)).toEqual([])
    at(14, 1_500, 61)
    at(7, 1_500, 62)
    // All of it in the first seven minutes: nothing has moved between quarter-hours.
    expect(untoldRevisions(fleet)).toEqual([])
    at(18, 2_400, 63)
    expect(untoldRevisions(fleet)).toEqual([])
    at(60, 6_000, 74)
    const told = untoldRevisions(fleet)
    expect(told).toEqual([
      {
        kind: 'slots-revised',
        evse: live.evse.id,
        slots: [
          { slot: slotAt(NOW) + 2, revision: 1, before: { imported: 0, exported: 0 }, after: { imported: 1_500, exported: 0 } },
        ],
      },
    ])
    for (const fact of told) apply(fleet, fact, NOW)
    expect(untoldRevisions(fleet)).toEqual([])
    at(45, 6_000, 80)
    for (const fact of untoldRevisions(fleet)) apply(fleet, fact, NOW)
    expect(fleet.meter.get(live.evse.id)!.get((slotAt(NOW) + 2) as never)).toMatchObject({ importedWh: 3_000, revision: 2 })
  })

  it('take up what was not counted when the operator corrects the rating', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const read = (minutes: number, imported: number) =>
      apply(
        fleet,
        { kind: 'readings', readings: [readingOf(live, NOW + minutes * MINUTE_MS, { imported: wattHours(imported) })] },
        NOW + minutes * MINUTE_MS,
      )
    for (let minute = 0; minute <= 60; minute++) read(minute, minute * 360)
    expect(booked(fleet, live).importedWh).toBeLessThan(400)
    expect(isMeterOff(fleet, live.evse.id)).toBe(true)
    const registry = smallRegistry()
    apply(
      fleet,
      {
        kind: 'registry-set',
        registry: { ...registry, evses: registry.evses.map((evse) => ({ ...evse, chargeMax: watts(22_000) })) },
      },
      NOW,
    )
    read(61, 61 * 360)
    expect(booked(fleet, live).importedWh).toBeCloseTo(61 * 360)
    expect(isMeterOff(fleet, live.evse.id)).toBe(false)
    expect(untoldRevisions(fleet)[0]!.slots.length).toBeGreaterThan(0)
  })

  it('older than twelve days stay as they are, and the readings are counted', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const read = (days: number, imported: number) =>
      apply(
        fleet,
        {
          kind: 'readings',
          readings: [
            readingOf(live, NOW - days * 24 * HOUR_MS, { imported: wattHours(imported), arrivedAt: NOW, quality: 'late' }),
          ],
        },
        NOW,
      )
    // Our clock has stood for a day.
    for (const at of [NOW - 24 * HOUR_MS, NOW]) apply(fleet, { kind: 'readings', readings: [readingOf(live, at)] }, at)
    read(0, 9_000)
    read(11, 2_000)
    read(13, 1_000)
    expect(booked(fleet, live).importedWh).toBe(0)
    expect(fleet.readingsClosed).toBe(1)
    read(5, 8_000)
    expect(booked(fleet, live).importedWh).toBeCloseTo(7_000)
  })
})
