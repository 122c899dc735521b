import { expect, test } from 'vitest'
import { coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { dualBound } from '../../../../domain/planning/fleet/dual-bound.ts'
import { fleetOf } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { sweep } from '../../../../domain/planning/fleet/sweep.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { random } from '../car/random-problem.ts'
import { series, smallCar } from '../car/small-car.ts'
import { fleetOracle } from './fleet-oracle.ts'
import { randomFleet } from './random-fleet.ts'

const solve = await fleetOracle()

test('where the prices would pay for charging and discharging at once, the bound stays below the optimum of 98.983 EUR', () => {
  const car = smallCar([30, 30], {
    efficiencyCharge: 0.93,
    efficiencyDischarge: 0.93,
    start: 10_000,
    powerMin: series(-20_000, -20_000),
    powerMax: series(20_000, 20_000),
  })
  const fleet = fleetOf([car])
  const shortage = series(100_000, 100_000)
  const rows = [{ name: 'sold', kind: 'soft' as const, at: series(0, 100_000), above: shortage, below: shortage }]
  const work = createWork(fleet, coupling(1, rows, [[0]], 0))
  work.prices.set([-60_000, -100_000])
  const optimum = solve(fleet, work.coupling)
  expect(optimum.cost / 1e8).toBeCloseTo(98.983, 3)
  const bound = dualBound(createMember(work, 0, 1, ALONE))
  expect(bound).toBeLessThanOrEqual(optimum.cost)
  // It says something all the same: less would be a bound that gives up.
  expect(bound / 1e8).toBeGreaterThan(90)
})

test(
  'the certified bound never exceeds the optimum of HiGHS: 30 fleets of 20 cars, imbalance up to 0.5 EUR/kWh',
  { timeout: 60_000 },
  () => {
    let binaries = 0
    for (let seed = 0; seed < 30; seed++) {
      const fleet = randomFleet(20, seed, 16)
      const next = random(seed + 500)
      const price = () => Float64Array.from({ length: 16 }, () => Math.round(50_000 * next()))
      const at = Float64Array.from({ length: 16 }, () => Math.round(150_000 * (next() - 0.4)))
      const rows = [{ name: 'sold', kind: 'soft' as const, at, above: price(), below: price() }]
      const work = createWork(fleet, coupling(0.25, rows, [[0]], 0))
      const member = createMember(work, 0, 1, ALONE)
      const optimum = solve(fleet, work.coupling)
      binaries += optimum.binaries
      const scale = 1e-7 * Math.abs(optimum.cost)
      for (let round = 0; round < 20; round++) {
        const width = 100_000 * 0.75 ** round
        sweep(member, {
          seed: seed * 100 + round,
          batch: 1,
          widths: series(width),
          shrink: 1,
          first: round === 0,
          least: 0,
        })
        for (let i = 0; i < 16; i++) work.prices[i] = member.seen[i]! / member.samples
        expect(dualBound(member)).toBeLessThanOrEqual(optimum.cost + scale)
      }
    }
    expect(binaries).toBeGreaterThan(100)
  },
)
