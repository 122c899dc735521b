// Pools behind a station: what becomes of set-points, and what is reported of figures that are old (F31, F36).
import { describe, expect, it } from 'vitest'
import { UTC_WALL } from '../../../adapters/iec104/codec/wall-clock.ts'
import { LINK_SETTINGS } from '../../../adapters/iec104/link/link-settings.ts'
import type { Activation } from '../../../adapters/iec104/pool/activations.ts'
import { poolControl, type PoolFigures } from '../../../adapters/iec104/pool/pool-control.ts'
import { POOL_POINTS, poolPoints } from '../../../adapters/iec104/pool/pool-points.ts'
import { controlledStation } from '../../../adapters/iec104/station/controlled-station.ts'
import type { Command } from '../../../adapters/iec104/station/respond.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { NOW, settled } from './lines.ts'

const SAFE = { silenceMs: 60_000, holdMs: 60_000, rampMs: 120_000 }
const GOOD: PoolFigures = {
  measured: 90_000,
  planned: 100_000,
  low: -50_000,
  high: 150_000,
  stored: 2e6,
  cars: 40,
  old: 0,
  unknown: 0,
}

function lab(inForce: { power: number; until: number } | null = null) {
  const clock = manualClock(NOW)
  const asked: (Activation & { readonly at: number })[] = []
  const released: number[] = []
  const state = { figures: GOOD as PoolFigures | null, refusal: null as string | null, failure: null as string | null }
  const told: string[] = []
  const pool = { pool: 'P', station: 1, failSafe: SAFE, powerMax: watts(1_000_000) }
  const control = poolControl({
    clock,
    pools: [pool],
    activations: {
      activate(_, activation) {
        asked.push({ ...activation, at: clock.now() - NOW })
        return Promise.resolve(state.refusal)
      },
      release: (_, version) => Promise.resolve((released.push(version), null)),
      known: () => (inForce === null ? null : { version: NOW + 5_000, inForce: { ...inForce, power: watts(inForce.power) } }),
    },
    figures: () => state.figures,
    failure: () => state.failure,
    track: (work) => work,
    tell: (event) => told.push(event),
  })
  const values = new Map<number, readonly [number, number]>()
  const listeners: ((centre: string, isHeard: boolean) => void)[] = []
  const real = controlledStation({
    clock,
    points: [poolPoints(1)],
    centres: ['north'],
    commands: control.commands,
    link: LINK_SETTINGS,
    wall: UTC_WALL,
    isClockTrusted: () => true,
    tagAgeMaxMs: 10_000,
    selectHoldMs: 10_000,
    eventsMax: 10,
    tell() {},
  })
  control.start({
    ...real,
    take: (_, address, { value, quality }) => void values.set(address, [value, quality]),
    onHeard: (listener) => void listeners.push(listener),
  })
  const command = (address: number, value: number): Command => ({
    centre: 'north',
    station: 1,
    point: poolPoints(1).commands.find((point) => point.address === address)!,
    value,
    originator: 0,
  })
  return {
    asked,
    released,
    state,
    told,
    values,
    control,
    heard: (isHeard: boolean) => listeners.forEach((listener) => listener('north', isHeard)),
    judge: (value: number) => control.commands.judge(command(POOL_POINTS.commandSetPoint, value)),
    set: (megawatts: number) => control.commands.execute(command(POOL_POINTS.commandSetPoint, megawatts)),
    participate: (isOn: boolean) => control.commands.execute(command(POOL_POINTS.commandParticipation, isOn ? 1 : 0)),
    pass: (ms: number) => clock.runUntil(clock.now() + ms, settled),
    step: (ms: number) => clock.step(ms),
  }
}

describe('set-points', () => {
  it('become activations with the sign of what is taken, and an end', async () => {
    const { set, pass, asked } = lab()
    const done = set(0.5)
    await pass(0)
    expect(await done).toBe(true)
    expect(asked).toEqual([{ version: NOW, power: -500_000, until: NOW + 240_000 + 120_000, by: 'north', isRamp: false, at: 0 }])
  })

  it('that arrive together are one, the last, and all are done', async () => {
    const { set, pass, asked } = lab()
    const all = [set(0.5), set(0.4), set(0.3)]
    await pass(0)
    expect(await Promise.all(all)).toEqual([true, true, true])
    expect(asked.map(({ power }) => power)).toEqual([-300_000])
  })

  it('that only repeat are told again no more often than every two minutes, and never end in between', async () => {
    const { set, pass, asked } = lab()
    for (let at = 0; at < 600_000; at += 4_000) {
      void set(0.5)
      await pass(4_000)
    }
    expect(asked.length).toBeLessThanOrEqual(6)
    asked.slice(1).forEach(({ at }, i) => expect(NOW + at + 120_000).toBeLessThan(asked[i]!.until))
  })

  it('are refused beyond the pool, while nothing can be recorded, and for a pool nobody knows', async () => {
    const { judge, state, pass } = lab()
    expect([judge(1), judge(-1)]).toEqual([null, null])
    for (const wrong of [1.01, -1.01, NaN, Infinity]) expect(judge(wrong)).not.toBeNull()
    state.failure = 'the disk is full'
    expect(judge(0.5)).toBe('the disk is full')
    state.failure = null
    state.figures = null
    await pass(1_000)
    expect(judge(0.5)).toBe('the pool is not known')
  })

  it('that the desk refuses end negatively, and are tried again with the next cycle', async () => {
    const { set, pass, asked, state, told } = lab()
    state.refusal = 'not now'
    const done = set(0.5)
    await pass(0)
    expect([await done, told.includes('set-point-failed')]).toEqual([false, true])
    state.refusal = null
    await pass(1_000)
    expect(asked).toHaveLength(2)
    await pass(3_000)
    expect(asked).toHaveLength(2)
  })
})

describe('a set-point that is lost (F31)', () => {
  it('is held, then ramped in steps of four seconds, then released; points and readiness say so', async () => {
    const { set, pass, heard, asked, released, values, control } = lab()
    void set(0.5)
    await pass(0)
    heard(false)
    expect([values.get(POOL_POINTS.setPointLost), values.get(POOL_POINTS.setPoint)]).toEqual([
      [1, 0],
      [0.5, 0x40],
    ])
    expect(control.isSetPointLost()).toBe(true)
    await pass(59_000)
    expect([asked.length, released]).toEqual([1, []])
    await pass(122_000)
    const ramp = asked.slice(1)
    expect(ramp.length).toBeGreaterThan(25)
    expect(ramp.length).toBeLessThan(35)
    expect(ramp.every(({ isRamp, power }, i) => isRamp && power > (ramp[i - 1]?.power ?? -500_001))).toBe(true)
    expect(ramp.at(-1)!.power).toBeLessThanOrEqual(100_000)
    expect(released).toEqual([expect.any(Number)])
    expect([values.get(POOL_POINTS.following), control.isSetPointLost()]).toEqual([[0, 0], false])
    expect(values.get(POOL_POINTS.setPoint)).toEqual([0, 0x80])
  })

  it('from before a restart is held and ramped; versions go on', async () => {
    const { pass, asked, values, released } = lab({ power: 20_000, until: NOW + 300_000 })
    expect(values.get(POOL_POINTS.setPoint)).toEqual([-0.02, 0x40])
    await pass(59_000)
    expect(asked).toEqual([])
    await pass(122_000)
    expect(asked[0]!.version).toBeGreaterThan(NOW + 5_000)
    expect(released).toHaveLength(1)
  })

  it('because the clock was set past its end is told anew (F36)', async () => {
    const { set, pass, asked, step } = lab()
    void set(0.5)
    await pass(0)
    step(3_600_000)
    await pass(1_000)
    expect(asked.map(({ power }) => power)).toEqual([-500_000, -500_000])
    expect(asked[1]!.until).toBeGreaterThan(NOW + 3_600_000)
  })

  it('is ramped at once where the pool takes part no more', async () => {
    const { set, participate, pass, asked, judge, values, control } = lab()
    void set(0.5)
    await pass(0)
    await participate(false)
    expect(judge(0.4)).toBe('the pool does not take part')
    // Whoever has taken it out is not alarmed.
    expect([values.get(POOL_POINTS.setPointLost), control.isSetPointLost()]).toEqual([[0, 0], false])
    await pass(121_000)
    expect(asked.at(-1)!.isRamp).toBe(true)
    await participate(true)
    expect(judge(0.4)).toBeNull()
  })
})

describe('what is reported', () => {
  it('has the sign of feed-in, MW', () => {
    const { values } = lab()
    const at = (address: number) => values.get(address)
    expect(at(POOL_POINTS.power)).toEqual([-0.09, 0])
    expect(at(POOL_POINTS.workingPoint)).toEqual([-0.1, 0])
    expect(at(POOL_POINTS.delivered)).toEqual([0.01, 0])
    expect(at(POOL_POINTS.bandUp)).toEqual([0.15, 0])
    expect(at(POOL_POINTS.bandDown)).toEqual([0.05, 0])
    expect(at(POOL_POINTS.stored)).toEqual([2, 0])
  })

  it.each([
    ['good where one of forty is old', { old: 1 }, 0],
    ['not topical where three of forty are old', { old: 3 }, 0x40],
    ['invalid where nobody tells', { old: 40, unknown: 40 }, 0x80],
    ['good where nobody is there', { cars: 0, measured: 0 }, 0],
  ])('power is %s', async (_, more, quality) => {
    const { state, pass, values } = lab()
    state.figures = { ...GOOD, ...more }
    await pass(1_000)
    expect(values.get(POOL_POINTS.power)![1]).toBe(quality)
  })

  it('is invalid, and not ready, for a pool nobody knows', async () => {
    const { state, pass, values } = lab()
    state.figures = null
    await pass(1_000)
    expect([values.get(POOL_POINTS.power)![1], values.get(POOL_POINTS.bandUp)![1], values.get(POOL_POINTS.ready)]).toEqual([
      0x80,
      0x80,
      [0, 0],
    ])
  })
})
