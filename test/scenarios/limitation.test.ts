// A guard limits a connection of eight stations through a night: what it says holds at once, in silence the failsafe limit does, and nothing of it is forgotten by a restart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { instantText } from '../../domain/time/slot.ts'
import { watts } from '../../domain/units.ts'
import { runCommandLine } from '../../src/cli.ts'
import { contracts, FAILSAFE_W, limitedSite, type LimitedWorld } from './limited-site.ts'
import { factsOf } from './world.ts'

const NIGHT = Date.parse('2026-01-15T02:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Dead time and ramp of a reduction. */
const FOLLOWED_MS = 20_000
/** Meters are not exact. */
const TOLERANCE_W = 100
let world: LimitedWorld
beforeAll(async () => {
  world = await limitedSite(NIGHT)
})
afterAll(() => world.stop())

/** At every look: what is ordered is within a bound, and what is taken never longer beyond it than cars need to follow an order. */
function within(most: number): (at: number) => void {
  const isTaken = taken(most)
  return (at) => {
    expect(world.ordered(), instantText(at)).toBeLessThanOrEqual(most)
    isTaken(at)
  }
}
function taken(most: number): (at: number) => void {
  let within = world.clock.now()
  return (at) => {
    if (world.takes() <= most + TOLERANCE_W) within = at
    expect(at - within, `${instantText(at)}: ${world.takes()} W`).toBeLessThanOrEqual(FOLLOWED_MS)
  }
}
const signal = async () => (await world.ask('GET', `/v1/signals/lpc:${encodeURIComponent(world.site)}`)).body
async function released(): Promise<void> {
  for (const direction of ['consume', 'produce'] as const) {
    const { status, body } = await world.limit({ isActive: false, powerW: 0 }, direction)
    expect([status, body['state'], body['inForceW']]).toEqual([200, 'unlimited/controlled', null])
  }
}
/** Control is there, nothing is limited, and the cars take more than any limit below lets them. */
async function charging(): Promise<void> {
  await released()
  await world.pass(5 * MINUTE_MS)
  expect(world.takes()).toBeGreaterThan(2 * FAILSAFE_W)
}

describe('a connection whose guard is there', () => {
  it('F22: holds the failsafe limit from its first instant on, and a heartbeat alone ends nothing (LPC-TS-017, LPP-TS-017)', async () => {
    expect(await world.view()).toMatchObject({
      state: 'init',
      inForceW: FAILSAFE_W,
      ceiling: { by: 'failsafe' },
      nextDeadline: null,
    })
    expect(await world.view('produce')).toMatchObject({ state: 'init', inForceW: -3_000, ceiling: { by: 'failsafe' } })
    world.guard(true)
    await world.pass(15 * MINUTE_MS, within(FAILSAFE_W), 20_000)
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W, heartbeatAgeSeconds: 60 })
  })

  it('is released by heartbeat and deactivated limit (LPC-TS-021, LPP-TS-021)', async () => {
    await released()
    await world.pass(75 * MINUTE_MS, () => {}, MINUTE_MS)
    expect(world.takes()).toBeGreaterThan(4 * FAILSAFE_W)
    const { history } = (await world.view()) as { history: readonly object[] }
    expect(history).toMatchObject([
      { from: 'init', to: 'unlimited/controlled', requirement: 'LPC-TS-021', cause: 'limit-deactivated' },
    ])
  })

  it('is limited at once, 0 W is obeyed as sent, and what it can do for others falls with it (F21, LPC-TS-027)', async () => {
    const answer = await world.limit({ isActive: true, powerW: 6_000 })
    expect(answer).toMatchObject({ status: 200, body: { state: 'limited', storedW: 6_000, inForceW: 6_000, until: null } })
    expect(world.ordered()).toBeLessThanOrEqual(6_000)
    expect(world.running().journal.durableHead()).toEqual(world.running().journal.head())
    await world.pass(2 * MINUTE_MS, within(6_000))
    expect(await world.limit({ isActive: true, powerW: 0 })).toMatchObject({ status: 200, body: { storedW: 0, inForceW: 0 } })
    await world.pass(1_000)
    const pool = world.registry.pools[0]!.id
    const { body } = await world.ask('GET', `/v1/flexibility?subject=pool:${pool}`)
    const now = (body['slots'] as readonly { readonly pMaxW: number }[])[0]!
    expect(now.pMaxW).toBeLessThanOrEqual(0)
    await world.pass(2 * MINUTE_MS, within(0))
    expect(await signal()).toMatchObject({
      rank: 'grid-limit',
      maxW: 0,
      minW: null,
      authority: 'guard lab',
      reference: 'LPC limited until it is changed',
      alarms: ['limit_below_pmin14a'],
    })
  })

  it('F21: a limit without a duration stays; one with a duration ends with it, to the millisecond (LPC-TS-025)', async () => {
    await world.pass(20 * MINUTE_MS, within(0), 20_000)
    expect(await world.view()).toMatchObject({ state: 'limited', until: null })
    const until = world.clock.now() + 5 * MINUTE_MS
    const answer = await world.limit({ isActive: true, powerW: 5_000, durationSeconds: 300 })
    expect(answer).toMatchObject({ status: 200, body: { until: instantText(until), remainingSeconds: 300 } })
    await world.pass(5 * MINUTE_MS - 1, within(5_000))
    expect(await world.view()).toMatchObject({ state: 'limited', inForceW: 5_000 })
    await world.pass(1)
    expect(await world.view()).toMatchObject({ state: 'unlimited/controlled', since: instantText(until), inForceW: null })
    await world.pass(10 * MINUTE_MS, () => {}, MINUTE_MS)
    expect(world.takes()).toBeGreaterThan(2 * FAILSAFE_W)
  })

  it('F21: refuses a sign of the other direction and a duration of none, and stands as before (LPC-TS-035/1, LPP-TS-035/1)', async () => {
    const before = (await world.view())['state']
    for (const [direction, body, reason] of [
      ['consume', { isActive: true, powerW: -1 }, 'negative-limit'],
      ['produce', { isActive: true, powerW: 1 }, 'negative-limit'],
      ['consume', { isActive: true, powerW: 5_000, durationSeconds: 0 }, 'no-duration-left'],
    ] as const)
      expect(await world.limit(body, direction)).toMatchObject({ status: 422, body: { reason } })
    expect(await world.view()).toMatchObject({ state: before, inForceW: null })
    const { history } = (await world.view()) as { history: readonly object[] }
    expect(history.slice(-2)).toMatchObject([
      { to: null, write: 'limit', cause: 'negative-limit' },
      { to: null, write: 'limit', cause: 'no-duration-left' },
    ])
  })

  it('F18: its limits are nobody else’s: no signal of that name is sent, replaced or withdrawn from outside', async () => {
    await world.limit({ isActive: true, powerW: 6_000 })
    const now = instantText(world.clock.now())
    const sent = {
      version: 99,
      issuedAt: now,
      subjects: [`site:${world.site}`],
      rank: 'grid-limit',
      maxW: 50_000,
      from: now,
      reference: 'x',
    }
    const path = `/v1/signals/lpc:${encodeURIComponent(world.site)}`
    expect((await world.ask('PUT', path, sent)).status).toBe(403)
    expect((await world.ask('DELETE', `${path}?version=99`)).status).toBe(403)
    expect(await signal()).toMatchObject({ state: 'in-force', maxW: 6_000, version: expect.any(Number) })
    await charging()
  })
})

/** Runs a command line against the world. */
async function command(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', '']
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text), isTerminal: false }
  const url = `http://127.0.0.1:${world.running().address.port}`
  return { code: await runCommandLine(['limitation', ...words, '--url', url], io), out, err }
}

describe('a connection whose guard is silent', () => {
  it('F20: holds the failsafe limit 120 s after the last heartbeat, in the middle of a limit as without one (LPC-TS-028, LPC-TS-029)', async () => {
    world.guard(false)
    const { lastHeartbeat, nextDeadline } = (await world.view()) as {
      lastHeartbeat: string
      nextDeadline: { at: string; why: string }
    }
    expect(Date.parse(nextDeadline.at) - Date.parse(lastHeartbeat)).toBe(120_000)
    await world.pass(Date.parse(nextDeadline.at) - world.clock.now())
    expect(await world.view()).toMatchObject({ state: 'failsafe', since: nextDeadline.at, inForceW: FAILSAFE_W })
    await world.pass(5 * MINUTE_MS, within(FAILSAFE_W))
    expect(await signal()).toMatchObject({ reference: 'LPC failsafe: no heartbeat for 120 s' })
    const { body } = await world.ask('GET', '/v1/stations?limit=1')
    expect(JSON.stringify(body)).toContain('LPC: guard lab does not guide, the failsafe limit of 9.0 kW holds since')
    const metrics = await (await fetch(`http://127.0.0.1:${world.running().address.port}/metrics`)).text()
    expect(metrics).toMatch(/gegenstrom_limitations_failsafe 2\n/)
  })

  it('is listed and shown on the command line', async () => {
    const listed = await command('list')
    expect(listed).toMatchObject({ code: 0, err: '' })
    expect(listed.out).toContain(`${world.site}  LPC  failsafe  held to 9000 W; guard lab (rest) heard `)
    expect(listed.out.split('\n')).toHaveLength(3)
    const shown = await command('show', world.site)
    expect(shown.out).toMatch(
      /limited -> failsafe {2}LPC-TS-029 {2}guard-silent|unlimited\/controlled -> failsafe {2}LPC-TS-028 {2}guard-silent/,
    )
    expect(shown.out).toContain('  failsafe      9000 W for at least 2 h')
    expect(JSON.parse((await command('list', '--json')).out)).toMatchObject({
      limitations: [{ useCase: 'LPC' }, { useCase: 'LPP' }],
    })
    expect(await command('show', 'nowhere')).toMatchObject({ code: 1, err: expect.stringContaining('there is no site nowhere') })
  })

  it('F22: a heartbeat alone leaves the failsafe limit in force, heartbeat and limit end it (LPC-TS-032)', async () => {
    world.guard(true)
    await world.pass(10 * MINUTE_MS, within(FAILSAFE_W), 20_000)
    expect(await world.view()).toMatchObject({ state: 'failsafe', inForceW: FAILSAFE_W })
    expect(await world.limit({ isActive: true, powerW: 12_000 })).toMatchObject({ status: 200, body: { state: 'limited' } })
    await world.pass(2 * MINUTE_MS, within(12_000))
  })

  it('F20: is not let go by two hours of outage: the failsafe limit outlasts its own minimum duration', async () => {
    world.guard(false)
    await world.pass(2 * MINUTE_MS)
    await world.pass(2.5 * HOUR_MS, within(FAILSAFE_W), 20_000)
    expect(await world.view()).toMatchObject({ state: 'failsafe', inForceW: FAILSAFE_W, nextDeadline: null })
  })
})

describe('a connection through restarts', () => {
  it('F20: a process killed in the middle of a limit holds the failsafe limit when it is back, and stations never get more in between (LPC-TS-009/2)', async () => {
    world.guard(true)
    await world.pass(1)
    expect(await world.limit({ isActive: true, powerW: 6_000 })).toMatchObject({ status: 200 })
    expect(await world.limit({ isActive: false, powerW: 0 }, 'produce')).toMatchObject({ status: 200 })
    await world.pass(FOLLOWED_MS)
    const { version } = (await signal()) as { version: number }
    world.guard(false)
    await world.kill()
    // Nobody renews anything: stations go on by themselves, each within what it has.
    await world.pass(MINUTE_MS, taken(FAILSAFE_W))
    await world.start()
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W })
    expect(await signal()).toMatchObject({
      version: version + 1,
      reference: 'LPC failsafe: no heartbeat and limit since the start',
    })
    await world.pass(10 * MINUTE_MS, taken(FAILSAFE_W))
    expect(world.twin.connected()).toBe(8)
    const { history } = (await world.view()) as { history: readonly object[] }
    expect(history.at(-1)).toMatchObject({ from: 'limited', to: 'init', requirement: 'LPC-TS-017', cause: 'started-anew' })
  })

  it('LPC-TS-044, LPP-TS-044: what the guard has written is not forgotten, nor who may write it', async () => {
    expect(await world.failsafe({ powerW: 7_000 })).toMatchObject({ status: 422, body: { reason: 'not-yet-writable' } })
    world.guard(true)
    await world.pass(1)
    await released()
    expect(await world.failsafe({ powerW: 7_000, durationSeconds: 3 * 3_600 })).toMatchObject({
      status: 200,
      body: { failsafeW: 7_000 },
    })
    expect(await world.view('produce')).toMatchObject({ failsafeDurationSeconds: 3 * 3_600, failsafeW: 3_000 })
    world.guard(false)
    await world.kill()
    await world.start()
    expect(await world.view()).toMatchObject({
      state: 'init',
      inForceW: 7_000,
      failsafeDurationSeconds: 3 * 3_600,
      isFailsafeWritten: true,
    })
    await world.pass(5 * MINUTE_MS, taken(7_000))
  })

  it('F20: neither cut links nor kills in turn lift anything', async () => {
    const most = taken(7_000)
    const cut = world.registry.evses.slice(0, 4).map(({ station }) => station)
    for (const station of cut) world.twin.cut(station)
    await world.pass(6 * MINUTE_MS, most)
    await world.kill()
    await world.pass(6 * MINUTE_MS, most)
    await world.start()
    for (const station of cut) world.twin.restore(station)
    await world.pass(10 * MINUTE_MS, most)
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: 7_000 })
  })

  it('the registry is replaced while it runs: another failsafe value of the factory, another guard, no guard', async () => {
    const { application } = world.running()
    const set = (limitation: ReturnType<typeof contracts> | undefined) => {
      const sites = world.registry.sites.map((site) => ({ ...site, limitation }))
      return application.keep({ kind: 'registry-set', registry: { ...world.registry, sites } })
    }
    world.guard(true)
    await world.pass(1)
    expect(await world.limit({ isActive: true, powerW: 4_000 })).toMatchObject({ status: 200 })
    await set(contracts({ failsafeLimit: watts(20_000) }))
    await world.pass(1)
    // The limit in force and what the guard has written stay.
    expect(await world.view()).toMatchObject({ state: 'limited', inForceW: 4_000, failsafeW: 7_000 })
    await set(contracts({ guard: 'another' }))
    await world.pass(1)
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W, guard: 'another' })
    expect(await world.limit({ isActive: false, powerW: 0 })).toMatchObject({ status: 403, body: { reason: 'another-guard' } })
    await set(undefined)
    await world.pass(1)
    expect((await world.ask('GET', `/v1/sites/${encodeURIComponent(world.site)}/limitations`)).body).toEqual({ limitations: [] })
    expect(await signal()).toMatchObject({ state: 'withdrawn' })
    await set(contracts())
    await world.pass(1)
    expect(await world.view()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W })
  })

  it('a relay guides it from here on: contacts told over the API limit at once, and their silence leaves the failsafe limit', async () => {
    const byRelay = { by: 'relay' as const, relayLevels: [watts(5_000), watts(0)] }
    const sites = world.registry.sites.map((site) => ({ ...site, limitation: { consume: contracts(byRelay).consume } }))
    await world.running().application.keep({ kind: 'registry-set', registry: { ...world.registry, sites } })
    await world.pass(1)
    const tell = (...closed: boolean[]) =>
      world.ask('PUT', `/v1/sites/${encodeURIComponent(world.site)}/relay`, { contacts: closed })
    expect(await tell(true)).toMatchObject({ status: 422, body: { reason: 'wrong-contacts' } })
    expect(await tell(true, false)).toMatchObject({ status: 200, body: { limitations: [{ state: 'limited', inForceW: 5_000 }] } })
    await world.pass(MINUTE_MS, within(5_000))
    expect(await tell(false, true)).toMatchObject({
      status: 200,
      body: { contacts: [false, true], limitations: [{ inForceW: 0 }] },
    })
    await world.pass(120_000, within(0))
    expect(await world.view()).toMatchObject({ state: 'failsafe', inForceW: FAILSAFE_W })
    expect(await world.limit({ isActive: false, powerW: 0 })).toMatchObject({ status: 403, body: { reason: 'another-guard' } })
  })

  it('the journal of all that holds, and gives the same state when it is read again', async () => {
    const entries = await world.journal()
    expect((await verifyJournal(world.journalFolder())).ok).toBe(true)
    const again = emptyFleet()
    for (const { fact, at } of entries) apply(again, fact, at)
    expect(again.limitations).toEqual(world.fleet().limitations)
    expect(again.signals.byId).toEqual(world.fleet().signals.byId)
    // Hundreds of heartbeats are no facts.
    expect(factsOf(entries, 'limitation-told').length).toBeLessThan(60)
    expect(world.complaints).toEqual([])
  })
})
