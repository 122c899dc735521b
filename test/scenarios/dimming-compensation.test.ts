// Each time a control box or a relay limits what a connection takes, what its cars did not draw is recorded once, by the quarter-hour (rows 31, 34); nothing else it does is.
import { afterEach, describe, expect, it } from 'vitest'
import { SLOT_MS, startOf } from '../../domain/time/slot.ts'
import { watts } from '../../domain/units.ts'
import { openReceiver } from '../adapters/webhooks/push-lab.ts'
import { contracts, limitedSite, type LimitedWorld } from './limited-site.ts'
import { factsOf } from './world.ts'

const NIGHT = Date.parse('2026-01-15T02:00:00Z')
const MINUTE_MS = 60_000
let world: LimitedWorld
afterEach(() => world.stop())

const told = async () => factsOf(await world.journal(), 'limit-compensated')
const taken = () => world.twin.cars().reduce((sum, { importedWh, exportedWh }) => sum + importedWh - exportedWh, 0)
/** The guard is there, nothing is limited, and the cars charge. */
async function charging(): Promise<void> {
  world.guard(true)
  await world.pass(MINUTE_MS)
  for (const direction of ['consume', 'produce'] as const) await world.limit({ isActive: false, powerW: 0 }, direction)
  await world.pass(80 * MINUTE_MS, () => {}, MINUTE_MS)
  expect(world.takes()).toBeGreaterThan(20_000)
}

describe('the compensation of a connection that is dimmed', () => {
  it('is recorded once for each dimming of a control box, over a change of its limit and a restart, and told by webhook', async () => {
    world = await limitedSite(NIGHT, contracts(), 8, {}, { webhookSecret: 'outlives the process, and has thirty-two letters' })
    const receiver = await openReceiver()
    const set = await world.ask('PUT', '/v1/webhooks/trader', { url: receiver.url, events: ['limit.compensated'] })
    expect(set.status).toBe(200)
    await charging()
    const begin = world.clock.now()
    const before = taken()
    const cars = [...world.fleet().evses.values()].filter(({ session }) => session !== null).length
    await world.limit({ isActive: true, powerW: 6_000 })
    await world.pass(20 * MINUTE_MS, () => {}, MINUTE_MS)
    await world.limit({ isActive: true, powerW: 9_000 })
    await world.pass(20 * MINUTE_MS, () => {}, MINUTE_MS)
    const end = world.clock.now()
    const drawn = taken() - before
    await world.limit({ isActive: false, powerW: 0 })
    await world.pass(5 * MINUTE_MS, () => {}, MINUTE_MS)
    expect(await told()).toEqual([])
    await world.kill()
    await world.start()
    await world.pass(20 * MINUTE_MS, () => {}, MINUTE_MS)

    const [first, ...rest] = await told()
    expect(rest).toEqual([])
    expect(first).toMatchObject({ signal: `lpc:${world.site}`, cars })
    expect(first!.notDrawnWh).toBeGreaterThan(8_000)
    expect(first!.slots.reduce((sum, { notDrawnWh }) => sum + notDrawnWh, 0)).toBe(first!.notDrawnWh)
    expect(startOf(first!.slots[0]!.slot)).toBeGreaterThan(begin - SLOT_MS)
    expect(startOf(first!.slots.at(-1)!.slot)).toBeLessThan(end)
    const measured = first!.slots.reduce((sum, { measuredWh }) => sum + measuredWh, 0)
    expect(Math.abs(measured - drawn)).toBeLessThan(0.03 * drawn)

    // The next one is another one, and neither is told again by the next restart.
    world.guard(true)
    await world.limit({ isActive: false, powerW: 0 })
    await world.pass(10 * MINUTE_MS, () => {}, MINUTE_MS)
    await world.limit({ isActive: true, powerW: 5_000, durationSeconds: 900 })
    await world.pass(40 * MINUTE_MS, () => {}, MINUTE_MS)
    await world.kill()
    await world.start()
    await world.pass(30 * MINUTE_MS, () => {}, MINUTE_MS)
    const all = await told()
    expect(all.map(({ signal }) => signal)).toEqual([first!.signal, first!.signal])
    expect(all[1]!.version).toBeGreaterThan(first!.version)
    expect(receiver.received.map(({ body: { type, data } }) => [type, data['signal'], data['version']])).toEqual(
      all.map(({ signal, version }) => ['limit.compensated', signal, version]),
    )
    await receiver.close()
  })

  it('is recorded for a relay, and neither for the failsafe limit nor for a limit on what it gives', async () => {
    const byRelay = { by: 'relay' as const, relayLevels: [watts(5_000), watts(0)] }
    const { consume } = contracts(byRelay)
    world = await limitedSite(NIGHT, { consume, produce: contracts().produce })
    const tell = (...closed: readonly boolean[]) =>
      world.ask('PUT', `/v1/sites/${encodeURIComponent(world.site)}/relay`, { contacts: closed })
    /** Contacts are told every minute, as a guard has to. */
    async function contacts(minutes: number, ...closed: readonly boolean[]): Promise<void> {
      for (let i = 0; i < minutes; i++) {
        expect((await tell(...closed)).status).toBe(200)
        await world.pass(MINUTE_MS)
      }
    }
    await contacts(80, false, false)
    expect(world.takes()).toBeGreaterThan(20_000)
    await world.ask('POST', '/v1/limitations/heartbeats', {})
    await world.limit({ isActive: true, powerW: 0 }, 'produce')
    await contacts(10, true, false)
    await contacts(10, false, false)
    // Silence, and back: the failsafe limit was nobody's order.
    await world.pass(15 * MINUTE_MS, () => {}, MINUTE_MS)
    expect(await world.view()).toMatchObject({ state: 'failsafe' })
    await contacts(30, false, false)
    const all = await told()
    expect(all.map(({ signal }) => signal)).toEqual([`lpc:${world.site}`])
    expect(all[0]!.notDrawnWh).toBeGreaterThan(1_000)
    expect(all[0]!.slots.length).toBeLessThanOrEqual(2)
  })
})
