// Rich cars of a fleet in shared memory: what the coordination must know beyond the columns of simple cars, so that every thread can read the same bytes.
//
// Each rich car is a record of numbers; its series stand in a pool of their own and are named by number, so cars that share a tariff share its prices. A thread reads a record once
// and keeps the problem, whose series are views of the pool.
import { richProblem, type RichProblem } from '../battery/rich-problem.ts'
import type { Target } from '../problem.ts'
import type { Slot } from '../../time/slot.ts'

/** Records and series; both may be shared by threads. */
export interface RichColumns {
  readonly records: Float64Array
  readonly series: Float64Array
  /** Where the record of each rich car begins, in the order of the problems. */
  readonly begins: readonly number[]
}

/** Writes problems that share first slot, steps and step; words that explain bounds and prices of coordination stay behind. `shared` makes the arrays. */
export function packRich(problems: readonly RichProblem[], shared: (length: number) => Float64Array): RichColumns {
  const pool = new Map<Float64Array, number>()
  const numbers: number[] = []
  const begins = problems.map((problem) => {
    const begin = numbers.length
    const seriesNumber = (series: Float64Array | null) => {
      if (series === null) return -1
      const known = pool.get(series)
      if (known !== undefined) return known
      pool.set(series, pool.size)
      return pool.size - 1
    }
    numbers.push(problem.first)
    for (const key of SCALARS) numbers.push(problem[key])
    for (const key of SERIES) numbers.push(seriesNumber(problem[key]))
    const { targets, curve, taper, softLevels, softTarget } = problem
    numbers.push(targets.length, ...targets.flatMap(({ step, energy }) => [step, energy]))
    numbers.push(curve.grid.length, ...curve.grid, ...curve.stored)
    if (taper === null) numbers.push(0)
    else numbers.push(1, taper.from, taper.power, taper.full, taper.powerAtFull)
    numbers.push(softLevels.length)
    for (const { kind, from, until, level, pricePerHour } of softLevels)
      numbers.push(kind === 'under' ? 0 : 1, from, until, level, pricePerHour)
    if (softTarget === null) numbers.push(0)
    else numbers.push(1, softTarget.step, softTarget.energy, softTarget.price)
    return begin
  })
  const steps = problems[0]?.steps ?? 0
  const records = shared(numbers.length)
  records.set(numbers)
  const series = shared(pool.size * steps)
  for (const [values, number] of pool) series.set(values.subarray(0, steps), number * steps)
  return { records, series, begins }
}

/** Reads the record at `begin`. */
export function readRich(
  records: Float64Array,
  series: Float64Array,
  begin: number,
  steps: number,
  stepHours: number,
): RichProblem {
  let at = begin
  const take = () => records[at++]!
  const takeAll = (length: number) => records.slice(at, (at += length))
  const first = take() as Slot
  const scalars = Object.fromEntries(SCALARS.map((key) => [key, take()])) as Record<(typeof SCALARS)[number], number>
  const views = Object.fromEntries(
    SERIES.map((key) => {
      const number = take()
      return [key, number < 0 ? null : series.subarray(number * steps, (number + 1) * steps)]
    }),
  ) as Pick<RichProblem, (typeof SERIES)[number]>
  const targets = Array.from({ length: take() }, (): Target => ({ step: take(), energy: take() }))
  const knots = take()
  const curve = { grid: takeAll(knots), stored: takeAll(knots) }
  const taper = take() === 0 ? null : { from: take(), power: take(), full: take(), powerAtFull: take() }
  const softLevels = Array.from({ length: take() }, () => ({
    kind: take() === 0 ? ('under' as const) : ('over' as const),
    from: take(),
    until: take(),
    level: take(),
    pricePerHour: take(),
  }))
  const softTarget = take() === 0 ? null : { step: take(), energy: take(), price: take() }
  return richProblem({ first, steps, stepHours, ...scalars, ...views, targets, curve, taper, softLevels, softTarget })
}

const SCALARS = [
  'efficiencyCharge',
  'efficiencyDischarge',
  'wear',
  'minimum',
  'reserveLevel',
  'reservePrice',
  'terminalPrice',
  'start',
  'standby',
  'selfDischarge',
  'switching',
  'fairness',
] as const

const SERIES = [
  'buy',
  'sell',
  'powerMin',
  'powerMax',
  'energyMin',
  'energyMax',
  'drive',
  'staying',
  'otherLoad',
  'previous',
] as const
