// What all readers of price documents share: where a document comes from, and a collector that refuses what no market makes.
import { createHash } from 'node:crypto'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { densePrices } from '../../domain/signals/price-curve.ts'
import type { Place, PlausibleRange, PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { later, slotAt, SLOT_MS, type Slot } from '../../domain/time/slot.ts'
import { eurPerMWh } from '../../domain/units.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { steppedPrices } from './stepped-prices.ts'

export interface PriceDocument {
  readonly bytes: Uint8Array
  /** File name or address, without secrets. */
  readonly location: string
  /** Epoch ms. */
  readonly fetchedAt: number
}
export interface PriceExpectation {
  /** Bidding zone the prices must be for, `DE-LU`. */
  readonly zone: string
  readonly range: PlausibleRange
}
/** A reader of one format. */
export type PriceReader = (document: PriceDocument, expected: PriceExpectation) => Result<PriceCurve, PriceRefusal>

/** Bytes a document may have at most. */
export const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024
/** Longest time from the first to the last price of one document: about ten years. */
const SLOTS_MAX = 10 * 366 * 96

export interface PriceCollector {
  /** Takes one price for every `step` (ms, the whole period when left out) of a period; null is a known gap. Prices in EUR/MWh. */
  add(from: number, until: number, price: number | null, place: Place, step?: number): PriceRefusal | null
  /** The curve of everything taken, over the given slots or from the first to the last price. Refused when it holds no price at all. */
  curve(document: PriceDocument, about: CurveAbout, from?: Slot, until?: Slot): Result<PriceCurve, PriceRefusal>
}
interface CurveAbout {
  readonly zone: string
  readonly market: string
  readonly source: string
  /** What to say where there is no price. */
  readonly emptyReason?: string
}

/** Gathers single prices of a document, spreads them over quarter-hours, and refuses what contradicts itself or lies outside of the plausible range. */
export function priceCollector(range: PlausibleRange): PriceCollector {
  const prices = steppedPrices()
  let [first, end] = [Infinity, -Infinity]
  return {
    add(from, until, value, place, step = until - from) {
      if (from % SLOT_MS !== 0 || until % SLOT_MS !== 0 || until <= from)
        return { kind: 'malformed', place, expected: 'a period of whole quarter-hours', found: `${iso(from)} to ${iso(until)}` }
      const start = slotAt(from)
      first = Math.min(first, start)
      end = Math.max(end, slotAt(until))
      if (end - first > SLOTS_MAX)
        return {
          kind: 'malformed',
          place,
          expected: 'prices of at most ten years',
          found: `${iso(first * SLOT_MS)} to ${iso(end * SLOT_MS)}`,
        }
      const price = value === null ? null : eurPerMWh(value)
      if (price !== null && (price < range.lowest || price > range.highest))
        return { kind: 'quarantined', place, slot: start, price, range }
      for (let slot = start; slot < slotAt(until); slot = later(slot, step / SLOT_MS)) {
        const refusal = prices.put({ slot, slots: step / SLOT_MS, price, place })
        if (refusal !== null) return refusal
      }
      return null
    },
    curve({ bytes, location, fetchedAt }, { zone, market, source, emptyReason }, from, until) {
      const known = prices.merged()
      if (!known.ok) return known
      const dense = densePrices(known.value, from, until)
      if (dense.values.every((price) => price === null))
        return refused({ kind: 'nothing', reason: emptyReason ?? `${location} holds no price` })
      const digest = createHash('sha256').update(bytes).digest('hex')
      return ok({ zone, market, prices: dense, provenance: { source, location, fetchedAt, digest } })
    },
  }
}

/** A number as prices are written: digits, a point, a sign, an exponent; null for anything else, NaN and infinity included. */
export function decimal(text: string): number | null {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$/.test(text) ? Number(text) : null
}

/** A found value in a complaint: short, and never more than it. */
export function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? 'nothing')
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function iso(instant: number): string {
  return Math.abs(instant) < 8.64e15 ? new Date(instant).toISOString() : String(instant)
}
