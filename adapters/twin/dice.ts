// Chance that repeats itself: equal keys always give the same numbers, on any machine.

/** Draws numbers in [0, 1), one after the other. */
export type Roll = () => number

/** A sequence of its own for every combination of keys, such as seed, station and date. */
export function dice(...keys: readonly (string | number)[]): Roll {
  let state = hash(keys.join('|'))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
/** A number in [low, high). */
export function within(roll: Roll, [low, high]: readonly [number, number]): number {
  return low + roll() * (high - low)
}
/** One of several things. */
export function oneOf<Thing>(roll: Roll, things: readonly [Thing, ...Thing[]]): Thing {
  return things[Math.floor(roll() * things.length)] ?? things[0]
}
/** A deviation around 0 with a spread of about 1, never beyond 3.5. */
export function deviation(roll: Roll): number {
  return (roll() + roll() + roll() + roll() - 2) * Math.sqrt(3)
}
/** The same things in another order. */
export function shuffled<Thing>(roll: Roll, things: readonly Thing[]): Thing[] {
  const order = [...things]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(roll() * (i + 1))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  return order
}

/** 32 bits out of a text; every character moves all of them. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) | 0
}
