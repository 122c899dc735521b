import { expect, test } from 'vitest'
import { readResponse, respond } from '../../../../domain/planning/fleet/best-response.ts'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { conjugate } from '../../../../domain/planning/fleet/coupling.ts'
import { dualBound } from '../../../../domain/planning/fleet/dual-bound.ts'
import { sweep } from '../../../../domain/planning/fleet/sweep.ts'
import { ALONE, createMember, createWork, sumOverCars, type Member } from '../../../../domain/planning/fleet/team.ts'
import { fleetOracle } from './fleet-oracle.ts'
import { sharpCoupling, sharpFleet } from './sharp-fleet.ts'

const CARS = 20
const STEPS = 7
/** Whole watts may leave a car up to 1 Wh below its target; that is worth less than this, micro-cents. */
const ROUNDING = 1e5
const solve = await fleetOracle()

/** What a careless certificate would say: the cost of the plan each car answers with, though where charging and discharging at once would pay that plan is a heuristic. */
function naiveBound(member: Member): number {
  const { work, response } = member
  const { fleet, coupling, prices } = work
  const cars = sumOverCars(member, (car) => {
    response.lambda.fill(0)
    for (const row of coupling.sets[fleet.membership[car]!]!)
      for (let t = 0; t < fleet.steps; t++) response.lambda[t]! += prices[row * fleet.steps + t]!
    respond(response, fleet, car, false)
    let cost = readResponse(response, fleet, car)
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) cost += response.power[t]! * fleet.stepHours * response.lambda[t]!
    return cost
  })
  return cars - conjugate(coupling, prices)
}

/** Sweeps with shrinking widths and looks at both bounds at the prices of each: the best of either. */
function bestBounds(member: Member, seed: number): { bound: number; naive: number } {
  let [bound, naive] = [-Infinity, -Infinity]
  const { prices, coupling } = member.work
  for (let round = 0; round < 20; round++) {
    const widths = new Float64Array(coupling.rows).fill(100_000 * 0.75 ** round)
    sweep(member, { seed: seed * 100 + round, batch: 1, widths, shrink: 1, first: round === 0, least: 0 })
    for (let i = 0; i < prices.length; i++) prices[i] = member.seen[i]! / member.samples
    bound = Math.max(bound, dualBound(member))
    naive = Math.max(naive, naiveBound(member))
  }
  return { bound, naive }
}

test('30 sharp fleets of 20 cars: the bound never exceeds the optimum of HiGHS, while a naive one would in at least 10', () => {
  let [naiveViolates, binaries] = [0, 0]
  for (let seed = 0; seed < 30; seed++) {
    const fleet = sharpFleet(seed, CARS, STEPS)
    const work = createWork(fleet, sharpCoupling(fleet, seed))
    const optimum = solve(fleet, work.coupling)
    const relaxed = solve(fleet, work.coupling, 'relaxed')
    const { bound, naive } = bestBounds(createMember(work, 0, 1, ALONE), seed)
    const scale = 1e-7 * Math.abs(optimum.cost)
    expect(bound).toBeLessThanOrEqual(relaxed.cost + scale)
    expect(relaxed.cost).toBeLessThanOrEqual(optimum.cost + scale)
    // The plan it comes with is no better than the best one, however odd the fleet.
    const { value, bound: certified } = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
    expect(certified).toBeLessThanOrEqual(relaxed.cost + scale)
    expect(value).toBeGreaterThanOrEqual(optimum.cost - scale - CARS * ROUNDING)
    binaries += optimum.binaries
    if (naive > optimum.cost + scale) naiveViolates++
  }
  expect(binaries).toBeGreaterThan(100)
  expect(naiveViolates).toBeGreaterThanOrEqual(10)
})

test('10 sharp fleets with a pool that may not draw more than its cap: bound below, value above the optimum, nothing exceeded', () => {
  let dearer = 0
  for (let seed = 100; seed < 110; seed++) {
    const fleet = sharpFleet(seed, CARS, STEPS)
    const free = solve(fleet, sharpCoupling(fleet, seed), 'relaxed')
    const work = createWork(fleet, sharpCoupling(fleet, seed, 30_000))
    const optimum = solve(fleet, work.coupling)
    const relaxed = solve(fleet, work.coupling, 'relaxed')
    const scale = 1e-7 * Math.abs(optimum.cost)
    const { bound, value, excess, missed } = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
    expect(excess).toBeNull()
    expect(missed.cars).toBe(0)
    expect(bound).toBeLessThanOrEqual(relaxed.cost + scale)
    expect(bestBounds(createMember(work, 0, 1, ALONE), seed).bound).toBeLessThanOrEqual(relaxed.cost + scale)
    expect(value).toBeGreaterThanOrEqual(optimum.cost - scale - CARS * ROUNDING)
    if (relaxed.cost > free.cost + scale) dearer++
  }
  expect(dearer).toBeGreaterThan(5)
})
