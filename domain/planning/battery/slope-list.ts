// A convex piecewise linear function of stored energy as a sorted list of slopes, with the four operations that a backward dynamic programme needs.
//
// Segments lie side by side in two arrays, from `head` up to, not including, `tail`, and grow on both sides. Energies and slopes are held in coordinates of the list:
// energy = end x scale + shift and slope = held x steep + lift. What concerns the whole function (driving, self-discharge, a hinge beside its range) so
// changes four numbers and no segment.

export interface SlopeList {
  /** Slopes of the segments, rising. */
  readonly slopes: Float64Array
  /** Right end of each segment. */
  readonly ends: Float64Array
  /** Scratch of one insertion: place, slope and width of the new segments, and which of them join the segment before. */
  readonly places: Int32Array
  readonly news: Float64Array
  readonly room: Float64Array
  readonly joined: Uint8Array
  head: number
  tail: number
  /** Left end of the function. */
  left: number
  scale: number
  shift: number
  steep: number
  lift: number
}

/** Positions closer than this are one, Wh of stored energy; a sliver would cost time and be worth nothing. */
const SLIVER = 1e-9
/** Slopes closer than this are one, ct/MWh. */
const EQUAL_SLOPE = 1e-8

/** A list with room for `segments` insertions and `hinges` splits in each of `steps` steps. */
export function createSlopeList(steps: number, segments: number, hinges: number): SlopeList {
  const size = 2 * (steps + 1) * (segments + hinges) + 4
  return {
    slopes: new Float64Array(size),
    ends: new Float64Array(size),
    places: new Int32Array(segments + 1),
    news: new Float64Array(segments),
    room: new Float64Array(segments),
    joined: new Uint8Array(segments),
    head: 0,
    tail: 0,
    left: 0,
    scale: 1,
    shift: 0,
    steep: 1,
    lift: 0,
  }
}

/** Starts with a straight line of the given slope from `low` to `high`. */
export function startList(list: SlopeList, low: number, high: number, slope: number): void {
  list.head = list.tail = list.ends.length >> 1
  list.left = low
  list.scale = list.steep = 1
  list.shift = list.lift = 0
  if (high <= low) return
  list.slopes[list.tail] = slope
  list.ends[list.tail++] = high
}

/** Cuts the function to [low, high]. What lies outside is forgotten; a range that rounding has emptied becomes the bound itself. */
export function restrict(list: SlopeList, low: number, high: number): void {
  const { ends } = list
  let { head, tail, left } = list
  const from = (low - list.shift) / list.scale
  const to = (high - list.shift) / list.scale
  while (head < tail && ends[head]! <= from) left = ends[head++]!
  if (left < from) left = from
  while (head + 1 < tail && ends[tail - 2]! >= to) tail--
  if (head < tail && ends[tail - 1]! > to) ends[tail - 1] = to
  if (left >= to) {
    left = to
    tail = head
  }
  list.head = head
  list.tail = tail
  list.left = left
}

/** Adds a hinge: every Wh under `level` costs `below`, every Wh over it `above`; together they are not negative. */
export function addHinge(list: SlopeList, level: number, below: number, above: number): void {
  const { slopes, ends, head, tail, steep } = list
  const at = (level - list.shift) / list.scale
  if (head === tail || at <= list.left + SLIVER) {
    list.lift += above
    return
  }
  if (at >= ends[tail - 1]! - SLIVER) {
    list.lift -= below
    return
  }
  // The first segment that reaches beyond the level.
  let i = head
  let last = tail - 1
  while (i < last) {
    const middle = (i + last) >> 1
    if (ends[middle]! <= at + SLIVER) i = middle + 1
    else last = middle
  }
  const whole = (i === head ? list.left : ends[i - 1]!) >= at - SLIVER
  const bend = (below + above) / steep
  // The smaller side bends, the other one takes part by the lift.
  if (i - head < tail - i) {
    list.lift += above
    if (whole) {
      for (let j = head; j < i; j++) slopes[j]! -= bend
      return
    }
    for (let j = head; j < i; j++) {
      slopes[j - 1] = slopes[j]! - bend
      ends[j - 1] = ends[j]!
    }
    slopes[i - 1] = slopes[i]! - bend
    ends[i - 1] = at
    list.head = head - 1
  } else {
    list.lift -= below
    if (whole) {
      for (let j = i; j < tail; j++) slopes[j]! += bend
      return
    }
    for (let j = tail; j > i; j--) {
      slopes[j] = slopes[j - 1]! + bend
      ends[j] = ends[j - 1]!
    }
    ends[i] = at
    list.tail = tail + 1
  }
}

/** Turns the function of the energy after driving and self-discharge into one of the energy before: energy after = kept share x energy before - use. */
export function carryBack(list: SlopeList, retention: number, use: number): void {
  list.shift += use
  if (retention === 1) return
  list.scale /= retention
  list.shift /= retention
  list.steep *= retention
  list.lift *= retention
}

/**
 * The least over all changes of the step's cost plus the function at the energy after it. The cost starts at the change `least` and has `count` segments from index `at` of
 * `widths` and `costs` (slopes, rising). Writes up to which energy each segment is used into `levels`, at the same indices; segments without width get none.
 */
export function insertCost(
  list: SlopeList,
  least: number,
  widths: Float64Array,
  costs: Float64Array,
  at: number,
  count: number,
  levels: Float64Array,
): void {
  const { slopes, ends, places, joined, news, room, head, tail, scale, shift, steep, lift, left } = list
  // Costs rise, so places fall from right to left; `places[k]` is the first segment to the right of new segment k.
  let parts = 0
  let place = tail
  let kept = 0
  let largest = -1
  for (let number = at; number < at + count; number++) {
    if (!(widths[number]! > 0)) continue
    const slope = (-costs[number]! - lift) / steep
    const right = place
    let low = head
    while (low < place) {
      const middle = (low + place) >> 1
      if (slopes[middle]! > slope) place = middle
      else low = middle + 1
    }
    levels[number] = (place > head ? ends[place - 1]! : left) * scale + shift
    if (right - place > largest) {
      largest = right - place
      kept = parts
    }
    news[parts] = slope
    room[parts] = widths[number]! / scale
    places[parts++] = place
  }
  if (place - head > largest) kept = parts
  places[parts] = head
  let moved = least / scale
  let added = 0
  let push = 0
  for (let k = 0; k < parts; k++) {
    const p = places[k]!
    joined[k] = p > places[k + 1]! && news[k]! - slopes[p - 1]! < EQUAL_SLOPE ? 1 : 0
    if (k >= kept) continue
    moved += room[k]!
    push += room[k]!
    added += 1 - joined[k]!
  }
  // The largest gap between two places stays where it is in the arrays; the shift carries its energies along.
  list.shift = shift - moved * scale
  pushRight(list, kept, added, push)
  pullLeft(list, kept, parts)
}

/** What is cheaper than the gap is worth is used throughout in it, and pushes to the right what lies beyond its place: the first `kept` new segments, `added` of them not joined, `push` wide. */
function pushRight(list: SlopeList, kept: number, added: number, push: number): void {
  const { slopes, ends, places, joined, news, room, head, tail, left } = list
  list.tail = tail + added
  let end = tail
  for (let k = 0; k < kept; k++) {
    // A segment that takes a new one in is moved with what lies beyond it, for its right end is pushed by the new width as well.
    const first = places[k]! - joined[k]!
    for (let i = end - 1; i >= first; i--) {
      slopes[i + added] = slopes[i]!
      ends[i + added] = ends[i]! + push
    }
    if (joined[k] === 0) {
      added--
      slopes[first + added] = news[k]!
      ends[first + added] = (first > head ? ends[first - 1]! : left) + push
    }
    push -= room[k]!
    end = first
  }
}

/** What is dearer is used only where energy is worth more, and pulls to the left what lies before its place; the outermost first. */
function pullLeft(list: SlopeList, kept: number, parts: number): void {
  const { slopes, ends, places, joined, news, room, head, left } = list
  let pull = 0
  let added = 0
  for (let k = kept; k < parts; k++) {
    pull += room[k]!
    added += 1 - joined[k]!
  }
  list.left = left - pull
  list.head = head - added
  for (let k = parts - 1; k >= kept; k--) {
    const p = places[k]!
    const last = p > head ? ends[p - 1]! : left
    for (let i = places[k + 1]!; i < p; i++) {
      slopes[i - added] = slopes[i]!
      ends[i - added] = ends[i]! - pull
    }
    pull -= room[k]!
    if (joined[k] === 1) ends[p - 1 - added] = last - pull
    else {
      slopes[p - added] = news[k]!
      ends[p - added] = last - pull
      added--
    }
  }
}
