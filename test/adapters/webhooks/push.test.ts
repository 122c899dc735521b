// Events pushed to receivers over real sockets: signed, tried again in simulated time, turned, sent anew, bounded, and known after a restart.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliveryMemory } from '../../../adapters/webhooks/delivery-memory.ts'
import { webhookDesk } from '../../../adapters/webhooks/webhook-desk.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { Webhook } from '../../../domain/trading/webhook.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { forget, openLab, openReceiver, signedAs, START, type Answer, type PushLab, type Receiver } from './push-lab.ts'

const DAY_MS = 86_400_000
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const OTHER = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
const EVENTS = ['schedule.accepted', 'schedule.refused', 'fleet-plan.published']
let lab: PushLab
let receiver: Receiver

beforeEach(async () => {
  ;[lab, receiver] = await Promise.all([openLab(), openReceiver()])
})
afterEach(async () => {
  await receiver.close()
  await lab.stop()
  forget(lab)
})

const subscribe = (more: object = {}, name = 'mine'): Promise<Answer> =>
  lab.ask('PUT', `/v1/webhooks/${name}`, { url: receiver.url, events: EVENTS, secret: SECRET, ...more })
const state = async (name = 'mine') => (await lab.ask('GET', `/v1/webhooks/${name}`)).body
const attempts = async () => (await lab.ask('GET', '/v1/webhooks/mine/deliveries')).body['items'] as Record<string, unknown>[]
const journalText = () =>
  readdirSync(lab.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
function fleetPlanned(number: number): Fact {
  const [balanceGroup, controlArea] = lab.place.split('/')
  return {
    kind: 'fleet-planned',
    balanceGroup,
    controlArea,
    firstSlot: Math.floor(START / 900_000),
    powerWatts: [number],
    cars: 2,
    isKept: false,
    value: 0,
    bound: 0,
    gap: 0,
    gapBeforePolish: 0,
    sweeps: 1,
    polishes: 0,
    seed: 1,
    inputHash: '',
    missed: { cars: 0, energy: 0 },
    excess: null,
  } as unknown as Fact
}

describe('events pushed to a subscriber', () => {
  it('arrive signed, with id and time, once they are on record (F30)', async () => {
    const set = await subscribe({ secret: undefined })
    expect(set.status).toBe(200)
    const secret = String(set.body['secret'])
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect((await lab.schedule(1)).status).toBe(200)
    expect((await lab.schedule(1)).body['isRepeated']).toBe(true)
    await lab.run(1_000)
    expect(receiver.received).toHaveLength(1)
    const [got] = receiver.received
    expect(await signedAs(secret, got!)).toBe(0)
    expect(await signedAs(OTHER, got!)).toBe(-1)
    expect(got!.timestamp).toBe(START / 1000)
    expect(got!.headers['content-type']).toBe('application/json')
    const [balanceGroup, controlArea] = lab.place.split('/')
    expect(got!.body).toEqual({
      type: 'schedule.accepted',
      timestamp: '2026-01-15T12:00:00Z',
      data: { balanceGroup, controlArea, day: '2026-01-17', version: 1, message: 'm1' },
    })
    expect(await attempts()).toMatchObject([{ id: got!.id, event: 'schedule.accepted', status: 204, error: null }])
    expect(await state()).toMatchObject({ enabled: true, failures: 0, waiting: 0, lastSuccessAt: '2026-01-15T12:00:00Z' })
  })

  it('tell only what was asked for, of the portfolio that was asked for', async () => {
    const [balanceGroup, controlArea] = lab.place.split('/')
    await subscribe({ events: ['schedule.refused'], portfolio: { balanceGroup, controlArea } })
    await lab.schedule(2)
    expect((await lab.schedule(1)).status).toBe(412)
    await lab.run(0)
    expect(receiver.received.map(({ body }) => [body.type, body.data['reason']])).toEqual([
      ['schedule.refused', 'version-outdated'],
    ])
    expect((await subscribe({ portfolio: { balanceGroup: 'nobody', controlArea } })).status).toBe(404)
    expect((await subscribe({ events: ['webhook.test'] })).status).toBe(400)
    await lab.running.application.keep({ ...fleetPlanned(1), isKept: true } as Fact)
    await subscribe({ events: ['fleet-plan.published'] })
    await lab.running.application.keep({ ...fleetPlanned(2), isKept: true } as Fact)
    await lab.running.application.keep({ ...fleetPlanned(3), balanceGroup: 'another' } as unknown as Fact)
    await lab.running.application.keep(fleetPlanned(4))
    await lab.run(0)
    expect(receiver.received.slice(1).map(({ body }) => body.data['powerW'])).toEqual([[3], [4]])
  })

  it.each([3_600_000, -3_600_000])(
    'F36: are tried again after their wait, and sent at once, across a step of %d ms',
    async (by) => {
      await subscribe()
      receiver.reply = { status: 503 }
      await lab.schedule(1)
      await lab.run(0)
      expect(receiver.received).toHaveLength(1)
      lab.step(by)
      await lab.run(3_900)
      expect(receiver.received).toHaveLength(1)
      receiver.reply = { status: 200 }
      await lab.run(2_200)
      expect(receiver.received).toHaveLength(2)
      await lab.schedule(2)
      await lab.run(0)
      expect(receiver.received).toHaveLength(3)
      expect(Math.abs(receiver.received[2]!.timestamp * 1_000 - lab.now())).toBeLessThanOrEqual(1_000)
    },
  )

  it('are tried again under the same id with a new time and signature, ever more rarely, for more than a day', async () => {
    await subscribe()
    receiver.reply = { status: 503 }
    await lab.schedule(1)
    await lab.run(3_900)
    expect(receiver.received).toHaveLength(1)
    await lab.run(2_200)
    expect(receiver.received).toHaveLength(2)
    await lab.run(20_000)
    expect(await state()).toMatchObject({ failing: false, failures: 2, waiting: 1, lastSuccessAt: null })
    await lab.run(2 * DAY_MS)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
    for (const got of receiver.received) expect(await signedAs(SECRET, got)).toBe(0)
    const times = receiver.received.map(({ timestamp }) => timestamp)
    const waits = times.slice(1).map((at, i) => at - times[i]!)
    const meant = [5, 30, 120, 600, 1_800, 3_600, ...new Array<number>(15).fill(7_200)]
    expect(waits).toHaveLength(meant.length)
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(meant[i]! * 0.8 - 1)
      expect(wait).toBeLessThanOrEqual(meant[i]! * 1.2 + 1)
    }
    expect(new Set(waits.slice(6)).size).toBeGreaterThan(1)
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(86_400)
    expect(await state()).toMatchObject({ enabled: true, failing: true, waiting: 0 })
    receiver.reply = { status: 200 }
    await lab.schedule(2)
    await lab.run(0)
    expect(await state()).toMatchObject({ failing: false, failures: 0 })
  })

  it('are signed with the old and the new secret for a day after a change', async () => {
    await subscribe()
    expect((await subscribe()).body['secret']).toBeNull()
    const both = await subscribe({ secret: OTHER })
    expect(both.body['secret']).toBeNull()
    await lab.schedule(1)
    await lab.run(0)
    const first = receiver.received[0]!
    expect([first.signatures.length, await signedAs(OTHER, first), await signedAs(SECRET, first)]).toEqual([2, 0, 1])
    await lab.run(DAY_MS + 1_000)
    await lab.schedule(2)
    await lab.run(0)
    const second = receiver.received[1]!
    expect([second.signatures.length, await signedAs(OTHER, second)]).toEqual([1, 0])
  })

  it('are sent again on request under their id, and a test on request', async () => {
    await subscribe()
    await lab.schedule(1)
    await lab.run(60_000)
    const { id } = receiver.received[0]!
    expect((await lab.ask('PUT', `/v1/webhooks/mine/deliveries/${id}`)).body).toEqual({ id })
    await lab.run(0)
    expect(receiver.received.map((got) => got.id)).toEqual([id, id])
    expect(receiver.received[1]!.text).toBe(receiver.received[0]!.text)
    expect(receiver.received[1]!.timestamp - receiver.received[0]!.timestamp).toBe(60)
    expect((await lab.ask('PUT', '/v1/webhooks/mine/deliveries/unheard-of')).status).toBe(404)
    const test = await lab.ask('PUT', '/v1/webhooks/mine/deliveries/test')
    await lab.run(0)
    expect(receiver.received[2]).toMatchObject({ id: test.body['id'], body: { type: 'webhook.test', data: { webhook: 'mine' } } })
    // What waits already goes out at once, and is not doubled.
    receiver.reply = { status: 500 }
    await lab.schedule(2)
    await lab.run(0)
    const waiting = receiver.received[3]!.id
    receiver.reply = { status: 200 }
    await lab.ask('PUT', `/v1/webhooks/mine/deliveries/${waiting}`)
    await lab.run(DAY_MS)
    expect(receiver.received.filter((got) => got.id === waiting)).toHaveLength(2)
  })

  it('end with 410, with DELETE, and begin anew when the webhook is set again', async () => {
    await subscribe()
    receiver.reply = { status: 410 }
    await lab.schedule(1)
    await lab.run(0)
    await lab.schedule(2)
    await lab.run(DAY_MS)
    expect(receiver.received).toHaveLength(1)
    expect(await state()).toMatchObject({ enabled: false, waiting: 0 })
    expect((await lab.ask('PUT', '/v1/webhooks/mine/deliveries/test')).status).toBe(422)
    const at = lab.now()
    await lab.stop()
    lab = await openLab({ folder: lab.folder, at: at - DAY_MS })
    receiver.reply = { status: 200 }
    expect((await state())['enabled']).toBe(false)
    expect((await subscribe()).body['enabled']).toBe(true)
    await lab.schedule(3)
    await lab.run(0)
    expect(receiver.received).toHaveLength(2)
    expect(await lab.ask('DELETE', '/v1/webhooks/mine')).toEqual({ status: 204, body: {} })
    expect((await lab.ask('DELETE', '/v1/webhooks/mine')).status).toBe(404)
    expect((await lab.ask('GET', '/v1/webhooks/mine')).status).toBe(404)
    await lab.schedule(4)
    await lab.run(DAY_MS)
    expect(receiver.received).toHaveLength(2)
  })

  it('are not taken for lost when an address that counts no more says 410, nor sent to whoever comes after', async () => {
    const elsewhere = await openReceiver()
    let release = () => {}
    receiver.reply = { status: 410, after: new Promise((resolve) => (release = resolve)) }
    await subscribe()
    await lab.schedule(1)
    await subscribe({ url: elsewhere.url })
    release()
    await lab.run(10_000)
    expect([await state(), elsewhere.received.map(({ body }) => body.type)]).toMatchObject([
      { enabled: true, waiting: 0 },
      ['schedule.accepted'],
    ])
    elsewhere.reply = { status: 503 }
    await lab.schedule(2)
    await lab.run(0)
    await lab.ask('DELETE', '/v1/webhooks/mine')
    expect((await subscribe()).body).toMatchObject({ waiting: 0, failures: 0 })
    await lab.run(DAY_MS)
    expect([receiver.received.length, elsewhere.received.length]).toEqual([1, 2])
    await elsewhere.close()
  })

  it('wait 1,000 at most; published plans go first and are counted', async () => {
    let release = () => {}
    receiver.reply = { status: 200, after: new Promise((resolve) => (release = resolve)) }
    await subscribe()
    const { keep } = lab.running.application
    await keep(fleetPlanned(0))
    await lab.schedule(1)
    await Promise.all(Array.from({ length: 1_001 }, (_, i) => keep(fleetPlanned(i + 1))))
    await lab.schedule(2)
    expect(await state()).toMatchObject({ waiting: 1_000, dropped: 4 })
    release()
    await lab.run(0)
    expect(receiver.openMax()).toBe(1)
    expect(receiver.received).toHaveLength(1_000)
    const [first, second, third] = receiver.received.map(({ body }) => body)
    expect([first!.data['powerW'], second!.type, third!.data['powerW']]).toEqual([[0], 'schedule.accepted', [5]])
    expect(receiver.received.at(-1)!.body).toMatchObject({ type: 'schedule.accepted', data: { version: 2 } })
  })

  it('go to at most eight receivers together', async () => {
    let release = () => {}
    receiver.reply = { status: 200, after: new Promise((resolve) => (release = resolve)) }
    for (let i = 0; i < 12; i++) await subscribe({}, `hook-${i}`)
    await lab.schedule(1)
    await expect.poll(() => receiver.received.length).toBe(8)
    release()
    await lab.run(0)
    expect([receiver.openMax(), receiver.received.length]).toEqual([8, 12])
  })

  it('are not sent on after a redirect, and long answers are not read to their end', async () => {
    const elsewhere = await openReceiver()
    await subscribe()
    receiver.reply = { status: 307, headers: { Location: elsewhere.url } }
    await lab.schedule(1)
    await lab.run(0)
    expect(elsewhere.received).toEqual([])
    await elsewhere.close()
    expect((await attempts())[0]).toMatchObject({ status: 307, error: 'answered 307' })
    receiver.reply = { status: 200, body: 'x'.repeat(20_000_000) }
    await lab.run(10_000)
    expect((await attempts())[0]).toMatchObject({ status: 200, error: null })
  })

  it('leave only when what they tell is durable, and not once more under way', async () => {
    const work = inFlight()
    const webhooks = new Map<string, Webhook>()
    const clock = manualClock(START)
    const deliveries = deliveryMemory({ clock, webhooks, node: 'one' })
    const desk = webhookDesk({
      clock,
      webhooks,
      deliveries,
      keep: (fact) => {
        if (fact.kind === 'webhook-set') webhooks.set(fact.webhook.id, fact.webhook)
        return Promise.resolve()
      },
      secret: null,
      allowPrivate: true,
      random: () => 0.5,
      track: work.track,
      log: () => {},
    })
    await desk.set({
      id: 'mine',
      url: receiver.url,
      events: ['fleet-plan.published'],
      portfolio: null,
      signals: null,
      secret: SECRET,
    })
    deliveries.noticed(fleetPlanned(1), 5, START)
    const test = desk.redeliver('mine', 'test')
    desk.durable(4)
    await work.idle()
    expect(receiver.received.map(({ id }) => id)).toEqual([test.ok && test.value])
    desk.durable(5)
    desk.durable(6)
    await work.idle()
    expect(receiver.received.slice(1).map(({ id }) => id)).toEqual([`msg_one-5-${START.toString(36)}`])
    await desk.stop()
  })
})

describe('the receiver in docs/market-interface.md', () => {
  it('takes what is genuine and fresh, and nothing else (F30)', async () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../../docs/market-interface.md'), 'utf8')
    const file = join(lab.folder, 'receiver.ts')
    writeFileSync(file, /```ts\n([\s\S]+?)```/.exec(text)![1]!)
    const { isGenuine } = (await import(file)) as {
      isGenuine: (headers: IncomingHttpHeaders, body: string, secret: string) => boolean
    }
    const now = await openLab({ at: Date.now() })
    try {
      const webhook = { url: receiver.url, events: EVENTS }
      await now.ask('PUT', '/v1/webhooks/mine', { ...webhook, secret: SECRET })
      await now.ask('PUT', '/v1/webhooks/mine', { ...webhook, secret: OTHER })
      await now.ask('PUT', '/v1/webhooks/mine/deliveries/test')
      await now.run(0)
    } finally {
      await now.stop()
      forget(now)
    }
    const { headers, text: body } = receiver.received[0]!
    expect([SECRET, OTHER].map((secret) => isGenuine(headers, body, secret))).toEqual([true, true])
    const third = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    const late = String(Number(headers['webhook-timestamp']) - 301)
    expect([
      isGenuine(headers, body, third),
      isGenuine(headers, `${body} `, SECRET),
      isGenuine({ ...headers, 'webhook-id': 'other' }, body, SECRET),
      isGenuine({ ...headers, 'webhook-timestamp': late }, body, SECRET),
      isGenuine({ ...headers, 'webhook-signature': 'v1,' }, body, SECRET),
      isGenuine({}, body, SECRET),
    ]).toEqual(new Array(6).fill(false))
  })
})

describe('subscriptions', () => {
  it('survive a restart with their secrets, of which nothing stands in the journal in clear (S14)', async () => {
    const made = String((await subscribe({ secret: undefined }, 'made')).body['secret'])
    await subscribe({ events: ['schedule.accepted'] })
    await subscribe({ events: ['schedule.accepted'], secret: OTHER })
    await lab.stop()
    const text = journalText()
    expect(text).toContain('"webhook-set"')
    for (const secret of [made, SECRET, OTHER]) {
      const bytes = Buffer.from(secret.slice(6), 'base64')
      for (const form of ['base64', 'base64url', 'hex'] as const)
        expect(text).not.toContain(bytes.toString(form).replace(/=+$/, ''))
    }
    lab = await openLab({ folder: lab.folder, at: START + 60_000 })
    expect(((await lab.ask('GET', '/v1/webhooks')).body['items'] as unknown[]).length).toBe(2)
    await lab.schedule(1)
    await lab.run(0)
    const bySignatures = receiver.received.toSorted((a, b) => a.signatures.length - b.signatures.length)
    expect(await signedAs(made, bySignatures[0]!)).toBe(0)
    expect([await signedAs(OTHER, bySignatures[1]!), await signedAs(SECRET, bySignatures[1]!)]).toEqual([0, 1])
    for (const answer of [await state('made'), await state(), (await lab.ask('GET', '/v1/webhooks')).body])
      expect(JSON.stringify(answer)).not.toMatch(/whsec|sealed|secret/)
  })

  it('get after a restart what waited, and nothing that has arrived; what is older than a day is no news', async () => {
    await subscribe()
    await lab.schedule(1)
    await lab.run(0)
    receiver.reply = { status: 503 }
    await lab.schedule(2)
    await lab.run(0)
    const [arrived, waiting] = receiver.received.map(({ id }) => id)
    await lab.stop()
    lab = await openLab({ folder: lab.folder, at: START + 60_000 })
    expect(await state()).toMatchObject({ waiting: 1, lastSuccessAt: '2026-01-15T12:00:00Z' })
    await lab.run(0)
    expect(receiver.received.slice(2).map(({ id, text }) => [id, text])).toEqual([[waiting, receiver.received[1]!.text]])
    expect(waiting).not.toBe(arrived)
    await lab.stop()
    const before = receiver.received.length
    receiver.reply = { status: 200 }
    lab = await openLab({ folder: lab.folder, at: START + DAY_MS + 1_000 })
    await lab.run(DAY_MS)
    expect(receiver.received).toHaveLength(before)
    expect(await state()).toMatchObject({ waiting: 0 })
  })

  it('say so when their secret cannot be read under another GEGENSTROM_SECRET, and send nothing unsigned', async () => {
    await subscribe()
    await lab.stop()
    lab = await openLab({ folder: lab.folder, at: START + 60_000, secret: 'another secret, also thirty-two long or more' })
    await lab.schedule(1)
    await lab.run(0)
    expect(receiver.received).toEqual([])
    expect((await attempts())[0]).toMatchObject({ status: null, error: 'the secret cannot be read: set it anew' })
    await subscribe({ secret: OTHER })
    await lab.run(10_000)
    expect(await signedAs(OTHER, receiver.received[0]!)).toBe(0)
  })

  it('are the same when they are set twice, and not more than 50', async () => {
    const record = lab.running.journal.head
    const first = await subscribe()
    const { sequence } = record()
    expect(await subscribe({ events: EVENTS.toReversed() })).toEqual(first)
    expect(await subscribe({ secret: undefined })).toEqual(first)
    expect(record().sequence).toBe(sequence)
    for (let i = 1; i < 50; i++) expect((await subscribe({}, `hook-${i}`)).status).toBe(200)
    expect((await subscribe({}, 'one-more')).status).toBe(422)
    expect((await subscribe({ events: [] })).status).toBe(400)
    expect((await subscribe({ events: new Array<string>(21).fill('schedule.accepted') })).status).toBe(400)
    expect((await subscribe({ secret: 'whsec_c2hvcnQ=' })).body['errors']).toMatchObject([{ pointer: '/secret' }])
  })
})
