import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { ALONE, createMember, createWork, type FleetWork } from '../../../../domain/planning/fleet/team.ts'
import { violationsOf } from '../../../bench/fleet/implementability.ts'
import { randomRichFleet } from '../rich/random-rich-fleet.ts'
import { cappedCoupling, randomFleet, soldCoupling } from './random-fleet.ts'

const SEED = 1

/** Another work of the same fleet that starts from the plan and the prices of this one. */
function startedFrom({ fleet, coupling, schedule, prices }: FleetWork): FleetWork {
  const work = createWork(fleet, coupling)
  work.schedule.set(schedule)
  work.prices.set(prices)
  return work
}

function planned(work: FleetWork, given: boolean) {
  return coordinate(createMember(work, 0, 1, ALONE), { seed: SEED, warm: given, given })
}

describe('a run that starts from a given plan', () => {
  it('is about as close to the best plan as the one it started from, for less work', () => {
    const fleet = randomFleet(2_000, SEED)
    const first = createWork(fleet, soldCoupling(fleet, SEED))
    const before = planned(first, false)
    const second = startedFrom(first)
    const after = planned(second, true)
    expect(after.gap).toBeLessThan(Math.max(0.003, 1.5 * before.gap))
    expect(after.sweeps).toBeLessThan(before.sweeps)
    expect(after.bound).toBeLessThanOrEqual(before.value)
    expect(violationsOf(second)).toEqual(violationsOf(first))
  })

  it('knows what the given plan costs without being told', () => {
    const fleet = randomFleet(500, 4)
    const first = createWork(fleet, soldCoupling(fleet, 4))
    const told = planned(first, false)
    const again = startedFrom(first)
    const effort = { ...told, batch: 2, skipsIdle: false, sweeps: 0, polishes: 0 } as never
    const found = coordinate(createMember(again, 0, 1, ALONE), { seed: SEED, warm: true, given: true, effort })
    expect(Math.abs(found.value - told.value)).toBeLessThan(1e-9 * Math.abs(told.value))
    expect(again.own).toEqual(first.own)
  })

  it('ends with a plan that can be followed whatever was given: cars changed, figures out of this world', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom(1, 30, 500), fc.boolean(), fc.boolean(), (seed, cars, capped, rich) => {
        const fleet = rich ? randomRichFleet(cars, seed) : randomFleet(cars, seed)
        const first = createWork(fleet, capped && !rich ? cappedCoupling(fleet, seed, 3) : soldCoupling(fleet, seed))
        planned(first, false)
        const scratch = violationsOf(first)
        const work = startedFrom(first)
        const garbage = [NaN, Infinity, -1e9, 1e9, 7_000.4, -0.5]
        for (let i = seed % 7; i < work.schedule.length; i += 7) work.schedule[i] = garbage[i % garbage.length]!
        const certificate = planned(work, true)
        const found = violationsOf(work)
        expect(found.count).toBe(0)
        if (scratch.excessWatts === 0) expect(found.excessWatts).toBe(0)
        for (const figure of [certificate.value, certificate.bound, certificate.gap]) expect(Number.isFinite(figure)).toBe(true)
        expect(work.schedule.every((power) => Number.isInteger(power))).toBe(true)
      }),
      { numRuns: 12 },
    )
  })

  it('finds another plan for cars that can no longer follow theirs', () => {
    const fleet = randomFleet(1_000, 9)
    const first = createWork(fleet, soldCoupling(fleet, 9))
    planned(first, false)
    // Every tenth car has come with 5 kWh less than was thought.
    for (let car = 0; car < fleet.cars; car += 10) fleet.start[car] = Math.max(fleet.energyMin[car]!, fleet.start[car]! - 5_000)
    const work = startedFrom(first)
    const certificate = planned(work, true)
    expect(violationsOf(work).count).toBe(0)
    expect(certificate.bound).toBeLessThanOrEqual(certificate.value)
    expect(certificate.gap).toBeLessThan(0.01)
  })
})
