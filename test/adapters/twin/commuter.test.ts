import * as fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { firstStored, stays, usualUse, type Commuter, type Stay } from '../../../adapters/twin/commuter.ts'
import { MARKET_ZONE } from '../../../domain/time/zone-offset.ts'

const HOUR = 3_600_000
const POWER = 11_000
const from = Date.parse('2026-03-20T00:00:00Z')

const commuters: fc.Arbitrary<Commuter> = fc
  .record({
    seed: fc.string({ minLength: 1, maxLength: 8 }),
    place: fc.constantFrom('home' as const, 'work' as const),
    goesOut: fc.boolean(),
    readyByHour: fc.constant(6),
    readyByMinute: fc.constantFrom(30, 45),
    targetSoc: fc.constantFrom(0.75, 0.8, 0.85),
    minimumSoc: fc.constantFrom(0.25, 0.3, 0.35),
    capacityWh: fc.constantFrom(40_000, 58_000, 80_000),
    announces: fc.boolean(),
    earlyShare: fc.constant(0),
  })
  .map((commuter) => (commuter.place === 'work' ? { ...commuter, readyByHour: 16, readyByMinute: 15 } : commuter))

function first(commuter: Commuter, count: number, at = from): Stay[] {
  const found: Stay[] = []
  for (const stay of stays(commuter, at)) {
    if (found.length === count) break
    found.push(stay)
  }
  return found
}

describe('commuters', () => {
  it('come and go in order, and leave when they said or up to 20 min later', () => {
    fc.assert(
      fc.property(commuters, (commuter) => {
        const days = first(commuter, 30)
        days.forEach((stay, i) => {
          expect(stay.leavesAt - stay.readyBy).toBeGreaterThanOrEqual(0)
          expect(stay.leavesAt - stay.readyBy).toBeLessThanOrEqual(20 * 60_000)
          expect(stay.readyBy).toBeGreaterThan(stay.arrivesAt)
          if (i > 0) expect(stay.arrivesAt).toBeGreaterThan(days[i - 1]!.leavesAt)
        })
      }),
    )
  })

  it('can always be charged in time with margin, even from their minimum', () => {
    fc.assert(
      fc.property(commuters, (commuter) => {
        for (const stay of first(commuter, 30)) {
          const hours = (stay.readyBy - stay.arrivesAt) / HOUR
          // Before an evening out there is time for what was driven, not for a battery that was emptied meanwhile.
          const evening = commuter.goesOut && hours < 4
          const lacking = evening ? stay.usedWh : (commuter.targetSoc - commuter.minimumSoc) * commuter.capacityWh
          expect(lacking / 0.93 / POWER).toBeLessThan(evening ? hours - 0.2 : 0.8 * hours - 0.5)
          // Having left with its target, a car comes back above its minimum.
          expect(commuter.targetSoc * commuter.capacityWh - stay.usedWh).toBeGreaterThan(
            commuter.minimumSoc * commuter.capacityWh,
          )
        }
      }),
    )
  })

  it('start with an energy from which the target can be reached', () => {
    fc.assert(
      fc.property(commuters, fc.integer({ min: 0, max: 14 * 24 * 4 }), (commuter, quarters) => {
        const at = from + (quarters * HOUR) / 4
        const [stay] = first(commuter, 1, at)
        const stored = firstStored(commuter, stay!, at, POWER)
        expect(stored).toBeLessThanOrEqual(commuter.capacityWh)
        expect(stored).toBeGreaterThan(commuter.minimumSoc * commuter.capacityWh)
        const hours = (stay!.readyBy - Math.max(at, stay!.arrivesAt)) / HOUR
        expect(commuter.targetSoc * commuter.capacityWh - stored).toBeLessThanOrEqual(
          Math.max(0, hours - 0.5) * POWER * 0.93 + 1e-6,
        )
      }),
    )
  })

  it('do the same again for the same seed, wherever one begins to look', () => {
    fc.assert(
      fc.property(commuters, (commuter) => {
        const all = first(commuter, 20)
        expect(first(commuter, 5, all[4]!.leavesAt)).toEqual(all.slice(5, 10))
      }),
      { numRuns: 30 },
    )
  })

  it('keep their local hours when the clocks change', () => {
    const commuter: Commuter = {
      seed: 'dst',
      place: 'home',
      goesOut: false,
      readyByHour: 6,
      readyByMinute: 45,
      targetSoc: 0.8,
      minimumSoc: 0.3,
      capacityWh: 60_000,
      announces: false,
      earlyShare: 0,
    }
    const local = first(commuter, 16).map((stay) => DateTime.fromMillis(stay.readyBy, { zone: MARKET_ZONE }))
    const weekdays = local.filter((time) => time.weekday < 6)
    expect(new Set(weekdays.map((time) => time.toFormat('HH:mm')))).toEqual(new Set(['06:45']))
    expect(new Set(weekdays.map((time) => time.offset)).size).toBe(2)
  })

  it('leave early only when asked to', () => {
    const commuter: Commuter = {
      seed: 'early',
      place: 'work',
      goesOut: false,
      readyByHour: 16,
      readyByMinute: 0,
      targetSoc: 0.8,
      minimumSoc: 0.3,
      capacityWh: 60_000,
      announces: true,
      earlyShare: 0.3,
    }
    const early = first(commuter, 100).filter((stay) => stay.leavesAt < stay.readyBy)
    expect(early.length).toBeGreaterThan(15)
    expect(early.length).toBeLessThan(45)
    expect(usualUse(commuter)).toBeLessThan(20_000)
  })
})
