import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Phase } from '../../../domain/registry/registry.ts'
import { kilowatts } from '../../../domain/units.ts'
import { connectionOf, fitPowers, isTooMuch, type Claim } from '../../../domain/dispatch/fit-sites.ts'

const three: readonly Phase[] = ['L1', 'L2', 'L3']
const car = (kw: number, readyBy: number, more: Partial<Claim> = {}): Claim => ({
  phases: three,
  wanted: kilowatts(kw),
  least: kilowatts(4.14),
  isFixed: false,
  readyBy,
  ...more,
})
const FUSE = 8_050

/** Charging powers of cars behind one fuse. */
function fit(claims: readonly Claim[], areLed = false): readonly number[] {
  const powers = Float64Array.from(claims, ({ wanted }) => wanted)
  fitPowers(connectionOf(claims, FUSE), powers, areLed)
  return [...powers]
}

describe('cars behind one fuse', () => {
  it('serves the car that is wanted first, and nobody with less than it can use', () => {
    expect(fit([car(11, 8), car(11, 6), car(11, 7)])).toEqual([0, 11_000, 11_000])
    expect(fit([car(11, 8), car(11, 6), car(8, 7)])).toEqual([5_150, 11_000, 8_000])
  })
  it('counts what it cannot lead first, and what flows on one phase on that phase', () => {
    expect(fit([car(11, 6), car(11, 7), car(11, 8, { isFixed: true })])).toEqual([11_000, 0, 11_000])
    expect(fit([car(4.6, 6, { phases: ['L1'], least: kilowatts(1.4) }), car(11, 7)])).toEqual([4_600, 10_350])
  })
  it('counts on everybody to follow where a course is fitted that holds by itself', () => {
    expect(fit([car(11, 6), car(11, 7), car(11, 8, { isFixed: true })], true)).toEqual([11_000, 11_000, 0])
  })
  it('knows when it need not look', () => {
    const claims = [car(11, 6), car(11, 7), car(11, 8)]
    expect(isTooMuch(connectionOf(claims, FUSE), [11_000, 11_000, 2_150])).toBe(false)
    expect(isTooMuch(connectionOf(claims, FUSE), [11_000, 11_000, 2_200])).toBe(true)
  })
  it('never loads a phase beyond its fuse, grants nobody more than wanted, nobody less than the least', () => {
    const claim = fc
      .record({
        kw: fc.integer({ min: 0, max: 22 }),
        readyBy: fc.integer({ min: 0, max: 5 }),
        phases: fc.constantFrom<readonly Phase[]>([], ['L1'], ['L2'], ['L1', 'L3'], three),
      })
      .map(({ kw, readyBy, phases }) => car(kw, readyBy, { phases }))
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 8 }), (claims) => {
        const granted = fit(claims)
        for (const phase of three) {
          const load = claims.reduce(
            (total, { phases }, i) =>
              total + (phases.length === 0 || phases.includes(phase) ? granted[i]! / Math.max(1, phases.length) : 0),
            0,
          )
          expect(load).toBeLessThanOrEqual(FUSE + 1e-6)
        }
        granted.forEach((power, i) => {
          expect(power).toBeLessThanOrEqual(claims[i]!.wanted)
          if (power < claims[i]!.wanted && power > 0) expect(power).toBeGreaterThanOrEqual(claims[i]!.least)
        })
      }),
    )
  })
})
