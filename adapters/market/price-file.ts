// Tells the formats of price files apart by how they begin.
import type { PriceCurve } from '../../domain/signals/price.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { readEntsoeA44 } from './entsoe-a44.ts'
import { readPriceCsv } from './price-csv.ts'
import type { PriceDocument, PriceExpectation, PriceReader } from './price-document.ts'
import { readAwattar, readEnergyCharts } from './price-json.ts'

export const PRICE_FORMATS = ['csv', 'entsoe', 'awattar', 'energy-charts'] as const
export type PriceFormat = (typeof PRICE_FORMATS)[number]

const READERS: Readonly<Record<PriceFormat, PriceReader>> = {
  csv: readPriceCsv,
  entsoe: readEntsoeA44,
  awattar: readAwattar,
  'energy-charts': readEnergyCharts,
}

/** Reads a price file; without a format it is told by its beginning. */
export function readPriceFile(
  document: PriceDocument,
  expected: PriceExpectation,
  format: PriceFormat = formatOf(document.bytes),
): Result<PriceCurve, PriceRefusal> {
  if (isBlank(document.bytes)) return refused({ kind: 'nothing', reason: `${document.location} is empty` })
  return READERS[format](document, expected)
}

function formatOf(bytes: Uint8Array): PriceFormat {
  const beginning = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart()
  if (beginning.startsWith('<')) return 'entsoe'
  if (!beginning.startsWith('{')) return 'csv'
  return /"(unix_seconds|license_info)"/.test(beginning) ? 'energy-charts' : 'awattar'
}

/** Blanks, line ends, zeros of a file cut off by a power loss, and a byte order mark. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.length < 4_096 && new TextDecoder().decode(bytes).replaceAll('\0', '').trim() === ''
}
