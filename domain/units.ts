// Quantities are branded numbers: the type names the dimension, constructor and reader name the unit.
// One sign everywhere inside: positive takes energy from the grid, negative gives.
import { assert } from './result.ts'

declare const dimension: unique symbol
/** Active power in whole watts. */
export type Power = number & { readonly [dimension]: 'power' }
/** Energy in watt-hours, a multiple of 0.25 Wh, so that a whole-watt quarter-hour is exact. */
export type Energy = number & { readonly [dimension]: 'energy' }
/** Price in ct/MWh; net components are whole numbers (1 ct/MWh = 0.01 EUR/MWh). */
export type Price = number & { readonly [dimension]: 'price' }
/** Money in micro-cents: 1 ct/MWh x 1 Wh. */
export type Money = number & { readonly [dimension]: 'money' }
/** State of charge as a share of the usable capacity, 0 to 1. */
export type Soc = number & { readonly [dimension]: 'soc' }

/** One sum of money holds at most 20 million EUR; larger totals belong into the database or a bigint. */
const MONEY_MAX = 20e6 * 1e8
const MICRO_CENTS_PER_EURO = 1e8
/** Checked after the arithmetic: a finite value may overflow while it is scaled, and beyond this no whole number is exact. */
const WHOLE_MAX = Number.MAX_SAFE_INTEGER

/** Power from watts, rounded to whole watts. Throws on NaN and beyond what whole numbers can hold. */
export function watts(value: number): Power {
  const rounded = Math.round(value) + 0
  assert(Math.abs(rounded) <= WHOLE_MAX, `power of ${value} W`)
  return rounded as Power
}
/** Power from kilowatts, rounded to whole watts. */
export function kilowatts(value: number): Power {
  return watts(value * 1000)
}
/** Power in watts. */
export function inWatts(power: Power): number {
  return power
}
/** Power in kilowatts. */
export function inKilowatts(power: Power): number {
  return power / 1000
}

/** Energy from watt-hours, rounded to the quarter watt-hour. Throws on NaN and beyond what quarters can hold exactly. */
export function wattHours(value: number): Energy {
  const quarters = Math.round(value * 4) + 0
  assert(Math.abs(quarters) <= WHOLE_MAX, `energy of ${value} Wh`)
  return (quarters / 4) as Energy
}
/** Energy from kilowatt-hours, rounded to the quarter watt-hour. */
export function kilowattHours(value: number): Energy {
  return wattHours(value * 1000)
}
/** Energy in watt-hours. */
export function inWattHours(energy: Energy): number {
  return energy
}
/** Energy in kilowatt-hours. */
export function inKilowattHours(energy: Energy): number {
  return energy / 1000
}
/** The energy of a constant power over one quarter-hour; exact. */
export function slotEnergy(power: Power): Energy {
  return (power / 4) as Energy
}

/** Price from EUR/MWh, rounded to whole ct/MWh. Throws on NaN and beyond what whole numbers can hold. */
export function eurPerMWh(value: number): Price {
  const cents = Math.round(value * 100) + 0
  assert(Math.abs(cents) <= WHOLE_MAX, `price of ${value} EUR/MWh`)
  return cents as Price
}
/** Price from ct/kWh, rounded to whole ct/MWh. */
export function ctPerKWh(value: number): Price {
  return eurPerMWh(value * 10)
}
/** Price in EUR/MWh. */
export function inEurPerMWh(price: Price): number {
  return price / 100
}
/** Price in ct/kWh. */
export function inCtPerKWh(price: Price): number {
  return price / 1000
}

/** What an amount of energy costs; negative when energy is given at a positive price. @internal */
export function cost(energy: Energy, price: Price): Money {
  return bounded(energy * price)
}
/** Money from micro-cents. */
export function microCents(value: number): Money {
  return bounded(value)
}
/** Money from euros. Throws beyond 20 million. @internal */
export function euros(value: number): Money {
  return bounded(value * MICRO_CENTS_PER_EURO)
}
/** Money in euros. */
export function inEuros(money: Money): number {
  return money / MICRO_CENTS_PER_EURO
}
/** State of charge from a share. Throws outside of 0 to 1. */
export function share(value: number): Soc {
  assert(value >= 0 && value <= 1, `state of charge of ${value}`)
  return value as Soc
}

/** Sum of quantities of one dimension. Throws when it is no number. */
export function sum<Quantity extends Power | Energy | Money>(values: Iterable<Quantity>): Quantity {
  let total = 0
  for (const value of values) total += value
  assert(Number.isFinite(total), `sum of ${total}`)
  return total as Quantity
}
/** Sum of two quantities of one dimension. Throws when it is no number. */
export function plus<Quantity extends Power | Energy | Price | Money>(a: Quantity, b: Quantity): Quantity {
  const total = a + b
  assert(Number.isFinite(total), `sum of ${a} and ${b}`)
  return total as Quantity
}
/** The value nearest to `value` within [low, high]. */
export function clamp<Quantity extends Power | Energy | Soc>(value: Quantity, low: Quantity, high: Quantity): Quantity {
  return value < low ? low : value > high ? high : value
}

function bounded(microCents: number): Money {
  assert(
    Math.abs(microCents) <= MONEY_MAX,
    `one sum of money holds at most 20 million EUR, got ${microCents / MICRO_CENTS_PER_EURO}`,
  )
  return microCents as Money
}
