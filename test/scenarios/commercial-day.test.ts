// A commercial aggregator lives its days over the API, on a real socket: schedules of 100, 96 and 92 quarter-hours, two changes, deals, the reconciliation, and everything that is refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { deliveryDay } from '../../domain/time/delivery-day.ts'
import { later, slotAt, startOf } from '../../domain/time/slot.ts'
import { takeEnvelope } from '../../domain/live/signal-book.ts'
import type { Envelope } from '../../domain/signals/envelope.ts'
import { watts } from '../../domain/units.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

/** Saturday before the night of 25 hours, in the afternoon. */
const FROM = Date.parse('2025-10-25T14:00:00Z')
const LONG = deliveryDay('2025-10-26')
const USUAL = deliveryDay('2025-10-27')
const SHORT = deliveryDay('2026-03-29')
let world: World
let place = ''

interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: Record<string, never> & { readonly [key: string]: unknown }
}
async function ask(method: 'GET' | 'PUT', path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, etag: response.headers.get('etag'), body: (await response.json()) as Answer['body'] }
}
const send = (day: { date: string }, version: number, energyWh: readonly (number | null)[], message = `m${version}`) =>
  ask('PUT', `/v1/schedules/${place}/${day.date}`, { message, version, energyWh })
const flat = (slots: number, wattHours: number | null) => new Array<number | null>(slots).fill(wattHours)

beforeAll(async () => {
  world = await openWorld({ from: FROM, stations: 10 })
  await world.runUntil(FROM + 3 * HOUR_MS)
  const [portfolio] = world.running.answers.trading.portfolios(THE_PROCESS)
  place = `${portfolio!.balanceGroup}/${portfolio!.controlArea}`
})
afterAll(() => world.stop())

describe('a commercial aggregator', () => {
  it('reads what its cars can do before it sells anything, and every bound shows at once', async () => {
    const read = async (subject: string) => {
      const { status, body } = await ask('GET', `/v1/flexibility?subject=${encodeURIComponent(subject)}`)
      expect(status).toBe(200)
      return body['slots'] as unknown as Record<'pMinW' | 'pMaxW' | 'eMinWh' | 'eMaxWh' | 'offerMinWh' | 'offerMaxWh', number>[]
    }
    const { fleet } = world.running.application
    const [pool] = fleet.registry.pools
    const portfolio = await read(`portfolio:${place}`)
    expect(portfolio.length).toBeGreaterThan(20)
    expect(await read(`pool:${pool!.id}`)).toEqual(portfolio)
    for (const { pMinW, pMaxW, eMinWh, eMaxWh, offerMinWh, offerMaxWh } of portfolio) {
      expect(pMinW).toBeLessThanOrEqual(pMaxW)
      expect(Math.min(offerMinWh, offerMaxWh)).toBeGreaterThanOrEqual(eMinWh - 0.25)
      expect(Math.max(offerMinWh, offerMaxWh)).toBeLessThanOrEqual(eMaxWh + 0.25)
    }
    // What is sold for the night below can be taken: quarter-hour by quarter-hour and in sum.
    const first = slotAt(world.clock.now())
    let sold = 0
    let compared = 0
    portfolio.forEach(({ pMinW, pMaxW, eMaxWh }, t) => {
      const position = later(first, t) - LONG.first
      if (position < 0 || position >= 28) return
      sold += 2_500
      compared++
      expect(2_500, `quarter-hour ${position + 1}`).toBeGreaterThanOrEqual(pMinW / 4)
      expect(2_500, `quarter-hour ${position + 1}`).toBeLessThanOrEqual(pMaxW / 4)
      expect(sold).toBeLessThanOrEqual(eMaxWh)
    })
    expect(compared).toBeGreaterThan(8)

    const now = world.clock.now()
    const bound = (max: number): Envelope => ({
      subject: `pool:${pool!.id}`,
      from: now,
      until: now + HOUR_MS,
      rank: 'grid-limit',
      min: watts(-max),
      max: watts(max),
      provenance: { authority: 'grid operator', reference: 'test' },
      receivedAt: now,
    })
    const before = await read(`pool:${pool!.id}`)
    takeEnvelope(fleet.signals, bound(3_000), now)
    const bounded = await read(`pool:${pool!.id}`)
    fleet.signals.bySubject.clear()
    expect(bounded[1]!.pMaxW).toBe(3_000)
    expect(bounded[1]!.pMinW).toBe(-3_000)
    expect(bounded[3]!.eMaxWh).toBeLessThanOrEqual(3_000)
    expect(before[1]!.pMaxW).toBeGreaterThan(3_000)
    expect(await read(`pool:${pool!.id}`)).toEqual(before)
    expect((await ask('GET', '/v1/flexibility?subject=site:nowhere')).status).toBe(404)
    expect((await ask('GET', '/v1/flexibility?subject=moon')).status).toBe(400)
  })

  it('sends schedules for days of 100, 96 and 92 quarter-hours and reads them back position by position (F9)', async () => {
    for (const [day, slots] of [
      [LONG, 100],
      [USUAL, 96],
      [SHORT, 92],
    ] as const) {
      const energy = Array.from({ length: slots }, (_, i) => (i % 7 === 6 ? null : 250 * (i % 5)))
      const sent = await send(day, 1, energy)
      expect([sent.status, sent.etag, sent.body['isRepeated']]).toEqual([200, '"1"', false])
      const read = await ask('GET', `/v1/schedules/${place}/${day.date}`)
      expect(read.body).toMatchObject({ day: day.date, zone: 'Europe/Berlin', version: 1 })
      const slotsRead = read.body['slots'] as unknown as {
        position: number
        start: string
        energyWh: number | null
        isOpen: boolean
      }[]
      expect(slotsRead.map(({ energyWh }) => energyWh)).toEqual(energy)
      expect(slotsRead.map(({ position }) => position)).toEqual(Array.from({ length: slots }, (_, i) => i + 1))
      expect(Date.parse(slotsRead.at(-1)!.start)).toBe(startOf(later(day.first, slots - 1)))
      expect(slotsRead.every(({ isOpen }) => isOpen)).toBe(true)
    }
  })

  it('changes a schedule twice; sent twice it is one; every change is on record', async () => {
    const night = flat(100, null).map((value, i) => (i < 28 ? 2_500 : value))
    const first = await send(LONG, 2, night)
    expect(first.status).toBe(200)
    const again = await send(LONG, 2, night)
    expect([again.status, again.body['isRepeated'], again.body['changed']]).toEqual([200, true, []])
    // Ten cars cannot take more than their stations give them: taken, but told.
    expect(first.body['warnings']).toEqual([])
    const shifted = night.map((value, i) => (i >= 10 && i < 14 ? 3_000.25 : value))
    const second = await ask(
      'PUT',
      `/v1/schedules/${place}/${LONG.date}`,
      { message: 'm3', version: 3, energyWh: shifted },
      { 'If-Match': again.etag! },
    )
    expect([second.status, second.body['changed']]).toEqual([200, [11, 12, 13, 14]])
    const changes = await ask('GET', `/v1/schedules/${place}/${LONG.date}/changes`)
    const versions = changes.body['versions'] as unknown as { version: number; changes: unknown[] }[]
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(versions[2]!.changes[0]).toEqual({ position: 11, fromWh: 2_500, toWh: 3_000.25 })
    expect((await ask('GET', `/v1/schedules/${place}/${LONG.date}?version=2`)).body['version']).toBe(2)
  })

  it('sends its deals and finds both sides equal to the quarter watt-hour', async () => {
    const [balanceGroup, controlArea] = place.split('/')
    const trade = (id: string, energyWh: readonly number[], first = LONG.first, version = 1) =>
      ask('PUT', `/v1/trades/${id}`, {
        version,
        market: 'intraday',
        balanceGroup,
        controlArea,
        start: new Date(startOf(first)).toISOString().replace('.000', ''),
        energyWh,
        priceEurPerMWh: 61.25,
      })
    expect((await trade('day-ahead-1', flat(28, 2_500) as number[])).status).toBe(200)
    const before = await ask('GET', `/v1/reconciliation/${place}/${LONG.date}`)
    expect(before.body['openQuarterWh']).toBe(4 * 4 * 500.25)
    expect((await trade('intraday-1', flat(4, 500.25) as number[], later(LONG.first, 10))).status).toBe(200)
    expect((await trade('intraday-1', flat(4, 500.25) as number[], later(LONG.first, 10))).body).toEqual({ isRepeated: true })
    expect((await trade('intraday-1', [1], later(LONG.first, 10))).status).toBe(409)
    const { body } = await ask('GET', `/v1/reconciliation/${place}/${LONG.date}`)
    expect([body['version'], body['openQuarterWh']]).toEqual([3, 0])
    const slots = body['slots'] as unknown as { nominated: number | null; traded: number | null; difference: number }[]
    expect(slots).toHaveLength(100)
    expect(slots[12]).toMatchObject({
      position: 13,
      nominated: 12_001,
      traded: 12_001,
      metered: null,
      difference: 0,
      imbalance: null,
    })
  })

  it('is answered with the reason of every refusal', async () => {
    const problem = async (answer: Promise<Answer>) => {
      const { status, body } = await answer
      return [status, String(body['type']).replace('urn:gegenstrom:problem:', '')]
    }
    expect(await problem(send(LONG, 4, flat(97, 0)))).toEqual([422, 'not-possible'])
    expect(await problem(send(USUAL, 4, flat(97, 0)))).toEqual([422, 'not-possible'])
    expect((await send(USUAL, 4, flat(97, 0))).body['detail']).toBe('this day has 96 quarter-hours, the schedule has 97')
    expect(await problem(send(LONG, 2, flat(100, 1)))).toEqual([409, 'version-conflict'])
    expect(await problem(send(LONG, 1, flat(100, 1)))).toEqual([409, 'version-conflict'])
    expect(
      await problem(
        ask('PUT', `/v1/schedules/nobody/${place.split('/')[1]}/${LONG.date}`, {
          message: 'x',
          version: 1,
          energyWh: flat(100, 0),
        }),
      ),
    ).toEqual([404, 'not-found'])
    expect(
      await problem(
        ask('PUT', `/v1/schedules/${place.split('/')[0]}/Elsewhere/${LONG.date}`, {
          message: 'x',
          version: 1,
          energyWh: flat(100, 0),
        }),
      ),
    ).toEqual([400, 'invalid-request'])
    expect(
      await problem(ask('PUT', `/v1/schedules/${place}/2025-02-30`, { message: 'x', version: 1, energyWh: flat(96, 0) })),
    ).toEqual([400, 'invalid-request'])
    expect(await problem(send(LONG, 4, flat(100, 0.1)))).toEqual([400, 'invalid-request'])
    expect(await problem(send(LONG, 4, flat(100, 1e9)))).toEqual([422, 'not-possible'])
    expect(
      await problem(ask('PUT', `/v1/schedules/${place}/${LONG.date}`, '{"message":"x","version":4,"energyWh":[NaN]}')),
    ).toEqual([400, 'malformed-json'])
    expect(
      await problem(
        ask('PUT', `/v1/schedules/${place}/${LONG.date}`, {
          message: 'x',
          version: 4,
          energyWh: flat(100, 0),
          pad: 'x'.repeat(2 ** 20),
        }),
      ),
    ).toEqual([413, 'too-large'])
    expect(
      await problem(
        ask(
          'PUT',
          `/v1/schedules/${place}/${LONG.date}`,
          { message: 'x', version: 4, energyWh: flat(100, 0) },
          { 'If-Match': '"2"' },
        ),
      ),
    ).toEqual([412, 'changed-meanwhile'])
    expect(await problem(ask('GET', `/v1/schedules/${place}/2025-12-24`))).toEqual([404, 'not-found'])
    const inForce = await ask('GET', `/v1/schedules/${place}/${LONG.date}`)
    expect(inForce.etag).toBe('"3"')
  })

  it('sees its schedule planned for with a certificate, and kept by the cars', async () => {
    await world.runUntil(startOf(LONG.first) + 2 * HOUR_MS + MINUTE_MS)
    const plans = (await ask('GET', '/v1/fleet-plans')).body['items'] as unknown as {
      certificate: { gap: number }
      excess: unknown
      rows: { name: string }[]
    }[]
    expect(plans).toHaveLength(1)
    expect(plans[0]!.rows.map(({ name }) => name)).toContain('position')
    expect(plans[0]!.certificate.gap).toBeGreaterThanOrEqual(0)
    const planned = factsOf(await world.journal(), 'fleet-planned')
    expect(planned.length).toBeGreaterThan(3)
    for (const { value, bound } of planned) expect(bound).toBeLessThanOrEqual(value + 1)
    const { body } = await ask('GET', `/v1/reconciliation/${place}/${LONG.date}`)
    const slots = (
      body['slots'] as unknown as { metered: number | null; nominated: number | null; imbalance: number | null }[]
    ).slice(0, 8)
    const foreseen = (body['slots'] as unknown as { start: string; planned: number | null }[]).filter(
      ({ planned }) => planned !== null,
    )
    const plan = plans[0] as unknown as { slots: { start: string; powerW: number; expectedW: number | null }[] }
    expect(foreseen.length).toBeGreaterThan(8)
    for (const { start, planned: quarterWh } of foreseen) {
      const slot = plan.slots.find((other) => other.start === start)!
      expect(quarterWh).toBe(Math.round(slot.powerW + (slot.expectedW ?? 0)) + 0)
    }
    expect((body['slots'] as unknown as { planned: number | null }[])[0]!.planned).toBeNull()
    const nominated = slots.reduce((sum, slot) => sum + slot.nominated!, 0)
    const imbalance = slots.reduce((sum, slot) => sum + Math.abs(slot.imbalance!), 0)
    // Ten cars with dead times, ramps and least powers: what they miss of the schedule stays a small part of it.
    expect(imbalance / nominated).toBeLessThan(0.25)
  })

  it('cannot change a quarter-hour whose gate has closed, but the later ones, and an older version never replaces a newer (I10, F30)', async () => {
    const now = world.clock.now()
    const read = (await ask('GET', `/v1/schedules/${place}/${LONG.date}`)).body['slots'] as unknown as {
      energyWh: number | null
      isOpen: boolean
      start: string
    }[]
    const values = read.map(({ energyWh }) => energyWh)
    const open = read.findIndex(({ isOpen }) => isOpen)
    expect(Date.parse(read[open]!.start)).toBeGreaterThan(now + 30 * MINUTE_MS)
    const late = await send(LONG, 4, values.with(open - 1, 0))
    expect([late.status, late.body['type'], late.body['errors']]).toEqual([
      409,
      'urn:gegenstrom:problem:gate-closed',
      [{ pointer: `/energyWh/${open - 1}`, detail: 'the gate has closed' }],
    ])
    expect((await send(LONG, 5, values.with(open, 0))).body['changed']).toEqual([open + 1])
    const older = await send(LONG, 4, values)
    expect([older.status, older.body['type']]).toEqual([412, 'urn:gegenstrom:problem:changed-meanwhile'])
  })

  it('finds everything again after a restart: the book is rebuilt from the journal', async () => {
    const fleet = emptyFleet()
    for (const { fact, at } of await world.journal()) apply(fleet, fact, at)
    expect([...fleet.book.schedules]).toEqual([...world.running.application.fleet.book.schedules])
    expect([...fleet.book.trades]).toEqual([...world.running.application.fleet.book.trades])
    expect(factsOf(await world.journal(), 'schedule-refused').map(({ refusal }) => refusal.kind)).toEqual(
      expect.arrayContaining([
        'wrong-count',
        'version-conflict',
        'unknown-portfolio',
        'implausible',
        'gate-closed',
        'version-outdated',
      ]),
    )
    expect(world.complaints).toEqual([])
  })
})
