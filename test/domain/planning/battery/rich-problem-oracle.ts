// The rich problem as a linear programme in powers at the grid, written from the words of the problem and not from the kernel's segments; and seeded random problems.
import { partLoadCurve } from '../../../../domain/planning/battery/conversion-curve.ts'
import { chanceAt, chanceOfLeaving, richProblem, type RichProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { slot } from '../../../../domain/time/slot.ts'
import { priceSeries, random } from '../car/random-problem.ts'
import type { Entry, Programme } from './linear-programme.ts'

// Columns are in kWh and prices in ct/MWh, so that the objective is in milli-cents: 1,000 micro-cents.
const KILO = 1_000

/** Adds one storage to a programme; returns the column of its energy at the grid by step. Its bill is not part of it: see `addMeter`. Prices must not reward losses. */
export function addStorage(programme: Programme, problem: RichProblem): number[] {
  const { steps, stepHours, curve, taper, drive, standby, selfDischarge, wear, softLevels, softTarget, minimum } = problem
  const retention = 1 - selfDischarge * stepHours
  let before = -1
  let spent = 0
  const drawn: number[] = []
  for (let t = 0; t < steps; t++) {
    const chance = chanceAt(problem, t)
    const plugged = problem.powerMin[t]! < 0 || problem.powerMax[t]! > 0
    const use = ((drive?.[t] ?? 0) + (plugged ? standby * stepHours : 0)) / KILO
    const grid = programme.column(0, (problem.powerMin[t]! * stepHours) / KILO, (problem.powerMax[t]! * stepHours) / KILO)
    const charged = programme.column((wear / 2) * chance, 0, Infinity)
    const given = programme.column((wear / 2) * chance, 0, Infinity)
    // The change is below every line of the concave curve.
    for (let i = 1; i < curve.grid.length; i++) {
      const slope = (curve.stored[i]! - curve.stored[i - 1]!) / (curve.grid[i]! - curve.grid[i - 1]!)
      const at0 = ((curve.stored[i]! - slope * curve.grid[i]!) * stepHours) / KILO
      programme.row(
        [
          [charged, 1],
          [given, -1],
          [grid, -slope],
        ],
        -Infinity,
        at0,
      )
    }
    let floor = Math.max(problem.energyMin[t]!, minimum)
    for (const { step, energy } of problem.targets) if (step === t) floor = Math.max(floor, energy)
    const worth = problem.terminalPrice * chanceOfLeaving(problem, t)
    const energy = programme.column(-worth, floor / KILO, problem.energyMax[t]! / KILO)
    const start = t === 0 ? problem.start / KILO : 0
    const balance: Entry[] = [
      [energy, 1],
      [charged, -1],
      [given, 1],
    ]
    if (t > 0) balance.push([before, -retention])
    programme.row(balance, start * retention - use, start * retention - use)
    if (taper !== null) {
      const per = ((taper.power - taper.powerAtFull) / (taper.full - taper.from)) * stepHours
      const entries: Entry[] = [
        [charged, 1],
        [given, -1],
      ]
      if (t > 0) entries.push([before, per * retention])
      const limit = (taper.power * stepHours + per * taper.from) / KILO
      programme.row(entries, -Infinity, limit + per * use - per * start * retention)
    }
    const missing = (level: number, price: number, sign: number) => {
      const column = programme.column(price, 0, Infinity)
      programme.row(
        [
          [column, 1],
          [energy, sign],
        ],
        (sign * level) / KILO,
        Infinity,
      )
    }
    if (problem.reservePrice > 0) missing(problem.reserveLevel, problem.reservePrice * chance, 1)
    for (const { kind, from, until, level, pricePerHour } of softLevels)
      if (t >= from && t < until) missing(level, pricePerHour * stepHours * chance, kind === 'under' ? 1 : -1)
    if (softTarget !== null && t <= softTarget.step)
      missing(
        softTarget.energy,
        softTarget.price * (t === softTarget.step ? chance : problem.staying === null ? 0 : chanceOfLeaving(problem, t)),
        1,
      )
    drawn.push(grid)
    before = energy
    spent += use
  }
  return drawn
}

/** Adds the bill of one meter over storages and everything else behind it, which must include 0 net cost at rest: see `restBill`. */
export function addMeter(
  programme: Programme,
  { steps, stepHours, buy, sell, otherLoad }: RichProblem,
  drawn: readonly (readonly number[])[],
  chance: (step: number) => number,
): void {
  for (let t = 0; t < steps; t++) {
    const bought = programme.column(buy[t]! * chance(t), 0, Infinity)
    const sold = programme.column(-sell[t]! * chance(t), 0, Infinity)
    const load = ((otherLoad?.[t] ?? 0) * stepHours) / KILO
    programme.row([[bought, 1], [sold, -1], ...drawn.map((columns): Entry => [columns[t]!, -1])], load, load)
  }
}

/** What the meter costs with all storages at rest, micro-cents. */
export function restBill(problem: RichProblem): number {
  let bill = 0
  for (let t = 0; t < problem.steps; t++) {
    const load = (problem.otherLoad?.[t] ?? 0) * problem.stepHours
    bill += chanceAt(problem, t) * load * (load > 0 ? problem.buy[t]! : problem.sell[t]!)
  }
  return bill
}

/** The least cost of one storage, micro-cents. */
export function richOptimum(programme: Programme, problem: RichProblem): number {
  addMeter(programme, problem, [addStorage(programme, problem)], (t) => chanceAt(problem, t))
  return programme.solve().cost * KILO - restBill(problem)
}

/** A car with everything: house and sun, part load, taper, ageing, soft wishes, an uncertain departure. All that is hard can be kept. */
export function randomRichProblem(seed: number, steps: number): RichProblem {
  const next = random(seed)
  const capacity = [40_000, 58_000, 77_000][Math.floor(next() * 3)]!
  const rating = [7_400, 11_000, 22_000][Math.floor(next() * 3)]!
  const from = Math.floor(steps * 0.2 * next())
  const until = Math.floor(steps * (0.7 + 0.3 * next()))
  const [powerMin, powerMax, otherLoad, staying] = [0, 0, 0, 0].map(() => new Float64Array(steps))
  let stays = 1
  for (let t = 0; t < steps; t++) {
    if (t >= from && t < until) {
      powerMax![t] = rating
      powerMin![t] = -rating * 0.9
    }
    otherLoad![t] = Math.round(300 + 1_500 * next() - 7_000 * Math.max(0, Math.sin((2 * Math.PI * t) / steps)))
    stays *= t < from ? 1 : 1 - 0.02 * next()
    staying![t] = stays
  }
  const peak = 0.93 + 0.04 * next()
  const points = [0.13, 0.4, 1].map((share, i) => ({ power: rating * share, efficiency: peak - [0.12, 0, 0.02][i]! }))
  const start = capacity * (0.3 + 0.5 * next())
  const { buy, sell } = priceSeries(steps, 'spot', next)
  return richProblem({
    first: slot(1_900_000),
    buy: buy.map((price) => Math.max(price, 3_000)),
    sell: sell.map((price) => Math.max(price - 1_000, 1_000)),
    efficiencyCharge: peak,
    efficiencyDischarge: peak,
    wear: Math.round(5_000 * next()),
    powerMin: powerMin!,
    powerMax: powerMax!,
    energyMin: new Float64Array(steps),
    energyMax: new Float64Array(steps).fill(capacity),
    start,
    terminalPrice: Math.round(9_000 * next()),
    reserveLevel: 0.2 * capacity,
    reservePrice: seed % 4 === 0 ? 3_000 : 0,
    curve: partLoadCurve(points, points),
    taper: seed % 2 === 0 ? { from: 0.8 * capacity, power: rating * 0.95, full: capacity, powerAtFull: 0.1 * rating } : null,
    standby: seed % 3 === 0 ? 40 : 0,
    selfDischarge: seed % 5 === 0 ? 0.0004 : 0,
    softLevels: [
      { kind: 'under', from, until, level: 0.25 * capacity, pricePerHour: 40_000 },
      { kind: 'over', from: 0, until: steps, level: 0.8 * capacity, pricePerHour: 150 },
      { kind: 'over', from: 0, until: steps, level: 0.9 * capacity, pricePerHour: 250 },
    ],
    softTarget: { step: until - 1, energy: capacity * (0.6 + 0.4 * next()), price: 40_000 },
    staying: seed % 3 === 1 ? staying! : null,
    otherLoad: seed % 2 === 1 ? otherLoad! : null,
  })
}
