import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutBands, type Member as Car, type SitePhases } from '../../../domain/dispatch/phases.ts'
import { fill } from '../../../domain/dispatch/water-fill.ts'
import type { Phase } from '../../../domain/registry/registry.ts'
import { kilowatts, watts, type Power } from '../../../domain/units.ts'

interface Member extends Car {
  readonly site: string
}

/** A pool's target over its cars, each site's phases first. */
function allocate(members: readonly Member[], target: Power | null, sites: readonly SitePhases[]) {
  const [low, high, wanted] = [0, 1, 2].map(() => new Float64Array(members.length))
  for (const key of new Set(members.map(({ site }) => site))) {
    const own = [...members.keys()].filter((i) => members[i]!.site === key)
    const bands = cutBands(
      own.map((i) => members[i]!),
      sites.find(({ site }) => site === key) ?? null,
    )
    own.forEach((i, k) => {
      low![i] = bands.low[k]!
      high![i] = bands.high[k]!
      wanted![i] = bands.wanted[k]!
    })
  }
  const goal = target ?? wanted!.reduce((sum, power) => sum + power, 0)
  const power = new Float64Array(members.length)
  fill({ wanted: wanted!, low: low!, high: high! }, members.length, goal, power)
  return { power: [...power], missing: goal - power.reduce((sum, share) => sum + share, 0) }
}

function member(
  key: string,
  min: number,
  max: number,
  preferred: number,
  phases: readonly Phase[] = ['L1', 'L2', 'L3'],
  site = key,
): Member {
  return { min: watts(min), max: watts(max), preferred: watts(preferred), site, phases }
}

describe('allocate', () => {
  it('gives everybody what the plan would like when there is no other target', () => {
    const { power, missing } = allocate([member('a', -11_000, 11_000, -7_400), member('b', 0, 11_000, 3_000)], null, [])
    expect(power).toEqual([-7_400, 3_000])
    expect(missing).toBe(0)
  })

  it('lets the others take over what one cannot deliver (F32)', () => {
    const { power } = allocate(
      [member('stuck', 0, 0, -10_000), member('a', -11_000, 11_000, -4_000), member('b', -11_000, 11_000, -4_000)],
      watts(-18_000),
      [],
    )
    expect(power).toEqual([0, -9_000, -9_000])
  })

  it('says what it could not place', () => {
    const { power, missing } = allocate([member('a', -3_000, 3_000, 0)], watts(-5_000), [])
    expect(power).toEqual([-3_000])
    expect(missing).toBe(-2_000)
  })

  it('holds three single-phase cars on one phase of a shared connection', () => {
    const cars = ['a', 'b', 'c'].map((key) => member(key, 0, 7_400, 7_400, ['L1'], 'house'))
    const { power } = allocate(cars, null, [{ site: 'house', max: kilowatts(14.49), min: kilowatts(-4.6) }])
    expect(power.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(14_490)
    expect(Math.max(...power) - Math.min(...power)).toBeLessThanOrEqual(1)
  })

  it('counts a car of unknown rotation on the worst phase', () => {
    const { power } = allocate([member('a', 0, 11_000, 11_000, [], 'house')], null, [
      { site: 'house', max: watts(4_600), min: watts(-4_600) },
    ])
    expect(power).toEqual([4_600])
  })

  it('parts add up to the target within bounds, and no phase is exceeded', () => {
    const phases = fc.constantFrom<readonly Phase[]>(['L1'], ['L2'], ['L1', 'L2', 'L3'], [])
    const car = fc.record({
      min: fc.integer({ min: -11_000, max: 0 }),
      max: fc.integer({ min: 0, max: 11_000 }),
      preferred: fc.integer({ min: -15_000, max: 15_000 }),
      phases,
      site: fc.constantFrom('x', 'y'),
    })
    fc.assert(
      fc.property(fc.array(car, { minLength: 1, maxLength: 12 }), fc.integer({ min: -60_000, max: 60_000 }), (cars, target) => {
        const members = cars.map((value, i) => member(String(i), value.min, value.max, value.preferred, value.phases, value.site))
        const sites = ['x', 'y'].map((site) => ({ site, max: watts(9_000), min: watts(-6_000) }))
        const { power, missing } = allocate(members, watts(target), sites)
        const total = power.reduce((a, b) => a + b, 0)
        expect(total + missing).toBe(target)
        power.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(members[i]!.min)
          expect(value).toBeLessThanOrEqual(members[i]!.max)
        })
        for (const site of sites)
          for (const phase of ['L1', 'L2', 'L3'] as const) {
            let load = 0
            members.forEach((own, i) => {
              if (own.site === site.site && (own.phases.length === 0 || own.phases.includes(phase)))
                load += power[i]! / Math.max(1, own.phases.length)
            })
            expect(load).toBeLessThanOrEqual(9_000 + 1e-6)
            expect(load).toBeGreaterThanOrEqual(-6_000 - 1e-6)
          }
      }),
      { numRuns: 300 },
    )
  })
})
