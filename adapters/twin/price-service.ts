// Serves the generated prices the way energy-charts does, so that the price source under test is the one used in production.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { DateTime } from 'luxon'
import type { Clock } from '../../domain/ports/clock.ts'
import { dayOf, deliveryDay, MARKET_ZONE, nextDay, type DeliveryDay } from '../../domain/time/delivery-day.ts'
import { slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { inEurPerMWh } from '../../domain/units.ts'
import { dayAhead, publishedAt } from './market.ts'

export interface PriceServiceOptions {
  readonly seed: string | number
  readonly clock: Clock
}
/** Longest period of one request in days. */
const DAYS_MAX = 370

/**
 * A request listener for `GET /price?bzn=DE-LU&start=YYYY-MM-DD&end=YYYY-MM-DD` (both local days included; today without them).
 * What is not published yet at the clock's time is left out; nothing at all is 404.
 */
export function priceService({ seed, clock }: PriceServiceOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET' || url.pathname !== '/price') return answer(response, 404, { detail: 'Not Found' })
    if ((url.searchParams.get('bzn') ?? 'DE-LU') !== 'DE-LU') return answer(response, 404, { detail: 'no content available' })
    const today = dayOf(slotAt(clock.now())).date
    const start = url.searchParams.get('start') ?? today
    const days = daysBetween(start, url.searchParams.get('end') ?? start)
    if (days === null)
      return answer(response, 422, { detail: 'start and end have to be dates, YYYY-MM-DD, at most a year apart' })
    const unixSeconds: number[] = []
    const price: number[] = []
    for (const day of days) {
      if (publishedAt(day) > clock.now()) break
      dayAhead(seed, day).prices.values.forEach((value, i) => {
        unixSeconds.push(startOf((day.first + i) as Slot) / 1_000)
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

/** The local days of a period given by dates or by instants, as the service itself takes both. */
function daysBetween(start: string, end: string): readonly DeliveryDay[] | null {
  const [first, last] = [start, end].map((text) => DateTime.fromISO(text, { zone: MARKET_ZONE }))
  if (!first!.isValid || !last!.isValid || last! < first! || last!.diff(first!, 'days').days > DAYS_MAX) return null
  const days = [deliveryDay(first!.toISODate()!)]
  while (days.at(-1)!.date < last!.toISODate()!) days.push(nextDay(days.at(-1)!))
  return days
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}
