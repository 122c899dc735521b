// The order in which the cars of a fleet have their turn, drawn anew for every sweep: in a fixed order a sweep repeats the mistakes of the one before.

/**
 * Fills `order` with 0 to n-1 in an order that depends on the seed alone (Fisher-Yates over a counter hashed by multiplication and shifts). With a `run` above 1 that many
 * neighbours stay together: their figures lie side by side in memory, and a large fleet is mixed well enough by its runs.
 */
export function shuffle(order: Uint32Array, seed: number, run = 1): void {
  const runs = Math.ceil(order.length / run)
  const places = run === 1 ? order : order.subarray(order.length - runs)
  for (let i = 0; i < runs; i++) places[i] = i
  let state = seed >>> 0
  for (let i = runs - 1; i > 0; i--) {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    // The product of 32 bits and a number below 2^21 is exact.
    const other = Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296) * (i + 1))
    const car = places[i]!
    places[i] = places[other]!
    places[other] = car
  }
  if (run === 1) return
  // From the front: a run is written no further than it was read, because it takes up more room than its number.
  for (let i = 0, next = 0; i < runs; i++) {
    const first = places[i]! * run
    for (let car = first; car < Math.min(first + run, order.length); car++) order[next++] = car
  }
}

/** Cars looked at between two rests: well under a millisecond. */
const LOOK = 8_192

/** Moves what is wanted to the front of `order`, in its order, and returns how much that is; what lies behind is of no use. */
export function pick(order: Uint32Array, isWanted: (car: number) => boolean, rest: () => void): number {
  let wanted = 0
  for (let place = 0; place < order.length; place++) {
    const car = order[place]!
    if (isWanted(car)) order[wanted++] = car
    if (place % LOOK === 0) rest()
  }
  return wanted
}
