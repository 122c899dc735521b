// One pass over the values of a sample: each goes to its place, and of several that are meant for one place the best series stays.
import {
  AT_BEGIN,
  AT_CAR,
  AT_END,
  AT_OUTLET,
  contextOf,
  locationOf,
  numberOf,
  placeOf,
  PLACES,
  quantityOf,
  QUANTITY,
  type SampledValue,
} from './sampled-value.ts'

const ROWS = 10
const CONTEXTS = 8
/** Every place of one sample at a time: nobody keeps it. */
const values = new Float64Array(ROWS * PLACES)
/** Location, then context: the smaller the better. */
const ranks = new Uint8Array(ROWS * PLACES)
const NOTHING = 255
let [bestLocation, bestContext] = [NOTHING, NOTHING]

/** Sorts the values of a sample in; all that was read before is forgotten. `isEnd`: of the message that ends a transaction. */
export function fillTable(sample: readonly SampledValue[], isEnd: boolean): void {
  ranks.fill(NOTHING)
  bestLocation = bestContext = NOTHING
  for (const one of sample) {
    const quantity = quantityOf(one)
    if (quantity === undefined) continue
    const place = placeOf(one)
    if (place === undefined) continue
    let location = locationOf(one)
    if (location === undefined) continue
    const value = numberOf(one)
    if (Number.isNaN(value)) continue
    if (quantity === QUANTITY.soc) {
      // Only the car knows its state of charge, whoever tells it.
      if (location !== AT_OUTLET && location !== AT_CAR) continue
      location = AT_OUTLET
    } else if (location < bestLocation) bestLocation = location
    const told = contextOf(one)
    const context = isEnd && told === AT_END ? 0 : told
    if (context < bestContext) bestContext = context
    const rank = location * CONTEXTS + context
    const index = quantity * PLACES + place
    if (rank >= ranks[index]!) continue
    ranks[index] = rank
    values[index] = value
  }
}

/** The value in a place; null where there is none of now, or none where this sample was taken. */
export function valueIn(quantity: number, place: number): number | null {
  return rankIn(quantity, place) === NOTHING ? null : values[quantity * PLACES + place]!
}

/** The value over all phases; where single phases are told only, or nearer to the car or to now, their sum. */
export function totalOf(quantity: number): number | null {
  const whole = rankIn(quantity, 0)
  let [sum, count, rank] = [0, 0, NOTHING]
  for (let place = 1; place <= 3; place++) {
    const own = rankIn(quantity, place)
    if (own === NOTHING) continue
    count++
    rank = Math.min(rank, own)
    sum += values[quantity * PLACES + place]!
  }
  if (whole !== NOTHING && whole <= rank) return values[quantity * PLACES]!
  return count === 0 ? null : sum
}

/** Where the sample was taken, by rank; the outlet for one without electricity. */
export function locationOfSample(): number {
  return bestLocation === NOTHING ? AT_OUTLET : bestLocation
}
/** The context of what was told over all phases or by the first of them, as `contextOf` ranks it, 0 for the end of the transaction in its last message; null where nothing is told. */
export function contextOfTotal(quantity: number): number | null {
  for (let place = 0; place <= 3; place++) {
    const rank = rankIn(quantity, place)
    if (rank !== NOTHING) return rank % CONTEXTS
  }
  return null
}

function rankIn(quantity: number, place: number): number {
  const rank = ranks[quantity * PLACES + place]!
  if (rank === NOTHING) return NOTHING
  if (quantity !== QUANTITY.soc && Math.floor(rank / CONTEXTS) !== bestLocation) return NOTHING
  // What was at the begin is no news beside what is now.
  return rank % CONTEXTS === AT_BEGIN && bestContext < AT_BEGIN ? NOTHING : rank
}
