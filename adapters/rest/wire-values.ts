// How quantities are written on this API: instants as RFC 3339 in UTC, power as whole W, energy as Wh, money and prices as decimal text with their unit.
import { z } from 'zod'
import { instantText, slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import {
  inEuros,
  inEurPerMWh,
  inWattHours,
  inWatts,
  type Energy,
  type Money,
  type Power,
  type Price,
} from '../../domain/units.ts'

const INSTANT = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?Z$/
/** Before 2000 and after 2100 nothing happens here; such values are slips of the pen. */
const EARLIEST = Date.UTC(2000, 0)
const LATEST = Date.UTC(2100, 0)
export const PAGE_MAX = 1_000

export const instant = z
  .string()
  .regex(INSTANT, 'an RFC 3339 instant in UTC such as 2026-01-15T18:00:00Z')
  .meta({ id: 'Instant', description: 'RFC 3339 instant in UTC', format: 'date-time', example: '2026-01-15T18:00:00Z' })
export const power = z
  .int()
  .meta({ id: 'Power', description: 'Active power in whole watts; positive takes from the grid, negative gives', example: -7400 })
export const energy = z.number().meta({ id: 'Energy', description: 'Energy in watt-hours, a multiple of 0.25', example: 41250.5 })
/** A quarter of a watt-hour, so that sums of both sides can be equal; at most what four gigawatts take in a quarter-hour. */
export const wholeQuarters = energy.multipleOf(0.25).min(-1e9).max(1e9)
export const share = z
  .number()
  .min(0)
  .max(1)
  .meta({ id: 'Share', description: 'Share of the usable capacity, 0 to 1', example: 0.8 })
export const money = z.strictObject({ amount: z.string().regex(/^-?\d+\.\d{2,}$/), currency: z.literal('EUR') }).meta({
  id: 'Money',
  description: 'Decimal text with a currency; negative is money received',
  example: { amount: '-12.34', currency: 'EUR' },
})
export const price = z
  .string()
  .regex(/^-?\d+\.\d{2,}$/)
  .meta({ id: 'Price', description: 'EUR per MWh as decimal text', example: '171.50' })

export const slotQuality = z.enum(['measured', 'interpolated', 'incomplete']).meta({
  id: 'SlotQuality',
  description:
    '`interpolated`: a gap in the readings was split by time; `incomplete`: a register began anew or jumped, what flowed then is not known',
})
export const slotRevision = z
  .int()
  .min(0)
  .meta({ description: 'How often it was changed after it had closed, because readings came late; 0 as first counted' })

/** Epoch ms as RFC 3339 in UTC. */
export function instantOf(at: number): string {
  return instantText(Math.round(at))
}
/** The same, null for none. */
export function instantOrNull(at: number | null): string | null {
  return at === null ? null : instantOf(at)
}
/** Power in whole watts, null for none. */
export function wattsOrNull(value: Power | null): number | null {
  return value === null ? null : inWatts(value)
}
/** Energy in Wh. */
export function energyOf(value: Energy): number {
  return inWattHours(value)
}
/** Money to the cent, rounded once, here. */
export function moneyOf(value: Money): z.output<typeof money> {
  return { amount: decimal(inEuros(value), 2), currency: 'EUR' }
}
/** Price in EUR/MWh as a decimal text. */
export function priceOf(value: Price): string {
  return decimal(inEurPerMWh(value), 2)
}
/** A price that is no whole number of ct/MWh, because fees and taxes are in it; four places. */
export function exactPrice(ctPerMWh: number): string {
  return decimal(ctPerMWh / 100, 4)
}
/** The same, null for none. */
export function priceOrNull(value: Price | null): string | null {
  return value === null ? null : priceOf(value)
}
/** Start of a slot as RFC 3339 in UTC. */
export function slotStart(slot: Slot): string {
  return instantOf(startOf(slot))
}

/** An instant parameter, as epoch milliseconds. */
export function instantParameter(description: string) {
  return z
    .string()
    .regex(INSTANT, 'an RFC 3339 instant in UTC such as 2026-01-15T18:00:00Z')
    .refine(isPlausible, 'an instant on a day that exists, between 2000 and 2100')
    .transform((text) => Date.parse(text))
    .meta({ description, example: '2026-01-15T18:00:00Z' })
}
/** How many entries one answer may hold. */
export function limitParameter(usual = 100) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_MAX)
    .default(usual)
    .meta({ description: `At most this many, 1 to ${PAGE_MAX}` })
}
/** The slots that touch [from, until). */
export function slotsOf(from: number, until: number): { readonly from: Slot; readonly until: Slot } {
  return { from: slotAt(from), until: (slotAt(until - 1) + 1) as Slot }
}
/** Dates are parsed with a carry: 31 February would become 3 March, which nobody meant. */
function isPlausible(text: string): boolean {
  const at = Date.parse(text)
  return at >= EARLIEST && at < LATEST && new Date(at).toISOString().startsWith(text.slice(0, 10))
}

function decimal(value: number, places: number): string {
  const text = value.toFixed(places)
  return /^-0\.0+$/.test(text) ? text.slice(1) : text
}
