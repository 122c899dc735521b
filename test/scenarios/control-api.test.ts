// A grid operator commands a location over the control API, with mutual TLS on real sockets: 202, orders at the stations, and what became of it told back.
import type { DoorsOptions } from '../../src/compose/doors.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partnerEnd, type PartnerEnd } from '../../adapters/control-api/client.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { checkDigit } from '../../domain/registry/location-id.ts'
import { testAuthority } from './authority.ts'
import { play } from './play-operator.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** Most cars charge. */
const NIGHT = EVENING + 10 * HOUR_MS + 2 * MINUTE_MS
const OPERATOR = '9900357000004'
const idOf = (body: string) => `${body}${checkDigit(body)}`
const UNKNOWN = idOf('CZZZZZZZZZ')
const authority = testAuthority()

describe('the control API (rows 20, 26, X2)', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  const identity = authority.issue('operator')
  let world: World
  let operator: PartnerEnd
  let stranger: PartnerEnd
  let [location, site, feedIn] = ['', '', '']
  const run = (ms: number) => world.runUntil(world.clock.now() + ms)
  const now = () => world.clock.now()
  const told = (transaction: string) =>
    operator.received.filter(({ query }) => query['referenceId'] === transaction).map(({ path }) => path)
  const takes = (of = site) =>
    world.twin
      .cars()
      .filter(({ evse }) => world.live(evse).evse.site === of)
      .reduce((sum, { power }) => sum + power, 0)
  const signals = () => [...world.running.application.fleet.signals.byId.values()]
  const holds = () =>
    signals().filter(
      ({ signal, withdrawn }) => withdrawn === null && signal.from <= now() && (signal.until === null || signal.until > now()),
    )
  const uuid = (n: number) => `f81d4fae-7dec-11d0-a765-${String(n).padStart(12, '0')}`

  let doors: { controlApi: NonNullable<DoorsOptions['controlApi']> }
  beforeAll(async () => {
    const own = authority.issue('aggregator')
    const known = identity
    operator = await partnerEnd({ tls: known, url: '', now })
    const partners = [{ id: OPERATOR, name: 'Netz', fingerprints: [known.fingerprint], url: operator.url }]
    const fleet = twinFleet({ seed: '1', stations: 8, from: EVENING })
    const sites = fleet.registry.sites.map((one, i) => ({
      ...one,
      locations: [
        { id: idOf(`E${String(100_000_000 + i)}`), limits: 'consumption' as const },
        { id: idOf(`C${String(100_000_000 + i)}`), limits: 'feed-in' as const },
      ],
    }))
    doors = { controlApi: { host: '127.0.0.1', port: 0, tls: own, partners } }
    world = await openWorld({ from: EVENING, fleet: { ...fleet, registry: { ...fleet.registry, sites } }, doors })
    const url = `https://localhost:${world.running.doors.address('control-api')!.port}`
    await operator.close()
    operator = await partnerEnd({ tls: known, url, now, port: Number(new URL(operator.url).port) })
    stranger = await partnerEnd({ tls: authority.issue('stranger'), url, now })
    await world.runUntil(NIGHT)
    const busiest = sites.toSorted((a, b) => takes(b.id) - takes(a.id))[0]!
    ;[site, location, feedIn] = [busiest.id, busiest.locations[0]!.id, busiest.locations[1]!.id]
  })
  afterAll(async () => {
    await world.stop()
    await operator.close()
    await stranger.close()
    authority.remove()
  })

  it('bounds a location at once and tells when its stations have followed', async () => {
    expect(takes()).toBeGreaterThan(4_200)
    const began = now()
    const answer = await operator.limit(location, { watts: 4_200, from: now() }, { transactionId: uuid(1) })
    expect(answer).toMatchObject({ status: 202, error: null, body: '' })
    expect(holds()).toMatchObject([{ signal: { subjects: [`site:${site}`], max: 4_200, min: null, sender: OPERATOR } }])
    await run(20_000)
    expect(takes()).toBeLessThanOrEqual(4_260)
    expect(told(uuid(1))).toEqual(['vorlaeufigePositiveAntwort', 'positiveAntwort'])
    const last = operator.received.at(-1)!
    expect(last.query).toEqual({
      referenceId: uuid(1),
      locationId: location,
      resultPositive: '{"statePositive":"succeeded"}',
    })
    expect(Date.parse(last.creationDateTime)).toBeGreaterThan(began)
    expect(Date.parse(last.creationDateTime)).toBeLessThanOrEqual(began + 20_000)
  })

  it('the same transaction is the same signal: a repetition is accepted and does nothing twice', async () => {
    const from = Date.parse('2026-01-16T02:02:00Z')
    const before = world.running.journal.head().sequence
    const calls = operator.received.length
    const again = await operator.limit(
      location,
      { watts: 4_200, from },
      { transactionId: uuid(2), initialTransactionId: uuid(1) },
    )
    expect(again.status).toBe(202)
    const facts = (await world.journal()).filter(({ sequence }) => sequence > before)
    expect(facts.map(({ fact }) => fact.kind)).toEqual([])
    expect(operator.received.length).toBe(calls)
    const other = await operator.limit(location, { watts: 9_000, from }, { transactionId: uuid(1) })
    expect([other.status, other.body]).toEqual([400, expect.stringContaining('known with another content')])
  })

  it('is commanded from the command line too, and what is refused is said with its reason', async () => {
    const words = ['control-api', '--connect', `https://localhost:${world.running.doors.address('control-api')!.port}`]
    const { code, err, lines } = await play([...words, '--location', location, '--limit-w', '4200'], identity)
    // Its clock is that of the host, months ahead of the one here.
    expect([code, lines]).toEqual([1, [expect.objectContaining({ event: 'commanded', status: 400 })]])
    expect(err).toContain('creationDateTime')
  })

  it('a newer command replaces the older from its beginning on, and one made before it never comes back (I10)', async () => {
    const later = now() + 10 * MINUTE_MS
    await operator.limit(location, { watts: 8_000, from: later, until: later + 5 * MINUTE_MS }, { transactionId: uuid(3) })
    expect(holds().map(({ signal }) => [signal.max, signal.until])).toEqual([[4_200, later]])
    await operator.limit(location, { watts: 1_000, from: now() }, { transactionId: uuid(4), createdAt: now() - MINUTE_MS })
    await run(2_000)
    expect(told(uuid(4))).toEqual(['vorlaeufigeNegativeAntwort'])
    expect(holds().map(({ signal }) => signal.max)).toEqual([4_200])
    await run(later - now() + 1_000)
    expect(holds().map(({ signal }) => signal.max)).toEqual([8_000])
  })

  it('lets go at the instant it is told to, and says so', async () => {
    const later = now() + MINUTE_MS
    await operator.release(location, later, { transactionId: uuid(5) })
    expect(holds().map(({ signal }) => [signal.max, signal.until])).toEqual([[8_000, later]])
    await run(MINUTE_MS - 1)
    expect(told(uuid(5))).toEqual(['vorlaeufigePositiveAntwort'])
    await run(5_000)
    expect(holds()).toEqual([])
    expect(told(uuid(5))).toEqual(['vorlaeufigePositiveAntwort', 'positiveAntwort'])
  })

  it('bounds what is given where the location is one of feed-in (§9 EEG)', async () => {
    await operator.limit(feedIn, { watts: 0, from: now() }, { transactionId: uuid(6) })
    expect(holds()).toMatchObject([{ signal: { max: null, min: 0 } }])
    await operator.release(feedIn, now(), { transactionId: uuid(7), createdAt: now() + 1 })
    await run(5_000)
    expect(holds()).toEqual([])
  })

  it('takes a notice of others as a limit and answers nothing (X2)', async () => {
    const commandControl = { maximumPowerValue: '4.2', executionTimeFrom: new Date(now()).toISOString().slice(0, 19) + 'Z' }
    const more = { transactionId: uuid(8) }
    await operator.send('information', { locationId: location, partnerId: '4041407000008', commandControl }, more)
    expect(holds()).toMatchObject([{ signal: { max: 4_200, provenance: { authority: '4041407000008' } } }])
    await run(10_000)
    expect(told(uuid(8))).toEqual([])
    const commandRegular = { executionTimeFrom: commandControl.executionTimeFrom }
    await operator.send(
      'information',
      { locationId: location, partnerId: '4041407000008', commandRegular },
      { createdAt: now() + 1 },
    )
    expect(holds()).toEqual([])
  })

  it('F18: an unknown location is told to be impossible, and nothing is applied', async () => {
    expect((await operator.limit(UNKNOWN, { watts: 0, from: now() }, { transactionId: uuid(9) })).status).toBe(202)
    await run(1_000)
    expect(told(uuid(9))).toEqual(['vorlaeufigeNegativeAntwort'])
    expect(operator.received.at(-1)!.query['resultNegative']).toBe('{"stateNegative":"failed","reasonNegative":"unable"}')
    expect(holds()).toEqual([])
  })

  it('F18: what is not well-formed is refused at the boundary, with the parameter that is wrong', async () => {
    const wrongDigit = `${location.slice(0, -1)}${(Number(location.at(-1)) + 1) % 10}`
    const digit = await operator.limit(wrongDigit, { watts: 0, from: now() })
    expect([digit.status, digit.body]).toEqual([400, expect.stringContaining('wrong check digit')])
    const old = await operator.limit(location, { watts: 0, from: now() }, { createdAt: now() - 16 * MINUTE_MS })
    expect([old.status, old.body]).toEqual([400, expect.stringContaining('15 min back')])
    const ahead = await operator.limit(location, { watts: 0, from: now() }, { createdAt: now() + 6 * MINUTE_MS })
    expect([ahead.status, ahead.body]).toEqual([400, expect.stringContaining('ahead')])
    const none = await operator.send('positiveAntwort', {})
    expect(none.status).toBe(404)
    expect(holds()).toEqual([])
  })

  it('only known certificates command', async () => {
    const answer = await stranger.limit(location, { watts: 0, from: now() })
    expect([answer.status, answer.body]).toEqual([401, expect.stringContaining('client certificate')])
    expect(holds()).toEqual([])
  })

  it('a partner that is down hears the answers when it is back, in order, and readiness tells', async () => {
    const port = Number(new URL(operator.url).port)
    const url = `https://localhost:${world.running.doors.address('control-api')!.port}`
    const transaction = uuid(10)
    await operator.close()
    expect((await operator.limit(location, { watts: 4_200, from: now() }, { transactionId: transaction })).status).toBe(202)
    await run(20_000)
    const ready = await fetch(`http://127.0.0.1:${world.running.address.port}/readyz`)
    expect(await ready.json()).toMatchObject({ ready: true, degraded: ['control-api'] })
    operator = await partnerEnd({ tls: identity, url, port, now })
    await run(60_000)
    expect(told(transaction)).toEqual(['vorlaeufigePositiveAntwort', 'positiveAntwort'])
    const [first] = operator.received
    expect(first!.initialTransactionId).toMatch(/^[0-9a-f-]{36}$/)
    expect(first!.transactionId).not.toBe(first!.initialTransactionId)
    const settled = factsOf(await world.journal(), 'control-answer-settled').filter((fact) => fact.transaction === transaction)
    expect(settled.map(({ answer, hasArrived }) => [answer, hasArrived])).toEqual([
      ['possible', true],
      ['succeeded', true],
    ])
  })

  it('a station that cannot be reached is told to be unknown after a minute and failed after five; the limit holds on', async () => {
    await operator.release(location, now(), { createdAt: now() + 1 })
    await run(30_000)
    const station = world.twin
      .cars()
      .find(({ evse, power }) => world.live(evse).evse.site === site && power > 1_000)!
      .evse.split('/')[0]!
    world.twin.cut(station)
    await run(2_000)
    const transaction = uuid(11)
    expect((await operator.limit(location, { watts: 1_500, from: now() }, { transactionId: transaction })).status).toBe(202)
    await run(59_000)
    expect(told(transaction)).toEqual(['vorlaeufigePositiveAntwort'])
    await run(3_000)
    expect(told(transaction)).toEqual(['vorlaeufigePositiveAntwort', 'informationAnweisung'])
    await run(4 * MINUTE_MS)
    expect(told(transaction)).toEqual(['vorlaeufigePositiveAntwort', 'informationAnweisung', 'negativeAntwort'])
    expect(operator.received.at(-1)!.query['resultNegative']).toBe(
      '{"stateNegative":"failed","reasonNegative":"communicationFailure"}',
    )
    expect(holds().map(({ signal }) => signal.max)).toEqual([1_500])
    world.twin.restore(station)
    await run(MINUTE_MS)
    expect(takes()).toBeLessThanOrEqual(1_560)
  })
  it('takes up partners and certificates that were read again: who is out is not heard, who is in again is', async () => {
    const release = (after: number) => operator.release(location, now(), { createdAt: now() + after })
    world.running.doors.renew({ controlApi: { ...doors.controlApi, partners: [] } })
    expect((await release(2)).status).toBe(401)
    world.running.doors.renew({ controlApi: { ...doors.controlApi, tls: authority.issue('renewed') } })
    expect((await release(3)).status).toBe(202)
    // Whether chains are checked is settled when the port is opened.
    const { ca: _, ...unchecked } = doors.controlApi.tls
    world.running.doors.renew({ controlApi: { ...doors.controlApi, tls: unchecked, partners: [] } })
    expect((await release(4)).status).toBe(202)
  })
})
