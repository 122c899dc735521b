// Bands against plans: whatever the planner or chance finds lies inside the outer pair, and both inner courses can be driven.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carBand, type Band } from '../../../domain/flexibility/band.ts'
import { viableTube } from '../../../domain/flexibility/viable-tube.ts'
import { storedChange } from '../../../domain/planning/car/outcome.ts'
import { createPlanner, planVehicle, solveWith } from '../../../domain/planning/car/plan-vehicle.ts'
import { chargingOnly } from '../../../domain/planning/discharge-rule.ts'
import type { VehicleProblem } from '../../../domain/planning/problem.ts'
import { random, randomProblem } from '../planning/car/random-problem.ts'
import { series, smallCar } from '../planning/car/small-car.ts'

const STEPS = 64
const planner = createPlanner(STEPS)
const SLACK_WH = 1e-3
const FREE = { chargeOnlyThrough: -1, minimumFrom: 0 }

const cars = fc
  .record({ seed: fc.integer({ min: 0, max: 1e6 }), shape: fc.constantFrom('spot', 'flat', 'negative'), low: fc.boolean() })
  .map(({ seed, shape, low }) => {
    const problem = randomProblem(seed, STEPS, shape as 'spot')
    return low ? { ...problem, minimum: problem.start + 5_000 } : problem
  })

function expectInside(band: Band, power: Float64Array, label = ''): void {
  let total = 0
  const outside: string[] = []
  power.forEach((value, t) => {
    total += value * band.stepHours
    if (!(value >= band.powerMin[t]! - SLACK_WH && value <= band.powerMax[t]! + SLACK_WH))
      outside.push(`${label} power ${value} in step ${t}: ${band.powerMin[t]} to ${band.powerMax[t]}`)
    if (!(total >= band.energyMin[t]! - SLACK_WH && total <= band.energyMax[t]! + SLACK_WH))
      outside.push(`${label} energy ${total} after step ${t}: ${band.energyMin[t]} to ${band.energyMax[t]}`)
  })
  expect(outside).toEqual([])
}

/** A plan by chance inside the bounds and the tube, W at the grid. */
function plannedByChance(problem: VehicleProblem, seed: number): Float64Array {
  const next = random(seed)
  const { low, high } = viableTube(planner, problem, FREE)
  const drive = planner.kernel.drive.slice(0, problem.steps)
  const [least, most] = [planner.kernel.changeMin.slice(), planner.kernel.changeMax.slice()]
  const bold = next() < 0.5
  let stored = problem.start
  return low.map((floor, t) => {
    const from = Math.max(least[t]!, floor - stored + drive[t]!)
    const to = Math.min(most[t]!, high[t]! - stored + drive[t]!)
    expect(to, `a way on in step ${t}`).toBeGreaterThanOrEqual(from - SLACK_WH)
    const change = from + (bold ? Math.round(next()) : next()) * Math.max(0, to - from)
    stored += change - drive[t]!
    return (change > 0 ? change / problem.efficiencyCharge : change * problem.efficiencyDischarge) / problem.stepHours
  })
}

const powersOf = (energy: Float64Array, { stepHours }: Band) =>
  energy.map((value, t) => (value - (t === 0 ? 0 : energy[t - 1]!)) / stepHours)

describe('the band of one car', () => {
  it('I2, I4: holds every plan of the planner, above and below the minimum', () => {
    fc.assert(
      fc.property(cars, (problem) => {
        expectInside(carBand(planner, problem), planVehicle(planner, problem, 'bidirectional').power, 'bidirectional')
        const charging = carBand(planner, problem, chargingOnly(problem))
        expectInside(charging, planVehicle(planner, problem, 'smart').power, 'smart')
        // Charging at once leaves no room for power that is forced upon the car later, and is then no plan that keeps all bounds.
        if (problem.powerMin.every((power) => power <= 0))
          expectInside(charging, planVehicle(planner, problem, 'immediate').power, 'immediate')
      }),
      { numRuns: 300 },
    )
  })

  it('holds plans made by chance, cycling at its worst included', () => {
    fc.assert(
      fc.property(cars, fc.integer({ min: 0, max: 1e6 }), (car, seed) => {
        const problem = { ...car, minimum: Math.min(car.minimum, car.start) }
        expectInside(carBand(planner, problem), plannedByChance(problem, seed))
      }),
      { numRuns: 300 },
    )
  })

  it('offers two courses that can be driven: within the powers, within the battery, as full in the end as can be', () => {
    fc.assert(
      fc.property(cars, (problem) => {
        const band = carBand(planner, problem)
        const rule = problem.start >= problem.minimum ? FREE : chargingOnly(problem)
        const reached = planVehicle(planner, problem, rule === FREE ? 'bidirectional' : 'smart').breaches
        const missing = reached.find(({ kind }) => kind === 'target')?.missing ?? 0
        for (const offer of [band.offerMin, band.offerMax]) {
          const power = powersOf(offer, band)
          expectInside(band, power)
          let stored = problem.start
          power.forEach((value, t) => {
            if (planner.kernel.changeMax[t]! >= 0 && reached.length === 0) {
              expect(value).toBeLessThanOrEqual(problem.powerMax[t]! + SLACK_WH)
              expect(value).toBeGreaterThanOrEqual(problem.powerMin[t]! - SLACK_WH)
            }
            stored += storedChange(value, problem) - (problem.drive?.[t] ?? 0)
            expect(stored).toBeLessThanOrEqual(Math.max(problem.energyMax[t]!, problem.start) + SLACK_WH)
            for (const { step, energy } of problem.targets)
              if (step === t) expect(stored).toBeGreaterThanOrEqual(energy - missing - 1)
          })
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never grows where the powers shrink, as long as the wishes can still be met', () => {
    let compared = 0
    fc.assert(
      fc.property(cars, fc.integer({ min: 0, max: 1e6 }), (car, seed) => {
        const next = random(seed)
        const wide = { ...car, minimum: Math.min(car.minimum, car.start) }
        const narrow = {
          ...wide,
          powerMin: wide.powerMin.map((power) => (power < 0 ? power * Math.min(1, 0.3 + next()) : power)),
          powerMax: wide.powerMax.map((power) => (power > 0 ? power * Math.min(1, 0.8 + next()) : power)),
        }
        if (narrow.powerMin.some((power, t) => power > narrow.powerMax[t]!)) return
        if (solveWith(planner, { ...narrow, buy: narrow.sell }, FREE).shortfalls.length > 0) return
        compared++
        const [inner, outer] = [carBand(planner, narrow), carBand(planner, wide)]
        const [tight, loose] = [viableTube(planner, narrow, FREE), viableTube(planner, wide, FREE)]
        for (let t = 0; t < STEPS; t++) {
          for (const side of ['powerMin', 'energyMin'] as const)
            expect(inner[side][t], `${side} ${t}`).toBeGreaterThanOrEqual(outer[side][t]! - SLACK_WH)
          for (const side of ['powerMax', 'energyMax'] as const)
            expect(inner[side][t], `${side} ${t}`).toBeLessThanOrEqual(outer[side][t]! + SLACK_WH)
          expect(tight.low[t]).toBeGreaterThanOrEqual(loose.low[t]! - SLACK_WH)
          expect(tight.high[t]).toBeLessThanOrEqual(loose.high[t]! + SLACK_WH)
        }
      }),
      { numRuns: 200 },
    )
    expect(compared).toBeGreaterThan(10)
  })

  it('can be asked for each end of its powers, and still keeps what it could keep before; for no more than that', () => {
    let refused = 0
    fc.assert(
      fc.property(cars, fc.nat(STEPS - 1), fc.boolean(), (car, t, isMost) => {
        const problem = { ...car, minimum: Math.min(car.minimum, car.start) }
        const flat = { ...problem, sell: new Float64Array(STEPS), buy: new Float64Array(STEPS) }
        if (solveWith(planner, flat, FREE).shortfalls.length > 0) return
        const band = carBand(planner, flat)
        const asked = (power: number) => {
          const forced = { ...flat, powerMin: flat.powerMin.slice(), powerMax: flat.powerMax.slice() }
          forced.powerMin[t] = forced.powerMax[t] = power
          return solveWith(planner, forced, FREE).shortfalls.reduce((sum, { missing }) => sum + missing, 0)
        }
        const end = isMost ? band.powerMax[t]! : band.powerMin[t]!
        expect(asked(end)).toBeLessThan(SLACK_WH)
        const own = isMost ? flat.powerMax[t]! : flat.powerMin[t]!
        if (Math.abs(end - own) < 10) return
        refused++
        expect(asked(isMost ? end + 5 : end - 5)).toBeGreaterThan(0.1)
      }),
      { numRuns: 2_500 },
    )
    expect(refused).toBeGreaterThan(5)
  })

  it('can be checked by hand: 10 kWh, half full, 5 kW, full after three hours', () => {
    const band = carBand(planner, smallCar([1, 1, 1], { targets: [{ step: 2, energy: 10_000 }] }))
    expect(Array.from(band.powerMin)).toEqual([-5_000, -5_000, 0])
    expect(Array.from(band.powerMax)).toEqual([5_000, 5_000, 5_000])
    expect(Array.from(band.energyMin)).toEqual([-5_000, 0, 5_000])
    expect(Array.from(band.energyMax)).toEqual([5_000, 5_000, 5_000])
    expect(Array.from(band.offerMin)).toEqual([-5_000, 0, 5_000])
    expect(Array.from(band.offerMax)).toEqual([5_000, 5_000, 5_000])
  })

  it('counts what cycling loses: a car may take more than it holds', () => {
    const lossy = smallCar([1, 1, 1, 1], { efficiencyCharge: 0.5, start: 10_000 })
    const band = carBand(planner, lossy)
    // Gives 5 kWh and takes 10 kWh for them, in two hours a time.
    expect(band.energyMax[3]).toBeGreaterThanOrEqual(2_500)
    expect(band.energyMax[3]).toBeLessThanOrEqual(10_000)
    expectInside(band, series(-2_500, 5_000, -2_500, 5_000))
  })

  it('does not throw where bounds contradict each other, and is then a single course', () => {
    const forced = smallCar([1, 1], { powerMin: series(5_000, 5_000), start: 9_000, energyMax: series(10_000, 2_000) })
    const band = carBand(planner, forced)
    expect(Array.from(band.energyMin)).toEqual(Array.from(band.energyMax))
    expect(Array.from(band.offerMin)).toEqual([1_000, 1_000])
  })
})
