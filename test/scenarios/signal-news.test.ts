// Two grid operators and the control room are told by signed webhooks what becomes of limits: each of the signals he may see, every change once, also across a restart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, type StoredKey } from '../../adapters/wire/api-key.ts'
import type { Role } from '../../domain/registry/asker.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import { instantText } from '../../domain/time/slot.ts'
import { openReceiver, signedAs, type Receiver } from '../adapters/webhooks/push-lab.ts'
import { testCertificate } from './certificate.ts'
import { contracts, limitedSite, PEPPER, type LimitedWorld } from './limited-site.ts'
import { factsOf } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000]
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const EVENTS = ['received', 'in-force', 'confirmed', 'refused', 'ended', 'withdrawn'].map((change) => `signal.${change}`)
const stored = new Map<string, StoredKey>()
function keyOf(name: string, role: Role): string {
  const { secret, stored: kept } = createApiKey({ name, role, createdAt: EVENING }, PEPPER)
  stored.set(kept.id, kept)
  return secret
}
const [north, south, room, trader] = [
  keyOf('vnb-nord', 'grid'),
  keyOf('vnb-sued', 'grid'),
  keyOf('control room', 'admin'),
  keyOf('trader', 'trader'),
]
/** The first half of the sites lies in the north. */
function twoAreas(registry: Registry): Registry {
  const half = registry.sites.length / 2
  return { ...registry, sites: registry.sites.map((site, i) => ({ ...site, gridArea: i < half ? 'north' : 'south' })) }
}

const tls = testCertificate()
let world: LimitedWorld
const receivers: Record<string, Receiver> = {}
beforeAll(async () => {
  if (tls === null) return
  for (const name of ['north', 'south', 'room', 'other']) receivers[name] = await openReceiver()
  world = await limitedSite(
    EVENING,
    contracts(),
    8,
    {},
    {
      access: { keys: { find: (id) => stored.get(id), failure: () => null, stop() {} }, tls },
      shape: twoAreas,
      webhookSecret: 'a secret that outlives the process, of thirty-two letters',
    },
  )
  await world.pass(9 * HOUR_MS, () => {}, HOUR_MS)
})
afterAll(async () => {
  await world?.stop()
  tls?.remove()
  for (const receiver of Object.values(receivers)) await receiver.close()
})

const at = (ms: number) => instantText(world.clock.now() + ms)
const subscribe = (name: string, key: string, more: object = {}) =>
  world.ask('PUT', `/v1/webhooks/${name}`, { url: receivers[name]!.url, events: EVENTS, secret: SECRET, ...more }, key)
const limit = (version: number, maxW: number, area: string, more: object = {}) => ({
  version,
  issuedAt: at(0),
  subjects: [`area:${area}`],
  rank: 'grid-limit',
  maxW,
  from: at(0),
  reference: 'intervention 7',
  ...more,
})
/** What a receiver was told since it was last asked: id, version, change. */
const seen = new Map<Receiver, number>()
function news(name: string) {
  const receiver = receivers[name]!
  const all = receiver.received.slice(seen.get(receiver) ?? 0)
  seen.set(receiver, receiver.received.length)
  return all.map(({ body }) => `${body.data['signal'] as string} ${body.data['version'] as number} ${body.type.slice(7)}`)
}
const last = (name: string) => receivers[name]!.received.at(-1)!

describe.skipIf(tls === null)('subscriptions to signals', () => {
  it('are set up by grid operators for their own, by the control room for all or for one sender, by traders for none', async () => {
    const set = await subscribe('north', north)
    expect([set.status, set.body['sender']]).toEqual([200, 'vnb-nord'])
    expect((await subscribe('south', south)).status).toBe(200)
    expect((await subscribe('room', room)).body['sender']).toBeNull()
    expect((await subscribe('other', trader)).status).toBe(403)
    expect((await subscribe('other', north, { events: ['fleet-plan.published'] })).status).toBe(403)
    expect((await subscribe('other', north, { sender: 'vnb-sued' })).status).toBe(422)
    expect((await subscribe('north', south)).body['detail']).toContain('taken')
    expect((await subscribe('room', trader, { events: ['schedule.accepted'] })).status).toBe(422)
    const names = async (key: string) =>
      ((await world.ask('GET', '/v1/webhooks', undefined, key)).body['items'] as { webhook: string }[]).map(
        ({ webhook }) => webhook,
      )
    expect([await names(north), await names(south), await names(room), await names(trader)]).toEqual([
      ['north'],
      ['south'],
      ['north', 'south', 'room'],
      [],
    ])
    expect((await world.ask('DELETE', '/v1/webhooks/north', undefined, south)).status).toBe(404)
    expect((await world.ask('GET', '/v1/webhooks/north/deliveries', undefined, trader)).status).toBe(404)
    for (let i = 0; i < 4; i++) expect((await subscribe('other', north, {})).status).toBe(200)
    for (const extra of ['a', 'b', 'c'])
      expect(
        (await world.ask('PUT', `/v1/webhooks/${extra}`, { url: receivers['other']!.url, events: EVENTS }, north)).status,
      ).toBe(200)
    const sixth = await world.ask('PUT', '/v1/webhooks/d', { url: receivers['other']!.url, events: EVENTS }, north)
    expect([sixth.status, sixth.body['detail']]).toEqual([422, 'at most 5 webhooks are kept'])
    for (const extra of ['a', 'b', 'c', 'other'])
      expect((await world.ask('DELETE', `/v1/webhooks/${extra}`, undefined, north)).status).toBe(204)
  })
})

describe.skipIf(tls === null)('a limit, as its sender is told of it (row 26)', () => {
  it('was received, holds and is confirmed: signed, with counts and powers; the other operator hears nothing', async () => {
    const begin = world.clock.now()
    expect((await world.ask('PUT', '/v1/signals/night', limit(1, 9_000, 'north'), north)).status).toBe(200)
    await world.pass(MINUTE_MS)
    expect(news('north')).toEqual(['night 1 received', 'night 1 in-force', 'night 1 confirmed'])
    expect(news('room')).toEqual(['night 1 received', 'night 1 in-force', 'night 1 confirmed'])
    expect(news('south')).toEqual([])
    expect(await signedAs(SECRET, last('north'))).toBe(0)
    const { data } = last('north').body
    expect(data).toMatchObject({
      signal: 'night',
      version: 1,
      sender: 'vnb-nord',
      maxW: 9_000,
      minW: null,
      from: instantText(begin),
      receivedAt: instantText(begin),
      until: null,
      reference: 'intervention 7',
      evses: 3,
      notConnected: 0,
      refused: 0,
    })
    expect(data['told']).toBeGreaterThan(0)
    expect(data['confirmed']).toBe(data['told'])
    expect(data['at']).toBe(data['lastConfirmedAt'])
    expect(data['orderedW']).toBeLessThanOrEqual(9_000)
    expect(data['measuredW']).toEqual(expect.any(Number))
    expect(Object.keys(data)).not.toContain('tenant')
  })

  it('sent again is no change; its next version and its withdrawal are', async () => {
    const next = limit(2, 12_000, 'north')
    await world.ask('PUT', '/v1/signals/night', next, north)
    await world.ask('PUT', '/v1/signals/night', next, north)
    await world.pass(MINUTE_MS)
    expect(news('north')).toEqual(['night 2 received', 'night 2 in-force', 'night 2 confirmed'])
    await world.ask('DELETE', '/v1/signals/night?version=3', undefined, north)
    await world.ask('DELETE', '/v1/signals/night?version=3', undefined, north)
    await world.pass(10 * MINUTE_MS)
    expect(news('north')).toEqual(['night 3 withdrawn'])
    expect(news('south')).toEqual([])
  })

  it('that lies ahead is told at its first and at its last millisecond, in the middle of which the process is killed', async () => {
    await world.ask(
      'PUT',
      '/v1/signals/ahead',
      limit(1, 6_000, 'south', { from: at(10 * MINUTE_MS), until: at(30 * MINUTE_MS) }),
      south,
    )
    const [from, until] = [at(10 * MINUTE_MS), at(30 * MINUTE_MS)]
    await world.pass(9 * MINUTE_MS)
    expect(news('south')).toEqual(['ahead 1 received'])
    await world.kill()
    await world.start()
    await world.pass(5 * MINUTE_MS)
    expect(news('south')).toEqual(['ahead 1 in-force', 'ahead 1 confirmed'])
    expect(receivers['south']!.received.at(-2)!.body.data['at']).toBe(from)
    await world.kill()
    await world.start()
    await world.pass(20 * MINUTE_MS)
    expect(news('south')).toEqual(['ahead 1 ended'])
    expect(last('south').body.data['at']).toBe(until)
    expect(news('north')).toEqual([])
    const ids = receivers['south']!.received.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is refused after five minutes where a station with a car is away, and confirmed once it is back', async () => {
    const away = [...world.fleet().evses.values()].find(
      ({ evse, session }) => session !== null && world.fleet().sites.get(evse.site)!.gridArea === 'south',
    )!.evse.station
    expect(world.twin.cut(away)).toBe(true)
    await world.pass(MINUTE_MS)
    await world.ask('PUT', '/v1/signals/away', limit(1, 5_000, 'south'), south)
    await world.pass(4 * MINUTE_MS)
    expect(news('south')).toEqual(['away 1 received', 'away 1 in-force'])
    await world.pass(2 * MINUTE_MS)
    expect(news('south')).toEqual(['away 1 refused'])
    expect(last('south').body.data).toMatchObject({ notConnected: 1 })
    world.twin.restore(away)
    await world.pass(5 * MINUTE_MS)
    expect(news('south')).toEqual(['away 1 confirmed'])
    await world.pass(10 * MINUTE_MS)
    expect(news('south')).toEqual([])
    // However many have subscribed, a change is added up and recorded once.
    const told = factsOf(await world.journal(), 'signal-told').map(
      ({ signal, version, change }) => `${signal} ${version} ${change}`,
    )
    expect(new Set(told).size).toBe(told.length)
    expect(
      receivers['room']!.received.map(
        ({ body: { data, type } }) => `${String(data['signal'])} ${String(data['version'])} ${type.slice(7)}`,
      ),
    ).toEqual(told)
  })
})
