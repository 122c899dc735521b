// The house behind a meter, told over a real socket by its energy manager: the cars of the site are planned with it at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantText, SLOT_MS } from '../../../../domain/time/slot.ts'
import { HOUR_MS, MINUTE_MS, openWorld, type World } from '../../../scenarios/world.ts'

const FROM = Date.parse('2026-01-15T20:00:00Z')
let world: World
let site = ''
const ask = async (method: string, body?: unknown, at = site) => {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}/v1/sites/${at}/load`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as Record<string, unknown>
  return [response.status, response.ok ? answer : String(answer['type']).split(':').at(-1)]
}
const load = (asOf: number, power: number, start = FROM + HOUR_MS) => ({
  asOf: instantText(asOf),
  start: instantText(start),
  powerW: new Array<number>(40).fill(power),
})

beforeAll(async () => {
  world = await openWorld({ from: FROM, stations: 4 })
  await world.runUntil(FROM + HOUR_MS)
  site = [...world.running.application.fleet.evses.values()].find(({ plan }) => plan !== null)!.evse.site
})
afterAll(() => world.stop())

describe('the load of a house', () => {
  it('changes the plans of its cars at once, and stays what was told last', async () => {
    const { fleet } = world.running.application
    const plans = () => fleet.evsesBySite.get(site as never)!.map((evse) => fleet.evses.get(evse)!.plan)
    const before = plans()
    const now = world.clock.now()
    expect(await ask('GET')).toEqual([404, 'not-found'])
    expect(await ask('PUT', load(now, -6_000))).toEqual([200, { isRepeated: false }])
    expect(plans()).not.toEqual(before)
    expect(await ask('PUT', load(now, -6_000))).toEqual([200, { isRepeated: true }])
    expect(await ask('GET')).toEqual([200, { site, ...load(now, -6_000) }])
    expect(plans()[0]!.cause).toBe('what the house is foreseen to take')
  })

  it('refuses what is older, of the future, out of step or of no site (F30)', async () => {
    const now = world.clock.now()
    expect(await ask('PUT', load(now - MINUTE_MS, 500))).toEqual([412, 'changed-meanwhile'])
    expect(await ask('PUT', load(now + HOUR_MS, 500))).toEqual([422, 'not-possible'])
    expect(await ask('PUT', load(now, 500, FROM + 1_000))).toEqual([422, 'not-possible'])
    expect(await ask('PUT', load(now, 500), 'nowhere')).toEqual([404, 'not-found'])
    expect(await ask('PUT', { ...load(now, 500), powerW: [] })).toEqual([400, 'invalid-request'])
    expect(await ask('PUT', { ...load(now, 500), powerW: [2_000_000] })).toEqual([400, 'invalid-request'])
    await world.runUntil(now + 2 * SLOT_MS)
    expect(world.complaints).toEqual([])
  })
})
