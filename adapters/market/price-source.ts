// Where day-ahead prices come from: a file or one of three services. Nothing is fetched unless a source is configured.
import { readFile, stat } from 'node:fs/promises'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { DAY_AHEAD_RANGE, type PlausibleRange, type PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { between, endSlot } from '../../domain/time/series.ts'
import { instantText, startOf, type Slot } from '../../domain/time/slot.ts'
import { refused, type Result } from '../../domain/result.ts'
import { eicOf } from './bidding-zone.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { readEntsoeA44 } from './entsoe-a44.ts'
import { DOCUMENT_BYTES_MAX, type PriceReader } from './price-document.ts'
import { readPriceFile } from './price-file.ts'
import { readAwattar, readEnergyCharts } from './price-json.ts'

export interface PriceSource {
  /** `entsoe`, `awattar`, `energy-charts`, `file`. */
  readonly name: string
  /** Prices within [from, until); fewer when the source has fewer, null for gaps. */
  fetch(from: Slot, until: Slot): Promise<Result<PriceCurve, PriceRefusal>>
}
export interface PriceSourceOptions {
  readonly zone: string
  /** Epoch ms, for the provenance. */
  readonly now: () => number
  readonly range?: PlausibleRange
  /** Address instead of the service's own. */
  readonly url?: string
  readonly timeoutMs?: number
}

/** Services answer slowly around noon, when everybody asks. */
const TIMEOUT_MS = 20_000

/** ENTSO-E's transparency platform; needs a security token, which never shows up in a location or refusal. */
export function entsoeSource(options: PriceSourceOptions & { readonly token: string }): PriceSource {
  const area = eicOf(options.zone)
  return httpSource('entsoe', options, readEntsoeA44, (from, until) => {
    const url = new URL(options.url ?? 'https://web-api.tp.entsoe.eu/api')
    url.searchParams.set('documentType', 'A44')
    url.searchParams.set('contract_MarketAgreement.type', 'A01')
    url.searchParams.set('in_Domain', area)
    url.searchParams.set('out_Domain', area)
    url.searchParams.set('periodStart', compact(from))
    url.searchParams.set('periodEnd', compact(until))
    return { location: url.href, address: `${url.href}&securityToken=${encodeURIComponent(options.token)}` }
  })
}
/** aWATTar: no registration, hours only. */
export function awattarSource(options: PriceSourceOptions): PriceSource {
  return httpSource('awattar', options, readAwattar, (from, until) => {
    const url = new URL(options.url ?? 'https://api.awattar.de/v1/marketdata')
    url.searchParams.set('start', String(startOf(from)))
    url.searchParams.set('end', String(startOf(until)))
    return { location: url.href, address: url.href }
  })
}
/** energy-charts of Fraunhofer ISE: no registration, quarter-hours. */
export function energyChartsSource(options: PriceSourceOptions): PriceSource {
  return httpSource('energy-charts', options, readEnergyCharts, (from, until) => {
    const url = new URL(options.url ?? 'https://api.energy-charts.info/price')
    url.searchParams.set('bzn', options.zone)
    url.searchParams.set('start', instantText(startOf(from)))
    url.searchParams.set('end', instantText(startOf(until)))
    return { location: url.href, address: url.href }
  })
}
/** A file in any of the formats that can be read, read anew at every fetch. */
export function fileSource(options: PriceSourceOptions & { readonly path: string }): PriceSource {
  return {
    name: 'file',
    async fetch(from, until) {
      let bytes: Uint8Array
      try {
        if ((await stat(options.path)).size > DOCUMENT_BYTES_MAX)
          return refused({ kind: 'too-large', bytesMax: DOCUMENT_BYTES_MAX })
        bytes = await readFile(options.path)
      } catch (error) {
        return refused({ kind: 'unavailable', reason: (error as Error).message, retryAfterMs: null })
      }
      const document = { bytes, location: options.path, fetchedAt: options.now() }
      return within(readPriceFile(document, expectation(options)), from, until)
    },
  }
}

function httpSource(
  name: string,
  options: PriceSourceOptions,
  read: PriceReader,
  addressOf: (from: Slot, until: Slot) => { location: string; address: string },
): PriceSource {
  return {
    name,
    async fetch(from, until) {
      const { location, address } = addressOf(from, until)
      const answer = await boundedFetch(address, options.timeoutMs ?? TIMEOUT_MS, DOCUMENT_BYTES_MAX)
      if (!answer.ok) return answer
      const { status, bytes, retryAfterMs } = answer.value
      const curve = read({ bytes, location, fetchedAt: options.now() }, expectation(options))
      if (status === 200) return within(curve, from, until)
      const said = curve.ok || curve.refusal.kind !== 'nothing' || bytes.length === 0 ? null : curve.refusal.reason
      // ENTSO-E tells "no data yet" in a document of its own, with status 200 or 400; with others it is its way to say what is wrong.
      if (status === 400 && said !== null) return curve
      const reason = `${name} answered ${status}${said === null ? '' : `: ${said}`}`
      return refused({ kind: 'unavailable', reason, retryAfterMs })
    },
  }
}

function expectation(options: PriceSourceOptions) {
  return { zone: options.zone, range: options.range ?? DAY_AHEAD_RANGE }
}
function within(curve: Result<PriceCurve, PriceRefusal>, from: Slot, until: Slot): Result<PriceCurve, PriceRefusal> {
  if (!curve.ok) return curve
  const { prices, provenance } = curve.value
  if (prices.first >= until || endSlot(prices) <= from)
    return refused({ kind: 'nothing', reason: `${provenance.location} has no price from ${instantText(startOf(from))}` })
  return { ok: true, value: { ...curve.value, prices: between(prices, from, until) } }
}
/** `yyyyMMddHHmm` in UTC. */
function compact(slot: Slot): string {
  return new Date(startOf(slot)).toISOString().replaceAll(/[-T:]/g, '').slice(0, 12)
}
