// What a plan made within bounds on a grid area means while these hold, are wider, begin later in the quarter-hour, or are gone.
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { plannedPower } from '../../../domain/live/planned-power.ts'
import type { Rank } from '../../../domain/signals/envelope.ts'
import { later, slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { MINUTE_MS, NOW, plugIn, smallFleet } from './small-fleet.ts'

const FIRST = slotAt(NOW)
const AREA = 'area:VNB'

/** A car planned with 1 kW within 5 kW in the second and third quarter-hour, and with 9 kW without. */
function planned() {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  const bounds = [null, watts(5_000), watts(5_000), null]
  live.plan = {
    firstSlot: FIRST,
    power: [2_000, 1_000, 1_000, 3_000].map(watts),
    strategy: 'smart',
    cause: 'test',
    feeRegime: 'none',
    breaches: [],
    degraded: false,
    free: { power: [9_000, 9_000, 9_000, 9_000].map(watts), max: bounds, min: bounds.map(() => null) },
  }
  let version = 0
  return {
    powers: (now = NOW) => [0, 1, 2, 3, 4].map((t) => plannedPower(fleet, live, now)(later(FIRST, t))),
    set: (maxW: number, fromMin: number, untilMin: number, rank: Exclude<Rank, 'hardware' | 'schedule'> = 'grid-limit') =>
      apply(
        fleet,
        {
          kind: 'signal-received',
          signal: {
            id: 'one',
            version: ++version,
            subjects: [AREA],
            from: NOW + fromMin * MINUTE_MS,
            until: NOW + untilMin * MINUTE_MS,
            rank: rank as 'grid-limit',
            min: null,
            max: watts(maxW),
            provenance: { authority: 'vnb', reference: 'one' },
            issuedAt: NOW,
            sender: 'vnb',
            receivedAt: NOW,
          },
        },
        NOW,
      ),
    withdraw: () => apply(fleet, { kind: 'signal-withdrawn', id: 'one', version: ++version, sender: 'vnb' }, NOW),
  }
}

describe('the power of a plan that was made within bounds', () => {
  it('is the planned one while they hold, and where they are stricter; outside of the plan nothing', () => {
    const { powers, set } = planned()
    set(5_000, 15, 45)
    expect(powers()).toEqual([2_000, 1_000, 1_000, 3_000, 0])
    set(3_000, 15, 45)
    expect(powers()).toEqual([2_000, 1_000, 1_000, 3_000, 0])
  })

  it('is what the car would do without them as soon as they are gone or wider, slot by slot', () => {
    const { powers, set, withdraw } = planned()
    set(5_000, 15, 45)
    expect(powers()[1]).toBe(1_000)
    set(6_000, 15, 45)
    expect(powers()).toEqual([2_000, 9_000, 9_000, 3_000, 0])
    set(5_000, 15, 30)
    expect(powers()).toEqual([2_000, 1_000, 9_000, 3_000, 0])
    withdraw()
    expect(powers()).toEqual([2_000, 9_000, 9_000, 3_000, 0])
  })

  it('begins and ends with the limit to the millisecond, in the middle of a quarter-hour too', () => {
    const { powers, set } = planned()
    set(5_000, 20, 40)
    const at = (minutes: number) => powers(NOW + minutes * MINUTE_MS)
    expect(at(20 - 1 / 60_000)[1]).toBe(9_000)
    expect(at(20)[1]).toBe(1_000)
    expect(at(40 - 1 / 60_000)[2]).toBe(1_000)
    expect(at(40)[2]).toBe(9_000)
  })

  it('heeds no target of others: an activation bounds nobody', () => {
    const { powers, set } = planned()
    set(1_000, 15, 45, 'activation')
    expect(powers()).toEqual([2_000, 9_000, 9_000, 3_000, 0])
  })
})
