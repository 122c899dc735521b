// The order in which the cars of a fleet have their turn, drawn anew for every sweep: in a fixed order a sweep repeats the mistakes of the one before.

/** Fills `order` with 0 to n-1 in an order that depends on the seed alone (Fisher-Yates over a counter hashed by multiplication and shifts). */
export function shuffle(order: Uint32Array, seed: number): void {
  for (let i = 0; i < order.length; i++) order[i] = i
  let state = seed >>> 0
  for (let i = order.length - 1; i > 0; i--) {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    // The product of 32 bits and a number below 2^21 is exact.
    const other = Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296) * (i + 1))
    const car = order[i]!
    order[i] = order[other]!
    order[other] = car
  }
}
