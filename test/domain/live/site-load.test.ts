// What is counted with of a house: measured, foreseen, or the worst of what it did.
import { describe, expect, it } from 'vitest'
import { houseSample } from '../../../domain/live/house-sample.ts'
import { emptyFleet, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { apply } from '../../../domain/live/apply.ts'
import { hasHouse, houseLeast, houseLoad, measuredNow } from '../../../domain/live/site-load.ts'
import type { HouseReading } from '../../../domain/ports/house-reading.ts'
import { evseId, id, type SessionId, type SiteId, type StationId } from '../../../domain/registry/identity.ts'
import { slotAt, SLOT_MS } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'

const SITE = id<SiteId>('home')
const AT = Date.parse('2026-01-15T12:05:00Z')
const measured = (power: number | null, most = 8_000, least = -5_000) =>
  ({
    kind: 'site-load-measured',
    load: {
      site: SITE,
      at: AT,
      by: 'meter',
      power: power === null ? null : watts(power),
      most: watts(most),
      least: watts(least),
    },
  }) as const
const foreseen = (power: readonly number[]) =>
  ({ kind: 'site-load-told', load: { site: SITE, asOf: AT - 1, first: slotAt(AT), power } }) as const
function fleetAfter(...facts: readonly Parameters<typeof apply>[1][]): LiveFleet {
  const fleet = emptyFleet()
  for (const fact of facts) apply(fleet, fact, AT)
  return fleet
}
const most = (fleet: LiveFleet, steps = 6) => Array.from(houseLoad(fleet, SITE, slotAt(AT), steps) ?? [])
const least = (fleet: LiveFleet, steps = 6) => Array.from(houseLeast(fleet, SITE, slotAt(AT), steps) ?? [])

describe('a house in plans', () => {
  it('goes on for an hour as it is measured; then who takes goes on, and nobody counts on the sun', () => {
    expect(most(fleetAfter(measured(3_000)))).toEqual([3_000, 3_000, 3_000, 3_000, 3_000, 3_000])
    expect(least(fleetAfter(measured(3_000)))).toEqual([3_000, 3_000, 3_000, 3_000, 0, 0])
    expect(most(fleetAfter(measured(-2_000)))).toEqual([-2_000, -2_000, -2_000, -2_000, 0, 0])
    expect(least(fleetAfter(measured(-2_000)))).toEqual([-2_000, -2_000, -2_000, -2_000, -2_000, -2_000])
  })
  it('is as it was foreseen after that hour, where somebody foresees it', () => {
    expect(most(fleetAfter(foreseen([1, 2, 3, 4, 5]), measured(3_000)))).toEqual([3_000, 3_000, 3_000, 3_000, 5, 3_000])
    expect(most(fleetAfter(foreseen([1, 2])), 3)).toEqual([1, 2, 0])
  })
  it('counts as the worst of its last day on both sides where its meter says nothing that counts', () => {
    const fleet = fleetAfter(measured(null))
    expect([most(fleet, 2), least(fleet, 2)]).toEqual([
      [8_000, 8_000],
      [-5_000, -5_000],
    ])
    expect(measuredNow(fleet, SITE, AT + 30 * SLOT_MS)).toEqual({ most: 8_000, least: -5_000 })
    expect(most(fleetAfter(foreseen([700, 700]), measured(null)), 3)).toEqual([700, 700, 8_000])
  })
  it('is not known where nobody tells of it', () => {
    expect([
      hasHouse(emptyFleet(), SITE),
      houseLoad(emptyFleet(), SITE, slotAt(AT), 1),
      measuredNow(emptyFleet(), SITE, AT),
    ]).toEqual([false, null, null])
  })
})

describe('a reading of its meter', () => {
  const reading = (change: Partial<HouseReading>): HouseReading => ({
    at: AT,
    measuredAt: AT,
    fault: null,
    hasMeter: true,
    connection: watts(9_000),
    besideCars: null,
    parts: [],
    cars: [],
    ...change,
  })
  /** A car that took 4 kW when it was heard of, under an order of an instant. */
  function withCar(heardAt: number | null, issuedAt: number | null): LiveFleet {
    const fleet = emptyFleet()
    const evse = evseId(id<StationId>('st'), 1)
    const order = issuedAt === null ? null : { content: { issuedAt } }
    const car = { session: id<SessionId>('s'), measured: watts(4_000), heardAt, heardEveryMs: 60_000, order }
    fleet.evses.set(evse, car as unknown as LiveEvse)
    fleet.evsesBySite.set(SITE, [evse])
    return fleet
  }
  const of = (fleet: LiveFleet, change: Partial<HouseReading> = {}) => houseSample(fleet, SITE, reading(change), AT)

  it('is the house without the cars, whose meters were read at about the same time', () => {
    expect(of(withCar(AT - 10_000, AT - 12_000))).toEqual({ ok: true, value: { at: AT, power: 5_000, cars: 4_000 } })
  })
  it('counts with a car as it was where it has long followed its order, and with none that may just be changing', () => {
    expect(of(withCar(AT - 50_000, AT - 100_000)).ok).toBe(true)
    expect(of(withCar(AT - 50_000, AT - 60_000))).toEqual({ ok: false, refusal: 'cars-unmeasured' })
    expect(of(withCar(AT - 50_000, AT - 20_000))).toEqual({ ok: false, refusal: 'cars-unmeasured' })
    expect(of(withCar(null, null))).toEqual({ ok: false, refusal: 'cars-unmeasured' })
    expect(of(withCar(AT - 200_000, AT - 900_000))).toEqual({ ok: false, refusal: 'cars-unmeasured' })
  })
  it.each([
    ['outOfRange', 'out-of-range'],
    ['error', 'error'],
    ['unreadable', 'unreadable'],
    [null, 'no-power'],
  ] as const)('a connection told as %s is not used, nor the parts in its place (MGCP-TS-008)', (fault, refusal) => {
    const parts = [{ place: '3', kind: 'HeatPumpAppliance', power: watts(3_000), at: AT }]
    expect(of(emptyFleet(), { connection: null, fault, parts })).toEqual({ ok: false, refusal })
  })
  it('without a meter at the connection its parts count together, those of cars and parts of parts left out', () => {
    const part = (place: string, kind: string, power: number) => ({ place, kind, power: watts(power), at: AT - Number(place[0]) })
    const parts = [
      part('3', 'HeatPumpAppliance', 3_000),
      part('3.1', 'Compressor', 2_500),
      part('4', 'PVSystem', -1_000),
      part('5', 'EVSE', 7_000),
    ]
    expect(of(withCar(AT, null), { at: null, hasMeter: false, connection: null, parts })).toEqual({
      ok: true,
      value: { at: AT - 4, power: 2_000, cars: 0 },
    })
  })
})
