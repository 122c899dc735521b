import { expect, test } from 'vitest'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import type { Strategy } from '../../../../domain/planning/plan.ts'
import type { VehicleProblem } from '../../../../domain/planning/problem.ts'
import { cents, series, smallCar } from './small-car.ts'

const planner = createPlanner(96)
const powers = (problem: VehicleProblem, strategy: Strategy = 'bidirectional') =>
  Array.from(planVehicle(planner, problem, strategy).power, (value) => Math.round(value * 1e6) / 1e6 + 0)

test('buys cheap, sells dear and is ready at the end', () => {
  const problem = smallCar([10, 30], { targets: [{ step: 1, energy: 5_000 }] })
  const outcome = planVehicle(planner, problem, 'bidirectional')
  expect(Array.from(outcome.power)).toEqual([5_000, -5_000])
  expect(Array.from(outcome.energy)).toEqual([10_000, 5_000])
  expect(outcome.cost.total).toBe(cents(5 * 10 - 5 * 30))
  expect(outcome.breaches).toEqual([])
})

test('losses and wear eat a small spread', () => {
  // Bought at 10, half of a wear of 8 each way, 80 % each way: a Wh stored costs 16.5 and earns 0.8 x 25 - 4 = 16.
  const lossy = { efficiencyCharge: 0.8, efficiencyDischarge: 0.8, wear: 8_000, targets: [{ step: 1, energy: 5_000 }] }
  expect(powers(smallCar([10, 25], lossy))).toEqual([0, 0])
  // At 26 it earns 16.8. The 5 kW draw stores 4 kWh, and 4 kWh give back 3.2 kWh.
  expect(powers(smallCar([10, 26], lossy))).toEqual([5_000, -3_200])
  const { cost } = planVehicle(planner, smallCar([10, 26], lossy), 'bidirectional')
  expect(cost.energy).toBeCloseTo(cents(5 * 10 - 3.2 * 26), 3)
  expect(cost.wear).toBeCloseTo(cents(8 * 4), 3)
  expect(cost.total).toBeCloseTo(cost.energy + cost.wear, 6)
})

test('selling below the buying price leaves the battery alone', () => {
  expect(powers(smallCar([20, 20, 20], { sell: series(15_000, 15_000, 15_000), terminalPrice: 18_000 }))).toEqual([0, 0, 0])
})

test('energy left over has a value', () => {
  expect(powers(smallCar([20], { terminalPrice: 21_000 }))).toEqual([5_000])
  expect(powers(smallCar([20], { terminalPrice: 19_000 }))).toEqual([-5_000])
  expect(planVehicle(planner, smallCar([20], { terminalPrice: 21_000 }), 'bidirectional').cost.terminal).toBe(-cents(10 * 21))
})

test('at equal cost the plan with more energy in the battery wins: charge early, discharge late', () => {
  const flat = [20, 20, 20, 20]
  expect(powers(smallCar(flat, { targets: [{ step: 3, energy: 8_000 }] }))).toEqual([5_000, 0, 0, -2_000])
  expect(powers(smallCar(flat, { targets: [{ step: 3, energy: 8_000 }] }), 'smart')).toEqual([3_000, 0, 0, 0])
  expect(powers(smallCar(flat))).toEqual([5_000, 0, -5_000, -5_000])
  expect(powers(smallCar(flat, { wear: 1_000, targets: [{ step: 3, energy: 8_000 }] }))).toEqual([3_000, 0, 0, 0])
})

test('one step, no power at all, and a step with no power in between', () => {
  expect(powers(smallCar([20], { targets: [{ step: 0, energy: 7_000 }] }))).toEqual([2_000])
  expect(powers(smallCar([20], { powerMin: series(0), powerMax: series(0) }))).toEqual([0])
  const pause = { powerMin: series(-5_000, 0, -5_000), powerMax: series(5_000, 0, 5_000), targets: [{ step: 2, energy: 9_000 }] }
  expect(powers(smallCar([30, 5, 20], pause))).toEqual([-1_000, 0, 5_000])
})

test('a power that is forced is followed, and room is made for it before', () => {
  const forced = { powerMin: series(-5_000, 3_000), start: 9_000 }
  expect(powers(smallCar([10, 10], { ...forced, wear: 1_000 }))[1]).toBe(3_000)
  expect(powers(smallCar([10, 10], { ...forced, wear: 1_000 }))[0]).toBe(-5_000)
  const { breaches } = planVehicle(planner, smallCar([10, 10], forced), 'bidirectional')
  expect(breaches).toEqual([])
})

test('a forced power yields to a full and to an empty battery, and the breach names who asked', () => {
  const full = smallCar([10], { powerMin: series(3_000), start: 9_000, powerMinBy: ['activation A1'] })
  expect(powers(full)).toEqual([1_000])
  expect(planVehicle(planner, full, 'bidirectional').breaches).toMatchObject([
    { kind: 'power', missing: 2_000, cause: 'the battery is full enough for activation A1' },
  ])
  const empty = smallCar([10], { powerMax: series(-3_000), start: 2_000, minimum: 1_500, powerMaxBy: ['activation A2'] })
  expect(powers(empty)).toEqual([-500])
  expect(planVehicle(planner, empty, 'bidirectional').breaches).toMatchObject([{ kind: 'power', missing: 2_500 }])
})

test('driving takes energy, and enough is charged for it before', () => {
  const trip = { drive: series(0, 4_000), powerMin: series(0, 0), powerMax: series(5_000, 0), energyMin: series(0, 2_000) }
  const outcome = planVehicle(planner, smallCar([20, 20], trip), 'bidirectional')
  expect(Array.from(outcome.power)).toEqual([1_000, 0])
  expect(Array.from(outcome.energy)).toEqual([6_000, 2_000])
})

test('the soft floor is bought when it is cheap and breached when it is dear', () => {
  const floor = { reserveLevel: 7_000, terminalPrice: 10_000, powerMin: series(0, 0) }
  expect(powers(smallCar([20, 20], { ...floor, reservePrice: 6_000 }))).toEqual([2_000, 0])
  const dear = planVehicle(planner, smallCar([20, 20], { ...floor, reservePrice: 4_000 }), 'bidirectional')
  expect(Array.from(dear.power)).toEqual([0, 0])
  expect(dear.cost.breaches).toBe(cents(2 * 2 * 4))
  expect(dear.breaches).toMatchObject([
    { kind: 'reserve', missing: 2_000, slot: 1_900_000, cause: 'the prices make it cheaper than keeping it' },
  ])
})

test('charging only never discharges; charging at once takes full power until the target', () => {
  const problem = smallCar([30, 10, 40], { targets: [{ step: 2, energy: 9_000 }] })
  expect(powers(problem, 'smart')).toEqual([0, 4_000, 0])
  expect(powers(problem, 'immediate')).toEqual([4_000, 0, 0])
  expect(powers(smallCar([30, 10]), 'immediate')).toEqual([5_000, 0])
  // Charging forced later finds the room it needs: 2 kWh of the 5 kWh that are free.
  const forced = smallCar([30, 10, 10], { powerMin: series(-5_000, -5_000, 2_000) })
  expect(powers(forced, 'immediate')).toEqual([3_000, 0, 2_000])
})

test('the shadow price is what one more Wh in the battery is worth', () => {
  const problem = smallCar([10, 30, 20], {
    targets: [{ step: 2, energy: 5_000 }],
    start: 2_000,
    powerMax: series(3_000, 5_000, 5_000),
  })
  const { power, shadowPrice } = planVehicle(planner, problem, 'bidirectional')
  // 3 kWh at 10, all 5 kWh out at 30, 5 kWh back at 20: the last Wh stored first leaves at 30, a Wh kept afterwards saves one at 20.
  expect(Array.from(power)).toEqual([3_000, -5_000, 5_000])
  expect(Array.from(shadowPrice)).toEqual([30_000, 20_000, 20_000])
})

test('a car above its ceiling may stay there, is not charged further and says so', () => {
  const outcome = planVehicle(
    planner,
    smallCar([20, 20], { energyMax: series(4_000, 4_000), terminalPrice: 25_000 }),
    'bidirectional',
  )
  expect(Array.from(outcome.power)).toEqual([0, 0])
  expect(outcome.breaches).toMatchObject([{ kind: 'capacity', missing: 1_000, cause: 'the car arrived above its ceiling' }])
})

test('equal problems give equal plans, whatever was planned before', () => {
  const problem = smallCar([10, 12, 9, 30, 11], { targets: [{ step: 4, energy: 9_500 }] })
  const before = planVehicle(createPlanner(5), problem, 'bidirectional')
  planVehicle(planner, smallCar(Array.from({ length: 96 }, (_, i) => i % 7)), 'bidirectional')
  expect(planVehicle(planner, problem, 'bidirectional')).toEqual(before)
})
