// What ties the cars of a fleet together: rows of summed power, each with a kink by step. Below the kink a watt-hour more is worth `down`, above it costs `up`.
//
// A sold schedule is one row: taking more than sold costs the price of shortage, taking less that of surplus. A hard bound is a row that costs nothing on its own side; its
// price on the other side only steers. Every row is smoothed while sweeping: within `width` of the kink the slope rises evenly.
import { assert } from '../../result.ts'

export interface CouplingRow {
  readonly name: string
  /** A soft row is paid for, a hard one is not to be exceeded: `most` caps the sum from above, `least` from below. */
  readonly kind: 'soft' | 'most' | 'least'
  /** Where the kink lies, W by step; infinite (hard rows only) where nothing binds. */
  readonly at: Float64Array
  /** Soft rows: what a MWh above the kink costs and what a MWh below it costs, ct/MWh by step; their sum is not negative. */
  readonly above: Float64Array
  readonly below: Float64Array
}

/** Rows in shared columns, row after row, and the sets of rows that cars count in. */
export interface Coupling {
  readonly steps: number
  readonly stepHours: number
  readonly rows: number
  readonly names: readonly string[]
  readonly kinds: readonly CouplingRow['kind'][]
  readonly at: Float64Array
  /** Middle and half of the range of slopes by row and step, ct/MWh. */
  readonly middle: Float64Array
  readonly half: Float64Array
  /** The row numbers of each set. */
  readonly sets: readonly Int32Array[]
}

/** What a soft row is given anew, by step; left out, it stays. */
export type SoftChange = Partial<Pick<CouplingRow, 'at' | 'above' | 'below'>>

/** Stands for a kink that is never met, W. */
const NEVER_W = 1e15

/** Joins rows; `sets[m]` lists the rows of cars with membership m. `hardPrice` (ct/MWh) steers the sweeps away from hard bounds. Throws on prices that are not convex. */
export function coupling(
  stepHours: number,
  rows: readonly CouplingRow[],
  sets: readonly (readonly number[])[],
  hardPrice: number,
): Coupling {
  const steps = rows[0]?.at.length ?? 0
  const [at, middle, half] = [0, 0, 0].map(() => new Float64Array(new SharedArrayBuffer(rows.length * steps * 8)))
  for (const [row, { name, kind, at: kinks, above, below }] of rows.entries()) {
    for (let t = 0; t < steps; t++) {
      const up = kind === 'soft' ? above[t]! : kind === 'most' ? hardPrice : 0
      const down = kind === 'soft' ? below[t]! : kind === 'least' ? hardPrice : 0
      assert(up + down >= 0 && Number.isFinite(up + down), `${name}: prices of step ${t} are not convex`)
      assert(kind === 'soft' ? Number.isFinite(kinks[t]!) : !Number.isNaN(kinks[t]!), `${name}: bound of step ${t}`)
      at![row * steps + t] = Math.max(-NEVER_W, Math.min(NEVER_W, kinks[t]!))
      middle![row * steps + t] = (up - down) / 2
      half![row * steps + t] = (up + down) / 2
    }
  }
  return {
    steps,
    stepHours,
    rows: rows.length,
    names: rows.map(({ name }) => name),
    kinds: rows.map(({ kind }) => kind),
    at: at!,
    middle: middle!,
    half: half!,
    sets: sets.map((set) => Int32Array.from(set)),
  }
}

/** The same rows with a soft one that lies or costs otherwise; everything else, the price of hard rows included, stays as it is. */
export function withSoftRow(from: Coupling, name: string, change: SoftChange): Coupling {
  const row = from.names.indexOf(name)
  assert(from.kinds[row] === 'soft', `${name} is a soft row`)
  const { steps } = from
  const [at, middle, half] = [from.at, from.middle, from.half].map((column) => {
    const copy = new Float64Array(new SharedArrayBuffer(column.byteLength))
    copy.set(column)
    return copy
  })
  for (let t = 0; t < steps; t++) {
    const index = row * steps + t
    const [up, down] = [
      change.above?.[t] ?? middle![index]! + half![index]!,
      change.below?.[t] ?? half![index]! - middle![index]!,
    ]
    const kink = change.at?.[t] ?? at![index]!
    assert(up + down >= 0 && Number.isFinite(up + down) && Number.isFinite(kink), `${name}: step ${t}`)
    at![index] = Math.max(-NEVER_W, Math.min(NEVER_W, kink))
    middle![index] = (up - down) / 2
    half![index] = (up + down) / 2
  }
  return { ...from, at: at!, middle: middle!, half: half! }
}

/** Slope of the smoothed cost of one row in one step, ct/MWh. `index` counts row after row; the kink is scaled by `share`. */
export function slopeAt({ at, middle, half }: Coupling, index: number, sum: number, width: number, share: number): number {
  const beyond = sum - at[index]! * share
  if (beyond >= width) return middle[index]! + half[index]!
  if (beyond <= -width) return middle[index]! - half[index]!
  return middle[index]! + half[index]! * (beyond / width)
}

/** Unsmoothed cost of one row in one step, ct/MWh x W; to be multiplied with the hours of a step. */
export function kinkCost({ at, middle, half }: Coupling, index: number, sum: number): number {
  const beyond = sum - at[index]!
  return middle[index]! * beyond + half[index]! * Math.abs(beyond)
}

/** What the soft rows cost at given sums (W, row after row), micro-cents. */
export function softCost(coupling: Coupling, sums: Float64Array): number {
  let cost = 0
  for (let row = 0; row < coupling.rows; row++) {
    if (coupling.kinds[row] !== 'soft') continue
    for (let index = row * coupling.steps; index < (row + 1) * coupling.steps; index++) {
      cost += kinkCost(coupling, index, sums[index]!)
    }
  }
  return cost * coupling.stepHours
}

/** The conjugate of the rows at given prices (ct/MWh, row after row), micro-cents: what the bound gives back. The prices must lie within the slopes of their rows. */
export function conjugate(coupling: Coupling, prices: Float64Array): number {
  let value = 0
  for (let index = 0; index < prices.length; index++) value += prices[index]! * coupling.at[index]!
  return value * coupling.stepHours
}

/** What the rows of a set together put on a car's power at given prices (ct/MWh, row after row), ct/MWh by step. */
export function pricesOn({ steps }: Coupling, set: Int32Array, prices: Float64Array): Float64Array {
  const sum = new Float64Array(steps)
  for (const row of set) for (let t = 0; t < steps; t++) sum[t]! += prices[row * steps + t]!
  return sum
}

/** A price within the slopes of its row nearest to the one given, ct/MWh. */
export function withinSlopes({ middle, half }: Coupling, index: number, price: number): number {
  return Math.max(middle[index]! - half[index]!, Math.min(middle[index]! + half[index]!, price))
}

/** The largest power by which any hard row is exceeded, W, with its row and step; 0 W and -1 where all are kept. */
export function worstExcess(coupling: Coupling, sums: Float64Array): { power: number; row: number; step: number } {
  let worst = { power: 0, row: -1, step: -1 }
  for (let row = 0; row < coupling.rows; row++) {
    if (coupling.kinds[row] === 'soft') continue
    const sign = coupling.kinds[row] === 'most' ? 1 : -1
    for (let step = 0; step < coupling.steps; step++) {
      const index = row * coupling.steps + step
      const power = sign * (sums[index]! - coupling.at[index]!)
      if (power > worst.power) worst = { power, row, step }
    }
  }
  return worst
}
