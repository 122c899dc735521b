// Cars of which more is known: the plan follows the battery as it is, and the house behind the same meter.
import { describe, expect, it } from 'vitest'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { BatteryModel } from '../../../domain/registry/registry.ts'
import type { Plan } from '../../../domain/planning/plan.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { ctPerKWh, eurPerMWh, share, watts } from '../../../domain/units.ts'
import { publishedFact } from '../../../src/run/plans.ts'
import { carProblem } from '../../../domain/problems/car-problem.ts'
import { replanner } from '../../../src/run/replan.ts'
import type { Preferences } from '../../../domain/problems/rich-car.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import {
  CAPACITY_WH,
  EFFICIENCY,
  HOUR_MS,
  needsOf,
  NOW,
  plugIn,
  priced,
  sessionOf,
  smallFleet,
  smallRegistry,
} from '../live/small-fleet.ts'

const options = {
  strategy: 'bidirectional',
  wear: ctPerKWh(3),
  terminal: ctPerKWh(0),
  prices: tariffInForce(DEMO_TARIFF, DEMO_REGIME),
} as const
function setUp(battery: BatteryModel | undefined, preferences?: Preferences) {
  const registry = smallRegistry({ cars: 2 })
  const fleet = smallFleet({ ...registry, vehicles: registry.vehicles.map((vehicle) => ({ ...vehicle, battery })) })
  priced(fleet)
  plugIn(fleet, 1, { needs: needsOf({ soc: share(0.4) }), session: { wish: { ...sessionOf(1).wish, targetSoc: share(1) } } })
  return { fleet, plan: (at = NOW) => planned(fleet, at, preferences) }
}
function planned(fleet: LiveFleet, at: number, preferences?: Preferences): Plan {
  const live = [...fleet.evses.values()][0]!
  const replan = replanner({
    ...options,
    preferences,
    feeRegime: DEMO_REGIME.name,
    coordination: () => null,
    onFailure: (_, error) => expect.unreachable(error.message),
  })
  const plan = replan(fleet, live, openSession(fleet, live)!, at, true)!
  apply(fleet, publishedFact(plan, 'test'), at)
  return plan
}
const cost = ({ certificate }: Plan) => certificate!.value
const houseOf = (fleet: LiveFleet, power: readonly number[], asOf = NOW) =>
  apply(fleet, { kind: 'site-load-told', load: { site: id<SiteId>('home-1'), asOf, first: slotAt(NOW), power } }, NOW)
/** The stored energy that a plan's powers lead to, Wh, charging and discharging at the efficiency of power. */
function follow(plan: Plan, efficiency: (power: number) => number): readonly number[] {
  let stored = 0.4 * CAPACITY_WH
  return plan.power.values.map((power) => (stored += (power > 0 ? power * efficiency(power) : power / efficiency(-power)) / 4))
}

describe('a car of which more is known', () => {
  it('is planned as a simple one where nothing more is known, and exactly like one where that changes nothing', () => {
    const simple = setUp(undefined)
    const [live] = [...simple.fleet.evses.values()]
    expect(carProblem(simple.fleet, live!, openSession(simple.fleet, live!)!, NOW, options).beyond).toBeNull()
    const [plain, rich] = [simple.plan(), setUp({}).plan()]
    expect(Math.abs(cost(rich) - cost(plain))).toBeLessThan(1e-6 * Math.abs(cost(plain)) + 1e5)
    expect(rich.certificate!.gap).toBeLessThan(1e-3)
  })

  it('takes less when nearly full, so that it has to begin earlier', () => {
    const taper = { fromSoc: share(0.7), power: watts(10_450), powerAtFull: watts(1_500) }
    const cheapLate = (battery?: BatteryModel) => {
      const { fleet, plan } = setUp(battery)
      for (const [slot] of fleet.prices) fleet.prices.set(slot, eurPerMWh(300 - 4 * Math.min(50, slot - slotAt(NOW))))
      return plan()
    }
    const [plain, tapered] = [cheapLate(), cheapLate({ taper })]
    const stored = follow(tapered, () => EFFICIENCY)
    tapered.power.values.forEach((power, t) => {
      const before = t === 0 ? 0.4 * CAPACITY_WH : stored[t - 1]!
      const beyond = Math.max(0, (before / CAPACITY_WH - 0.7) / 0.3)
      expect(Math.max(0, power) * EFFICIENCY).toBeLessThanOrEqual(10_450 - beyond * (10_450 - 1_500) + 2)
    })
    expect(stored.at(-1)).toBeGreaterThan(0.99 * CAPACITY_WH)
    expect(cost(tapered)).toBeGreaterThan(cost(plain))
    expect(plain.power.values.some((power, t) => power > tapered.power.values[t]! + 1_000)).toBe(true)
  })

  it('stands at high charge as shortly as can be when that ages it', () => {
    const hoursAbove = (plan: Plan) => plan.stored.filter((energy) => energy > 0.82 * CAPACITY_WH).length / 4
    const ageing = [{ aboveSoc: share(0.8), ctPerKWhDay: 20 }]
    const [plain, aged] = [setUp(undefined).plan(), setUp({ ageing }).plan()]
    expect(hoursAbove(aged)).toBeLessThan(hoursAbove(plain))
    expect(aged.stored.at(-1)).toBeGreaterThan(0.99 * CAPACITY_WH)
  })

  it('charges at the power its charger likes best, and buys what standby takes', () => {
    const charging = [
      { power: watts(5_000), efficiency: 0.97 },
      { power: watts(11_000), efficiency: 0.85 },
    ]
    const [plain, plan] = [setUp(undefined).plan(), setUp({ charging }).plan()]
    expect(plan.stored.at(-1)).toBeGreaterThan(0.99 * CAPACITY_WH)
    const above = ({ power }: Plan) => power.values.filter((value) => value > 5_500).length
    expect(above(plain)).toBeGreaterThan(above(plan))
    const standing = setUp({ charging, standby: watts(60) }).plan()
    expect(cost(standing)).toBeGreaterThan(cost(plan))
  })

  it('uses the sun of its house, serves the house in the evening, and leaves the fuse what the house takes', () => {
    const { fleet, plan } = setUp(undefined)
    const before = plan()
    // A house that takes 3 kW for two hours and gives 6 kW for the next two.
    const load = Array.from({ length: 56 }, (_, t) => (t < 8 ? 3_000 : t < 16 ? -6_000 : 500))
    houseOf(fleet, load)
    const after = plan()
    const energyIn = ({ power }: Plan, from: number, until: number) =>
      power.values.slice(from, until).reduce((sum, value) => sum + value / 4, 0)
    expect(energyIn(after, 8, 16)).toBeGreaterThan(energyIn(before, 8, 16) + 5_000)
    expect(energyIn(after, 0, 8)).toBeLessThanOrEqual(energyIn(before, 0, 8))
    expect(after.inputHash).not.toBe(before.inputHash)
    // What it was told later counts, what was known before does not come back.
    houseOf(fleet, new Array<number>(56).fill(0), NOW - HOUR_MS)
    expect(fleet.siteLoads.get(id<SiteId>('home-1'))!.power).toEqual(load)
    houseOf(fleet, new Array<number>(56).fill(63 * 230 * 3 - 2_000), NOW + 1)
    expect(Math.max(...plan().power.values)).toBeLessThanOrEqual(2_000)
  })

  it('keeps to the plan before where another is hardly better, and lets others serve that have given less', () => {
    const none = eurPerMWh(0)
    const moved = (preferences: Preferences) => {
      const { fleet, plan } = setUp(undefined, preferences)
      const before = plan()
      // Prices that differ by little: another order of quarter-hours is a little better now.
      for (const [slot, price] of fleet.prices) fleet.prices.set(slot, (price + ((slot * 7) % 11) * 20) as typeof price)
      const after = plan(NOW)
      return after.power.values.reduce((sum, power, t) => sum + Math.abs(power - before.power.values[t]!), 0)
    }
    expect(moved({ stability: ctPerKWh(2), fairness: none })).toBeLessThan(moved({ stability: none, fairness: ctPerKWh(0.001) }))

    const given = (served: number) => {
      const { fleet, plan } = setUp(undefined, { stability: none, fairness: ctPerKWh(12) })
      fleet.served.set([...fleet.vehicles.keys()][0]!, served)
      fleet.served.set([...fleet.vehicles.keys()][1]!, 50_000)
      fleet.servedInAll = served + 50_000
      return plan().power.values.reduce((sum, power) => sum - Math.min(0, power) / 4, 0)
    }
    expect(given(0)).toBeGreaterThan(given(500_000))
  })
})
