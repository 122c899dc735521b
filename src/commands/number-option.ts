// Numbers on the command line, with the range in which they make sense.
import { InvalidArgumentError } from 'commander'

/** A parser for commander: a decimal number within [least, most]. */
export function numberWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`A number from ${least} to ${most} is needed.`)
  }
}

/** A parser for commander: a whole number within [least, most]. */
export function wholeWithin(least: number, most: number): (text: string) => number {
  const parse = numberWithin(least, most)
  return (text) => {
    const value = parse(text)
    if (Number.isInteger(value)) return value
    throw new InvalidArgumentError('A whole number is needed.')
  }
}

/** A parser for commander: a local date such as 2025-10-26. */
export function localDate(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (Number.isFinite(time) && new Date(time).toISOString().startsWith(text)) return text
  throw new InvalidArgumentError('A date such as 2025-10-26 is needed.')
}
