import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { awattarSource, energyChartsSource, entsoeSource, fileSource } from '../../../adapters/market/price-source.ts'
import { later, slotAt, startOf } from '../../../domain/time/slot.ts'

const first = slotAt(Date.UTC(2025, 9, 25, 22))
const until = later(first, 100)
const now = () => 5
let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = null
})
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices`
}
const charts = (count: number, from = first) =>
  JSON.stringify({
    unix_seconds: Array.from({ length: count }, (_, i) => startOf(later(from, i)) / 1000),
    price: Array.from({ length: count }, (_, i) => i),
    unit: 'EUR/MWh',
  })

test('energy-charts is asked for the zone and period, and gives no more than asked for', async () => {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(request.url!)
    response.end(charts(110, later(first, -4)))
  })
  const result = await energyChartsSource({ zone: 'DE-LU', now, url }).fetch(first, until)
  expect(asked).toEqual(['/prices?bzn=DE-LU&start=2025-10-25T22%3A00%3A00Z&end=2025-10-26T23%3A00%3A00Z'])
  expect(result).toMatchObject({ ok: true, value: { prices: { first }, provenance: { fetchedAt: 5 } } })
  if (result.ok) expect(result.value.prices.values).toHaveLength(100)
})

test('aWATTar is asked in milliseconds', async () => {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(request.url!)
    response.end(
      JSON.stringify({
        data: [{ start_timestamp: startOf(first), end_timestamp: startOf(later(first, 4)), marketprice: 1, unit: 'Eur/MWh' }],
      }),
    )
  })
  expect(await awattarSource({ zone: 'DE-LU', now, url }).fetch(first, until)).toMatchObject({
    ok: true,
    value: { prices: { values: [100, 100, 100, 100] } },
  })
  expect(asked).toEqual([`/prices?start=${startOf(first)}&end=${startOf(until)}`])
})

test('the token of ENTSO-E is sent and never shown', async () => {
  const asked: URL[] = []
  const url = await serve((request, response) => {
    asked.push(new URL(request.url!, 'http://x'))
    response.statusCode = asked.length === 1 ? 401 : 400
    response.end(
      asked.length === 1
        ? 'Unauthorized'
        : '<Acknowledgement_MarketDocument><Reason><text>No matching data</text></Reason></Acknowledgement_MarketDocument>',
    )
  })
  const source = entsoeSource({ zone: 'DE-LU', now, url, token: 'secret&token' })
  const denied = await source.fetch(first, until)
  expect(Object.fromEntries(asked[0]!.searchParams)).toEqual({
    documentType: 'A44',
    'contract_MarketAgreement.type': 'A01',
    in_Domain: '10Y1001A1001A82H',
    out_Domain: '10Y1001A1001A82H',
    periodStart: '202510252200',
    periodEnd: '202510262300',
    securityToken: 'secret&token',
  })
  expect(denied).toEqual({ ok: false, refusal: { kind: 'unavailable', reason: 'entsoe answered 401', retryAfterMs: null } })
  expect(await source.fetch(first, until)).toEqual({ ok: false, refusal: { kind: 'nothing', reason: 'No matching data' } })
})

test('an answer that is too slow, too large, redirected or missing is a refusal', async () => {
  let answer: RequestListener = () => undefined
  const url = await serve((request, response) => answer(request, response))
  const source = energyChartsSource({ zone: 'DE-LU', now, url, timeoutMs: 100 })
  expect(await source.fetch(first, until)).toMatchObject({ refusal: { kind: 'unavailable', reason: 'no answer within 100 ms' } })
  answer = (_, response) => response.end(Buffer.alloc(8 * 1024 * 1024 + 1, ' '))
  expect(await energyChartsSource({ zone: 'DE-LU', now, url }).fetch(first, until)).toMatchObject({
    refusal: { kind: 'too-large' },
  })
  answer = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
  expect(await source.fetch(first, until)).toMatchObject({ refusal: { kind: 'unavailable' } })
  answer = (_, response) => response.writeHead(429, { 'retry-after': '120' }).end('{}')
  expect(await source.fetch(first, until)).toEqual({
    ok: false,
    refusal: { kind: 'unavailable', reason: 'energy-charts answered 429', retryAfterMs: 120_000 },
  })
  answer = (_, response) => response.end(charts(4, later(first, -400)))
  expect(await source.fetch(first, until)).toMatchObject({ refusal: { kind: 'nothing' } })
  server!.closeAllConnections()
  server!.close()
  server = null
  expect(await source.fetch(first, until)).toMatchObject({ refusal: { kind: 'unavailable', retryAfterMs: null } })
})

test('what is wrong is told in the words of the service, and an empty answer with a bad status is no "no data"', async () => {
  let [status, text] = [401, '']
  const url = await serve((_, response) => {
    response.statusCode = status
    response.end(text)
  })
  const source = entsoeSource({ zone: 'DE-LU', now, url, token: 'token' })
  const refusalOf = async (code: number, body: string) => {
    status = code
    text = body
    const answer = await source.fetch(first, until)
    return answer.ok ? null : answer.refusal
  }
  const said =
    '<Acknowledgement_MarketDocument><Reason><text>Authentication failed</text></Reason></Acknowledgement_MarketDocument>'
  expect(await refusalOf(401, said)).toMatchObject({ kind: 'unavailable', reason: 'entsoe answered 401: Authentication failed' })
  expect(await refusalOf(503, '')).toMatchObject({ kind: 'unavailable', reason: 'entsoe answered 503' })
  expect(await refusalOf(400, '')).toMatchObject({ kind: 'unavailable', reason: 'entsoe answered 400' })
  expect(await refusalOf(200, '')).toMatchObject({ kind: 'nothing', reason: 'the document is empty' })
})

test('a file is read anew at every fetch, in any format', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'))
  const path = join(folder, 'prices.csv')
  const source = fileSource({ zone: 'DE-LU', now, path })
  expect(await source.fetch(first, until)).toMatchObject({ refusal: { kind: 'unavailable' } })
  writeFileSync(path, 'start,price_eur_mwh\n2025-10-25T22:00:00Z,7')
  expect(await source.fetch(first, until)).toMatchObject({
    value: { prices: { first, values: [700] }, provenance: { source: 'csv' } },
  })
  writeFileSync(path, charts(100))
  expect(await source.fetch(first, until)).toMatchObject({ value: { provenance: { source: 'energy-charts' } } })
  rmSync(folder, { recursive: true })
})
