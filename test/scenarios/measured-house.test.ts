// A house whose energy manager tells the running service over EEBUS what its meter says: cars and house share one fuse, and a meter that says nothing that counts frees nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentity } from '../../adapters/eebus/ship/certificate.ts'
import { shipNode, type ShipNode } from '../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { spineLink } from '../../adapters/eebus/spine/link.ts'
import { localDevice } from '../../adapters/eebus/spine/local-device.ts'
import { METERED, playedMeter } from '../../adapters/eebus/use-cases/played-meter.ts'
import { playedHouse } from '../../adapters/eebus/use-cases/played-house.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../adapters/wire/in-flight.ts'
import { trustFileIn } from '../../src/compose/open-eebus.ts'
import { addTrusted } from '../../src/files/eebus-trust-file.ts'
import { shipIdentity } from '../../src/files/ship-identity.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** Most cars charge. */
const NIGHT = EVENING + 10 * HOUR_MS + 2 * MINUTE_MS
const FUSE_AMPS = 40
const CARRIES_W = FUSE_AMPS * 230 * 3
const HOUSE_W = 9_000
const TELL_MS = 10_000
/** A minute in which a meter, plan and orders follow a house that has changed. */
const TOLERANCE_W = 300

describe('a house that is measured', () => {
  const home = mkdtempSync(join(tmpdir(), 'measured-'))
  const [work, manager, wallbox] = [inFlight(), createIdentity('manager', 0), createIdentity('wallbox', 0)]
  let world: World
  let node: ShipNode | null = null
  let [houseW, state]: [number, 'error' | 'outOfRange' | undefined] = [HOUSE_W, undefined]
  let site = ''
  const address = 'd:_n:manager'
  const meter = localDevice({ address, type: 'EnergyManagementSystem', ...METERED })
  const measuring = playedMeter(meter)
  const takes = () => world.twin.cars().reduce((sum, { power }) => sum + power, 0)
  const pass = (ms: number) => world.runUntil(world.clock.now() + ms)
  async function told(): Promise<Record<string, unknown>> {
    const { port } = world.running.address
    const response = await fetch(`http://127.0.0.1:${port}/v1/sites/${site}/measured-load`)
    return { status: response.status, ...((await response.json()) as object) }
  }
  /** An energy manager that calls the service, with its device. */
  async function call(name: string, identity: typeof manager, device: typeof meter): Promise<ShipNode> {
    const own = shipIdentity(home, 0).ski
    const opened = shipNode({
      identity,
      id: name,
      clock: world.clock,
      trust: trustStore([own]),
      random: () => 0,
      inFlight: work,
      onOpen({ peer, send, close }) {
        const link = spineLink({ device, from: peer, clock: world.clock, send, close: () => close() })
        return { receive: link.receive, ended: () => link.ended() }
      },
    })
    opened.call(`wss://127.0.0.1:${world.running.doors.address('eebus')!.port}/ship/`, own)
    await work.idle()
    return opened
  }
  function tell(): void {
    const connection = state === undefined ? houseW + takes() : 0
    measuring.tell({ connection, sun: 0, battery: 0, heatPump: 3_000 }, world.clock.now(), state)
    world.clock.after(TELL_MS, 'manager', tell)
  }
  /** The most that house and cars take together in a time, looked at in the middle of each minute. */
  async function most(ms: number): Promise<number> {
    let found = -Infinity
    await world.watchUntil(world.clock.now() + ms, () => (found = Math.max(found, houseW + takes())))
    return found
  }

  beforeAll(async () => {
    const fleet = twinFleet({ seed: '1', stations: 6, from: EVENING })
    const one = { ...fleet.registry.sites[0]!, fuseAmps: FUSE_AMPS, feedInMax: fleet.registry.sites[0]!.feedInMax }
    site = one.id
    const evses = fleet.registry.evses.map((evse) => ({ ...evse, site: one.id }))
    for (const { ski } of [manager, wallbox]) {
      const since = new Date(EVENING).toISOString()
      addTrusted(trustFileIn(home), { ski, name: 'house', site, since })
    }
    world = await openWorld({
      from: EVENING,
      fleet: { ...fleet, registry: { ...fleet.registry, sites: [one], evses } },
      work,
      doors: { eebus: { home, host: '127.0.0.1', port: 0, isAnnounced: false, inFlight: work } },
    })
    await world.runUntil(NIGHT)
  })
  afterAll(async () => {
    await node?.close()
    await world?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  it('nobody has told of it: cars use the fuse as if there were no house', async () => {
    expect(await told()).toMatchObject({ status: 404 })
    expect(takes()).toBeGreaterThan(CARRIES_W - HOUSE_W + 2_000)
  })

  it('MGCP-TS-012: its meter counts house and cars; the house is what is left, with its age and whoever told it', async () => {
    tell()
    node = await call(address, manager, meter)
    await pass(2 * MINUTE_MS)
    const view = await told()
    expect(view).toMatchObject({ state: 'measured', reason: 'measured', by: manager.ski, status: 200 })
    expect(Math.abs((view['powerW'] as number) - HOUSE_W)).toBeLessThan(TOLERANCE_W)
    expect(view['ageSeconds']).toBeLessThanOrEqual(120)
    const now = view['now'] as { readonly parts: unknown; readonly connectionW: number; readonly stamp: string }
    expect(now.connectionW).toBeGreaterThan(HOUSE_W)
    expect(now.parts).toContainEqual(expect.objectContaining({ kind: 'HeatPumpAppliance', powerW: 3_000 }))
    expect(Math.abs(Date.parse(now.stamp) - world.clock.now())).toBeLessThanOrEqual(2 * TELL_MS)
  })

  it('cars and house stay within the fuse from then on, also when the house takes more', async () => {
    await pass(2 * MINUTE_MS)
    expect(await most(10 * MINUTE_MS)).toBeLessThanOrEqual(CARRIES_W + TOLERANCE_W)
    houseW = 14_000
    await pass(4 * MINUTE_MS)
    expect(await most(10 * MINUTE_MS)).toBeLessThanOrEqual(CARRIES_W + TOLERANCE_W)
    houseW = HOUSE_W
    await pass(3 * MINUTE_MS)
  })

  it('is recorded when it has changed, at most once a minute, and not with every value', async () => {
    const recorded = factsOf(await world.journal(), 'site-load-measured')
    expect(recorded.length).toBeGreaterThanOrEqual(3)
    expect(recorded.length).toBeLessThanOrEqual(20)
    for (const [i, { at }] of recorded.entries()) if (i > 0) expect(at - recorded[i - 1]!.at).toBeGreaterThanOrEqual(MINUTE_MS)
  })

  it('MGCP-TS-008: a value that is an error is not used; after five minutes the worst of the last day is held, never nothing', async () => {
    state = 'error'
    await pass(8 * MINUTE_MS)
    expect(await told()).toMatchObject({ state: 'held', reason: 'error', powerW: null })
    expect((await told())['mostW']).toBeGreaterThan(13_000)
    expect(await most(5 * MINUTE_MS)).toBeLessThanOrEqual(CARRIES_W - 14_000 + houseW + TOLERANCE_W)
    state = undefined
    await pass(2 * MINUTE_MS)
    expect(await told()).toMatchObject({ state: 'measured', reason: 'measured' })
  })

  it('its link is cut: the last value holds for five minutes, then the worst of the last day, for as long as nobody tells', async () => {
    await node!.close()
    await pass(4 * MINUTE_MS)
    expect(await told()).toMatchObject({ state: 'measured', reason: 'not-connected', now: null })
    await pass(4 * MINUTE_MS)
    expect(await told()).toMatchObject({ state: 'held', reason: 'not-connected' })
    await pass(2 * HOUR_MS)
    expect(await told()).toMatchObject({ state: 'held' })
    expect(await most(5 * MINUTE_MS)).toBeLessThanOrEqual(CARRIES_W - 14_000 + houseW + TOLERANCE_W)
    expect(world.complaints).toEqual(expect.arrayContaining([expect.stringContaining('a house is not measured any more')]))
  })

  it('a manager with a charging station tells of the car there: power and state of charge with its age', async () => {
    const house = playedHouse({ address: 'd:_n:wallbox', clock: world.clock })
    house.tell({ load: HOUSE_W + takes(), sun: 0, car: { a: 6, b: 6, c: 6 }, soc: 0.62 })
    node = await call('d:_n:wallbox', wallbox, house.device)
    await pass(MINUTE_MS)
    const { now } = (await told()) as { readonly now: { readonly cars: readonly Record<string, unknown>[] } }
    expect(now.cars).toMatchObject([{ place: '4.1', powerW: 4_140, soc: 0.62, capacityWh: 64_000 }])
    expect(now.cars[0]!['socAgeSeconds']).toBeLessThanOrEqual(60)
  })
})
