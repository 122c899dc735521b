// Commands over CLS channels: tunnels with brainpool certificates on real sockets, and limits that outlive every way a tunnel may end.
import type { DoorsOptions } from '../../src/compose/doors.ts'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { clsPlayer, type ClsPlayer } from '../../adapters/cls/player.ts'
import { CLS_TLS } from '../../adapters/cls/tunnel.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { testAuthority } from './authority.ts'
import { play } from './play-operator.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const CHANNEL = 'cls-4711'
const authority = testAuthority('brainpoolP256r1')

describe('CLS channels (rows 9, 10, 20, 29)', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  const own = authority.issue('aemt')
  const gateway = authority.issue('gateway')
  const stranger = authority.issue('stranger')
  const weak = authority.issue('weak', { curve: 'prime256v1' })
  let world: World
  let site = ''
  let port = 0
  const players: ClsPlayer[] = []
  const run = (ms: number) => world.runUntil(world.clock.now() + ms)
  const at = (ms: number) => new Date(world.clock.now() + ms).toISOString()
  const takes = () =>
    world.twin
      .cars()
      .filter(({ evse }) => world.live(evse).evse.site === site)
      .reduce((sum, { power }) => sum + power, 0)
  const holds = () => {
    const now = world.clock.now()
    return [...world.running.application.fleet.signals.byId.values()]
      .filter(
        ({ signal, withdrawn }) => withdrawn === null && signal.from <= now && (signal.until === null || signal.until > now),
      )
      .map(({ signal }) => signal)
  }
  const tunnel = async (tls = gateway) => {
    const player = await clsPlayer({ host: '127.0.0.1', port, tls })
    players.push(player)
    return player
  }
  const hears = (player: ClsPlayer, message: object) =>
    vi.waitFor(() => expect(player.heard).toContainEqual(expect.objectContaining(message)), { timeout: 10_000, interval: 10 })
  async function opened(more: object = {}): Promise<ClsPlayer> {
    const player = await tunnel()
    player.send({ type: 'open', scenario: 'HKS3', channel: CHANNEL, ...more })
    await hears(player, { type: 'opened', channel: CHANNEL })
    return player
  }
  const limit = (command: string, maxW: number, more: object = {}) => ({
    type: 'limit',
    command,
    issuedAt: at(0),
    direction: 'consumption',
    maxW,
    from: at(0),
    ...more,
  })

  let door: NonNullable<DoorsOptions['cls']>
  beforeAll(async () => {
    const fleet = twinFleet({ seed: '1', stations: 8, from: EVENING })
    const all = fleet.registry.sites.map(({ id }, i) => ({
      id: `cls-${4711 + i}`,
      site: id,
      fingerprints: [gateway.fingerprint, weak.fingerprint],
    }))
    door = { host: '127.0.0.1', port: 0, tls: own, maxIdleMs: 15 * MINUTE_MS, channels: all }
    world = await openWorld({ from: EVENING, fleet, doors: { cls: door } })
    port = world.running.doors.address('cls')!.port
    site = all[0]!.site
    for (let hour = 2; hour < 12 && takes() < 6_000; hour += 0.25) await world.runUntil(EVENING + hour * HOUR_MS)
  })
  afterAll(async () => {
    for (const player of players) player.tear()
    await world.stop()
    authority.remove()
  })

  it('is tried from the command line, and what is refused is said with its reason', async () => {
    const words = ['cls', '--connect', `127.0.0.1:${port}`, '--channel', 'cls-4712', '--limit-w', '4200', '--wait', '20s']
    const { code, err, lines } = await play(words, gateway)
    expect(lines.map((line) => line['event'] ?? line['type'])).toEqual(['tunnel', 'opened', 'refused'])
    expect([code, err]).toEqual([1, expect.stringContaining('refused')])
  })

  it('a tunnel stands on TLS 1.2 with keys and certificates on brainpoolP256r1', async () => {
    const player = await opened()
    expect([player.curve, player.protocol]).toEqual(['brainpoolP256r1', 'TLSv1.2'])
    player.close()
  })

  it('without such a certificate, with one on another curve or of nobody known, there is no channel', async () => {
    const bare = connect({ host: '127.0.0.1', port, ca: gateway.ca, servername: 'localhost', ...CLS_TLS })
    await expect(new Promise((resolve, reject) => bare.once('error', reject).once('close', resolve))).rejects.toThrow()
    // Refused after the handshake of the server, which may be before the end of the client's.
    const other = await tunnel(stranger).catch(() => null)
    await vi.waitFor(() => expect(other?.isOpen() ?? false).toBe(false))
    expect(other?.heard ?? []).toEqual([])
    // One of our own authority and known by fingerprint, but on P-256.
    const both = { ...CLS_TLS, ecdhCurve: 'brainpoolP256r1:prime256v1' }
    const light = connect({ host: '127.0.0.1', port, servername: 'localhost', ...both, ...weak })
    light.on('error', () => {})
    await new Promise((resolve) => light.once('close', resolve))
    expect(light.bytesRead).toBeLessThan(5_000)
    expect(holds()).toEqual([])
  })

  it('a limit is one signal of the channel, and its course is told in UTC milliseconds', async () => {
    expect(takes()).toBeGreaterThan(4_260)
    const player = await opened()
    const command = limit('one', 4_200)
    player.send(command)
    await hears(player, { type: 'feedback', command: 'one', state: 'in-force', receivedAt: at(0) })
    expect(holds()).toMatchObject([
      { max: 4_200, subjects: [`site:${site}`], provenance: { authority: `cls:${CHANNEL}`, reference: 'one' } },
    ])
    await run(15_000)
    await vi.waitFor(() => {
      const last = player.heard.at(-1)!
      expect(last['told']).toBe(1)
      expect(last['confirmed']).toBe(1)
      expect(last['firstOrderAt']).toMatch(/^2026-01-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    })
    expect(takes()).toBeLessThanOrEqual(4_260)
    const before = (await world.journal()).length
    player.send(command)
    player.send({ type: 'ping' })
    await hears(player, { type: 'pong' })
    expect(factsOf((await world.journal()).slice(before), 'signal-received')).toEqual([])
    player.tear()
  })

  it('F18: what is refused says why, and the limit before goes on', async () => {
    const player = await opened()
    player.write('no json\n')
    await hears(player, { type: 'refused', problem: expect.objectContaining({ status: 400 }) })
    player.send(limit('old', 11_000, { issuedAt: at(-HOUR_MS) }))
    await hears(player, { type: 'refused', command: 'old', problem: expect.objectContaining({ status: 409 }) })
    player.send(limit('past', 11_000, { from: at(-HOUR_MS), until: at(-1) }))
    await hears(player, { type: 'refused', command: 'past', problem: expect.objectContaining({ status: 422 }) })
    player.send({ ...limit('negative', -1) })
    await hears(player, {
      type: 'refused',
      problem: expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/maxW' })] }),
    })
    expect(holds().map(({ max }) => max)).toEqual([4_200])
    player.close()
  })

  it('a tunnel that is torn, half open or idle loses nothing: the limit holds, and a new tunnel takes the channel over', async () => {
    const silent = await opened({ maxIdleSeconds: 60 })
    await run(61_000)
    await hears(silent, { type: 'closed', reason: 'idle' })
    await vi.waitFor(() => expect(silent.isOpen()).toBe(false))
    const talking = await tunnel()
    for (let i = 0; i < 2; i++) {
      talking.send({ type: 'ping' })
      await vi.waitFor(() => expect(talking.heard.filter(({ type }) => type === 'pong')).toHaveLength(i + 1))
      await run(6_000)
    }
    await hears(talking, { type: 'closed', reason: 'idle' })
    const half = await opened()
    const next = await opened()
    await hears(half, { type: 'closed', reason: 'replaced' })
    next.tear()
    await run(MINUTE_MS)
    expect(holds().map(({ max }) => max)).toEqual([4_200])
    expect(takes()).toBeLessThanOrEqual(4_260)
  })

  it('a schedule is a signal a step; what holds goes on until it begins, and nothing is free in between', async () => {
    const player = await opened()
    const steps = [8_000, 6_000].map((maxW, i) => ({ from: at((i + 1) * MINUTE_MS), until: at((i + 2) * MINUTE_MS), maxW }))
    player.send({ type: 'schedule', command: 'steps', issuedAt: at(0), direction: 'consumption', steps })
    await hears(player, { type: 'feedback', command: 'steps', state: 'scheduled' })
    const seen = []
    for (let i = 0; i < 3; i++) {
      seen.push(holds().map(({ max }) => max))
      await run(MINUTE_MS)
    }
    seen.push(holds().map(({ max }) => max))
    expect(seen).toEqual([[4_200], [8_000], [6_000], []])
    await hears(player, { type: 'feedback', command: 'steps', state: 'ended' })
    player.close()
  })

  it('lets go on request, and bounds what is given back by itself (§9 EEG)', async () => {
    const player = await opened()
    player.send(limit('two', 5_000))
    player.send(limit('give', 0, { direction: 'production' }))
    await hears(player, { type: 'feedback', command: 'give', direction: 'production', state: 'in-force' })
    expect(holds().map(({ max, min }) => [max, min])).toEqual([
      [5_000, null],
      [null, 0],
    ])
    await run(1_000)
    for (const direction of ['consumption', 'production'])
      player.send({ type: 'release', command: `free ${direction}`, issuedAt: at(0), direction })
    await vi.waitFor(() => expect(holds()).toEqual([]))
    player.close()
  })

  it('a line without end and a flood of nonsense end the tunnel, not the process', async () => {
    const long = await tunnel()
    long.write('x'.repeat(100_000))
    await vi.waitFor(() => expect(long.isOpen()).toBe(false))
    const mad = await tunnel()
    for (let i = 0; i < 40; i++) mad.write(`{"type":"${i}"}\n`)
    await vi.waitFor(() => expect(mad.isOpen()).toBe(false))
    expect(mad.heard.filter(({ type }) => type === 'refused').length).toBeLessThanOrEqual(20)
    const player = await opened()
    player.close()
  })
  it('takes up channels and certificates that were read again: a channel that is out is closed, and opens when it is back', async () => {
    const player = await opened()
    world.running.doors.renew({ cls: { ...door, channels: [] } })
    await vi.waitFor(() => expect(player.isOpen()).toBe(false))
    const other = await tunnel().catch(() => null)
    await vi.waitFor(() => expect(other?.isOpen() ?? false).toBe(false))
    world.running.doors.renew({ cls: door })
    ;(await opened()).close()
  })
})
