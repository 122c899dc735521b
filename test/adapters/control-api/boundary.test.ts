// The boundary of the control API: ids with their check digit, words of the specification, and ten thousand broken requests over a real connection, each of them answered.
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCommand } from '../../../adapters/control-api/read-command.ts'
import { controlServer } from '../../../adapters/control-api/server.ts'
import { partnerOf } from '../../../adapters/control-api/partners.ts'
import type { ControlCommand } from '../../../domain/facts/control-command.ts'
import { checkDigit, locationFault } from '../../../domain/registry/location-id.ts'
import { closeListener, listen } from '../../../adapters/wire/listener.ts'
import { testAuthority } from '../../scenarios/authority.ts'

const NOW = Date.parse('2026-01-15T18:00:00Z')
const PARTNER = '9900357000004'
const HEADERS = {
  transactionid: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  creationdatetime: '2026-01-15T18:00:00.1704Z',
}
const CONTROL =
  '{"maximumPowerValue":"24.123","executionTimeFrom":"2026-01-15T18:00:00Z","executionTimeUntil":"2026-01-15T19:00:00Z"}'
const URL_OF_LIMIT = `/[Post]/steuerbefehl/konfiguration/?locationId=E1234848431&commandControl=${encodeURIComponent(CONTROL)}`
const read = (url: string, headers: Record<string, string> = HEADERS, method = 'POST') =>
  readCommand({ method, url, headers, partner: PARTNER }, NOW)

describe('check digit of NeLo and resource ids', () => {
  it('follows the ASCII method, published ids stand', () => {
    expect(checkDigit('A113735592')).toBe(5)
    for (const id of ['E1234848431', 'EOI05HSBJG0']) expect(locationFault(id)).toBeNull()
    for (const id of ['E1234848430', 'C1234848431', 'EOI05HSBJG1']) expect(locationFault(id)).toBe('has a wrong check digit')
    for (const id of ['', 'E123', 'D1234848431', 'e1234848431', 'E12348484312', 'EÄ234848431'])
      expect(locationFault(id)).toMatch(/^is E/)
  })
})

describe('a command as the specification writes it', () => {
  it('is read with brackets plain or escaped, with and without the last slash', () => {
    const expected: ControlCommand = {
      transaction: HEADERS.transactionid,
      partner: PARTNER,
      location: 'E1234848431',
      version: (NOW + 170) * 10 + 4,
      kind: 'limit',
      isNotice: false,
      orderedBy: null,
      power: 24_123 as ControlCommand['power'],
      from: NOW,
      until: NOW + 3_600_000,
    }
    for (const url of [
      URL_OF_LIMIT,
      URL_OF_LIMIT.replace('[Post]', '%5BPost%5D'),
      URL_OF_LIMIT.replace('[Post]', '%5bPost%5d'),
      URL_OF_LIMIT.replace('/?', '?'),
    ])
      expect(read(url)).toEqual({ ok: true, value: expected })
  })

  it('a power is kW with at most three decimals, and 0 is a limit', () => {
    const power = (text: string) => {
      const result = read(URL_OF_LIMIT.replace('24.123', text))
      return result.ok ? result.value.power : null
    }
    expect(['4.2', '0', '.5', '999999.999', '007'].map(power)).toEqual([4_200, 0, 500, 999_999_999, 7_000])
    expect(['', '.', '-1', '4,2', '1e3', '4.2001', '1000000', 'NaN', '4.'].map(power)).toEqual(new Array(9).fill(null))
  })

  it('F18: names every parameter that is wrong', () => {
    const complaints = (url: string, headers: Record<string, string> = HEADERS) => {
      const result = read(url, headers)
      return result.ok ? [] : (result.refusal.errors ?? []).map(({ parameter }) => parameter)
    }
    expect(complaints('/[Post]/steuerbefehl/konfiguration/', {})).toEqual([
      'transactionId',
      'creationDateTime',
      'locationId',
      'commandControl',
    ])
    expect(complaints(`${URL_OF_LIMIT}&locationId=E1234848431`)).toContain('locationId')
    expect(complaints(URL_OF_LIMIT.replace('executionTimeUntil', 'executionTimeUntill'))).toEqual(['commandControl'])
    expect(complaints(URL_OF_LIMIT.replace('2026-01-15T18', '2026-02-30T18'))).toEqual(['commandControl'])
    const byHour = (text: string) => complaints(URL_OF_LIMIT, { ...HEADERS, creationdatetime: text })
    expect(byHour('2026-01-15T17:44:59Z')).toEqual(['creationDateTime'])
    expect(byHour('2026-01-15T18:05:01Z')).toEqual(['creationDateTime'])
    expect(byHour('2026-01-15T17:46:00Z')).toEqual([])
    expect(complaints(URL_OF_LIMIT, { ...HEADERS, initialtransactionid: 'x' })).toEqual(['initialTransactionId'])
  })

  it('other paths and methods are refused in the words of HTTP', () => {
    const kind = (url: string, method = 'POST') => {
      const result = read(url, HEADERS, method)
      return result.ok ? null : result.refusal.kind
    }
    expect(kind('/steuerbefehl/konfiguration/')).toBe('not-found')
    expect(kind('/[Post]/steuerbefehl/positiveAntwort/')).toBe('not-found')
    expect(kind(URL_OF_LIMIT, 'GET')).toBe('method-not-allowed')
  })
})

const authority = testAuthority()
describe('ten thousand broken requests', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  const [own, known] = [authority.issue('own'), authority.issue('known')]
  const partners = [{ id: PARTNER, name: 'Netz', fingerprints: [known.fingerprint], url: 'https://localhost' }]
  const failures: string[] = []
  let taken = 0
  const server = controlServer({
    tls: own,
    partners: () => partners,
    desk: { take: () => Promise.resolve(taken++ >= 0 ? 'taken' : 'full') },
    now: () => NOW,
    track: (work) => work,
    log: (level, text) => void (level === 'error' && failures.push(text)),
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ...known, servername: 'localhost' })
  let port = 0
  beforeAll(async () => {
    port = ((await listen(server, '127.0.0.1', 0)) as AddressInfo).port
  })
  afterAll(async () => {
    agent.destroy()
    await closeListener(server, 100)
    authority.remove()
  })

  function post(path: string, headers: Record<string, string>): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = request({
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent,
        headers: { ...headers, 'Content-Length': '0' },
      })
      asked.on('response', (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      })
      asked.on('error', reject)
      asked.end()
    })
  }

  it('no throw, and an answer to each', async () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 30 }).map(encodeURIComponent),
      fc.constantFrom(
        '%',
        '%zz',
        '{',
        '}',
        '[',
        '&',
        '=',
        '?',
        '__proto__',
        '"',
        '%00',
        'null',
        '1e999',
        'locationId=',
        '%ED%A0%80',
      ),
    )
    const mutation = fc.record({
      at: fc.nat({ max: URL_OF_LIMIT.length - 1 }),
      cut: fc.nat({ max: 12 }),
      put: piece,
      header: fc.constantFrom('', 'transactionid', 'creationdatetime', 'initialtransactionid'),
      text: fc.stringMatching(/^[\x21-\x7e]{0,40}$/),
    })
    const statuses = new Map<number, number>()
    const mutations = fc.sample(mutation, { numRuns: 10_000, seed: 7 })
    for (let i = 0; i < mutations.length; i += 50)
      await Promise.all(
        mutations.slice(i, i + 50).map(async ({ at, cut, put, header, text }) => {
          const path = `/${(URL_OF_LIMIT.slice(0, at) + put + URL_OF_LIMIT.slice(at + cut)).slice(1)}`
          const status = await post(path, header === '' ? HEADERS : { ...HEADERS, [header]: text })
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
        }),
      )
    expect([...statuses.keys()].toSorted()).toEqual([202, 400, 404])
    expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(10_000)
    expect(statuses.get(202)).toBe(taken)
    expect(failures).toEqual([])
  })

  it('a certificate counts only while it is valid', () => {
    const certificate = (from: string, to: string) => ({ fingerprint256: known.fingerprint, valid_from: from, valid_to: to })
    const whole = certificate('Jan 15 17:00:00 2026 GMT', 'Jan 15 19:00:00 2026 GMT')
    expect(partnerOf(partners, whole, NOW)?.id).toBe(PARTNER)
    expect(partnerOf(partners, certificate('Jan 15 18:00:01 2026 GMT', 'Jan 15 19:00:00 2026 GMT'), NOW)).toBeNull()
    expect(partnerOf(partners, certificate('Jan 15 17:00:00 2026 GMT', 'Jan 15 18:00:00 2026 GMT'), NOW)).toBeNull()
    expect(partnerOf(partners, {}, NOW)).toBeNull()
  })
})
