import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advance,
  atRest,
  byPhase,
  command,
  meteredPower,
  powerNow,
  type PlugModel,
  type PlugState,
} from '../../../adapters/twin/physics.ts'
import type { ResponseName } from '../../../adapters/twin/response.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

function model(seed = 'x', response: ResponseName = 'usual', dischargeMaxW = 11_000): PlugModel {
  return {
    car: { capacityWh: 60_000, efficiency: 0.94, chargeMaxW: 11_000, dischargeMaxW, reserveSoc: 0.1 },
    station: { chargeMaxW: 11_000, dischargeMaxW: 11_000, leastW: 1_400, phases: 3, response },
    seed,
  }
}
/** Commands at instants, then the state at the end. */
function run(of: PlugModel, start: PlugState, steps: readonly (readonly [at: number, watts: number])[], end: number): PlugState {
  let state = start
  for (const [at, watts] of steps) state = command(of, advance(of, state, at), watts)
  return advance(of, state, end)
}
/** First instant from `from` on at which the power satisfies a condition, looked at every 100 ms. */
function firstAt(of: PlugModel, state: PlugState, until: number, holds: (watts: number) => boolean): number | null {
  for (let at = state.at; at <= until; at += 100) if (holds(powerNow(of, advance(of, state, at)))) return at
  return null
}
const seeds = fc.string({ minLength: 1, maxLength: 8 })
const commands = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 * MINUTE }), fc.integer({ min: -13_000, max: 13_000 })), {
  minLength: 1,
  maxLength: 12,
})
function script(gaps: readonly (readonly [number, number])[]): [number, number][] {
  let at = 0
  return gaps.map(([gap, watts]) => [(at += gap), watts])
}

describe('energy of a car on a station', () => {
  it('is conserved, whatever is commanded', () => {
    fc.assert(
      fc.property(seeds, commands, fc.double({ min: 0.05, max: 1, noNaN: true }), (seed, gaps, soc) => {
        const of = model(seed)
        const before = atRest(0, soc * 60_000)
        const after = run(of, before, script(gaps), 10 * HOUR)
        const kept = after.importedWh * 0.94 - after.exportedWh / 0.94
        expect(Math.abs(after.storedWh - before.storedWh - kept)).toBeLessThan(1e-6)
      }),
    )
  })

  it('stays between the reserve of the car and full, and registers only rise', () => {
    fc.assert(
      fc.property(seeds, commands, fc.double({ min: 0.1, max: 1, noNaN: true }), (seed, gaps, soc) => {
        const of = model(seed)
        let state = atRest(0, soc * 60_000)
        for (const [at, watts] of script(gaps)) {
          const later = command(of, advance(of, state, at), watts)
          expect(later.importedWh).toBeGreaterThanOrEqual(state.importedWh)
          expect(later.exportedWh).toBeGreaterThanOrEqual(state.exportedWh)
          expect(later.storedWh).toBeLessThanOrEqual(60_000)
          expect(later.storedWh).toBeGreaterThanOrEqual(6_000 - 1e-6)
          state = later
        }
      }),
    )
  })

  it('does not depend on how often one looks', () => {
    fc.assert(
      fc.property(seeds, commands, fc.array(fc.integer({ min: 0, max: 10 * HOUR }), { maxLength: 60 }), (seed, gaps, looks) => {
        const of = model(seed)
        const steps = script(gaps)
        const once = run(of, atRest(0, 40_000), steps, 10 * HOUR)
        let state = atRest(0, 40_000)
        const events = [...steps, ...looks.map((at) => [at, null] as const)].sort((a, b) => a[0] - b[0])
        for (const [at, watts] of events) {
          state = advance(of, state, at)
          if (watts !== null) state = command(of, state, watts)
        }
        state = advance(of, state, 10 * HOUR)
        // Only the steps of a ramp inside the taper may differ, by milliwatt-hours.
        expect(state.storedWh).toBeCloseTo(once.storedWh, 1)
        expect(state.importedWh).toBeCloseTo(once.importedWh, 1)
        expect(state.exportedWh).toBeCloseTo(once.exportedWh, 1)
      }),
    )
  })

  it('charges at full power to 80 %, then less and less, and is full in the end', () => {
    const of = model()
    const at80 = advance(of, command(of, atRest(0, 48_000), 11_000), 10 * MINUTE)
    expect(powerNow(of, at80)).toBeLessThan(11_000)
    expect(powerNow(of, at80)).toBeGreaterThan(8_000)
    const below = advance(of, command(of, atRest(0, 30_000), 11_000), 10 * MINUTE)
    expect(powerNow(of, below)).toBe(11_000)
    const full = advance(of, below, 12 * HOUR)
    expect(full.storedWh).toBe(60_000)
    expect(powerNow(of, full)).toBe(0)
  })

  it('loses a share each way: of 14 kWh above the reserve 13.2 come back, and more only for what was charged', () => {
    const of = model()
    const charged = advance(of, command(of, atRest(0, 20_000), 10_000), 1 * HOUR)
    const back = advance(of, command(of, charged, -10_000), 4 * HOUR)
    expect(back.storedWh).toBeCloseTo(6_000, 6)
    expect(back.exportedWh).toBeCloseTo((14_000 + back.importedWh * 0.94) * 0.94, 6)
  })
})

describe('response to a command', () => {
  const charging = (of: PlugModel) => advance(of, command(of, atRest(0, 20_000), 10_000), 10 * MINUTE)

  it('reduces after 0.5 to 4 s of dead time and 0.5 to 4 s of ramp', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 9_000 }), (seed, target) => {
        const of = model(seed)
        const state = command(of, charging(of), target)
        const began = firstAt(of, state, state.at + 20 * SECOND, (watts) => watts < 9_999)! - state.at
        const ended = firstAt(of, state, state.at + 20 * SECOND, (watts) => watts <= Math.max(target < 1_400 ? 0 : target, 0))!
        expect(began).toBeGreaterThanOrEqual(500)
        expect(began).toBeLessThanOrEqual(4_300)
        expect(ended - state.at).toBeGreaterThanOrEqual(1_000)
        expect(ended - state.at).toBeLessThanOrEqual(8_100)
      }),
      { numRuns: 40 },
    )
  })

  it('raises within 2 to 10 s, and turns within 5 to 30 s more', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const of = model(seed)
        const low = advance(of, command(of, charging(of), 4_000), 12 * MINUTE)
        const raised = command(of, low, 9_000)
        const done = firstAt(of, raised, raised.at + 30 * SECOND, (watts) => watts === 9_000)! - raised.at
        expect(done).toBeGreaterThanOrEqual(2_000)
        expect(done).toBeLessThanOrEqual(10_100)
        const turned = command(of, charging(of), -9_000)
        const gives = firstAt(of, turned, turned.at + 60 * SECOND, (watts) => watts === -9_000)! - turned.at
        expect(gives).toBeGreaterThanOrEqual(7_000)
        expect(gives).toBeLessThanOrEqual(43_100)
      }),
      { numRuns: 40 },
    )
  })

  it('wakes a sleeping car within 20 to 120 s, and no second command shortens that', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const of = model(seed)
        const asleep = advance(of, atRest(0, 30_000), HOUR)
        const called = command(of, asleep, 8_000)
        const awake = firstAt(of, called, called.at + 130 * SECOND, (watts) => watts > 0)! - HOUR
        expect(awake).toBeGreaterThanOrEqual(20_000)
        expect(awake).toBeLessThanOrEqual(120_200)
        const again = command(of, advance(of, called, HOUR + 5 * SECOND), 9_000)
        expect(firstAt(of, again, again.at + 130 * SECOND, (watts) => watts > 0)! - HOUR).toBeGreaterThanOrEqual(20_000)
      }),
      { numRuns: 40 },
    )
  })

  it('gives nothing below the least power, and nothing when the car refuses to discharge', () => {
    const of = model()
    expect(powerNow(of, advance(of, command(of, charging(of), 1_300), 20 * MINUTE))).toBe(0)
    const refusing = model('x', 'usual', 0)
    const asked = advance(refusing, command(refusing, charging(refusing), -8_000), 20 * MINUTE)
    expect(powerNow(refusing, asked)).toBe(0)
    expect(asked.exportedWh).toBe(0)
  })

  it('a deaf station charges on whatever it is told, a slow one is late', () => {
    const deaf = model('x', 'deaf')
    expect(powerNow(deaf, advance(deaf, command(deaf, charging(deaf), 0), 20 * MINUTE))).toBe(11_000)
    const slow = model('x', 'slow')
    const state = command(slow, charging(slow), 0)
    expect(firstAt(slow, state, state.at + 2 * MINUTE, (watts) => watts === 0)! - state.at).toBeGreaterThan(30_000)
  })
})

describe('readings', () => {
  it('show the power with a little noise, and nothing as nothing', () => {
    const of = model()
    const state = advance(of, command(of, atRest(0, 20_000), 10_000), 10 * MINUTE)
    const noise = Array.from({ length: 200 }, (_, i) => meteredPower(of, advance(of, state, state.at + i * SECOND)) / 10_000 - 1)
    const spread = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length)
    expect(spread).toBeGreaterThan(0.001)
    expect(spread).toBeLessThan(0.006)
    expect(meteredPower(of, atRest(0, 20_000))).toBe(0)
  })

  it('split over phases without losing a watt', () => {
    fc.assert(
      fc.property(fc.integer({ min: -22_000, max: 22_000 }), (watts) => {
        const phases = byPhase(model().station, watts)
        expect(phases[0] + phases[1] + phases[2]).toBe(watts)
        expect(Math.abs(phases[0] - phases[1])).toBeLessThan(3)
      }),
    )
  })
})
