// An energy manager over a broker: what it tells is durable before it is acknowledged, what holds for its site stays with the broker, limits it learns by itself are obeyed, and nobody else is disturbed.
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PUBLISHED } from '../../adapters/mqtt-hems/published.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { line, mosquitto, mosquittoMissing, type Line, type Mosquitto } from './mosquitto.ts'
import { contracts, limitedSite, type LimitedWorld } from './limited-site.ts'
import { factsOf, HOUR_MS, MINUTE_MS } from './world.ts'

const EVENING = Date.parse('2026-01-15T21:00:00Z')
const PREFIX = 'ta/v1'
const missing = mosquittoMissing()
/** What the documentation tells to set: an energy manager reads its own subtree and writes what is its own to write. */
const houseAcl = (user: string, subtree: string) => `
user ${user}
topic read ${subtree}/#
topic write ${subtree}/presence
topic write ${subtree}/capabilities
topic write ${subtree}/telemetry/+
topic write ${subtree}/heartbeat/site
topic write ${subtree}/limit/ack
topic write ${subtree}/limit/local/+
`
const USERS = { gegenstrom: 'one', house: 'two', rogue: 'three' }

if (missing !== null) describe('energy managers over MQTT', () => it.skip(missing, () => {}))
else
  describe('energy managers over MQTT (rows 6, X1)', () => {
    let broker: Mosquitto
    let cable: Line
    let world: LimitedWorld
    let house: MqttClient
    let rogue: MqttClient
    let own: string
    const heard: { readonly topic: string; readonly body: Readonly<Record<string, unknown>> }[] = []
    const at = (ms: number) => new Date(world.clock.now() + ms).toISOString()
    const last = (topic: string) => heard.findLast((one) => one.topic === `${own}/${topic}`)?.body
    const problems = () => heard.filter(({ topic }) => topic === `${own}/problems`).map(({ body }) => body)
    const write = (topic: string, body: object | string, { qos = 1 as 0 | 1, retain = false, by = house } = {}) =>
      by.publishAsync(`${own}/${topic}`, typeof body === 'string' ? body : JSON.stringify(body), { qos, retain })
    /** What a house that has lost its place finds. */
    async function durable(): Promise<unknown> {
      const found = new Promise((resolve) => {
        const take = (topic: string, payload: Buffer) => {
          if (topic !== `${own}/telemetry/meter/durable`) return
          rogue.off('message', take)
          resolve(JSON.parse(payload.toString()))
        }
        rogue.on('message', take)
      })
      await rogue.subscribeAsync(`${own}/telemetry/meter/durable`)
      const content = await found
      await rogue.unsubscribeAsync(`${own}/telemetry/meter/durable`)
      return content
    }
    /** Until something of it can be seen; time goes on by a millisecond with every look. */
    const seen = (look: () => unknown) =>
      vi.waitFor(
        async () => {
          await world.pass(1)
          await look()
        },
        { timeout: 10_000, interval: 20 },
      )
    const facts = async <Kind extends Parameters<typeof factsOf>[1]>(kind: Kind) => factsOf(await world.journal(), kind)
    async function figures(): Promise<ReadonlyMap<string, number>> {
      const text = await (await fetch(`http://127.0.0.1:${world.running().address.port}/metrics`)).text()
      const found = text.matchAll(/^gegenstrom_hems_messages_(\w+)_total (\d+)/gm)
      return new Map([...found].map(([, outcome, count]) => [outcome!, Number(count)]))
    }
    const figure = async (outcome: string) => (await figures()).get(outcome) ?? 0
    const served = async () => [...(await figures()).values()].reduce((sum, count) => sum + count, 0)
    /** Writes, and waits until we have dealt with it. */
    async function tell(...message: Parameters<typeof write>) {
      const before = await served()
      await write(...message)
      await seen(async () => expect(await served()).toBeGreaterThan(before))
    }
    const beat = () => tell('heartbeat/site', { ts: at(0) })
    async function pass(ms: number) {
      for (let left = ms; left > 0; left -= 30_000) {
        await beat()
        await world.pass(Math.min(left, 30_000))
      }
    }

    beforeAll(async () => {
      const { registry } = twinFleet({ seed: '1', stations: 8, from: EVENING })
      own = `${PREFIX}/${registry.tenants[0]!.id}/${registry.sites[0]!.id}`
      const ours = `user gegenstrom\ntopic readwrite ${PREFIX}/#\nuser rogue\ntopic readwrite ${PREFIX}/#\n`
      broker = await mosquitto(USERS, ours + houseAcl('house', own))
      cable = await line(broker.port)
      const mqttHems = {
        broker: { url: cable.url, username: 'gegenstrom', password: USERS.gegenstrom },
        clientId: 'gegenstrom-limited-hems',
        prefix: PREFIX,
      }
      world = await limitedSite(EVENING, contracts({ guard: 'hems', by: 'mqtt' }), 8, { mqttHems })
      house = await connectAsync(broker.url, { username: 'house', password: USERS.house, protocolVersion: 5 })
      rogue = await connectAsync(broker.url, { username: 'rogue', password: USERS.rogue, protocolVersion: 5 })
      house.on('message', (topic, payload) => {
        if (payload.length > 0) heard.push({ topic, body: JSON.parse(payload.toString()) })
      })
      await house.subscribeAsync([`${own}/limit/+`, `${own}/heartbeat/backend`, `${own}/problems`], { qos: 1 })
    })
    afterAll(async () => {
      await house.endAsync(true)
      await rogue.endAsync(true)
      await world.stop()
      await cable.close()
      await broker.stop()
    })

    it('is there, says what it leads, and learns at once what holds and what holds in silence', async () => {
      await tell('presence', { online: true }, { retain: true })
      await tell('capabilities', {
        vendor: 'ACME',
        assets: [{ id: 'meter', kind: 'grid' }],
        future: { nobody: 'knows this yet' },
      })
      await seen(() => expect(last('limit/consumption')).toMatchObject({ active: true, valueW: 9_000, failsafeW: 9_000 }))
      expect(last('limit/production')).toMatchObject({ active: true, valueW: -3_000, failsafeW: -3_000 })
      await seen(() => expect(last('heartbeat/backend')).toBeDefined())
      expect(await facts('hems-presence')).toMatchObject([{ isOnline: true }])
      expect(await facts('hems-described')).toMatchObject([{ capabilities: { vendor: 'ACME', model: null } }])
    })

    it('a batch is on the disk when it is acknowledged; one that comes again is one, and QoS 0 is not for settlement', async () => {
      const samples = [
        { ts: at(-2_000), powerW: 1_200.4, importWh: 5_000_000 },
        { ts: at(-1_000), powerW: -300, importWh: 5_000_001, socPercent: 40 },
      ]
      await tell('telemetry/meter', { seq: 7, run: 'a', samples })
      expect(await facts('hems-measured')).toMatchObject([
        {
          asset: 'meter',
          sequence: 7,
          isForSettlement: true,
          samples: [
            { powerW: 1_200, soc: null },
            { powerW: -300, soc: 0.4 },
          ],
        },
      ])
      await tell('telemetry/meter', { seq: 7, run: 'a', samples })
      await tell('telemetry/meter', { seq: 6, run: 'a', samples })
      expect(await facts('hems-measured')).toHaveLength(1)
      expect(await durable()).toEqual({ run: 'a', seq: 7 })
      await tell('telemetry/meter', { seq: 0, run: 'b', samples }, { qos: 0 })
      expect((await facts('hems-measured')).at(-1)).toMatchObject({ run: 'b', sequence: 0, isForSettlement: false })
      expect(await durable()).toEqual({ run: 'b', seq: 0 })
      expect(await figure('repeated')).toBe(2)
    })

    it('F20: heard and told by its control box, the limit holds within the same instant and is what the broker shows', async () => {
      await beat()
      await tell(
        'limit/local/consumption',
        { active: true, valueW: 4_200, origin: 'control-box', since: at(0) },
        { retain: true },
      )
      expect(world.fleet().limitations.get(`lpc:${world.site}`)!.stands).toMatchObject({ state: 'limited', limit: 4_200 })
      await seen(() => expect(last('limit/consumption')).toMatchObject({ active: true, valueW: 4_200, validUntil: null }))
      await tell('limit/ack', {
        limitId: last('limit/consumption')!['id'],
        result: 'accepted',
        measuredW: 4_100,
        appliedAt: at(0),
      })
      expect((await facts('hems-acknowledged')).at(-1)).toMatchObject({ what: 'limit', isAccepted: true, measuredW: 4_100 })
      await tell('limit/local/consumption', { active: false }, { retain: true })
      await tell('limit/local/production', { active: false }, { retain: true })
      await seen(() => expect(last('limit/consumption')).toMatchObject({ id: 'none', active: false, valueW: null }))
      await pass(2 * MINUTE_MS)
      expect(world.takes()).toBeLessThan(-9_000)
      await tell('limit/local/production', { active: true, valueW: -2_000, origin: 'relay' }, { retain: true })
      await pass(MINUTE_MS)
      expect(world.takes()).toBeGreaterThanOrEqual(-2_060)
      await tell('limit/local/production', { active: false }, { retain: true })
    })

    it('F20: silent for 120 s it falls to the failsafe limit and is counted on no more; with the next heartbeat what it told last counts', async () => {
      await world.pass(2 * MINUTE_MS + 5_000)
      await seen(() => expect(last('limit/consumption')).toMatchObject({ active: true, valueW: 9_000 }))
      expect((await facts('hems-presence')).at(-1)).toMatchObject({ isOnline: false, detail: 'no heartbeat for 120 s' })
      await beat()
      await seen(() => expect(last('limit/consumption')).toMatchObject({ active: false }))
      expect((await facts('hems-presence')).at(-1)).toMatchObject({ isOnline: true })
    })

    it('an end that comes back within 30 s was never away', async () => {
      const before = (await facts('hems-presence')).length
      await tell('presence', { online: false }, { retain: true })
      await world.pass(20_000)
      await tell('presence', { online: true }, { retain: true })
      await world.pass(20_000)
      expect(await facts('hems-presence')).toHaveLength(before)
      await tell('presence', { online: false }, { retain: true })
      await world.pass(31_000)
      await seen(async () => expect((await facts('hems-presence')).at(-1)).toMatchObject({ isOnline: false }))
      await tell('presence', { online: true }, { retain: true })
      expect((await facts('hems-presence')).at(-1)).toMatchObject({ isOnline: true })
    })

    it('F25: what cannot be is named and counted, nothing of it is kept, and the last limit goes on', async () => {
      const before = world.running().journal.head().sequence
      const odd = (body: object | string, topic = 'telemetry/meter') => [topic, body] as const
      const sample = (of: object) => ({ seq: 1_000, samples: [{ ts: at(0), powerW: 1, ...of }] })
      const cases = [
        [odd('no json'), 'malformed-json', 'malformed_json'],
        [odd('{"seq":1,"samples":[{"ts":"2026-01-15T21:00:00Z","powerW":NaN}]}'), 'malformed-json', 'malformed_json'],
        [odd('['.repeat(60_000)), 'malformed-json', 'malformed_json'],
        [odd(JSON.stringify(sample({})).padEnd(70_000)), 'too-large', 'too_large'],
        [odd(sample({ powerW: '1' })), 'invalid-request', 'invalid_request'],
        [odd(sample({ powerW: 1e12 })), 'invalid-request', 'invalid_request'],
        [odd(sample({ ts: at(HOUR_MS) })), 'not-possible', 'too_early'],
        [odd(sample({ ts: at(-8 * 24 * HOUR_MS) })), 'not-possible', 'outdated'],
        [odd({ seq: 1_000, samples: [] }), 'invalid-request', 'invalid_request'],
        [odd({ active: true }, 'limit/local/consumption'), 'invalid-request', 'invalid_request'],
        [odd({ active: true, valueW: -5 }, 'limit/local/consumption'), 'invalid-request', 'invalid_request'],
        [odd({ online: 'yes' }, 'presence'), 'invalid-request', 'invalid_request'],
      ] as const
      for (const [[topic, body], kind, outcome] of cases) {
        await world.pass(1_100)
        const [told, counted] = [problems().length, await figure(outcome)]
        await tell(topic, body)
        await seen(() => expect(problems().length).toBe(told + 1))
        expect(problems().at(-1)).toMatchObject({ about: topic, problem: { type: `urn:gegenstrom:problem:${kind}` } })
        expect(await figure(outcome)).toBe(counted + 1)
      }
      const since = (await world.journal()).filter(({ sequence }) => sequence > before)
      expect(since.filter(({ fact }) => fact.kind.startsWith('hems') || fact.kind.startsWith('limitation'))).toEqual([])
      expect(world.fleet().limitations.get(`lpc:${world.site}`)!.stands.state).toBe('unlimited/controlled')
    })

    it('S7: a site of another tenant, one that nobody knows, and foreign topics do nothing; the broker keeps a house out of others', async () => {
      const [before, counted] = [world.running().journal.head().sequence, await figure('foreign')]
      const body = JSON.stringify({ active: true, valueW: 0 })
      const site = world.site
      for (const topic of [
        `${PREFIX}/other/${site}/limit/local/consumption`,
        `${PREFIX}/${world.registry.tenants[0]!.id}/nobody/limit/local/consumption`,
        `${PREFIX}/${world.registry.tenants[0]!.id}/__proto__/limit/local/consumption`,
      ])
        await rogue.publishAsync(topic, body, { qos: 1 })
      await seen(async () => expect(await figure('foreign')).toBe(counted + 3))
      expect((await world.journal()).filter(({ sequence }) => sequence > before)).toEqual([])
      await expect(house.publishAsync(`${PREFIX}/other/${site}/presence`, '{}', { qos: 1 })).rejects.toThrow('Not authorized')
      await expect(write('limit/consumption', { active: false }, { retain: true })).rejects.toThrow('Not authorized')
    })

    it('a site that floods is cut to its share and told so; nothing else of it or of others is lost', async () => {
      await world.pass(30_000)
      const counted = await figure('flooded')
      const sent = Array.from({ length: 400 }, (_, i) =>
        write('telemetry/flood', { seq: i, samples: [{ ts: at(0), powerW: i }] }, { by: rogue }),
      )
      const before = await served()
      await Promise.all(sent)
      await seen(async () => expect(await served()).toBe(before + 400))
      const flooded = (await figure('flooded')) - counted
      expect(flooded).toBeGreaterThanOrEqual(200)
      const kept = (await facts('hems-measured')).filter(({ asset }) => asset === 'flood')
      expect(kept.length).toBe(400 - flooded)
      await seen(() => expect(problems().at(-1)).toMatchObject({ problem: { status: 429 } }))
      await world.pass(10_000)
      await tell('telemetry/meter', { seq: 2_000, run: 'b', samples: [{ ts: at(0), powerW: 5 }] })
      expect((await facts('hems-measured')).at(-1)).toMatchObject({ asset: 'meter', sequence: 2_000 })
    })

    it('a question is answered where MQTT 5 or the payload says, below its own site and nowhere else', async () => {
      await house.subscribeAsync(`${own}/rpc/+/reply/+`, { qos: 1 })
      const replies: { readonly topic: string; readonly body: unknown; readonly correlation: string | undefined }[] = []
      house.on('message', (topic, payload, { properties }) => {
        if (topic.includes('/rpc/'))
          replies.push({ topic, body: JSON.parse(payload.toString()), correlation: properties?.correlationData?.toString() })
      })
      const call = (method: string, body: object, properties: object = {}) =>
        rogue.publishAsync(`${own}/rpc/${method}`, JSON.stringify(body), { qos: 1, properties })
      const answered = async (count: number) => {
        await seen(() => expect(replies).toHaveLength(count))
        return replies.at(-1)!
      }
      await call('standing', { correlationId: 'q-1' })
      expect(await answered(1)).toMatchObject({
        topic: `${own}/rpc/standing/reply/q-1`,
        body: { correlationId: 'q-1', result: { online: true, durable: { meter: { run: 'b', seq: 2_000 } } } },
      })
      await call('limits', {}, { responseTopic: `${own}/rpc/limits/reply/me`, correlationData: Buffer.from('x') })
      expect(await answered(2)).toMatchObject({ correlation: 'x', body: { result: { consumption: { failsafeW: 9_000 } } } })
      await call('dance', { correlationId: 'q-2' })
      expect(await answered(3)).toMatchObject({ body: { problem: { status: 404 } } })
      await world.pass(1_100)
      await call('time', {}, { responseTopic: `${PREFIX}/other/site/limit/consumption` })
      await seen(() => expect(problems().at(-1)).toMatchObject({ about: 'rpc/time', problem: { status: 403 } }))
      expect(replies).toHaveLength(3)
    })

    it('what the house is foreseen to take is the load of its site', async () => {
      const from = new Date(Math.ceil(world.clock.now() / (15 * MINUTE_MS)) * 15 * MINUTE_MS)
      await tell('flex/offer', { asOf: at(0), from: from.toISOString(), baselineW: [500, -1_200, 300] }, { by: rogue })
      expect(world.fleet().siteLoads.get(world.site)).toMatchObject({ power: [500, -1_200, 300] })
      await world.pass(1_100)
      const early = { asOf: at(-60_000), from: from.toISOString(), baselineW: [1] }
      await tell('flex/offer', early, { by: rogue })
      await seen(() => expect(problems().at(-1)).toMatchObject({ about: 'flex/offer', problem: { status: 422 } }))
      expect(world.fleet().siteLoads.get(world.site)!.power).toHaveLength(3)
    })

    it('everything we have published is what the document says it is', () => {
      const schemas = new Map(Object.entries(PUBLISHED).map(([topic, { schema }]) => [topic, schema]))
      const topics = new Set<string>()
      for (const { topic, body } of heard) {
        const rest = topic.slice(own.length + 1).replace(/^rpc\/.*/, 'rpc/{method}/reply/{correlationId}')
        if (rest === 'limit/ack') continue
        topics.add(rest)
        const read = schemas.get(rest)?.safeParse(body)
        expect(read?.success, `${topic}: ${JSON.stringify(read?.error?.issues)}`).toBe(true)
        expect(read!.data).toEqual(body)
      }
      expect([...topics].sort()).toEqual([
        'heartbeat/backend',
        'limit/consumption',
        'limit/production',
        'problems',
        'rpc/{method}/reply/{correlationId}',
      ])
    })

    it('F13: with the broker away limits go on; what was written meanwhile comes once, and everything that holds is told again', async () => {
      await beat()
      cable.cut()
      const degraded = async () =>
        (
          (await (await fetch(`http://127.0.0.1:${world.running().address.port}/readyz`)).json()) as {
            degraded: string[]
          }
        ).degraded
      await seen(async () => expect(await degraded()).toContain('mqtt-hems'))
      await write('telemetry/meter', { seq: 2_001, run: 'b', samples: [{ ts: at(0), powerW: 6 }] })
      heard.length = 0
      cable.mend()
      await seen(async () => expect((await facts('hems-measured')).at(-1)).toMatchObject({ sequence: 2_001 }))
      await seen(() => expect(last('limit/consumption')).toMatchObject({ failsafeW: 9_000 }))
    })

    it('killed and started again it knows what it was told last, takes nothing twice, and begins with the failsafe limit', async () => {
      await world.kill()
      await world.start()
      await seen(() => expect(last('limit/consumption')).toMatchObject({ active: true, valueW: 9_000 }))
      const before = (await facts('hems-measured')).length
      await tell('telemetry/meter', { seq: 2_001, run: 'b', samples: [{ ts: at(0), powerW: 6 }] })
      expect(await facts('hems-measured')).toHaveLength(before)
      await beat()
      await seen(() => expect(last('limit/consumption')).toMatchObject({ active: false }))
    })
  })
