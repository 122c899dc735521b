// Whatever order they come in: a limit, an activation, a plan and a driver's stop lead to the same bounds and the same orders (I9, F19).
import { describe, expect, it } from 'vitest'
import { dispatch } from '../../../domain/dispatch/dispatcher.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import { boundsOf } from '../../../domain/live/bounds.ts'
import { openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { HOUR_MS, NOW, planned, plugInBelieved, priced, smallFleet, smallRegistry } from './small-fleet.ts'

const CARS = [1, 2, 3]
type Rank = 'grid-limit' | 'driver' | 'operator' | 'activation'

function signal(rank: Rank, subject: string, min: number | null, max: number | null, until: number | null = null): Fact {
  return {
    kind: 'signal-received',
    signal: {
      id: `${rank} ${subject} ${max}`,
      version: 1,
      subjects: [subject],
      from: NOW,
      until,
      rank,
      min: min === null ? null : watts(min),
      max: max === null ? null : watts(max),
      provenance: { authority: rank, reference: subject },
      issuedAt: NOW,
      sender: rank,
      receivedAt: NOW,
    },
  }
}
function plan(session: string, power: number): Fact {
  return {
    kind: 'plan-published',
    session: session as never,
    strategy: 'bidirectional',
    firstSlot: slotAt(NOW),
    powerWatts: new Array<number>(40).fill(power),
    cause: 'a sold schedule',
    feeRegime: 'none',
    breaches: [],
    degraded: false,
    inputHash: '',
    certificate: null,
  }
}
function* permutations<One>(all: readonly One[]): Generator<readonly One[]> {
  if (all.length <= 1) return yield all
  for (const [i, one] of all.entries())
    for (const rest of permutations([...all.slice(0, i), ...all.slice(i + 1)])) yield [one, ...rest]
}

function fleetBefore(): LiveFleet {
  const fleet = smallFleet(smallRegistry({ cars: 3 }))
  priced(fleet)
  for (const n of CARS) planned(fleet, plugInBelieved(fleet, n), 0)
  return fleet
}
/** Set-point, courses and bounds of every car. */
function outcome(facts: readonly Fact[]) {
  const fleet = fleetBefore()
  for (const fact of facts) apply(fleet, fact, NOW)
  const onFailure = (_: unknown, error: Error) => {
    throw error
  }
  const { orders } = dispatch(fleet, NOW, { controllability: () => 'setpoint', safeDefault: watts(4_200), onFailure })
  return CARS.map((n) => {
    const live = fleet.evses.get(`S${n}/1` as never)!
    const { min, max } = boundsOf(fleet, live, openSession(fleet, live)!, NOW)
    const order = orders.find((wanted) => wanted.live === live)
    return { min, max, setpoint: order?.setpoint ?? null, course: order?.course.values ?? [], reason: order?.reason }
  })
}
const setpoints = (facts: readonly Fact[]) => outcome(facts).map(({ setpoint }) => setpoint)

const LIMIT = signal('grid-limit', 'area:VNB', -6_000, 6_000)
const ACTIVATION = signal('activation', 'pool:pool', -15_000, -15_000, NOW + HOUR_MS)
const STOP = signal('driver', 'evse:S1/1', 0, 0)
const SCHEDULE = plan('session-2', 9_000)

describe('limit, activation, schedule and the stop of a driver', () => {
  it('give the same bounds and orders in each of their 24 orders (I9)', () => {
    const first = outcome([LIMIT, ACTIVATION, SCHEDULE, STOP])
    for (const facts of permutations([LIMIT, ACTIVATION, SCHEDULE, STOP])) expect(outcome(facts)).toEqual(first)
    const sum = first.reduce((total, { setpoint }) => total + (setpoint ?? 0), 0)
    // The activation asks for more than the limit leaves, the driver is left in peace.
    expect(first[0]!.setpoint).toBe(0)
    expect(sum).toBeGreaterThanOrEqual(-6_000)
    expect(sum).toBeLessThan(-4_000)
  })

  it('two limits and a stop of everything: the strictest of each direction counts (F19)', () => {
    const facts = [
      signal('grid-limit', 'area:VNB', null, 8_000),
      signal('grid-limit', 'site:home-2', -2_000, 5_000),
      signal('operator', 'pool:pool', 0, null),
      SCHEDULE,
    ]
    const first = outcome(facts)
    for (const order of permutations(facts)) expect(outcome(order)).toEqual(first)
    expect(first.map(({ min, max }) => [min, max])).toEqual([
      [0, 8_000],
      [0, 5_000],
      [0, 8_000],
    ])
    expect(first[1]!.setpoint).toBe(5_000)
  })

  it('a received limit is never raised by anything of lower rank', () => {
    const cap = signal('grid-limit', 'evse:S2/1', null, 1_500)
    const louder = [
      signal('operator', 'evse:S2/1', -9_000, 11_000),
      signal('activation', 'pool:pool', 30_000, 30_000, NOW + HOUR_MS),
    ]
    expect(setpoints([cap, SCHEDULE, ...louder])[1]).toBe(1_500)
  })

  it('one phase of a connection carries a third of a car on three phases', () => {
    expect(setpoints([SCHEDULE, signal('grid-limit', 'site:home-2/L1', null, 1_000)])[1]).toBe(3_000)
    expect(setpoints([SCHEDULE, signal('grid-limit', 'site:home-2', null, 1_000)])[1]).toBe(1_000)
  })

  it('a limit below the dead band of set-points is obeyed to the watt', () => {
    const fleet = fleetBefore()
    const live = fleet.evses.get('S2/1' as never)!
    apply(fleet, SCHEDULE, NOW)
    const order = { id: 'o-1' as never, evse: live.evse.id, session: live.session!, transaction: 'tx-2', setpoint: watts(9_000) }
    const course = { first: slotAt(NOW), values: new Array<never>(96).fill(watts(9_000) as never) }
    const content = { ...order, course, reason: 'plan', issuedAt: NOW, leaseMs: HOUR_MS }
    apply(fleet, { kind: 'order-issued', order: content, leaseUntil: NOW + HOUR_MS }, NOW)
    apply(fleet, signal('grid-limit', 'evse:S2/1', null, 8_950), NOW)
    const { orders } = dispatch(fleet, NOW, { controllability: () => 'setpoint', safeDefault: watts(4_200), onFailure() {} })
    expect(orders.find((wanted) => wanted.live === live)?.setpoint).toBe(8_950)
  })
})
