import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { effortFor } from '../../../../domain/planning/fleet/effort.ts'
import { settleCars } from '../../../../domain/planning/fleet/kept-schedules.ts'
import { coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { ALONE, createMember, createWork, type FleetWork } from '../../../../domain/planning/fleet/team.ts'
import { violationsOf } from '../../../bench/fleet/implementability.ts'
import { randomRichFleet } from '../battery/random-rich-fleet.ts'
import { cappedCoupling, randomFleet, soldCoupling } from './random-fleet.ts'

const SEED = 1

/** Another work of the same fleet that starts from the plan and the prices of this one. */
function startedFrom({ fleet, coupling, schedule, prices }: FleetWork): FleetWork {
  const work = createWork(fleet, coupling)
  work.schedule.set(schedule)
  work.prices.set(prices)
  return work
}

function planned(work: FleetWork, warm: boolean) {
  return coordinate(createMember(work, 0, 1, ALONE), { seed: SEED, warm })
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

  it('reckons anew what the plan costs', () => {
    const fleet = randomFleet(500, 4)
    const first = createWork(fleet, soldCoupling(fleet, 4))
    planned(first, false)
    const again = startedFrom(first)
    again.own.fill(NaN)
    settleCars(createMember(again, 0, 1, ALONE))
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

  it('finds dearer energy dear: a tariff that has changed for some cars moves them', () => {
    const fleet = randomFleet(5_000, 3)
    const first = createWork(fleet, soldCoupling(fleet, 3))
    planned(first, false)
    for (let t = 0; t < fleet.steps; t++) fleet.buy[t]! += t % 32 < 16 ? 8_000 : -3_000
    const scratch = planned(createWork(fleet, first.coupling), false)
    const warm = planned(startedFrom(first), true)
    expect(warm.gap).toBeLessThan(Math.max(0.004, 3 * scratch.gap))
    expect(warm.gapBeforePolish).toBeGreaterThanOrEqual(0)
  })
})

describe('a fleet so large that its last sweep leaves out idle cars', () => {
  const effort = { ...effortFor(100_000, false, false), batch: 64, polishBatch: 4 }

  function large(work: FleetWork, warm: boolean) {
    return coordinate(createMember(work, 0, 1, ALONE), { seed: SEED, warm, effort })
  }

  it('is planned as well as by full sweeps, and its plan can be followed', () => {
    const fleet = randomFleet(3_000, 6)
    const [work, full] = [createWork(fleet, soldCoupling(fleet, 6)), createWork(fleet, soldCoupling(fleet, 6))]
    const { gap, sweeps } = large(work, false)
    const { gap: gapOfFull } = coordinate(createMember(full, 0, 1, ALONE), {
      seed: SEED,
      warm: false,
      effort: { ...effort, skipsIdle: false },
    })
    expect(sweeps).toBe(4)
    expect(gap).toBeLessThan(1.2 * gapOfFull + 0.001)
    expect(violationsOf(work)).toMatchObject({ count: 0, missedTargets: 0 })
  })

  it('has a bound where rows cost nothing and nobody wants to move, now and later', () => {
    const fleet = randomFleet(1_000, 2)
    const free = new Float64Array(fleet.steps)
    const sold = soldCoupling(fleet, 2)
    const row = { name: 'sold', kind: 'soft', at: sold.at.slice(), above: free, below: free } as const
    const work = createWork(fleet, coupling(0.25, [row], [[0]], 0))
    for (const warm of [false, true, true]) {
      const { bound, value, gap } = large(work, warm)
      expect(bound).toBeLessThanOrEqual(value + 1e5 * fleet.cars)
      expect(gap).toBeLessThan(0.001)
      expect(work.prices.every((price) => price === 0)).toBe(true)
    }
    work.coupling.middle.set(sold.middle)
    work.coupling.half.set(sold.half)
    const { gap, bound } = large(work, true)
    expect(Number.isFinite(bound)).toBe(true)
    expect(gap).toBeGreaterThan(0)
    expect(gap).toBeLessThan(0.3)
  })
})
