// A guard limits a connection of eight stations: what it says holds at once, in silence the failsafe limit does, and nothing of it is forgotten by a restart.
import { afterEach, describe, expect, it } from 'vitest'
import { FAILSAFE_W, limitedSite, type LimitedWorld } from './limited-site.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Dead time and ramp of a reduction. */
const FOLLOWED_MS = 20_000
/** A meter is not exact, and cars that cannot be led any lower rest. */
const TOLERANCE_W = 100
let world: LimitedWorld
afterEach(() => world.stop())

/** Cars want more than the failsafe limit lets them have: the guard is there, nothing is limited, most cars charge. */
async function chargingNight(): Promise<void> {
  world = await limitedSite(EVENING)
  world.guard(true)
  await world.pass(1)
  for (const direction of ['consume', 'produce'] as const)
    expect(await world.limit({ isActive: false, powerW: 0 }, direction)).toMatchObject({ status: 200 })
  await world.pass(10 * HOUR_MS + 2 * MINUTE_MS)
  expect(world.takes()).toBeGreaterThan(2 * FAILSAFE_W)
}

describe('a connection that a guard may limit', { timeout: 120_000 }, () => {
  it('F20: holds the failsafe limit from the first instant on, and a heartbeat alone does not end it (LPC-TS-017, F22)', async () => {
    world = await limitedSite(EVENING)
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W, ceiling: { by: 'failsafe' } })
    expect(await world.view('produce')).toMatchObject({ state: 'init', inForceW: -3_000 })
    world.guard(true)
    await world.pass(30 * MINUTE_MS, () => expect(world.ordered()).toBeLessThanOrEqual(FAILSAFE_W))
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W })
  })

  it('is limited at once and obeys 0 W as sent; what is deactivated ends (LPC-TS-027, LPC-TS-026)', async () => {
    await chargingNight()
    const answer = await world.limit({ isActive: true, powerW: 6_000 })
    expect(answer).toMatchObject({ status: 200, body: { state: 'limited', storedW: 6_000, inForceW: 6_000, until: null } })
    expect(world.ordered()).toBeLessThanOrEqual(6_000)
    await world.pass(FOLLOWED_MS)
    expect(world.takes()).toBeLessThanOrEqual(6_000 + TOLERANCE_W)
    expect(await world.limit({ isActive: true, powerW: 0 })).toMatchObject({ status: 200, body: { storedW: 0 } })
    expect(world.ordered()).toBeLessThanOrEqual(0)
    await world.pass(FOLLOWED_MS)
    expect(world.takes()).toBeLessThanOrEqual(TOLERANCE_W)
    expect(await world.limit({ isActive: false })).toMatchObject({ status: 200, body: { state: 'unlimited/controlled', inForceW: null } })
    await world.pass(10 * MINUTE_MS)
    expect(world.takes()).toBeGreaterThan(FAILSAFE_W)
  })
})
