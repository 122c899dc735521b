import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { fleetOf } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { allocateReserve, certifyReserved, type ReserveAsked } from '../../../../domain/planning/fleet/reserve.ts'
import { reserveBlocks, type ReserveBlock } from '../../../../domain/planning/fleet/reserve-blocks.ts'
import { withShares, type ReserveShares } from '../../../../domain/planning/fleet/reserve-room.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { vehicleProblem, type VehicleProblem } from '../../../../domain/planning/problem.ts'
import { deliveryDay } from '../../../../domain/time/delivery-day.ts'
import { later } from '../../../../domain/time/slot.ts'
import { oracle, statedBounds } from '../car/highs-oracle.ts'
import { priceSeries, random } from '../car/random-problem.ts'
import { series, smallCar } from '../car/small-car.ts'

const DAY = deliveryDay('2026-06-10')
const STEPS = 64
const BLOCKS = reserveBlocks(DAY.first, STEPS)

/** Cars at home over four blocks, some of which come later or leave earlier, with targets that most can reach. */
function cars(count: number, seed: number): VehicleProblem[] {
  const next = random(seed)
  const { buy, sell } = priceSeries(STEPS, 'spot', next)
  return Array.from({ length: count }, () => {
    const capacity = [40_000, 58_000, 77_000][Math.floor(next() * 3)]!
    const rating = [3_700, 7_400, 11_000][Math.floor(next() * 3)]!
    const gives = next() < 0.7
    const [arrival, departure] = [next() < 0.3 ? Math.floor(next() * 20) : 0, next() < 0.3 ? 44 + Math.floor(next() * 20) : STEPS]
    const [powerMin, powerMax] = [new Float64Array(STEPS), new Float64Array(STEPS)]
    for (let t = arrival; t < departure; t++) {
      powerMax[t] = rating
      powerMin[t] = gives ? -rating : 0
    }
    const minimum = 0.15 * capacity
    const start = minimum + 0.7 * capacity * next()
    return vehicleProblem({
      first: DAY.first,
      buy,
      sell,
      efficiencyCharge: 0.88 + 0.1 * next(),
      efficiencyDischarge: 0.88 + 0.1 * next(),
      wear: Math.round(4_000 * next()),
      powerMin,
      powerMax,
      energyMin: new Float64Array(STEPS),
      energyMax: new Float64Array(STEPS).fill(capacity),
      minimum,
      start,
      targets: [
        { step: departure - 1, energy: Math.min(0.9 * capacity, start + 0.5 * rating * 0.25 * (departure - arrival) * 0.88) },
      ],
      terminalPrice: 8_000,
    })
  })
}

/** Follows a plan of which, in one block, `called(t)` of the share is called; throws where the car's own bounds do not allow it. */
function follow(
  problem: VehicleProblem,
  power: ArrayLike<number>,
  block: ReserveBlock,
  called: (t: number) => number,
  slack: number,
) {
  let energy = problem.start
  for (let t = 0; t < block.until; t++) {
    const watts = power[t]! + (t >= block.from ? called(t) : 0)
    energy += watts * problem.stepHours * (watts > 0 ? problem.efficiencyCharge : 1 / problem.efficiencyDischarge)
    if (t < block.from) continue
    if (watts < problem.powerMin[t]! - 1e-6 || watts > problem.powerMax[t]! + 1e-6) throw new Error(`${watts} W in step ${t}`)
    const floor = Math.max(problem.energyMin[t]!, problem.minimum)
    if (energy < floor - slack || energy > problem.energyMax[t]! + slack) throw new Error(`${energy} Wh after step ${t}`)
  }
}

/** Every share can be called in whole, not at all, or in any part at any time. */
function expectDeliverable(
  problem: VehicleProblem,
  power: ArrayLike<number>,
  shares: ReserveShares,
  seed: number,
  slack: number,
) {
  const next = random(seed)
  for (const [b, block] of BLOCKS.entries()) {
    for (const size of [-shares.give[b]!, shares.take[b]!]) {
      if (size === 0) continue
      follow(problem, power, block, () => size, slack)
      follow(problem, power, block, () => size * next(), slack)
      follow(problem, power, block, () => (next() < 0.5 ? size : 0), slack)
    }
    if (shares.give[b]! + shares.take[b]! > 0)
      follow(problem, power, block, () => (next() < 0.5 ? -shares.give[b]! : shares.take[b]!), slack)
  }
}

const anyAsked: fc.Arbitrary<ReserveAsked> = fc.oneof(
  fc.record({ symmetric: fc.integer({ min: 0, max: 30_000 }) }),
  fc.record({ give: fc.integer({ min: 0, max: 40_000 }), take: fc.integer({ min: 0, max: 40_000 }) }),
)

test('blocks are four hours of the local clock: 16 quarter-hours, 12 and 20 in the nights the clocks change', () => {
  const lengths = (date: string) => {
    const day = deliveryDay(date)
    return reserveBlocks(day.first, day.slots).map(({ from, until }) => until - from)
  }
  expect(lengths('2026-06-10')).toEqual([16, 16, 16, 16, 16, 16])
  expect(lengths('2026-03-29')).toEqual([12, 16, 16, 16, 16, 16])
  expect(lengths('2026-10-25')).toEqual([20, 16, 16, 16, 16, 16])
  // From 23:00 in the evening before: an hour of one block, then the long night, then what is left.
  expect(reserveBlocks(later(deliveryDay('2026-10-25').first, -4), 30)).toEqual([
    { from: 0, until: 4 },
    { from: 4, until: 24 },
    { from: 24, until: 30 },
  ])
})

test('shares and what is missing add up to what was asked; every car can deliver its shares from its plan and keeps its wishes', () => {
  const planner = createPlanner(STEPS)
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 1, max: 6 }),
      fc.array(anyAsked, { minLength: 4, maxLength: 4 }),
      (seed, count, asked) => {
        const problems = cars(count, seed)
        const { shares, problems: reserved, missing, cost } = allocateReserve(problems, BLOCKS, asked, 2_500)
        for (const [b, wanted] of asked.entries()) {
          const lacking = { give: 0, take: 0 }
          for (const { block, direction, power } of missing) if (block === b) lacking[direction] += power
          for (const direction of ['give', 'take'] as const) {
            const held = shares.reduce((sum, share) => sum + share[direction][b]!, 0)
            expect(held + lacking[direction]).toBe('symmetric' in wanted ? wanted.symmetric : wanted[direction])
          }
          if ('symmetric' in wanted) expect(lacking.give).toBe(lacking.take)
        }
        let extra = 0
        for (const [car, problem] of problems.entries()) {
          const before = planVehicle(planner, problem, 'bidirectional')
          const { power, breaches, cost: now } = planVehicle(planner, reserved[car]!, 'bidirectional')
          expect(breaches.map(({ kind, missing: energy }) => [kind, Math.round(energy)])).toEqual(
            before.breaches.map(({ kind, missing: energy }) => [kind, Math.round(energy)]),
          )
          if (before.breaches.length === 0) expectDeliverable(problem, power, shares[car]!, seed, 1e-3)
          extra += now.total - before.cost.total
        }
        expect(Math.abs(extra - cost)).toBeLessThan(1e3)
      },
    ),
    { numRuns: 40 },
  )
})

test('the cost for given shares is that of HiGHS', async () => {
  const solve = await oracle()
  const planner = createPlanner(STEPS)
  let compared = 0
  for (let seed = 0; seed < 12; seed++) {
    const problems = cars(3, seed)
    const asked = BLOCKS.map((_, b) => ({ give: b * 3_000, take: 8_000 - b * 2_000 }))
    const { shares } = allocateReserve(problems, BLOCKS, asked)
    for (const [car, problem] of problems.entries()) {
      // The bounds written down once more from the shares: head-room in watts, and energy that grows with every step of a block.
      const stated = { ...problem, powerMin: problem.powerMin.slice(), powerMax: problem.powerMax.slice() }
      const bounds = statedBounds(problem)
      const { give, take } = shares[car]!
      for (let t = 0; t < STEPS; t++) {
        const b = Math.floor(t / 16)
        const behind = (((t % 16) + 1) * 0.25) / problem.efficiencyDischarge
        stated.powerMin[t]! += give[b]!
        stated.powerMax[t]! -= take[b]!
        if (give[b]! > 0) bounds.floor[t] = Math.max(bounds.floor[t]!, problem.minimum + give[b]! * behind)
      }
      const { changeMin, changeMax } = statedBounds(stated)
      const ceiling = problem.energyMax.map(
        (most, t) => most - (take[Math.floor(t / 16)]! * ((t % 16) + 1) * 0.25) / problem.efficiencyDischarge,
      )
      const outcome = planVehicle(planner, withShares(problem, BLOCKS, shares[car]!)!, 'bidirectional')
      if (outcome.breaches.length > 0) continue
      const optimum = solve(stated, { changeMin, changeMax, floor: bounds.floor, ceiling }).cost
      expect(Math.abs(outcome.cost.total - optimum)).toBeLessThan(1e-6 * Math.abs(optimum) + 1e3)
      compared++
    }
  }
  expect(compared).toBeGreaterThan(20)
})

test('in a single block the pieces go where they cost least: no other split is cheaper', () => {
  const planner = createPlanner(STEPS)
  const costOf = (problem: VehicleProblem) => planVehicle(planner, problem, 'bidirectional')
  for (let seed = 0; seed < 12; seed++) {
    const problems = cars(2, seed)
    const [piece, pieces] = [1_000, 4]
    const block = seed % 4
    const asked = BLOCKS.map((_, b) => (b === block ? { give: piece * pieces, take: 0 } : { give: 0, take: 0 }))
    const { cost, missing } = allocateReserve(problems, BLOCKS, asked, piece)
    if (missing.length > 0) continue
    const alone = problems.map((problem) => costOf(problem))
    for (let first = 0; first <= pieces; first++) {
      const split = [first, pieces - first].map((count, car) => {
        const shares = { give: new Float64Array(4), take: new Float64Array(4) }
        shares.give[block] = count * piece
        const problem = withShares(problems[car]!, BLOCKS, shares)
        return problem === null ? null : costOf(problem)
      })
      if (split.some((outcome, car) => outcome === null || outcome.breaches.length > alone[car]!.breaches.length)) continue
      const other = split.reduce((sum, outcome, car) => sum + outcome!.cost.total - alone[car]!.cost.total, 0)
      expect(cost).toBeLessThanOrEqual(other + 1e3)
    }
  }
})

test('a fleet plan of the reserved problems can deliver in whole watts, and its certificate says what it is about', () => {
  const problems = cars(12, 3)
  const asked = BLOCKS.map(() => ({ symmetric: 10_000 }))
  const allocation = allocateReserve(problems, BLOCKS, asked)
  expect(allocation.missing).toEqual([])
  const at = new Float64Array(STEPS).fill(8_000)
  const price = new Float64Array(STEPS).fill(6_000)
  const rows = coupling(0.25, [{ name: 'sold', kind: 'soft', at, above: price, below: price }], [[0]], 0)
  const work = createWork(fleetOf(allocation.problems), rows)
  const certificate = certifyReserved(coordinate(createMember(work, 0, 1, ALONE), { seed: 1, warm: false }), allocation)
  expect(certificate.reserve).toEqual({ sharesGiven: true, cost: allocation.cost, missing: [] })
  expect(certificate.value).toBeGreaterThanOrEqual(certificate.bound - 12 * 1e5)
  for (const [car, problem] of problems.entries()) {
    const power = work.schedule.subarray(car * STEPS, (car + 1) * STEPS)
    expectDeliverable(problem, power, allocation.shares[car]!, 7, 1.5)
  }
})

test('by hand: the car that is full gives, the empty one takes, and nobody gives what he cannot', () => {
  const blocks = [{ from: 0, until: 4 }]
  const flat = [20, 20, 20, 20]
  const full = smallCar(flat, { start: 10_000, powerMin: series(-2_000, -2_000, -2_000, -2_000) })
  const empty = smallCar(flat, {
    start: 0,
    powerMin: series(0, 0, 0, 0),
    powerMax: series(2_000, 2_000, 2_000, 2_000),
    terminalPrice: 0,
  })
  const { shares, missing } = allocateReserve([full, empty], blocks, [{ give: 2_000, take: 2_000 }])
  expect(missing).toEqual([])
  expect(shares.map(({ give }) => give[0])).toEqual([2_000, 0])
  expect(shares.map(({ take }) => take[0])).toEqual([0, 2_000])
  expect(allocateReserve([empty], blocks, [{ symmetric: 5_000 }]).missing).toEqual([
    { block: 0, direction: 'give', power: 4_000 },
    { block: 0, direction: 'take', power: 4_000 },
  ])
})
