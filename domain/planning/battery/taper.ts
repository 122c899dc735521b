// A charging power that falls with the state of charge (constant current, then constant voltage), exactly, within the dynamic programme.
//
// The limit is a line: change of stored energy <= at - per x energy before the step. Where it binds, the energy after the step is at + (1 - per) x energy, so the value
// function there is a slice of the later one rescaled, plus the cost along the line. Limit and costs are convex together, so the result is again a sorted list: the free
// function where the limit does not bind, the rescaled slice where it does.
import type { SlopeList } from './slope-list.ts'

/** Room for the later value function and for the result, in plain energies and slopes. */
export interface TaperScratch {
  readonly laterSlopes: Float64Array
  readonly laterEnds: Float64Array
  later: { count: number; left: number }
  readonly slopes: Float64Array
  readonly ends: Float64Array
}

export function createTaperScratch(room: number): TaperScratch {
  const array = () => new Float64Array(room)
  return { laterSlopes: array(), laterEnds: array(), later: { count: 0, left: 0 }, slopes: array(), ends: array() }
}

/** Remembers the function before the step's cost is inserted, as far as it lies above an energy. */
export function rememberLater(scratch: TaperScratch, list: SlopeList, above: number): void {
  const { laterSlopes, laterEnds, later } = scratch
  const { slopes, ends, tail, scale, shift, steep, lift } = list
  later.left = list.left * scale + shift
  let count = 0
  let first = tail
  const at = (above - shift) / scale
  while (first > list.head && ends[first - 1]! > at) first--
  for (let i = first; i < tail; i++) {
    laterSlopes[count] = slopes[i]! * steep + lift
    laterEnds[count++] = ends[i]! * scale + shift
  }
  later.count = count
}

/** Slopes closer than this are one, ct/MWh. */
const EQUAL_SLOPE = 1e-8
/** Pieces shorter than this are left out, Wh. */
const SLIVER = 1e-9

/**
 * Applies the limit to the list, which holds the function with the step's cost inserted but no limit. The cost is the one that was inserted (see insertCost); `least` must be
 * possible under the limit everywhere, and 0 < `per` < 1.
 */
export function limitCharge(
  scratch: TaperScratch,
  list: SlopeList,
  limitAt: number,
  per: number,
  least: number,
  widths: Float64Array,
  costs: Float64Array,
  at: number,
  count: number,
): void {
  const { laterSlopes, laterEnds, later, slopes, ends } = scratch
  const { scale, shift, steep, lift } = list
  let most = least
  for (let i = at; i < at + count; i++) most += widths[i]!
  // Below this energy full power is possible.
  const from = (limitAt - most) / per
  const left = list.left * scale + shift
  // The later function begins above what the limit reaches from here.
  const lowest = (later.left - limitAt) / (1 - per)
  const begin = Math.max(left, from, lowest)
  let i = list.tail
  while (i > list.head && list.ends[i - 1]! * scale + shift > begin) i--
  const first = i
  const cut = lowest > Math.max(left, from)
  if (first === list.tail) {
    if (cut) {
      list.head = list.tail
      list.left = (lowest - shift) / scale
    }
    return
  }

  let energy = begin
  let segment = at + count - 1
  // Change at which the segment begins, and the piece of the later function in which the line lies.
  let foot = most - widths[segment]!
  let j = 0
  let pieces = 0
  while (i < list.tail) {
    while (segment > at && foot >= limitAt - per * energy - SLIVER) foot -= widths[--segment]!
    while (j < later.count && laterEnds[j]! <= limitAt + (1 - per) * energy + SLIVER) j++
    const free = list.slopes[i]! * steep + lift
    const binds = j < later.count && costs[segment]! + laterSlopes[j]! < 0
    const slope = binds ? (1 - per) * laterSlopes[j]! - per * costs[segment]! : free
    let end = list.ends[i]! * scale + shift
    if (segment > at) end = Math.min(end, (limitAt - foot) / per)
    if (j < later.count) end = Math.min(end, (laterEnds[j]! - limitAt) / (1 - per))
    if (end > energy) energy = end
    if (pieces > 0 && Math.abs(slopes[pieces - 1]! - slope) < EQUAL_SLOPE) ends[pieces - 1] = energy
    else {
      slopes[pieces] = slope
      ends[pieces++] = energy
    }
    while (i < list.tail && list.ends[i]! * scale + shift <= energy + SLIVER) i++
  }

  // The head of the list stays up to where the limit begins to matter.
  let tail = first
  if (cut) {
    list.head = first
    list.left = (begin - shift) / scale
  } else if (begin > left) {
    list.ends[tail++] = (begin - shift) / scale
  }
  for (let k = 0; k < pieces; k++) {
    list.slopes[tail] = (slopes[k]! - lift) / steep
    list.ends[tail++] = (ends[k]! - shift) / scale
  }
  list.tail = tail
}
