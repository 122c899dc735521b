// A convex, piecewise linear function of stored energy as a sorted list of slopes with widths: what the energy before or after a step is worth.

/** Segments `head` up to, not including, `tail` in rising slope from `left` to `right`; slopes ct/MWh, energies Wh. A list without segments is a point. */
export interface ValueList {
  readonly slopes: Float64Array
  readonly widths: Float64Array
  head: number
  tail: number
  left: number
  right: number
}

/** An empty list with room for so many segments. */
export function createValueList(room: number): ValueList {
  return { slopes: new Float64Array(room), widths: new Float64Array(room), head: 0, tail: 0, left: 0, right: 0 }
}

/** Makes it a single segment, or a point where it has no width. */
export function begin(list: ValueList, left: number, right: number, slope: number): void {
  Object.assign(list, { head: 0, tail: 0, left, right: Math.max(left, right) })
  if (!(right > left)) return
  list.slopes[0] = slope
  list.widths[0] = right - left
  list.tail = 1
}

/** Narrows it to [low, high]; what lies outside is no longer possible. */
export function cut(list: ValueList, low: number, high: number): void {
  const { slopes, widths } = list
  while (list.head < list.tail && list.left + widths[list.head]! <= low) list.left += widths[list.head++]!
  if (list.left < low) {
    if (list.head < list.tail) widths[list.head]! -= low - list.left
    list.left = low
  }
  while (list.head < list.tail && list.right - widths[list.tail - 1]! >= high) list.right -= widths[--list.tail]!
  if (list.right > high) {
    if (list.head < list.tail) widths[list.tail - 1]! -= list.right - high
    list.right = high
  }
  if (list.head === list.tail) list.right = list.left = Math.min(list.left, high)
  if (list.head > 0) {
    slopes.copyWithin(0, list.head, list.tail)
    widths.copyWithin(0, list.head, list.tail)
    list.tail -= list.head
    list.head = 0
  }
}

/** Lets it move by up to `width` more at a price: one more segment where its slope belongs; it reaches further by that to the right. */
export function insert(list: ValueList, slope: number, width: number): void {
  if (!(width > 0)) return
  const { slopes, widths } = list
  let at = list.tail
  while (at > list.head && slopes[at - 1]! > slope) at--
  if (at > list.head && slopes[at - 1] === slope) widths[at - 1]! += width
  else {
    slopes.copyWithin(at + 1, at, list.tail)
    widths.copyWithin(at + 1, at, list.tail)
    slopes[at] = slope
    widths[at] = width
    list.tail++
  }
  list.right += width
}

/** Moves the whole function along the energies. */
export function shift(list: ValueList, by: number): void {
  list.left += by
  list.right += by
}
