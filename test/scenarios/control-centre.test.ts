// A transmission system operator leads a pool of twenty cars over IEC 60870-5-104: mutual TLS on real sockets, set-points that stations follow, lines that are cut (interface 25, F31, F32, F19).
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { centre, type Centre } from '../../adapters/iec104/centre/centre.ts'
import { connectToStation } from '../../adapters/iec104/centre/connect.ts'
import type { Asdu } from '../../adapters/iec104/codec/asdu.ts'
import { CAUSES } from '../../adapters/iec104/codec/asdu.ts'
import { TYPES } from '../../adapters/iec104/codec/asdu-types.ts'
import { QUALITY } from '../../adapters/iec104/codec/quality.ts'
import { LINK_SETTINGS } from '../../adapters/iec104/link/link-settings.ts'
import { POOL_POINTS } from '../../adapters/iec104/pool/pool-points.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { activationOf } from '../../domain/live/joint-bounds.ts'
import { id } from '../../domain/registry/identity.ts'
import { watts } from '../../domain/units.ts'
import { testAuthority, type Issued } from './authority.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** Most cars charge. */
const NIGHT = EVENING + 10 * HOUR_MS + 2 * MINUTE_MS
/** A car that can only charge with so much or rest keeps a sum from being met to the watt. */
const LEAST_WATTS = 4_140
const SAFE = { silenceMs: 60_000, holdMs: 60_000, rampMs: 120_000 }
const authority = testAuthority()

describe('a control centre', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  const own = authority.issue('station')
  const tso = authority.issue('tso')
  const stranger = authority.issue('stranger')
  const foreign = testAuthority()!
  const intruder = foreign.issue('intruder')
  let world: World
  let pool = ''
  let port = 0
  const lines: Line[] = []
  const takes = () => world.twin.cars().reduce((sum, { power }) => sum + power, 0)
  const target = () => activationOf(world.running.application.fleet, pool, world.clock.now())?.min ?? null
  const planned = () => world.running.application.poolBand(pool)!.planned

  interface Line {
    readonly own: Centre
    readonly heard: Asdu[]
    ended: string | null
    /** What a point said last. */
    last(address: number): { readonly value: number; readonly quality: number } | null
  }
  async function connect(tls: Pick<Issued, 'cert' | 'key'> = tso): Promise<Line> {
    const socket = await connectToStation({
      host: 'localhost',
      port,
      tls: { cert: tls.cert, key: tls.key, ca: own.ca },
      timeoutMs: LINK_SETTINGS.connectTimeoutMs,
    })
    const heard: Asdu[] = []
    const values = new Map<number, { value: number; quality: number }>()
    const line: Line = {
      heard,
      ended: null,
      last: (address) => values.get(address) ?? null,
      own: centre({
        clock: world.clock,
        socket,
        onAsdu(asdu) {
          heard.push(asdu)
          if (asdu.type < TYPES.C_SC_NA_1)
            for (const { address, value, qualifier } of asdu.objects) values.set(address, { value, quality: qualifier })
        },
        onEnd: (reason) => (line.ended = reason),
      }),
    }
    lines.push(line)
    return line
  }
  /** Time passes second by second; after each of them everything on the lines has arrived. */
  async function run(ms: number, heard: readonly Line[] = []): Promise<void> {
    const until = world.clock.now() + ms
    while (world.clock.now() < until) {
      await world.runUntil(Math.min(until, world.clock.now() + 1_000))
      for (const line of heard) await arrived(line)
    }
  }
  async function arrived({ own: of }: Line): Promise<void> {
    const answered = of.next(({ type, cause }) => type === TYPES.M_ME_NC_1 && cause === CAUSES.request)
    of.read(1, POOL_POINTS.power)
    await answered
  }
  const confirmation = (line: Line, type: number) =>
    line.own.next((asdu) => asdu.type === type && asdu.cause === CAUSES.activationConfirmation)
  const termination = (line: Line, type: number) =>
    line.own.next((asdu) => asdu.type === type && asdu.cause === CAUSES.activationTermination)
  const sent = (value: number) => ({ station: 1, address: POOL_POINTS.commandSetPoint, value, at: world.clock.now() })

  beforeAll(async () => {
    const fleet = twinFleet({ seed: '1', stations: 20, from: EVENING })
    pool = fleet.registry.pools[0]!.id
    world = await openWorld({
      from: EVENING,
      fleet,
      doors: {
        iec104: {
          host: '127.0.0.1',
          port: 0,
          tls: own,
          pools: [{ pool: id(pool), station: 1, failSafe: SAFE, powerMax: watts(200_000) }],
          centres: [{ id: 'tso', fingerprints: [tso.fingerprint] }],
          zone: 'utc',
          link: LINK_SETTINGS,
          tagAgeMaxMs: 10_000,
          selectHoldMs: 10_000,
          eventsMax: 1_000,
          oldMs: 90_000,
        },
      },
    })
    port = world.running.doors.address('iec104')!.port
    await world.runUntil(NIGHT)
  })
  afterAll(async () => {
    for (const line of lines) line.own.close()
    await world.stop()
    authority.remove()
    foreign.remove()
  })

  it('with a certificate of another authority, or of nobody known, hears nothing', async () => {
    for (const other of [intruder, stranger]) {
      const line = await connect(other).catch(() => null)
      line?.own.start().catch(() => {})
      await vi.waitFor(() => expect(line === null || line.ended !== null).toBe(true))
      expect(line?.heard ?? []).toEqual([])
    }
    expect(world.complaints.filter((text) => text.includes('iec104: refused'))).toHaveLength(2)
  })

  it('asks for everything, and hears what the pool does with the sign of feed-in', async () => {
    const line = await connect()
    await line.own.start()
    const ended = termination(line, TYPES.C_IC_NA_1)
    line.own.interrogate(1)
    await ended
    await run(2_000, [line])
    expect(takes()).toBeGreaterThan(50_000)
    const { value, quality } = line.last(POOL_POINTS.power)!
    expect(quality).toBe(QUALITY.good)
    expect(-value * 1e6).toBeGreaterThan(takes() * 0.95)
    expect(-value * 1e6).toBeLessThan(takes() * 1.05)
    expect(-line.last(POOL_POINTS.workingPoint)!.value * 1e6).toBeCloseTo(planned(), 0)
    expect(line.last(POOL_POINTS.bandUp)!.value).toBeGreaterThan(0)
    expect(line.last(POOL_POINTS.setPoint)!.quality).toBe(QUALITY.invalid)
    expect(line.heard.filter(({ cause }) => cause === CAUSES.periodic)).toHaveLength(2)
  })

  it('sends a set-point: orders are out when it is done, cars follow, and the power is reported', async () => {
    const line = lines.at(-1)!
    const before = world.running.journal.head().sequence
    const [confirmed, done] = [confirmation(line, TYPES.C_SE_TC_1), termination(line, TYPES.C_SE_TC_1)]
    line.own.setPoint(sent(-0.03))
    expect((await confirmed).isNegative).toBe(false)
    await world.runUntil(world.clock.now())
    expect((await done).isNegative).toBe(false)
    expect(target()).toBe(30_000)
    const entries = (await world.journal()).filter(({ sequence }) => sequence > before)
    expect(factsOf(entries, 'signal-received')[0]!.signal).toMatchObject({
      rank: 'activation',
      min: 30_000,
      sender: 'iec104.1',
      provenance: { authority: 'tso', reference: 'IEC 104 station 1' },
    })
    expect(factsOf(entries, 'order-issued').length).toBeGreaterThan(5)
    for (let second = 0; second < 100; second += 4) {
      line.own.setPoint(sent(-0.03))
      await run(4_000, [line])
    }
    expect(Math.abs(takes() - 30_000)).toBeLessThan(LEAST_WATTS)
    expect(line.last(POOL_POINTS.power)!.value).toBeCloseTo(-takes() / 1e6, 2)
    expect(line.last(POOL_POINTS.setPoint)).toEqual({ value: expect.closeTo(-0.03, 5), quality: QUALITY.good })
    // The same again is no news for the journal.
    const facts = factsOf(await world.journal(), 'signal-received').filter(({ at }) => at > NIGHT)
    expect(facts.length).toBeLessThan(4)
  })

  it('hears within a second that a grid operator leaves less (F19)', async () => {
    const line = lines.at(-1)!
    const before = line.last(POOL_POINTS.bandDown)!.value
    const { port: api } = world.running.address
    const from = new Date(world.clock.now()).toISOString()
    const limit = {
      version: 1,
      issuedAt: from,
      subjects: [`pool:${pool}`],
      rank: 'grid-limit',
      maxW: 20_000,
      from,
      reference: 'x',
    }
    const put = await fetch(`http://127.0.0.1:${api}/v1/signals/dim`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(limit),
    })
    expect(put.status).toBe(200)
    await run(1_000, [line])
    expect(line.last(POOL_POINTS.bandDown)!.value).toBeLessThan(before)
    const working = -line.last(POOL_POINTS.workingPoint)!.value
    expect(working + line.last(POOL_POINTS.bandDown)!.value).toBeCloseTo(0.02, 5)
    await fetch(`http://127.0.0.1:${api}/v1/signals/dim?version=2`, { method: 'DELETE' })
    await run(1_000, [line])
    expect(line.last(POOL_POINTS.bandDown)!.value).toBeGreaterThan(0.02)
  })

  it('is refused what is too much, too old, or no number', async () => {
    const line = lines.at(-1)!
    for (const wish of [sent(-0.3), { ...sent(-0.03), at: world.clock.now() - 20_000 }, sent(NaN)]) {
      const confirmed = confirmation(line, TYPES.C_SE_TC_1)
      line.own.setPoint(wish)
      expect((await confirmed).isNegative).toBe(true)
    }
    expect(target()).toBe(30_000)
  })

  it('changes over to its second line, and the set-point goes on', async () => {
    const first = lines.at(-1)!
    first.own.setPoint(sent(-0.03))
    await arrived(first)
    const second = await connect()
    await second.own.start()
    first.own.close()
    await run(2_000, [second])
    expect([target(), second.last(POOL_POINTS.setPointLost)?.value ?? 0]).toEqual([30_000, 0])
  })

  it('is cut off: the set-point is held, then ramped to the working point, then over (F31)', async () => {
    const line = lines.at(-1)!
    line.own.setPoint(sent(-0.03))
    await arrived(line)
    await world.runUntil(world.clock.now())
    line.own.close()
    await vi.waitFor(() => expect(world.complaints.some((text) => text.includes('iec104: set-point-held'))).toBe(true))
    await run(59_000)
    expect(target()).toBe(30_000)
    await run(61_000)
    // Half of the ramp.
    const half = target()!
    expect(half).toBeGreaterThan(30_000)
    expect(half).toBeLessThan(planned())
    await run(70_000)
    expect(target()).toBeNull()
    const last = factsOf(await world.journal(), 'signal-received').at(-1)!.signal
    expect(last.provenance.reference).toContain('no set-point, ramp')
    await run(MINUTE_MS)
    expect(takes()).toBeGreaterThan(planned() * 0.9)
  })

  it('comes back, hears what it has missed, and leads again', async () => {
    const line = await connect()
    await line.own.start()
    await run(1_000, [line])
    const alarms = line.heard.flatMap(({ cause, objects }) =>
      cause === CAUSES.spontaneous && objects[0]!.address === POOL_POINTS.setPointLost ? [objects[0]!.value] : [],
    )
    expect(alarms).toEqual([1, 0])
    const done = termination(line, TYPES.C_SE_TC_1)
    line.own.setPoint(sent(-0.04))
    await arrived(line)
    await world.runUntil(world.clock.now())
    await done
    expect(target()).toBe(40_000)
  })

  it('takes the pool out by select and execute: what is in force is ramped, and set-points are refused', async () => {
    const line = lines.at(-1)!
    const participation = { station: 1, address: POOL_POINTS.commandParticipation, value: 0 }
    for (const isSelect of [true, false]) {
      const confirmed = confirmation(line, TYPES.C_SC_NA_1)
      line.own.single({ ...participation, isSelect })
      expect((await confirmed).isNegative).toBe(false)
    }
    const refused = confirmation(line, TYPES.C_SE_TC_1)
    line.own.setPoint(sent(-0.05))
    expect((await refused).isNegative).toBe(true)
    await run(SAFE.rampMs + 1_000, [line])
    expect([target(), line.last(POOL_POINTS.participating)!.value, line.last(POOL_POINTS.ready)!.value]).toEqual([null, 0, 0])
  })
})
