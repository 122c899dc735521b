import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dayAhead } from '../../../adapters/twin/market.ts'
import { priceService } from '../../../adapters/twin/price-service.ts'
import { deliveryDay, nextDay } from '../../../domain/time/delivery-day.ts'
import { startOf } from '../../../domain/time/slot.ts'
import { inEurPerMWh } from '../../../domain/units.ts'

function year(seed: number): number[][] {
  const days: number[][] = []
  for (let day = deliveryDay('2026-01-01'); day.date < '2027-01-01'; day = nextDay(day))
    days.push(dayAhead(seed, day).prices.values.map((price) => inEurPerMWh(price!)))
  return days
}

describe('generated day-ahead prices', () => {
  const days = year(7)

  it('have a price for each of the 92, 96 or 100 quarter-hours', () => {
    expect(days.map((day) => day.length).filter((slots) => slots !== 96)).toEqual([92, 100])
    expect(days.flat().every(Number.isFinite)).toBe(true)
  })

  it('look like German days: evening peak, night valley, midday dip that is negative at times', () => {
    const mean = days.flat().reduce((sum, price) => sum + price, 0) / days.flat().length
    expect(mean).toBeGreaterThan(90)
    expect(mean).toBeLessThan(110)
    const peaks = days.map((day) => Math.max(...day))
    expect(peaks.filter((peak) => peak >= 150 && peak <= 270).length).toBe(days.length)
    const evenings = days.filter((day) => day.indexOf(Math.max(...day)) >= day.length - 30).length
    expect(evenings / days.length).toBeGreaterThan(0.98)
    const nights = days.map((day) => day.slice(8, 16).reduce((sum, price) => sum + price, 0) / 8)
    expect(nights.filter((price) => price > 40 && price < 100).length).toBe(days.length)
    const negative = days.filter((day) => Math.min(...day) < 0).length
    expect(negative).toBeGreaterThan(5)
    expect(negative).toBeLessThan(120)
    expect(Math.min(...days.flat())).toBeGreaterThan(-60)
  })

  it('are equal for equal seeds and differ otherwise', () => {
    const day = deliveryDay('2026-05-05')
    expect(dayAhead(7, day)).toEqual(dayAhead(7, day))
    expect(dayAhead(8, day).prices.values).not.toEqual(dayAhead(7, day).prices.values)
    expect(dayAhead(7, nextDay(day)).prices.values).not.toEqual(dayAhead(7, day).prices.values)
  })
})

describe('price service', () => {
  let now = 0
  let server: Server
  let base: string
  beforeAll(async () => {
    server = createServer(priceService({ seed: 7, clock: { now: () => now } }))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((closed) => server.close(closed)))

  async function get(path: string): Promise<{ status: number; body: { unix_seconds: number[]; price: number[]; unit: string } }> {
    const response = await fetch(`${base}${path}`)
    return { status: response.status, body: (await response.json()) as never }
  }

  it('shows tomorrow from 12:45 local on, not before', async () => {
    const today = deliveryDay('2026-05-05')
    const asked = '/price?bzn=DE-LU&start=2026-05-05&end=2026-05-06'
    now = Date.parse('2026-05-05T12:44:59+02:00')
    const before = await get(asked)
    expect(before.status).toBe(200)
    expect(before.body.price).toHaveLength(96)
    expect(before.body.unix_seconds[0]).toBe(startOf(today.first) / 1_000)
    expect((await get('/price?bzn=DE-LU&start=2026-05-06&end=2026-05-06')).status).toBe(404)
    now = Date.parse('2026-05-05T12:45:00+02:00')
    const after = await get(asked)
    expect(after.body.price).toHaveLength(192)
    expect(after.body.unit).toBe('EUR / MWh')
    expect(after.body.price.slice(96)).toEqual(dayAhead(7, nextDay(today)).prices.values.map((price) => inEurPerMWh(price!)))
  })

  it('takes instants too, and answers for the time between them only', async () => {
    now = Date.parse('2026-05-05T13:00:00+02:00')
    const day = await get('/price?bzn=DE-LU&start=2026-05-04T22%3A00%3A00Z&end=2026-05-05T22%3A00%3A00Z')
    expect(day.body).toEqual((await get('/price?start=2026-05-05&end=2026-05-05')).body)
    const hour = await get('/price?start=2026-05-05T10:00%2B02:00&end=2026-05-05T11:00%2B02:00')
    expect(hour.body.unix_seconds.map((at) => at - hour.body.unix_seconds[0]!)).toEqual([0, 900, 1_800, 2_700])
    expect(hour.body.price).toEqual(day.body.price.slice(40, 44))
  })

  it('refuses what it cannot answer', async () => {
    now = Date.parse('2026-05-05T12:45:00+02:00')
    expect((await get('/price?bzn=FR')).status).toBe(404)
    expect((await get('/price?start=2026-02-30')).status).toBe(422)
    expect((await get('/price?start=2026-02-03&end=2026-02-01')).status).toBe(422)
    expect((await get('/v1/marketdata')).status).toBe(404)
    expect((await get('/price')).body.price).toHaveLength(96)
  })
})
