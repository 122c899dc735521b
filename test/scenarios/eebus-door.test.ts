// A control box limits a site of the running service over EEBUS: real TLS, the real application with stations, its link cut, its process killed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardSettings, startGuard } from '../../domain/limitation/energy-guard.ts'
import { watts } from '../../domain/units.ts'
import { eebusGuard } from '../../src/compose/eebus.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { shipIdentity } from '../../src/files/ship-identity.ts'
import { guidedPart } from '../../src/run/limitation/guided-part.ts'
import { contracts, FAILSAFE_W, limitedSite, type LimitedWorld } from './limited-site.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const HOUR_MS = 3_600_000
const LIMIT_W = 12_000
/** A meter is not exact. */
const TOLERANCE_W = 60
const [home, boxHome] = ['door', 'box'].map((name) => mkdtempSync(join(tmpdir(), `eebus-${name}-`))) as [string, string]
const box = shipIdentity(boxHome, 0)
let world: LimitedWorld
let guard: ReturnType<typeof control>

/** A control box that wants a limit of consumption and calls the service. */
function control(port: number) {
  const part = guidedPart({
    clock: world.clock,
    name: 'control box',
    guard: startGuard(guardSettings('consume', watts(LIMIT_W)), world.clock.elapsed()),
  })
  const own = shipIdentity(home, 0).ski
  const node = eebusGuard({
    identity: box,
    trust: trustStore([own]),
    clock: world.clock,
    random: () => 0,
    partsOf: () => ({ consume: part, produce: null }),
  })
  const hangUp = node.call(`wss://127.0.0.1:${port}/ship/`, own)
  return {
    want: (isActive: boolean) => part.take({ kind: 'want-limit', limit: { isActive, value: watts(LIMIT_W), durationMs: null } }),
    async close() {
      hangUp()
      part.stop()
      await node.close()
    },
  }
}
const port = () => world.running().doors.address('eebus')!.port
/** Sockets speak while the clock moves in small steps. */
async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  for (let rounds = 0; rounds < 600; rounds++) {
    if (await check()) return
    await setTimeout(10)
    await world.pass(100)
  }
  throw new Error(`it never came about; the site stands as ${JSON.stringify(await world.view())}`)
}
const stateOf = async () => (await world.view())['state']
const isState = (state: string) => async () => (await stateOf()) === state

beforeAll(async () => {
  const limitation = { consume: contracts({ by: 'eebus', guard: box.ski }).consume }
  world = await limitedSite(EVENING, limitation, 8, { eebus: { home, host: '127.0.0.1', port: 0, isAnnounced: false } })
  await world.pass(10 * HOUR_MS, () => {}, 60_000)
  guard = control(port())
})
afterAll(async () => {
  await guard?.close()
  await world?.stop()
  for (const folder of [home, boxHome]) rmSync(folder, { recursive: true, force: true })
})

describe('a control box over EEBUS', () => {
  it('F20: until it has come the failsafe limit holds; its limit is one of the site, signal and orders included (LPC-TS-017, LPC-TS-020)', async () => {
    expect(await stateOf()).toBe('init')
    expect(world.takes()).toBeLessThanOrEqual(FAILSAFE_W + TOLERANCE_W)
    guard.want(true)
    await until(isState('limited'))
    const { body } = await world.ask('GET', `/v1/signals/lpc:${world.site}`)
    expect(body).toMatchObject({ state: 'in-force', maxW: LIMIT_W })
    await world.pass(60_000, () => expect(world.ordered()).toBeLessThanOrEqual(LIMIT_W))
    expect(world.takes()).toBeLessThanOrEqual(LIMIT_W + TOLERANCE_W)
  })

  it('F20: its link is cut: 120 s after its last heartbeat the failsafe limit holds, and again after a kill (LPC-TS-029)', async () => {
    await guard.close()
    await world.pass(130_000)
    expect(await stateOf()).toBe('failsafe')
    await world.pass(20_000)
    expect(world.takes()).toBeLessThanOrEqual(FAILSAFE_W + TOLERANCE_W)
    await world.kill()
    await world.start()
    expect(await stateOf()).toBe('init')
    await world.pass(60_000, () => expect(world.takes()).toBeLessThanOrEqual(FAILSAFE_W + TOLERANCE_W))
  })

  it('F22: it comes back with heartbeat and limit, and lifts it (LPC-TS-033)', async () => {
    guard = control(port())
    guard.want(false)
    await until(isState('unlimited/controlled'))
    await until(() => world.ordered() > LIMIT_W)
    expect(world.complaints.filter((complaint) => complaint.startsWith('error'))).toEqual([])
  })

  it('whose site leaves the registry is sent away: nothing is confirmed that would limit nobody', async () => {
    const { registry } = world
    const sites = registry.sites.map((site) => ({ ...site, limitation: undefined }))
    await world.running().application.keep({ kind: 'registry-set', registry: { ...registry, sites } })
    await world.pass(1_000)
    const { body } = await world.ask('GET', `/v1/sites/${world.site}/limitations`)
    expect(body['limitations'] ?? []).toEqual([])
    expect((await world.ask('GET', `/v1/signals/lpc:${world.site}`)).body['state']).toBe('withdrawn')
  })
})
