// A grid area of twenty cars is limited for a night: plans keep within the limit, each driver is told what the morning will be, and all is back at once when the limit goes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import { instantText } from '../../domain/time/slot.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const AFTERNOON = Date.parse('2026-01-15T13:00:00Z')
const LATE = AFTERNOON + 11 * HOUR_MS + 2 * MINUTE_MS
const SLOT_MS = 15 * MINUTE_MS
const MAX_W = 9_000
/** Half a watt a car: plans are whole watts. */
const ROUNDED_W = 20
let world: World
/** What the drivers were told to be missing together, Wh. */
let short = 0

interface PlanBody {
  readonly gridLimit: {
    readonly until: string | null
    readonly missingWh: number | null
    readonly sentence: string
    readonly subject: string
  } | null
  readonly breaches: readonly { readonly kind: string; readonly missingWh: number; readonly cause: string }[]
  readonly slots: readonly { readonly start: string; readonly powerW: number }[]
}
async function ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object) {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const run = (ms: number) => world.runUntil(world.clock.now() + ms)
const sessions = () => [...world.running.application.fleet.evses.values()].flatMap(({ session }) => session ?? [])
const plans = () =>
  Promise.all(sessions().map(async (session) => (await ask('GET', `/v1/sessions/${session}/plan`)).body as unknown as PlanBody))
function ordered(): number {
  let sum = 0
  for (const live of world.running.application.fleet.evses.values()) {
    const order = live.session === null ? null : liveOrder(live, world.clock.now())
    if (order !== null) sum += orderedPower(order.content, world.clock.now())
  }
  return sum
}
/** The largest sum of plans in the quarter-hours that begin within a time. */
function largest(all: readonly PlanBody[], from: number, until: number): number {
  const sums = new Map<string, number>()
  for (const { slots } of all) for (const { start, powerW } of slots) sums.set(start, (sums.get(start) ?? 0) + powerW)
  return Math.max(...[...sums].flatMap(([start, sum]) => (Date.parse(start) >= from && Date.parse(start) < until ? [sum] : [])))
}
const missingIn = (all: readonly PlanBody[]) =>
  all.flatMap(({ breaches }) => breaches.filter(({ kind }) => kind === 'target').map(({ missingWh }) => missingWh))
const limit = (version: number, more: object = {}) => ({
  version,
  issuedAt: instantText(world.clock.now()),
  subjects: ['area:north'],
  rank: 'grid-limit',
  maxW: MAX_W,
  from: instantText(world.clock.now()),
  until: instantText(LATE + 9 * HOUR_MS),
  reference: 'transformer 7',
  ...more,
})

beforeAll(async () => {
  const fleet = twinFleet({ seed: '3', stations: 20, from: AFTERNOON })
  const sites = fleet.registry.sites.map((site) => ({ ...site, gridArea: 'north' }))
  world = await openWorld({ from: AFTERNOON, fleet: { ...fleet, registry: { ...fleet.registry, sites } } })
  await world.runUntil(LATE)
})
afterAll(() => world.stop())

describe('drivers in a grid area that is limited for a night', () => {
  it('are told nothing, and planned each for himself, while nobody limits it', async () => {
    const all = await plans()
    expect(all.length).toBeGreaterThan(12)
    expect(all.filter(({ gridLimit }) => gridLimit !== null)).toEqual([])
    expect(missingIn(all)).toEqual([])
    expect(largest(all, LATE, LATE + 9 * HOUR_MS)).toBeGreaterThan(2 * MAX_W)
    expect(factsOf(await world.journal(), 'plan-published').filter(({ free }) => free !== undefined)).toEqual([])
  })

  it('hear who limits what until when, and how short of their wish they will be; the plans together keep within it', async () => {
    expect((await ask('PUT', '/v1/signals/night', limit(1))).status).toBe(200)
    expect(ordered()).toBeLessThanOrEqual(MAX_W)
    await run(MINUTE_MS)
    const all = await plans()
    expect(largest(all, LATE + SLOT_MS, LATE + 9 * HOUR_MS)).toBeLessThanOrEqual(MAX_W + ROUNDED_W)
    const told = all.flatMap(({ gridLimit }) => gridLimit ?? [])
    expect(told.length).toBe(all.length)
    const shorter = told.filter(({ missingWh }) => missingWh !== null)
    expect(shorter.length).toBeGreaterThan(3)
    short = shorter.reduce((sum, { missingWh }) => sum + missingWh!, 0)
    expect(short).toBeGreaterThan(20_000)
    for (const { sentence, missingWh, until, subject } of told) {
      expect([subject, until]).toEqual(['area:north', instantText(LATE + 9 * HOUR_MS)])
      expect(sentence).toContain(
        `The grid operator (lab, transformer 7) limits all cars of your grid area together to 9 kW until ${until}.`,
      )
      expect(sentence).toMatch(
        missingWh === null
          ? /as full as you asked for by .* all the same\.$/
          : /short of [\d.]+ kWh by .*: about \d+ % instead of \d+ %\.$/,
      )
    }
    for (const { breaches } of all)
      for (const { kind, cause } of breaches) if (kind === 'target') expect(cause).toContain('what area north max leaves')
  })

  it('are held to the limit through the quarter-hours, by plans and orders alike, with a certificate', async () => {
    for (let i = 0; i < 4; i++) {
      await run(SLOT_MS)
      expect(ordered()).toBeLessThanOrEqual(MAX_W)
      const now = world.clock.now()
      expect(largest(await plans(), now, now + 6 * HOUR_MS)).toBeLessThanOrEqual(MAX_W + ROUNDED_W)
    }
    const { body } = await ask('GET', '/v1/fleet-plans')
    const rows = JSON.stringify(body)
    expect(rows).toContain('area north max')
  })

  it('are back at once when it is withdrawn: orders before plans, and the morning is as it was', async () => {
    const before = world.running.journal.head().sequence
    expect((await ask('DELETE', '/v1/signals/night?version=2')).status).toBe(200)
    expect(ordered()).toBeGreaterThan(2 * MAX_W)
    const atOnce = (await world.journal()).filter(({ sequence }) => sequence > before)
    expect(factsOf(atOnce, 'plan-published')).toEqual([])
    expect((await plans()).filter(({ gridLimit }) => gridLimit !== null)).toEqual([])
    await run(MINUTE_MS)
    // What an hour and a half have cost is lost for those who leave first; nobody is short because of the limit any more.
    const after = await plans()
    expect(missingIn(after).reduce((sum, wh) => sum + wh, 0)).toBeLessThan(0.3 * short)
    expect(JSON.stringify(after)).not.toContain('area north')
    const free = [...world.running.application.fleet.evses.values()].filter(
      ({ session, plan }) => session !== null && plan?.free !== undefined,
    )
    expect(free).toEqual([])
  })

  it('hear of one that is announced; orders stay as they are when it is, and plans keep within it', async () => {
    const begins = world.clock.now() + 2 * HOUR_MS + 7 * MINUTE_MS
    const freely = ordered()
    const put = await ask(
      'PUT',
      '/v1/signals/dawn',
      limit(1, { from: instantText(begins), until: instantText(begins + 4 * HOUR_MS) }),
    )
    expect(put.body['state']).toBe('scheduled')
    expect(ordered()).toBe(freely)
    await run(MINUTE_MS)
    const all = await plans()
    expect(largest(all, begins + SLOT_MS, begins + 4 * HOUR_MS - SLOT_MS)).toBeLessThanOrEqual(MAX_W + ROUNDED_W)
    expect(all.find(({ gridLimit }) => gridLimit !== null)!.gridLimit!.sentence).toContain(
      `9 kW from ${instantText(begins)} until`,
    )
    expect((await ask('DELETE', '/v1/signals/dawn?version=2')).status).toBe(200)
  })
})
