// A wallbox behind an energy manager follows its plan as a station of its own would: orders come as schedules with a revision, are answered, renewed, refused, and left when the car is gone.
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PUBLISHED } from '../../adapters/mqtt-hems/published.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import { id, type DriverId, type EvseId, type StationId, type VehicleId } from '../../domain/registry/identity.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { mosquitto, mosquittoMissing, type Mosquitto } from './mosquitto.ts'
import { limitedSite, type LimitedWorld } from './limited-site.ts'
import { factsOf, HOUR_MS, MINUTE_MS } from './world.ts'

const EVENING = Date.parse('2026-01-15T21:00:00Z')
const PREFIX = 'ta/v1'
const BOX = 'BOX-7/1' as EvseId
const missing = mosquittoMissing()
const USERS = { gegenstrom: 'one', house: 'two' }

interface Schedule {
  readonly revision: number
  readonly validUntil: string
  readonly assets: readonly {
    readonly asset: string
    readonly setpoint: { readonly powerW: number; readonly until: string } | null
    readonly slots: readonly { readonly from: string; readonly maxW: number }[]
    readonly after: { readonly maxW: number }
  }[]
}

function withBox(registry: Registry): Registry {
  const [evse, vehicle, consent] = [registry.evses[0]!, registry.vehicles[0]!, registry.consents[0]!]
  const driver = id<DriverId>('house-driver')
  return {
    ...registry,
    evses: [...registry.evses, { ...evse, id: BOX, station: id<StationId>('BOX-7') }],
    vehicles: [...registry.vehicles, { ...vehicle, id: id<VehicleId>('house-car'), driver, token: 'house-token', v2x: 'bpt' }],
    consents: [...registry.consents, { ...consent, driver }],
  }
}

if (missing !== null) describe('a wallbox behind an energy manager', () => it.skip(missing, () => {}))
else
  describe('a wallbox behind an energy manager (rows 3, 6, X1)', () => {
    let broker: Mosquitto
    let world: LimitedWorld
    let house: MqttClient
    let own: string
    /** What the house does with a schedule. */
    let answers: 'accepted' | 'rejected' | 'nothing' = 'accepted'
    let seq = 0
    const schedules: (Schedule | null)[] = []
    const at = (ms: number) => new Date(world.clock.now() + ms).toISOString()
    const box = () => world.fleet().evses.get(BOX)!
    const part = () => schedules.findLast((one) => one !== null)!.assets.find(({ asset }) => asset === 'wallbox')!
    const tell = (topic: string, body: object, retain = false) =>
      house.publishAsync(`${own}/${topic}`, JSON.stringify(body), { qos: 1, retain })
    const seen = (look: () => unknown) =>
      vi.waitFor(
        async () => {
          await world.pass(1)
          await look()
        },
        { timeout: 5_000, interval: 20 },
      )
    const facts = async <Kind extends Parameters<typeof factsOf>[1]>(kind: Kind) => factsOf(await world.journal(), kind)
    const measure = (powerW: number, more: object = {}) =>
      tell('telemetry/wallbox', { seq: ++seq, samples: [{ ts: at(0), powerW, socPercent: 40 }], ...more })
    const doors = () => ({
      mqttHems: {
        broker: { url: broker.url, username: 'gegenstrom', password: USERS.gegenstrom },
        clientId: 'gegenstrom-schedule-hems',
        prefix: PREFIX,
      },
    })

    beforeAll(async () => {
      broker = await mosquitto(USERS, `user gegenstrom\ntopic readwrite #\nuser house\ntopic readwrite #\n`)
      world = await limitedSite(EVENING, {}, 1, doors(), { beside: withBox })
      own = `${PREFIX}/${world.registry.tenants[0]!.id}/${world.site}`
      house = await connectAsync(broker.url, { username: 'house', password: USERS.house, protocolVersion: 4 })
      house.on('message', (topic, payload) => {
        if (!topic.endsWith('/schedule')) return
        if (payload.length > 0) PUBLISHED.schedule.schema.parse(JSON.parse(payload.toString()))
        const schedule = payload.length === 0 ? null : (JSON.parse(payload.toString()) as Schedule)
        schedules.push(schedule)
        if (schedule === null || answers === 'nothing') return
        const reason = answers === 'rejected' ? 'the fuse of the garage' : null
        void tell('schedule/ack', { revision: schedule.revision, result: answers, reason })
      })
      await house.subscribeAsync(`${own}/schedule`, { qos: 1 })
    })
    afterAll(async () => {
      await house.endAsync(true)
      await world.stop()
      await broker.stop()
    })

    it('what a house leads has to be its own: a station of another site, or with a line of its own, is refused', async () => {
      const problems: string[] = []
      house.on('message', (topic, payload) => topic.endsWith('/problems') && problems.push(payload.toString()))
      await house.subscribeAsync(`${own}/problems`)
      const asset = { id: 'wallbox', kind: 'evse', chargeMaxW: 11_000, dischargeMaxW: 11_000, capacityWh: 60_000 }
      await tell('presence', { online: true }, true)
      await tell('capabilities', { vendor: 'ACME', assets: [{ ...asset, station: 'NOBODY' }] })
      await seen(() => expect(problems.at(-1)).toContain('knows no station NOBODY'))
      await world.pass(2_000)
      const theirs = world.registry.evses[0]!.station
      await tell('capabilities', { vendor: 'ACME', assets: [{ ...asset, station: theirs }] })
      await seen(() => expect(problems.at(-1)).toContain('has a line of its own'))
      await house.unsubscribeAsync(`${own}/problems`)
      schedules.length = 0
      await tell('capabilities', { vendor: 'ACME', assets: [{ ...asset, station: 'BOX-7' }] })
      await seen(() =>
        expect(world.fleet().stations.get(id<StationId>('BOX-7'))).toMatchObject({ connected: true, dialect: 'hems-mqtt' }),
      )
    })

    it('a car that is plugged in is planned, ordered as a schedule, and the order counts when the house has answered', async () => {
      await measure(0, { session: { id: 's-1', token: 'house-token' } })
      await seen(() => expect(box().session).not.toBeNull())
      await seen(() => expect(liveOrder(box(), world.clock.now())?.state.kind).toBe('confirmed'))
      const session = world.fleet().sessions.get(box().session!)!
      expect(session).toMatchObject({ vehicle: 'house-car', transaction: 's-1' })
      const { content } = liveOrder(box(), world.clock.now())!
      expect(part().setpoint!.powerW).toBe(content.setpoint)
      expect(orderedPower(content, world.clock.now())).toBe(box().plan!.power[slotAt(world.clock.now()) - box().plan!.firstSlot])
      expect(Date.parse(part().slots[0]!.from)).toBe(Math.floor(world.clock.now() / (15 * MINUTE_MS)) * 15 * MINUTE_MS)
      expect(part().slots.every(({ maxW }) => maxW >= 0)).toBe(true)
      expect((await facts('hems-acknowledged')).at(-1)).toMatchObject({ what: 'schedule', isAccepted: true })
      expect(JSON.stringify(await world.journal())).not.toContain('house-token')
    })

    it('what its user wants becomes the wish of the session, and the plan and the schedule follow', async () => {
      const before = schedules.findLast((one) => one !== null)!.revision
      await tell('user/requirement', { asset: 'wallbox', departure: at(2 * HOUR_MS), targetSocPercent: 75, minSocPercent: 35 })
      await seen(() =>
        expect(world.fleet().sessions.get(box().session!)!.wish).toMatchObject({ targetSoc: 0.75, minimumSoc: 0.35 }),
      )
      await seen(() => expect(schedules.findLast((one) => one !== null)!.revision).toBeGreaterThan(before))
      expect(part().setpoint!.powerW).toBeGreaterThan(2_000)
    })

    it('a limit of the site bounds the wallbox like everything else there', async () => {
      await tell('limit/local/consumption', { active: true, valueW: 0, origin: 'relay' })
      await tell('limit/local/production', { active: true, valueW: 0, origin: 'relay' })
      await seen(() => expect(Math.abs(world.ordered())).toBeLessThanOrEqual(1))
      await tell('limit/local/consumption', { active: false })
      await tell('limit/local/production', { active: false })
      await seen(() => expect(part().setpoint!.powerW).toBeGreaterThan(2_000))
    })

    it('a schedule that is rejected is an order refused, with the reason of the house', async () => {
      answers = 'rejected'
      await tell('limit/local/consumption', { active: true, valueW: 3_000, origin: 'relay' })
      await seen(async () => expect(JSON.stringify(await world.journal())).toContain('the fuse of the garage'))
      answers = 'accepted'
      await tell('limit/local/consumption', { active: false })
    })

    it('a house that is silent for 120 s leads nothing any more; heard again it has its orders again', async () => {
      await world.pass(2 * MINUTE_MS + 5_000)
      await seen(() => expect(world.fleet().stations.get(id<StationId>('BOX-7'))!.connected).toBe(false))
      expect(world.running().ocpp.controllability(BOX)).toBeNull()
      await tell('heartbeat/site', {})
      await seen(() => expect(world.fleet().stations.get(id<StationId>('BOX-7'))!.connected).toBe(true))
      await seen(() => expect(liveOrder(box(), world.clock.now())?.state.kind).toBe('confirmed'))
    })

    it('killed and started again it goes on with the same session and a later revision', async () => {
      const [before, session] = [schedules.findLast((one) => one !== null)!.revision, box().session]
      await world.kill()
      await world.start()
      await tell('heartbeat/site', {})
      await seen(() => expect(schedules.findLast((one) => one !== null)!.revision).toBeGreaterThan(before))
      expect(box().session).toBe(session)
      await seen(() => expect(liveOrder(box(), world.clock.now())?.state.kind).toBe('confirmed'))
    })

    it('when the car has left, its schedule is cleared with the broker and the session has ended', async () => {
      await measure(0, { session: null })
      await seen(() => expect(box().session).toBeNull())
      await seen(() => expect(schedules.at(-1)).toBeNull())
      expect((await facts('session-ended')).at(-1)).toMatchObject({ detail: 'unplugged' })
    })
  })
