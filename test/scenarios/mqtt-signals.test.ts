// Grid operators write signals to a broker of their own: receipts after the fsync, states as they change, and a broker that goes away and comes back loses nothing and does nothing twice.
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSignalDoor } from '../../adapters/mqtt-signals/signal-door.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { instantText } from '../../domain/time/slot.ts'
import { line, mosquitto, mosquittoMissing, type Line, type Mosquitto } from './mosquitto.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const PREFIX = 'gegenstrom/v1/grid'
const missing = mosquittoMissing()
/** What the documentation tells to set: each operator has its own subtree. */
const ACL = `
user gegenstrom
topic read ${PREFIX}/+/signals/+
topic write ${PREFIX}/+/receipts/+
topic write ${PREFIX}/+/status/+
pattern write ${PREFIX}/%u/signals/+
pattern read ${PREFIX}/%u/receipts/+
pattern read ${PREFIX}/%u/status/+
`
const USERS = { gegenstrom: 'one', 'vnb-nord': 'two', 'vnb-sued': 'three' }
const operator = (name: string): [string, Asker] => [name, { name, role: 'grid', tenant: null, vehicles: [] }]

if (missing !== null) describe('signals over MQTT', () => it.skip(missing, () => {}))
else
  describe('signals over MQTT (rows 26, 31)', () => {
    let broker: Mosquitto
    let cable: Line
    let world: World
    let north: MqttClient
    let south: MqttClient
    const heard: { readonly topic: string; readonly body: Readonly<Record<string, never>>; readonly correlation: string }[] = []
    const run = (ms: number) => world.runUntil(world.clock.now() + ms)
    const at = (ms: number) => instantText(world.clock.now() + ms)
    const takes = () => world.twin.cars().reduce((sum, { power }) => sum + power, 0)
    const receipts = (id: string, name = 'vnb-nord') =>
      heard.filter(({ topic }) => topic === `${PREFIX}/${name}/receipts/${id}`).map(({ body }) => body)
    const states = (id: string) =>
      heard.filter(({ topic }) => topic === `${PREFIX}/vnb-nord/status/${id}`).map(({ body }) => body['state'])
    const limit = (version: number, maxW: number | null, more: object = {}) => ({
      version,
      issuedAt: at(0),
      subjects: [`pool:${world.running.application.fleet.registry.pools[0]!.id}`],
      rank: 'grid-limit',
      maxW,
      from: at(0),
      reference: 'intervention 7',
      ...more,
    })
    const write = (id: string, body: object | string, client = north, name = 'vnb-nord', retain = false) =>
      client.publishAsync(`${PREFIX}/${name}/signals/${id}`, typeof body === 'string' ? body : JSON.stringify(body), {
        qos: 1,
        retain,
        properties: { correlationData: Buffer.from(id) },
      })
    async function told(id: string, count: number, name = 'vnb-nord') {
      await vi.waitFor(() => expect(receipts(id, name)).toHaveLength(count), { timeout: 20_000, interval: 20 })
      return receipts(id, name).at(-1)!
    }
    async function client(username: keyof typeof USERS): Promise<MqttClient> {
      const made = await connectAsync(broker.url, { username, password: USERS[username], protocolVersion: 5 })
      made.on('message', (topic, payload, { properties }) =>
        heard.push({ topic, body: JSON.parse(payload.toString()), correlation: properties?.correlationData?.toString() ?? '' }),
      )
      await made.subscribeAsync([`${PREFIX}/${username}/receipts/+`, `${PREFIX}/${username}/status/+`], { qos: 1 })
      return made
    }
    const degraded = async () => {
      const ready = await fetch(`http://127.0.0.1:${world.running.address.port}/readyz`)
      return ((await ready.json()) as { degraded: string[] }).degraded
    }
    const isConnected = () => vi.waitFor(async () => expect(await degraded()).toEqual([]), { timeout: 20_000, interval: 50 })

    beforeAll(async () => {
      broker = await mosquitto(USERS, ACL)
      cable = await line(broker.port)
      ;[north, south] = [await client('vnb-nord'), await client('vnb-sued')]
      const mqttSignals = {
        broker: { url: cable.url, username: 'gegenstrom', password: USERS.gegenstrom },
        clientId: 'gegenstrom-demo-signals',
        prefix: PREFIX,
        senders: new Map([operator('vnb-nord'), operator('vnb-sued')]),
      }
      const fleet = twinFleet({ seed: '1', stations: 8, from: EVENING })
      world = await openWorld({ from: EVENING, fleet, doors: { mqttSignals } })
      await world.runUntil(EVENING + 10 * HOUR_MS + 2 * MINUTE_MS)
      await isConnected()
    })
    afterAll(async () => {
      await world.stop()
      await north.endAsync(true)
      await south.endAsync(true)
      await cable.close()
      await broker.stop()
    })

    it('a limit is durable when its receipt comes, acts, and its state is told', async () => {
      expect(takes()).toBeGreaterThan(10_000)
      await write('night', limit(1, 10_000))
      const receipt = await told('night', 1)
      expect(receipt).toMatchObject({
        accepted: true,
        isRepeated: false,
        signal: { state: 'in-force', maxW: 10_000, version: 1 },
      })
      expect(heard.find(({ topic }) => topic.endsWith('/receipts/night'))!.correlation).toBe('night')
      const [fact] = factsOf(await world.journal(), 'signal-received')
      expect(fact!.signal).toMatchObject({ id: 'night', sender: 'vnb-nord', provenance: { authority: 'vnb-nord' } })
      await run(10_000)
      expect(takes()).toBeLessThanOrEqual(10_060)
      await vi.waitFor(() => {
        const last = heard.findLast(({ topic }) => topic === `${PREFIX}/vnb-nord/status/night`)!.body as Record<string, unknown>
        expect(last['told']).toBeGreaterThan(0)
        expect(last['confirmed']).toBe(last['told'])
      })
      const rest = await fetch(`http://127.0.0.1:${world.running.address.port}/v1/signals/night`)
      const body = (await rest.json()) as Record<string, unknown>
      const shown = (receipt as unknown as { signal: Record<string, unknown> }).signal
      expect(Object.keys(shown).toSorted()).toEqual(
        Object.keys(body)
          .filter((name) => name !== 'subjects' && name !== 'sender')
          .toSorted(),
      )
    })

    it('sent twice is one; another content under the same version is refused', async () => {
      const body = limit(2, 12_000)
      await write('twice', body)
      await write('twice', body)
      expect(await told('twice', 2)).toMatchObject({ accepted: true, isRepeated: true })
      await write('twice', limit(2, 1_000))
      expect(await told('twice', 3)).toMatchObject({
        accepted: false,
        problem: { type: 'urn:gegenstrom:problem:version-conflict', status: 409 },
      })
    })

    it('F18: what is not a signal is refused with the place that is wrong, and the last limit goes on', async () => {
      const before = world.running.journal.head().sequence
      await write('night', 'no json')
      expect(await told('night', 2)).toMatchObject({ problem: { type: 'urn:gegenstrom:problem:malformed-json' } })
      await write('night', limit(3, -1.5))
      expect(await told('night', 3)).toMatchObject({ problem: { errors: [{ pointer: '/maxW' }] } })
      await write('night', limit(3, 5_000, { subjects: ['site:nobody'] }))
      expect(await told('night', 4)).toMatchObject({ problem: { type: 'urn:gegenstrom:problem:not-possible' } })
      await write('night', limit(3, 5_000, { rank: 'operator' }))
      expect(await told('night', 5)).toMatchObject({ problem: { errors: [{ pointer: '/rank' }] } })
      await write('night', JSON.stringify(limit(3, 5_000)).padEnd(70_000))
      expect(await told('night', 6)).toMatchObject({ problem: { type: 'urn:gegenstrom:problem:too-large' } })
      const facts = (await world.journal()).filter(({ sequence }) => sequence > before)
      expect(facts.filter(({ fact }) => fact.kind.startsWith('signal'))).toEqual([])
    })

    it('an operator writes into its own subtree only, and does not touch what others have set', async () => {
      const before = world.running.journal.head().sequence
      await expect(write('night', limit(9, 0), south, 'vnb-nord')).rejects.toThrow('Not authorized')
      await write('night', limit(9, 0), south, 'vnb-sued')
      expect(await told('night', 1, 'vnb-sued')).toMatchObject({ problem: { type: 'urn:gegenstrom:problem:not-allowed' } })
      expect((await world.journal()).filter(({ sequence }) => sequence > before)).toEqual([])
      expect(receipts('night')).toHaveLength(6)
    })

    it('a broker that is away lifts nothing, and what was written meanwhile comes once', async () => {
      cable.cut()
      await vi.waitFor(async () => expect(await degraded()).toEqual(['mqtt-signals']), { timeout: 10_000, interval: 50 })
      await write('outage', limit(1, 8_000))
      await write('retained', limit(1, 9_000), north, 'vnb-nord', true)
      await run(MINUTE_MS)
      expect(takes()).toBeLessThanOrEqual(10_060)
      cable.mend()
      expect(await told('outage', 1)).toMatchObject({ accepted: true, signal: { maxW: 8_000 } })
      await vi.waitFor(() => expect(receipts('retained')[0]).toMatchObject({ accepted: true, isRepeated: false }))
    })

    it('is withdrawn as of a version, and the last state stays with the broker', async () => {
      await write('night', { withdraw: true, version: 2 })
      const seen = await told('night', 7)
      expect(seen).toMatchObject({ accepted: true, signal: { state: 'withdrawn', version: 2 } })
      await vi.waitFor(() => expect(states('night').at(-1)).toBe('withdrawn'))
      await write('night', limit(2, 0))
      expect(await told('night', 8)).toMatchObject({ problem: { type: 'urn:gegenstrom:problem:already-over' } })
      await write('never', { withdraw: true, version: 1 })
      expect(await told('never', 1)).toMatchObject({ problem: { type: 'urn:gegenstrom:problem:not-found' } })
      heard.length = 0
      const later = await client('vnb-nord')
      await vi.waitFor(() => expect(states('night')).toEqual(['withdrawn']))
      await later.endAsync(true)
    })

    it('speaks MQTT 3.1.1 with a broker that knows nothing newer; a retained command that comes again is a repetition', async () => {
      const before = world.running.journal.head().sequence
      const old = await line(broker.port, { isOld: true })
      const versions: string[] = []
      const door = openSignalDoor({
        clock: world.clock,
        broker: { url: old.url, username: 'gegenstrom', password: USERS.gegenstrom },
        clientId: 'gegenstrom-old',
        prefix: PREFIX,
        senders: new Map([operator('vnb-nord')]),
        signals: world.running.answers.signals,
        track: (work) => work,
        log: (_, text, facts) => text.startsWith('connected') && versions.push((facts as { version: string }).version),
      })
      await vi.waitFor(() => expect(versions).toEqual(['3.1.1']), { timeout: 20_000, interval: 50 })
      const repeated = () => receipts('retained').filter((body) => body['isRepeated'])
      await vi.waitFor(() => expect(repeated()).toHaveLength(1), { timeout: 20_000, interval: 50 })
      expect((await world.journal()).filter(({ sequence }) => sequence > before)).toEqual([])
      await door.stop()
      await old.close()
    })
  })
