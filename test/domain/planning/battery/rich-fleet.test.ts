import { expect, test } from 'vitest'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { fleetOf } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { packRich, readRich } from '../../../../domain/planning/fleet/rich-columns.ts'
import { followRich } from '../../../../domain/planning/battery/rich-schedule.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { weigh } from '../../../../domain/planning/fleet/weigh.ts'
import { chanceAt, richProblem, type RichProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { soldCoupling } from '../fleet/random-fleet.ts'
import { random, randomProblem } from '../car/random-problem.ts'
import { series } from '../car/small-car.ts'
import { programmes, type Programme } from './linear-programme.ts'
import { randomRichCars, randomRichFleet } from './random-rich-fleet.ts'
import { addMeter, addStorage, restBill } from './rich-problem-oracle.ts'

const STEPS = 32
const programme = await programmes()

/** The least cost of rich cars under one soft row, micro-cents. */
function optimum(
  model: Programme,
  cars: readonly RichProblem[],
  sold: Float64Array,
  above: Float64Array,
  below: Float64Array,
): number {
  const drawn = cars.map((car) => addStorage(model, car))
  for (const [i, car] of cars.entries()) addMeter(model, car, [drawn[i]!], (t) => chanceAt(car, t))
  for (let t = 0; t < STEPS; t++) {
    const more = model.column(above[t]!, 0, Infinity)
    const less = model.column(below[t]!, 0, Infinity)
    const at = (sold[t]! * 0.25) / 1_000
    model.row([[more, 1], [less, -1], ...drawn.map((columns) => [columns[t]!, -1] as const)], -at, -at)
  }
  let rest = 0
  for (const car of cars) rest += restBill(car)
  return model.solve().cost * 1_000 - rest
}

test('a problem read from shared memory is the problem that was packed', () => {
  const cars = randomRichCars(40, 3, STEPS)
  const shared = packRich(cars, (length) => new Float64Array(length))
  for (const [i, car] of cars.entries())
    expect(readRich(shared.records, shared.series, shared.begins[i]!, STEPS, 0.25)).toEqual(car)
})

test('rich cars that are coupled: the bound is below the optimum of HiGHS, the plan close above it', () => {
  for (let seed = 0; seed < 5; seed++) {
    const next = random(seed + 40)
    const cars = randomRichCars(20, seed, STEPS)
    const fleet = fleetOf(cars)
    const price = () => Float64Array.from({ length: STEPS }, () => Math.round(12_000 * next()))
    const [above, below] = [price(), price()]
    const sold = Float64Array.from({ length: STEPS }, () => Math.round(60_000 * (next() - 0.4)))
    const work = createWork(fleet, coupling(0.25, [{ name: 'sold', kind: 'soft', at: sold, above, below }], [[0]], 0))
    const { value, bound, gap } = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
    const best = optimum(programme(), cars, sold, above, below)
    const rounding = 1e-8 * Math.abs(best)
    expect(bound, `seed ${seed}`).toBeLessThanOrEqual(best + rounding)
    // Whole watts may leave a Wh of a bound, which is worth less than this.
    expect(value, `seed ${seed}`).toBeGreaterThanOrEqual(best - 1e-4 * Math.abs(best))
    expect(gap, `seed ${seed}`).toBeLessThan(0.02)
  }
})

test('a fleet of simple and rich cars: whole watts within all bounds, weighed as certified', () => {
  const rich = randomRichCars(300, 5, STEPS)
  const simple = Array.from({ length: 300 }, (_, i) => ({
    ...randomProblem(i, STEPS, 'spot'),
    targets: [],
    first: rich[0]!.first,
  }))
  const cars = rich.flatMap((car, i) => [car, simple[i]!])
  const fleet = fleetOf(cars)
  const rows = soldCoupling(fleet, 5)
  const work = createWork(fleet, rows)
  const { value, gap, excess } = coordinate(createMember(work, 0, 1, ALONE), { seed: 1, warm: false })
  expect(excess).toBeNull()
  expect(gap).toBeLessThan(0.005)
  const weighed = weigh(fleet, rows, work.schedule)
  expect(weighed.value / value).toBeCloseTo(1, 9)
  for (const [i, car] of rich.entries()) {
    const power = Float64Array.from(work.schedule.subarray(2 * i * STEPS, (2 * i + 1) * STEPS))
    const { strain, overload } = followRich(car, power)
    expect(power.every(Number.isInteger)).toBe(true)
    expect(overload).toBe(0)
    expect(strain).toBeLessThan(1)
  }
})

test('a hard bound holds for rich cars, too', () => {
  const fleet = randomRichFleet(60, 7, STEPS)
  const cap = { name: 'area', kind: 'most' as const, at: new Float64Array(STEPS).fill(90_000), above: series(), below: series() }
  const sold = {
    name: 'sold',
    kind: 'soft' as const,
    at: new Float64Array(STEPS).fill(150_000),
    above: new Float64Array(STEPS),
    below: new Float64Array(STEPS).fill(9_000),
  }
  const work = createWork(fleet, coupling(0.25, [sold, cap], [[0, 1]], 30_000))
  const { excess } = coordinate(createMember(work, 0, 1, ALONE), { seed: 2, warm: false })
  expect(excess).toBeNull()
  const highest = Math.max(
    ...Array.from({ length: STEPS }, (_, t) => fleet.form.reduce((sum, _form, car) => sum + work.schedule[car * STEPS + t]!, 0)),
  )
  expect(highest).toBeGreaterThan(85_000)
  expect(highest).toBeLessThanOrEqual(90_000)
})

test('a simple car planned as a rich one costs the same in a fleet', () => {
  const cars = Array.from({ length: 30 }, (_, i) => ({
    ...randomProblem(i, STEPS, 'spot'),
    reservePrice: 0,
    drive: null,
    targets: [],
  }))
  const plain = cars.map((car) => ({
    ...car,
    powerMin: car.powerMin.map((least) => Math.min(0, least)),
    powerMax: car.powerMax.map((most) => Math.max(0, most)),
  }))
  const values = [fleetOf(plain), fleetOf(plain.map((car) => richProblem(car)))].map((fleet) => {
    const work = createWork(fleet, soldCoupling(fleet, 1))
    return coordinate(createMember(work, 0, 1, ALONE), { seed: 3, warm: false })
  })
  expect(values[1]!.bound / values[0]!.bound).toBeCloseTo(1, 3)
  expect(values[1]!.value / values[0]!.value).toBeCloseTo(1, 2)
})

test(
  'a new plan stays near the one of before where that costs little, and the certificate does not count it',
  { timeout: 30_000 },
  () => {
    const cars = randomRichCars(420, 9, 24)
    const plan = (problems: readonly RichProblem[], seed: number) => {
      const fleet = fleetOf(problems)
      const work = createWork(fleet, soldCoupling(fleet, 9))
      return { work, certificate: coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false }) }
    }
    const before = plan(cars, 1)
    const settled = cars.map((car, i) => {
      const previous = Float64Array.from(before.work.schedule.subarray(i * 24, (i + 1) * 24))
      return richProblem({ ...car, previous, switching: 400 })
    })
    const [free, held] = [plan(cars, 2), plan(settled, 2)]
    const moved = ({ work }: typeof free) =>
      work.schedule.reduce((sum, power, i) => sum + Math.abs(power - before.work.schedule[i]!), 0)
    expect(moved(held) / moved(free)).toBeLessThan(0.8)
    expect(held.certificate.bound / free.certificate.bound).toBeCloseTo(1, 3)
    expect(held.certificate.gap).toBeLessThan(free.certificate.gap + 0.003)
  },
)
