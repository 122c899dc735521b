// The running service limits the energy manager of a site by EEBUS over MQTT: a real broker, the real application, the line cut, the broker's access lists in force.
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectAsync } from 'mqtt'
import { ceiling, startSystem } from '../../domain/limitation/controllable-system.ts'
import { openMqttSystem } from '../../src/compose/mqtt-eebus.ts'
import { limitedPart } from '../../src/run/limitation/limited-part.ts'
import { deviceOf } from '../domain/limitation/played.ts'
import { limitedSite, type LimitedWorld } from './limited-site.ts'
import { line, mosquitto, mosquittoMissing, type Line, type Mosquitto } from './mosquitto.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const missing = mosquittoMissing()
const SECRETS = { service: randomBytes(6).toString('hex'), house: randomBytes(6).toString('hex') }
/** As docs/operations/eebus.md has it. */
const ACL = `
user service
topic read ta/v1/+/+/eebus/system/#
topic write ta/v1/+/+/eebus/guard/#
topic write ta/v1/eebus/guard/presence
user house
topic read ta/v1/eebus/guard/presence
topic read ta/v1/TENANT/SITE/eebus/guard/#
topic write ta/v1/TENANT/SITE/eebus/system/#
`
let broker: Mosquitto
let world: LimitedWorld
let [ofService, ofHouse]: Line[] = []
let house: ReturnType<typeof manager>
const told: string[] = []

/** An energy manager that is limited in both directions. */
function manager(place: { readonly tenant: string; readonly site: string }) {
  const part = (direction: 'consume' | 'produce') =>
    limitedPart({ clock: world.clock, name: direction, system: startSystem(deviceOf(direction), world.clock.elapsed()) })
  const parts = { consume: part('consume'), produce: part('produce') }
  const post = openMqttSystem({
    broker: { url: ofHouse!.url, username: 'house', password: SECRETS.house },
    clientId: 'house',
    prefix: 'ta/v1',
    place,
    node: 'house',
    clock: world.clock,
    parts,
    tell: (event) => void told.push(event),
  })
  return {
    parts,
    stand: () => parts.consume.system().standing,
    async close() {
      await post.stop()
      parts.consume.stop()
      parts.produce.stop()
    },
  }
}
async function until(check: () => boolean | Promise<boolean>, what: string, stepMs = 100): Promise<void> {
  for (let rounds = 0; rounds < 800; rounds++) {
    if (await check()) return
    await setTimeout(10)
    await world.pass(stepMs)
  }
  throw new Error(`never: ${what}; told ${told.join()}; ${JSON.stringify(house.stand())}; ${world.complaints.join('\n')}`)
}
const limit = (maxW: number, version: number, until: number | null = null) =>
  world.ask('PUT', '/v1/signals/house', {
    version,
    issuedAt: new Date(world.clock.now()).toISOString(),
    subjects: [`site:${world.site}`],
    rank: 'grid-limit',
    minW: null,
    maxW,
    from: new Date(world.clock.now()).toISOString(),
    until: until === null ? null : new Date(until).toISOString(),
    authority: 'VNB',
    reference: 'intervention 7',
  })
const isLimitedTo = (watt: number) => () =>
  house.stand().name === 'limited' && ceiling(house.parts.consume.system(), world.clock.elapsed()).power === watt

const seen = async () =>
  (
    (await world.ask('GET', '/v1/eebus/managers')).body['managers'] as {
      connectedSince: string | null
      directions: { taken: boolean }[]
    }[]
  )[0]

if (missing !== null) describe('EEBUS over MQTT', () => it.skip(missing, () => {}))
else
  describe('EEBUS over MQTT', () => {
    beforeAll(async () => {
      // The site is known once its world is; names in topics are known before.
      const place = { tenant: 'TENANT', site: 'SITE' }
      const acl = (of: { readonly tenant: string; readonly site: string }) =>
        ACL.replaceAll('TENANT', encodeURIComponent(of.tenant)).replaceAll('SITE', encodeURIComponent(of.site))
      const probe = await limitedSite(EVENING, {}, 4)
      const found = probe.registry.sites[0]!
      Object.assign(place, { tenant: found.tenant, site: found.id })
      await probe.stop()
      broker = await mosquitto(SECRETS, acl(place))
      ;[ofService, ofHouse] = [await line(broker.port), await line(broker.port)]
      world = await limitedSite(EVENING, {}, 4, {
        mqttEebus: {
          broker: { url: ofService.url, username: 'service', password: SECRETS.service },
          clientId: 'service',
          prefix: 'ta/v1',
          sites: null,
          node: 'service',
        },
      })
      house = manager(place)
    })
    afterAll(async () => {
      await house?.close()
      await world?.stop()
      await ofService?.close()
      await ofHouse?.close()
      await broker?.stop()
    })

    it('F20: a manager that comes is told that nothing limits its site, and hears heartbeats (LPC-TS-018)', async () => {
      await until(() => house.stand().name === 'unlimited/controlled', 'told of no limit')
      const heard = house.parts.consume.system().heartbeat!.at
      await world.pass(130_000, () => expect(house.stand().name).toBe('unlimited/controlled'), 1_000)
      await until(() => house.parts.consume.system().heartbeat!.at > heard, 'another heartbeat')
    })

    it('F22: what limits the site is written to it, changed, and taken back when it is over (LPC-TS-027, LPC-TS-026)', async () => {
      expect((await limit(4_200, 1)).status).toBe(200)
      await until(isLimitedTo(4_200), 'limited')
      expect((await limit(0, 2, world.clock.now() + 2 * 60_000)).status).toBe(200)
      await until(isLimitedTo(0), 'limited to nothing')
      // Nothing but the end of the signal lifts it.
      await until(() => house.stand().name === 'unlimited/controlled', 'over', 500)
      expect(house.parts.produce.system().standing.name).toBe('unlimited/controlled')
    })

    it('F20: MQTT is cut: after 120 s the manager holds its failsafe limit, and follows again when it is mended (LPC-TS-029, LPC-TS-032)', async () => {
      expect((await limit(6_000, 3)).status).toBe(200)
      await until(isLimitedTo(6_000), 'limited')
      // Its answer is on the way back.
      await until(async () => (await seen())!.directions[0]!.taken, 'taken')
      expect(await seen()).toMatchObject({
        connectedSince: expect.any(String),
        directions: [{ takenW: 6_000 }, { wantedW: null }],
      })
      ofHouse!.cut()
      await until(() => told.includes('disconnected'), 'cut')
      await world.pass(110_000)
      expect(house.stand().name).toBe('limited')
      await world.pass(20_000)
      expect(house.stand().name).toBe('failsafe')
      await until(async () => (await seen())!.connectedSince === null, 'gone for the service')
      expect(await seen()).toMatchObject({ directions: [{ wantedW: 6_000, taken: false }, {}] })
      ofHouse!.mend()
      await until(isLimitedTo(6_000), 'limited again')
    })

    it('F20: the line of the service is cut instead: the same, and each talk begins anew', async () => {
      const before = told.filter((event) => event === 'connected').length
      ofService!.cut()
      await until(() => told.filter((event) => event === 'disconnected').length >= before, 'the last will')
      await world.pass(130_000)
      expect(house.stand().name).toBe('failsafe')
      ofService!.mend()
      await until(isLimitedTo(6_000), 'limited again')
      expect(told.filter((event) => event === 'connected').length).toBe(before + 1)
    })

    it('the broker keeps nothing, and nobody else speaks in the name of the service', async () => {
      const stranger = await connectAsync(broker.url, { username: 'house', password: SECRETS.house, protocolVersion: 5 })
      const retained: string[] = []
      stranger.on('message', (topic, _, { retain }) => void (retain && retained.push(topic)))
      await stranger.subscribeAsync('ta/v1/#', { qos: 1 })
      await stranger.publishAsync('ta/v1/eebus/guard/presence', '{"session":null}', { qos: 1 }).catch(() => {})
      await setTimeout(200)
      await world.pass(5_000)
      expect(retained).toEqual([])
      expect(house.stand().name).toBe('limited')
      await stranger.endAsync(true)
    })
  })
