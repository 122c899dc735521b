// Numbers as SPINE writes them: a whole number and a power of ten.
import { child, type Plain, type PlainObject } from '../eebus-json.ts'

/** Beyond that it is no quantity of any device, and digits would be lost. */
const VALUE_MAX = 1e15
const SCALE_MAX = 18
/** Six decimals of what we send. */
const DECIMALS_MAX = 6

/** The value of `{number, scale}`; a missing scale is 0. Null where it is no number, or larger than anything can be. */
export function readScaled(value: Plain | undefined): number | null {
  const number = child(value, 'number')
  const scale = child(value, 'scale') ?? 0
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return null
  if (typeof scale !== 'number' || !Number.isInteger(scale) || Math.abs(scale) > SCALE_MAX) return null
  // Tenths are exact only when they are divided by ten.
  const result = scale < 0 ? number / 10 ** -scale : number * 10 ** scale
  return Math.abs(result) <= VALUE_MAX ? result : null
}

/** A value with the fewest decimals that say it, at most six; the scale is always there, for receivers that keep an old one. */
export function writeScaled(value: number): PlainObject {
  for (let decimals = 0; decimals < DECIMALS_MAX; decimals += 1) {
    const number = value * 10 ** decimals
    if (Math.abs(number - Math.round(number)) < 1e-9) return { number: Math.round(number) + 0, scale: 0 - decimals }
  }
  return { number: Math.round(value * 10 ** DECIMALS_MAX), scale: -DECIMALS_MAX }
}
