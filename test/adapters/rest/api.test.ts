// The API from the outside: what is answered, what is refused, and that every answer fits its description.
import type { Express } from 'express'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { restRouter } from '../../../adapters/rest/router.ts'
import { allRoutes } from '../../../adapters/rest/routes.ts'
import { THE_PROCESS, type Role } from '../../../domain/registry/asker.ts'
import { createApiKey } from '../../../adapters/wire/api-key.ts'
import { apiKeyAuthentication, labAuthentication } from '../../../adapters/wire/authentication.ts'
import { httpApp } from '../../../adapters/wire/http-server.ts'
import { fixtureFleet, NOW, type FixtureOptions } from '../web/fixture-fleet.ts'

function lab(options: FixtureOptions = {}): { app: Express; fleet: ReturnType<typeof fixtureFleet> } {
  const fleet = fixtureFleet(options)
  return {
    app: httpApp({ routers: [restRouter({ ports: fleet.answers, authenticate: labAuthentication() })], lab: true }),
    fleet,
  }
}
const WISH = { readyBy: '2026-01-16T05:30:00Z', targetSoc: 0.85, minimumSoc: 0.25 }

describe('REST v1', () => {
  it('answers every route in the words of its own schema', async () => {
    const { app, fleet } = lab()
    const addresses: Record<string, string> = {
      station: 'HAT-0100',
      session: 'session-0',
      evse: '1',
      balanceGroup: 'group',
      controlArea: '50Hertz',
      day: '2026-01-16',
      market: 'intraday',
      site: 'home',
      webhook: 'hook',
      signal: 'limit-1',
      command: '1',
    }
    for (const route of allRoutes(fleet.answers).filter(({ method }) => method === 'get')) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => addresses[name]!)
      const answer = await request(app).get(path === '/v1/flexibility' ? `${path}?subject=pool:pool` : path)
      expect(answer.status, path).toBe(200)
      if (route.answerSchema === null) expect((answer.text ?? answer.body).length).toBeGreaterThan(80)
      else expect(() => z.parse(route.answerSchema!, answer.body), path).not.toThrow()
    }
  })

  it('writes power as whole W, energy as Wh, money as decimal text, instants in UTC', async () => {
    const { body } = await request(lab().app).get('/v1/pool')
    expect(body).toMatchObject({
      now: '2026-01-15T18:07:24Z',
      spent: { amount: '-48.28', currency: 'EUR' },
      chargedWh: 412_750,
      feeRegime: 'relief',
    })
    expect(Number.isInteger(body.measuredW)).toBe(true)
    const prices = await request(lab().app).get('/v1/prices?from=2026-01-15T18:00:00Z&until=2026-01-15T18:15:00Z')
    expect(prices.body.slots).toHaveLength(1)
    expect(prices.body.slots[0].spot).toMatch(/^\d+\.\d{2}$/)
    expect(prices.body.slots[0].buy).toMatch(/^\d+\.\d{4}$/)
  })

  it('answers a gap in the prices with null, never with zero', async () => {
    const { body } = await request(lab().app).get('/v1/prices?from=2026-01-16T13:30:00Z&until=2026-01-16T14:00:00Z')
    expect(body.slots.map((slot: { spot: string | null }) => slot.spot)).toEqual([null, null])
  })

  it('pages through all stations exactly once by following the Link header', async () => {
    const { app } = lab({ stations: 25 })
    const seen: string[] = []
    let address: string | undefined = '/v1/stations?limit=7'
    for (let page = 0; address !== undefined && page < 10; page++) {
      const answer = await request(app).get(address)
      seen.push(...answer.body.stations.map((one: { id: string }) => one.id))
      address = /<([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1]
    }
    expect(seen).toHaveLength(25)
    expect(new Set(seen).size).toBe(25)
  })

  it('tells the energy of an EVSE by quarter-hour, how sure it is and how often it was revised', async () => {
    const { app } = lab()
    const path = '/v1/stations/HAT-0100/evses/1/energy'
    const { status, body } = await request(app).get(`${path}?from=2026-01-15T16:00:00Z&until=2026-01-15T17:00:00Z`)
    expect(status).toBe(200)
    expect(body.slots).toHaveLength(4)
    const start = '2026-01-15T16:15:00Z'
    expect(body.slots[1]).toEqual({ start, importedWh: 2_750, exportedWh: 0, quality: 'interpolated', revision: 2 })
    expect((await request(app).get(`${path}?from=2026-01-01T00:00:00Z&until=2026-01-15T17:00:00Z`)).status).toBe(400)
    expect((await request(app).get('/v1/stations/HAT-0100/evses/9/energy')).status).toBe(404)
  })

  it('pages through sessions that began in the same instant, and through readings', async () => {
    const { app, fleet } = lab({ stations: 30 })
    for (const [path, name, all] of [
      ['/v1/sessions?limit=4', 'sessions', fleet.sessions.size],
      ['/v1/stations/HAT-0100/evses/1/readings?limit=11', 'readings', 60],
    ] as const) {
      const seen: string[] = []
      let address: string | undefined = path
      for (let page = 0; address !== undefined && page < 20; page++) {
        const answer = await request(app).get(address)
        seen.push(...answer.body[name].map((one: { id?: string; sampledAt?: string }) => one.id ?? one.sampledAt))
        address = /<([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1]
      }
      expect(seen, name).toHaveLength(all)
      expect(new Set(seen).size, name).toBe(all)
    }
  })

  it('refuses a cursor that was forged, changed, or made for another list or another question', async () => {
    const { app, fleet } = lab({ stations: 30 })
    const other = fleet.answers.stations.stations(THE_PROCESS)[1]!.station
    const cursorOf = async (path: string) => {
      const { headers } = await request(app).get(path)
      return new URL(/<([^>]+)>/.exec(headers['link']!)![1]!, 'http://lab').searchParams
    }
    const stations = await cursorOf('/v1/stations?limit=4&connected=true')
    const sessions = await cursorOf('/v1/sessions?limit=4')
    const readings = await cursorOf('/v1/stations/HAT-0100/evses/1/readings?limit=4')
    const [payload, seal] = sessions.get('cursor')!.split('.') as [string, string]
    const [startedAt, id] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [number, string]
    const text = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url')
    const window = `from=${sessions.get('from')}&until=${sessions.get('until')}`
    const good = `/v1/sessions?${window}&cursor=${sessions.get('cursor')}`
    expect((await request(app).get(good)).status).toBe(200)
    // How many come at once may change on the way.
    expect((await request(app).get(`${good}&limit=2`)).body.sessions).toHaveLength(2)
    const refused = [
      `/v1/sessions?${window}&cursor=${text({ until: 1e15, skip: 1e9 })}`,
      `/v1/sessions?${window}&cursor=${text([startedAt, id])}`,
      `/v1/sessions?${window}&cursor=${text([startedAt + 1, id])}.${seal}`,
      `/v1/sessions?${window}&cursor=${payload}.${seal.slice(0, -1)}`,
      `/v1/sessions?${window}&cursor=${payload}=.${seal}`,
      `/v1/sessions?${window}&cursor=${payload}.${seal}.`,
      `/v1/sessions?${window}&cursor=${payload}`,
      `/v1/sessions?${window}&cursor=.`,
      `/v1/sessions?${window}&cursor=`,
      `/v1/sessions?${window}&cursor=${'A'.repeat(1_025)}`,
      `/v1/sessions?${window}&cursor=${sessions.get('cursor')}&cursor=${sessions.get('cursor')}`,
      `/v1/sessions?until=${sessions.get('until')}&cursor=${sessions.get('cursor')}`,
      `/v1/sessions?${window}&cursor=${stations.get('cursor')}`,
      `/v1/stations?cursor=${stations.get('cursor')}`,
      `/v1/stations?connected=false&cursor=${stations.get('cursor')}`,
      `/v1/stations/${other}/evses/1/readings?from=${readings.get('from')}&until=${readings.get('until')}&cursor=${readings.get('cursor')}`,
    ]
    for (const path of refused) {
      const answer = await request(app).get(path)
      expect([answer.status, answer.body.type], path).toEqual([400, 'urn:gegenstrom:problem:invalid-request'])
      expect(answer.body.errors[0].parameter, path).toBe('cursor')
    }
    // Another process, or another secret: not ours either.
    expect((await request(lab({ stations: 30 }).app).get(good)).body.detail).toBe('the cursor is not one of ours')
  })

  it('takes a cursor again after a restart under the same key', async () => {
    const at = (cursorKey: Uint8Array) =>
      httpApp({
        routers: [restRouter({ ports: fixtureFleet({ stations: 9 }).answers, authenticate: labAuthentication(), cursorKey })],
        lab: true,
      })
    const { headers } = await request(at(Buffer.alloc(32, 1))).get('/v1/stations?limit=4')
    const next = /<([^>]+)>/.exec(headers['link']!)![1]!
    expect((await request(at(Buffer.alloc(32, 1))).get(next)).body.stations).toHaveLength(4)
    expect((await request(at(Buffer.alloc(32, 2))).get(next)).status).toBe(400)
  })

  it('changes a wish with the ETag that was read, and refuses the same ETag again (412)', async () => {
    const { app, fleet } = lab()
    const { headers } = await request(app).get('/v1/sessions/session-0')
    const etag = headers['etag']!
    const changed = await request(app).put('/v1/sessions/session-0/wish').set('If-Match', etag).send(WISH)
    expect(changed.status).toBe(200)
    expect(changed.body).toEqual({ ...WISH, by: 'driver' })
    expect(fleet.wishes).toHaveLength(1)
    const again = await request(app).put('/v1/sessions/session-0/wish').set('If-Match', etag).send(WISH)
    expect([again.status, again.body.type]).toEqual([412, 'urn:gegenstrom:problem:changed-meanwhile'])
    const fresh = await request(app).get('/v1/sessions/session-0').set('If-None-Match', changed.headers['etag']!)
    expect(fresh.status).toBe(304)
    expect(fleet.wishes).toHaveLength(1)
  })

  it('asks for If-Match before it changes anything (428)', async () => {
    const { app, fleet } = lab()
    const answer = await request(app).put('/v1/sessions/session-0/wish').send(WISH)
    expect([answer.status, answer.body.type]).toEqual([428, 'urn:gegenstrom:problem:precondition-needed'])
    expect(fleet.wishes).toEqual([])
  })

  it.each([
    [{ ...WISH, targetSoc: 1.5 }, '/targetSoc'],
    [{ ...WISH, minimumSoc: 0.9 }, '/minimumSoc'],
    [{ ...WISH, readyBy: 'tomorrow' }, '/readyBy'],
    [{ ...WISH, readyBy: '2026-02-31T05:00:00Z' }, '/readyBy'],
    [{ ...WISH, extra: 1 }, '/extra'],
    [{ targetSoc: 0.8 }, '/readyBy'],
    [{ ...WISH, targetSoc: '0.8' }, '/targetSoc'],
  ])('points at what is wrong in a wish: %j', async (body, pointer) => {
    const { app, fleet } = lab()
    const answer = await request(app).put('/v1/sessions/session-0/wish').set('If-Match', '*').send(body)
    expect([answer.status, answer.type]).toEqual([400, 'application/problem+json'])
    expect(answer.body.errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer)
    expect(fleet.wishes).toEqual([])
  })

  it('tells apart what is unknown, over, and impossible', async () => {
    const { app, fleet } = lab()
    const put = (session: string, body: object) =>
      request(app).put(`/v1/sessions/${session}/wish`).set('If-Match', '*').send(body)
    expect((await put('nobody', WISH)).status).toBe(404)
    expect((await put('session-0', { ...WISH, readyBy: '2026-01-15T08:00:00Z' })).body.type).toBe(
      'urn:gegenstrom:problem:not-possible',
    )
    const [id, session] = [...fleet.sessions][1]!
    fleet.sessions.set(id, { ...session, endedAt: NOW })
    expect((await put(id, WISH)).body.type).toBe('urn:gegenstrom:problem:already-over')
  })

  it.each([
    '/v1/stations?limit=0',
    '/v1/stations?limit=1001',
    '/v1/stations?unknown=1',
    '/v1/stations?cursor=%00',
    '/v1/sessions?from=yesterday',
  ])('refuses %s and names the parameter', async (path) => {
    const answer = await request(lab().app).get(path)
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:gegenstrom:problem:invalid-request'])
    expect(answer.body.errors[0].parameter).toMatch(/^(limit|unknown|cursor|from)$/)
  })

  it('F11: with the store away reads and changes are 503 with Retry-After, the live state is still served, readiness says why', async () => {
    const { app, fleet } = lab({ broken: true })
    for (const path of ['/v1/sessions', '/v1/sessions/session-0', '/v1/prices', '/v1/journal']) {
      const answer = await request(app).get(path)
      expect([answer.status, answer.headers['retry-after']], path).toEqual([503, '5'])
    }
    const change = await request(app).put('/v1/sessions/session-0/wish').set('If-Match', '*').send(WISH)
    expect([change.status, change.headers['retry-after']]).toEqual([503, '5'])
    expect(fleet.wishes).toEqual([])
    expect((await request(app).get('/v1/stations')).status).toBe(200)
    expect((await request(app).get('/healthz')).status).toBe(200)
    expect(
      await request(app)
        .get('/readyz')
        .then(({ status, body }) => [status, body.degraded]),
    ).toEqual([200, ['database']])
    expect((await request(app).get('/readyz?role=api')).status).toBe(503)
  })

  it('names the methods a path offers (405)', async () => {
    const answer = await request(lab().app).delete('/v1/sessions/session-0')
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  it('gives figures of the process without a series per station', async () => {
    const { text } = await request(lab().app).get('/metrics')
    expect(text).toContain('gegenstrom_readings_total 1234')
    expect(text).not.toMatch(/HAT-|DEL-|\{/)
  })
})

describe('S7: who may do what', () => {
  const pepper = 'p'.repeat(32)
  const holders = (['viewer', 'dispatcher', 'driver', 'trader', 'grid', 'admin'] as const).map((role) =>
    Object.assign(createApiKey({ name: role, role, vehicles: role === 'driver' ? ['vehicle-0'] : [], createdAt: 0 }, pepper), {
      role,
    }),
  )
  const keys = new Map(holders.map(({ stored }) => [stored.id, stored]))
  const fleet = fixtureFleet({ lab: false })
  const authenticate = apiKeyAuthentication({ find: (id) => keys.get(id), pepper, now: () => 0 })
  const app = httpApp({ routers: [restRouter({ ports: fleet.answers, authenticate })], lab: false })
  const routes = allRoutes(fleet.answers)

  it('lets exactly the roles of the policy in, on every route', async () => {
    for (const route of routes) {
      const path = route.path
        .replace('{station}', 'HAT-0100')
        .replace('{session}', 'session-0')
        .replace('{evse}', '1')
        .replace('{balanceGroup}', 'group')
        .replace('{controlArea}', '50Hertz')
        .replace('{day}', '2026-01-16')
        .replace('{trade}', 't')
      const ask = () => request(app)[route.method](path)
      const without = await ask()
      if (route.access === 'public') {
        expect(without.status, path).toBe(200)
        continue
      }
      expect([without.status, without.headers['www-authenticate']], path).toEqual([401, 'Bearer realm="gegenstrom"'])
      for (const { role, secret } of holders) {
        const answer = await ask().set('Authorization', `Bearer ${secret}`).send({})
        const admitted = answer.status !== 403 && answer.status !== 401
        expect(admitted, `${role} at ${route.method} ${path}`).toBe((route.access as readonly Role[]).includes(role))
      }
    }
  })

  it('confines a driver to the sessions of the own vehicles: others do not exist', async () => {
    const { secret } = holders.find(({ role }) => role === 'driver')!
    const get = (path: string) => request(app).get(path).set('Authorization', `Bearer ${secret}`)
    expect((await get('/v1/sessions/session-0')).status).toBe(200)
    expect((await get('/v1/sessions/session-1')).status).toBe(404)
    expect((await get('/v1/sessions/session-1/plan')).status).toBe(404)
    const put = await request(app)
      .put('/v1/sessions/session-1/wish')
      .set({ Authorization: `Bearer ${secret}`, 'If-Match': '*' })
      .send(WISH)
    expect(put.status).toBe(404)
    expect(fleet.wishes).toEqual([])
  })
})
