// Why prices were not taken: every refusal names the place and what was expected there, so that a person can mend it.
import { unreachable } from '../result.ts'
import { instantText, startOf, type Slot } from '../time/slot.ts'
import { inEurPerMWh, type Price } from '../units.ts'

/** Where in a document: a line of a text, counted from 1, or a position in words. */
export interface Place {
  readonly line?: number
  readonly position?: string
}
export type PriceRefusal =
  /** The document is not what it should be. */
  | { readonly kind: 'malformed'; readonly place: Place; readonly expected: string; readonly found: string }
  /** Another unit, currency or bidding zone. */
  | { readonly kind: 'wrong-unit'; readonly place: Place; readonly expected: string; readonly found: string }
  /** One quarter-hour has two prices. */
  | { readonly kind: 'contradiction'; readonly place: Place; readonly slot: Slot; readonly first: Price; readonly second: Price }
  /** Outside of what the market can make; set aside until a person releases it (a wider range). */
  | {
      readonly kind: 'quarantined'
      readonly place: Place
      readonly slot: Slot
      readonly price: Price
      readonly range: PlausibleRange
    }
  | { readonly kind: 'too-large'; readonly bytesMax: number }
  /** The source answered that it has nothing. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** The source did not answer, or with an error. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs: number | null }

/** Lowest and highest price a market can make. */
export interface PlausibleRange {
  readonly lowest: Price
  readonly highest: Price
}
/** Harmonised limits of the day-ahead market; they move from time to time, hence an argument everywhere. */
export const DAY_AHEAD_RANGE: PlausibleRange = { lowest: -50_000 as Price, highest: 500_000 as Price }

/** A refusal in one sentence, without the place. */
export function refusalSentence(refusal: PriceRefusal): string {
  switch (refusal.kind) {
    case 'malformed':
    case 'wrong-unit':
      return `expected ${refusal.expected}, found ${refusal.found}`
    case 'contradiction':
      return `${at(refusal.slot)} has two prices, ${eur(refusal.first)} and ${eur(refusal.second)} EUR/MWh`
    case 'quarantined': {
      const { lowest, highest } = refusal.range
      return `${eur(refusal.price)} EUR/MWh at ${at(refusal.slot)} is outside of ${eur(lowest)} to ${eur(highest)} EUR/MWh`
    }
    case 'too-large':
      return `the document is larger than ${refusal.bytesMax} bytes`
    case 'nothing':
      return `the source has no prices: ${refusal.reason}`
    case 'unavailable':
      return `the source does not answer: ${refusal.reason}`
    default:
      return unreachable(refusal)
  }
}

/** Place in words; empty for a refusal of the whole document. */
export function placeText(refusal: PriceRefusal): string {
  if (!('place' in refusal)) return ''
  const { line, position } = refusal.place
  return [line === undefined ? '' : `line ${line}`, position ?? ''].filter((part) => part !== '').join(', ')
}

function at(slot: Slot): string {
  return instantText(startOf(slot))
}
function eur(price: Price): string {
  return String(inEurPerMWh(price))
}
