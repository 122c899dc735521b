// A grid operator speaks over the API on a night of twenty-four stations: limits and an activation act at once, begin and end to the millisecond, are replaced and withdrawn.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import { readEntries } from '../../adapters/journal-file/read-entries.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { instantText } from '../../domain/time/slot.ts'
import { factsOf, HOUR_MS, invariants, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** Most cars charge. */
const NIGHT = EVENING + 10 * HOUR_MS + 2 * MINUTE_MS
const AREA = 'area:VNB-7|T-1'
/** Dead time and ramp of a reduction. */
const FOLLOWED_MS = 10_000
/** A meter is not exact. */
const TOLERANCE_WATTS = 60
/** A car that can only charge with so much or rest keeps a sum from being met to the watt. */
const LEAST_WATTS = 4_140
let world: World
let pool = ''

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: Readonly<Record<string, unknown>>
}
async function ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Answer['body'],
  }
}
function limit(version: number, maxW: number | null, more: object = {}): object {
  const now = instantText(world.clock.now())
  return { version, issuedAt: now, subjects: [AREA], rank: 'grid-limit', maxW, from: now, reference: 'intervention 7', ...more }
}
const put = (id: string, body: object) => ask('PUT', `/v1/signals/${id}`, body)
const get = async (id: string) => (await ask('GET', `/v1/signals/${id}`)).body
const withdraw = (id: string, version: number) => ask('DELETE', `/v1/signals/${id}?version=${version}`)
const run = (ms: number) => world.runUntil(world.clock.now() + ms)
const at = (ms: number) => instantText(world.clock.now() + ms)
/** What the cars at all EVSEs, or those that fit, take by their own truth. */
const takes = () => world.twin.cars().reduce((sum, { power }) => sum + power, 0)
/** What living orders ask for. */
function ordered(): number {
  let sum = 0
  for (const live of world.running.application.fleet.evses.values()) {
    const order = live.session === null ? null : liveOrder(live, world.clock.now())
    if (order !== null) sum += orderedPower(order.content, world.clock.now())
  }
  return sum
}
const head = () => world.running.journal.head().sequence
async function since(sequence: number): Promise<readonly JournalEntry[]> {
  return (await world.journal()).filter((entry) => entry.sequence > sequence)
}

beforeAll(async () => {
  const fleet = twinFleet({ seed: '1', stations: 24, from: EVENING })
  const sites = fleet.registry.sites.map((site) => ({ ...site, gridArea: AREA.slice(5) }))
  world = await openWorld({ from: EVENING, fleet: { ...fleet, registry: { ...fleet.registry, sites } } })
  pool = `pool:${fleet.registry.pools[0]!.id}`
  await world.runUntil(NIGHT)
})
afterAll(() => world.stop())

describe('a limit on a grid area', () => {
  it('is durable and its orders are on the wire when it is acknowledged; plans follow (I5, F19)', async () => {
    expect(takes()).toBeGreaterThan(100_000)
    const before = head()
    const answer = await put('night', limit(1, 40_000))
    // No time has passed and nothing else has run: this is what the sender knows now.
    const durable = world.running.journal.durableHead().sequence
    expect([answer.status, answer.body['state'], answer.body['isRepeated']]).toEqual([200, 'in-force', false])
    const onDisk: JournalEntry[] = []
    for await (const entry of readEntries(listSegments(world.journalFolder), before, Number.MAX_SAFE_INTEGER)) onDisk.push(entry)
    expect(onDisk[0]!.fact.kind).toBe('signal-received')
    expect(onDisk[0]!.sequence).toBeLessThanOrEqual(durable)
    const kinds = new Set(onDisk.slice(1).map(({ fact }) => fact.kind))
    expect(kinds).toEqual(new Set(['order-moved', 'order-issued']))
    const told = new Set(factsOf(onDisk, 'order-issued').map(({ order }) => order.evse))
    expect(told.size).toBeGreaterThan(5)
    expect(framesOut(NIGHT)).toBeGreaterThanOrEqual(told.size)
    expect(ordered()).toBeLessThanOrEqual(40_000)
    expect(answer.body).toMatchObject({ told: told.size, evses: 24, firstOrderAt: at(0) })

    const atOnce = head()
    await run(1)
    const plans = factsOf(await since(atOnce), 'plan-published')
    expect(plans.length).toBeGreaterThan(3)
    expect(plans.every((plan) => plan.at === world.clock.now() - 1)).toBe(true)
  })

  it('I1: is kept from ten seconds after its receipt on, minute by minute, and says what has become of it', async () => {
    await run(FOLLOWED_MS)
    expect(takes()).toBeLessThanOrEqual(40_000 + TOLERANCE_WATTS)
    expect(takes()).toBeGreaterThan(20_000)
    const seen: number[] = []
    await world.watchUntil(world.clock.now() + 20 * MINUTE_MS, () => seen.push(takes()))
    expect(Math.max(...seen)).toBeLessThanOrEqual(40_000 + TOLERANCE_WATTS)
    const body = await get('night')
    expect(body).toMatchObject({ state: 'in-force', version: 1, authority: 'lab', reference: 'intervention 7' })
    expect(body['confirmed']).toBe(body['told'])
    expect(Date.parse(body['lastConfirmedAt'] as string)).toBeGreaterThanOrEqual(Date.parse(body['firstOrderAt'] as string))
    expect(body['measuredW']).toBeLessThanOrEqual(40_000 + TOLERANCE_WATTS)
  })

  it('shows its authority and reference where somebody asks why', async () => {
    const { body } = await ask('GET', '/v1/stations?limit=100')
    const ladders = JSON.stringify(body)
    expect(ladders).toContain('lab (intervention 7)')
  })

  it('sent twice is one, and acts once: the same receipt and nothing new on record', async () => {
    const content = limit(2, 60_000)
    const first = await put('night', content)
    await run(1_000)
    const before = head()
    const again = await put('night', content)
    expect([first.status, again.status, again.body['isRepeated']]).toEqual([200, 200, true])
    expect(again.body['receivedAt']).toBe(first.body['receivedAt'])
    expect(head()).toBe(before)
  })

  it('I10: an older version never replaces a newer one, and the same version says one thing only', async () => {
    const older = await put('night', limit(1, 1_000))
    expect([older.status, older.body['type']]).toEqual([409, 'urn:gegenstrom:problem:version-conflict'])
    expect(older.body['detail']).toContain('version 2')
    const other = await put('night', limit(2, 61_000))
    expect([other.status, other.body['detail']]).toEqual([
      409,
      'version 2 is known with another content; a change needs a higher version',
    ])
    expect((await get('night'))['maxW']).toBe(60_000)
    await run(2 * MINUTE_MS)
    expect(takes()).toBeGreaterThan(41_000)
    expect(takes()).toBeLessThanOrEqual(60_000 + TOLERANCE_WATTS)
  })

  it('is lifted by its withdrawal at once, and what was withdrawn never comes back (I10)', async () => {
    expect((await withdraw('night', 1)).status).toBe(409)
    const lifted = await withdraw('night', 3)
    expect([lifted.status, lifted.body['state'], lifted.body['version']]).toEqual([200, 'withdrawn', 3])
    expect(ordered()).toBeGreaterThan(61_000)
    expect((await withdraw('night', 3)).body['isRepeated']).toBe(true)
    for (const version of [1, 2, 3]) expect((await put('night', limit(version, 1_000))).status).toBe(409)
    expect((await put('night', limit(4, 80_000))).status).toBe(200)
    expect(ordered()).toBeLessThanOrEqual(80_000)
    expect((await withdraw('night', 4)).status).toBe(200)
    await run(MINUTE_MS)
    expect(takes()).toBeGreaterThan(80_000)
  })

  it('that lies ahead acts at its first millisecond and ends at its last', async () => {
    const [begins, ends] = [world.clock.now() + 90_500, world.clock.now() + 4 * MINUTE_MS + 123]
    const body = limit(1, 30_000, { from: instantText(begins), until: instantText(ends) })
    expect((await put('ahead', body)).body['state']).toBe('scheduled')
    await world.runUntil(begins - 1)
    expect(ordered()).toBeGreaterThan(60_000)
    let before = head()
    await world.runUntil(begins)
    const atFirst = factsOf(await since(before), 'order-issued')
    expect(atFirst.length).toBeGreaterThan(3)
    expect(atFirst.every((fact) => fact.at === begins)).toBe(true)
    expect(ordered()).toBeLessThanOrEqual(30_000)
    await world.runUntil(begins + FOLLOWED_MS)
    expect(takes()).toBeLessThanOrEqual(30_000 + TOLERANCE_WATTS)

    await world.runUntil(ends - 1)
    expect(ordered()).toBeLessThanOrEqual(30_000)
    before = head()
    await world.runUntil(ends)
    expect(factsOf(await since(before), 'order-issued').every((fact) => fact.at === ends)).toBe(true)
    expect(ordered()).toBeGreaterThan(50_000)
    expect((await get('ahead'))['state']).toBe('ended')
  })
})

describe('an activation of a pool', () => {
  const activation = (version: number, watts: number, more: object = {}) =>
    limit(version, watts, { rank: 'activation', minW: watts, subjects: [pool], until: at(5 * MINUTE_MS), ...more })

  it('is split over the cars at once, and tells what is granted of what was asked', async () => {
    const asked = async (version: number, power: number) => {
      const { status, body } = await put('afrr', activation(version, power))
      expect([status, body['state'], body['maxW'], body['orderedW']]).toEqual([200, 'in-force', power, ordered()])
      return ordered()
    }
    // Far more than there is, either way: what is granted are the ends of the band.
    const most = await asked(1, 900_000)
    const least = await asked(2, -900_000)
    expect(most - least).toBeGreaterThan(50_000)
    for (const part of [0.25, 0.5, 0.75]) {
      const target = Math.round(least + part * (most - least))
      const got = await asked(3 + part * 4, target)
      expect(Math.abs(got - target)).toBeLessThanOrEqual(LEAST_WATTS)
    }
  })

  it('of two in one millisecond the one received last counts', async () => {
    const [first, second] = [put('afrr', activation(7, 100_000)), put('afrr-2', activation(1, 70_000))]
    expect([(await first).status, (await second).status]).toEqual([200, 200])
    const received = factsOf(await world.journal(), 'signal-received').slice(-2)
    expect(received[0]!.at).toBe(received[1]!.at)
    const wanted = Number(received[1]!.signal.max)
    expect(Math.abs(ordered() - wanted)).toBeLessThanOrEqual(LEAST_WATTS)
  })

  it('stays below a limit of the grid, whichever came first (I9)', async () => {
    await put('cap', limit(1, 20_000))
    expect(ordered()).toBeLessThanOrEqual(20_000)
    await put('afrr', activation(8, 90_000))
    expect(ordered()).toBeLessThanOrEqual(20_000)
    await withdraw('cap', 1)
    expect(Math.abs(ordered() - 90_000)).toBeLessThanOrEqual(LEAST_WATTS)
  })

  it('that asks for discharge gets what drivers allow, breaks no promise, and ends with its last millisecond', async () => {
    await put('afrr', activation(9, -60_000))
    const ends = world.clock.now() + 5 * MINUTE_MS
    expect(ordered()).toBeLessThanOrEqual(0)
    const look = invariants(world)
    const broken: string[] = []
    await world.watchUntil(ends - 1, (now) => broken.push(...look(now)))
    expect(broken).toEqual([])
    await world.runUntil(ends)
    expect(ordered()).toBeGreaterThan(0)
    expect((await get('afrr'))['state']).toBe('ended')
  })
})

/** Profiles that have left for stations since an instant, as far as they are remembered. */
function framesOut(since: number): number {
  return world.fleet.stations.reduce(
    (sum, { id }) =>
      sum +
      world.running.ocpp
        .frames(id as never)
        .filter(({ at, direction, text }) => at >= since && direction === 'out' && text.includes('SetChargingProfile')).length,
    0,
  )
}
