// The best blend of known plans of a site's storages, and the price at the meter that belongs to it: a small linear programme, solved exactly.
//
// Rows: the power at the meter in each step, and the weights of each storage, which add up to 1. Columns: what is bought and sold in each step, within the bounds of the connection and
// beyond them at a price that keeps away from there, and one for each known plan. A bounded primal simplex with a dense inverse; adding a plan keeps the basis, so each
// solution starts from the one before.
import { assert } from '../../result.ts'
import type { SiteProblem } from './site-problem.ts'

/** One plan of a storage: power at the grid by step, W, and own cost without the meter, micro-cents. */
export interface Candidate {
  readonly storage: number
  readonly power: Float64Array
  readonly cost: number
}

/** The state of the simplex; columns 4t to 4t + 3 are what is bought, bought beyond the bound, sold and sold beyond it in step t, the others are plans. */
export interface Master {
  readonly site: SiteProblem
  readonly steps: number
  readonly rows: number
  readonly candidates: Candidate[]
  /** Column in each row of the basis, and its value. */
  readonly basis: Int32Array
  readonly values: Float64Array
  /** Inverse of the basis, row after row. */
  readonly inverse: Float64Array
  /** Of the columns of steps: 1 where a column rests at its upper bound. */
  readonly atUpper: Uint8Array
  readonly duals: Float64Array
  readonly direction: Float64Array
}

/** Per kWh beyond the bounds of the connection, ct/MWh. */
const BEYOND_PRICE = 200_000
const TOLERANCE = 1e-9
const PIVOT_MIN = 1e-9
/** Powers are in kW and money in cents, so that all numbers are of one size. */
const KILO = 1_000
const CENT = 1e6

/** A master that knows one plan of each storage, in their order. */
export function createMaster(site: SiteProblem, first: readonly Candidate[]): Master {
  const steps = site.load.length
  const rows = steps + site.storages.length
  const master: Master = {
    site,
    steps,
    rows,
    candidates: [...first],
    basis: new Int32Array(rows),
    values: new Float64Array(rows),
    inverse: new Float64Array(rows * rows),
    atUpper: new Uint8Array(4 * steps),
    duals: new Float64Array(rows),
    direction: new Float64Array(rows),
  }
  for (let t = 0; t < steps; t++) {
    let power = site.load[t]! / KILO
    for (const plan of first) power += plan.power[t]! / KILO
    const side = power >= 0 ? 0 : 2
    const bound = boundOf(master, 4 * t + side)
    const beyond = Math.abs(power) > bound
    if (beyond) master.atUpper[4 * t + side] = 1
    master.basis[t] = 4 * t + side + (beyond ? 1 : 0)
    master.values[t] = Math.abs(power) - (beyond ? bound : 0)
    const sign = side === 0 ? 1 : -1
    master.inverse[t * rows + t] = sign
    for (const [i, plan] of first.entries()) master.inverse[t * rows + steps + i] = (sign * plan.power[t]!) / KILO
  }
  for (let i = 0; i < first.length; i++) {
    const row = steps + i
    master.basis[row] = 4 * steps + i
    master.values[row] = 1
    master.inverse[row * rows + row] = 1
  }
  return master
}

/** Most exchanges of columns in one solution; far beyond what was ever needed. */
const PIVOTS_MAX = 5_000
/** After so many steps without gain the first column that helps is taken instead of the best, which cannot go round in circles. */
const IDLE_MAX = 50

/** Finds the best blend of all candidates and returns its cost with the bill of the meter, micro-cents. Prices and weights can be read afterwards. */
export function solveMaster(master: Master): number {
  let idle = 0
  for (let pivots = 0; pivots < PIVOTS_MAX; pivots++) {
    price(master)
    const column = entering(master, idle > IDLE_MAX)
    if (column < 0) return valueOf(master)
    idle = exchange(master, column) > TOLERANCE ? 0 : idle + 1
  }
  return valueOf(master)
}

/** The price at the meter by step of the last solution, ct/MWh, written into `prices`. */
export function readPrices({ duals, steps, site }: Master, prices: Float64Array): void {
  const { stepHours } = site.storages[0]!
  for (let t = 0; t < steps; t++) prices[t] = (duals[t]! * KILO) / stepHours
}

/** The weights of the candidates in the last solution, in their order. */
export function readWeights({ basis, values, rows, steps, candidates }: Master): Float64Array {
  const weights = new Float64Array(candidates.length)
  for (let row = 0; row < rows; row++) if (basis[row]! >= 4 * steps) weights[basis[row]! - 4 * steps] = Math.max(0, values[row]!)
  return weights
}

function costOf({ site, steps, candidates }: Master, column: number): number {
  if (column >= 4 * steps) return candidates[column - 4 * steps]!.cost / CENT
  const [t, side] = [column >> 2, column & 3]
  const perKilowatt = (KILO * site.storages[0]!.stepHours) / CENT
  const beyond = side & 1 ? BEYOND_PRICE : 0
  return (side < 2 ? site.buy[t]! + beyond : beyond - site.sell[t]!) * perKilowatt
}

/** Upper bound of a column; plans have none, their weights add up to 1 anyway. */
function boundOf({ site, steps }: Master, column: number): number {
  if (column >= 4 * steps || column & 1) return Infinity
  return (column & 2 ? site.exportMax : site.importMax)[column >> 2]! / KILO
}

function price(master: Master): void {
  const { rows, basis, inverse, duals } = master
  duals.fill(0)
  for (let row = 0; row < rows; row++) {
    const cost = costOf(master, basis[row]!)
    if (cost === 0) continue
    for (let i = 0, at = row * rows; i < rows; i++, at++) duals[i]! += cost * inverse[at]!
  }
}

/** The column whose change helps most, -1 for none; with `any` the first that helps. */
function entering(master: Master, any: boolean): number {
  const { steps, candidates, duals, atUpper } = master
  let best = -1
  let most = TOLERANCE
  for (let column = 0; column < 4 * steps + candidates.length; column++) {
    let reduced = costOf(master, column)
    if (column < 4 * steps) {
      reduced -= column & 2 ? -duals[column >> 2]! : duals[column >> 2]!
      if (atUpper[column] === 1) reduced = -reduced
    } else {
      const { storage, power } = candidates[column - 4 * steps]!
      for (let t = 0; t < steps; t++) reduced += (duals[t]! * power[t]!) / KILO
      reduced -= duals[steps + storage]!
    }
    if (-reduced > most && !master.basis.includes(column)) {
      if (any) return column
      most = -reduced
      best = column
    }
  }
  return best
}

/** Lets a column in, or moves it to its other bound, as far as all others stay within theirs. Returns how far. */
function exchange(master: Master, column: number): number {
  const { rows, basis, values, inverse, direction, atUpper } = master
  loadDirection(master, column)
  const sign = column < atUpper.length && atUpper[column] === 1 ? -1 : 1
  let length = boundOf(master, column)
  let leaving = -1
  let leavesUp = false
  let largest = 0
  for (let row = 0; row < rows; row++) {
    const change = -sign * direction[row]!
    if (Math.abs(change) < PIVOT_MIN) continue
    const bound = change < 0 ? 0 : boundOf(master, basis[row]!)
    if (bound === Infinity) continue
    const room = Math.max(0, (bound - values[row]!) / change)
    // Of rows that end at the same point the one with the largest pivot leaves; it keeps the inverse exact.
    if (room < length - TOLERANCE || (room <= length + TOLERANCE && leaving >= 0 && Math.abs(change) > largest)) {
      length = Math.min(room, length)
      leaving = row
      leavesUp = change > 0
      largest = Math.abs(change)
    }
  }
  assert(length < Infinity, 'the cost of a site is bounded')
  for (let row = 0; row < rows; row++) values[row]! -= sign * length * direction[row]!
  if (leaving < 0) {
    atUpper[column] = sign > 0 ? 1 : 0
    return length
  }
  const gone = basis[leaving]!
  if (gone < atUpper.length) atUpper[gone] = leavesUp ? 1 : 0
  values[leaving] = sign > 0 ? length : boundOf(master, column) - length
  if (column < atUpper.length) atUpper[column] = 0
  basis[leaving] = column
  const pivot = direction[leaving]!
  for (let i = 0; i < rows; i++) inverse[leaving * rows + i]! /= pivot
  for (let row = 0; row < rows; row++) {
    const factor = direction[row]!
    if (row === leaving || factor === 0) continue
    for (let i = 0, at = row * rows, from = leaving * rows; i < rows; i++, at++, from++) inverse[at]! -= factor * inverse[from]!
  }
  return length
}

/** The column in terms of the basis. */
function loadDirection({ rows, steps, inverse, candidates, direction }: Master, column: number): void {
  if (column < 4 * steps) {
    const sign = column & 2 ? -1 : 1
    for (let row = 0; row < rows; row++) direction[row] = sign * inverse[row * rows + (column >> 2)]!
    return
  }
  const { storage, power } = candidates[column - 4 * steps]!
  for (let row = 0; row < rows; row++) {
    let sum = inverse[row * rows + steps + storage]!
    for (let t = 0, at = row * rows; t < steps; t++, at++) sum -= (inverse[at]! * power[t]!) / KILO
    direction[row] = sum
  }
}

function valueOf(master: Master): number {
  const { rows, basis, values, atUpper } = master
  let value = 0
  for (let row = 0; row < rows; row++) value += costOf(master, basis[row]!) * values[row]!
  for (let column = 0; column < atUpper.length; column++)
    if (atUpper[column] === 1) value += costOf(master, column) * boundOf(master, column)
  return value * CENT
}
