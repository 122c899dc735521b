// Serves the generated prices the way energy-charts does, so that the price source under test is the one used in production.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { DateTime } from 'luxon'
import type { Clock } from '../../domain/ports/clock.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { dayOf, nextDay } from '../../domain/time/delivery-day.ts'
import { slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { inEurPerMWh } from '../../domain/units.ts'
import { dayAhead, publishedAt } from './market.ts'

export interface PriceServiceOptions {
  readonly seed: string | number
  readonly clock: Pick<Clock, 'now'>
}
/** Longest period of one request in days. */
const DAYS_MAX = 370
const DAY_MS = 86_400_000

/**
 * A request listener for `GET /price?bzn=DE-LU&start=…&end=…`. Dates mean whole local days, both included, instants with offset just the time
 * between them; today without either. What is not published yet at the clock's time is left
 * out; nothing at all is 404.
 */
export function priceService({ seed, clock }: PriceServiceOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET' || url.pathname !== '/price') return answer(response, 404, { detail: 'Not Found' })
    if ((url.searchParams.get('bzn') ?? 'DE-LU') !== 'DE-LU') return answer(response, 404, { detail: 'no content available' })
    const today = dayOf(slotAt(clock.now())).date
    const start = url.searchParams.get('start') ?? today
    const period = periodOf(start, url.searchParams.get('end') ?? start.slice(0, 10))
    if (period === null)
      return answer(response, 422, { detail: 'start and end have to be dates or instants, at most a year apart' })
    const unixSeconds: number[] = []
    const price: number[] = []
    for (let day = dayOf(slotAt(period.from)); startOf(day.first) < period.until; day = nextDay(day)) {
      if (publishedAt(day) > clock.now()) break
      dayAhead(seed, day).prices.values.forEach((value, i) => {
        const at = startOf((day.first + i) as Slot)
        if (at < period.from || at >= period.until) return
        unixSeconds.push(at / 1_000)
        price.push(inEurPerMWh(value!))
      })
    }
    if (price.length === 0) return answer(response, 404, { detail: 'no content available' })
    answer(response, 200, {
      license_info: 'generated for tests and demonstration',
      unix_seconds: unixSeconds,
      price,
      unit: 'EUR / MWh',
      deprecated: false,
    })
  }
}

/** Epoch ms, half-open; null for what is no period. */
function periodOf(start: string, end: string): { readonly from: number; readonly until: number } | null {
  const [first, last] = [start, end].map((text) => DateTime.fromISO(text, { zone: MARKET_ZONE }))
  if (!first!.isValid || !last!.isValid) return null
  const from = first!.toMillis()
  const until = end.includes('T') ? last!.toMillis() : last!.plus({ days: 1 }).toMillis()
  return until <= from || until - from > DAYS_MAX * DAY_MS ? null : { from, until }
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}
