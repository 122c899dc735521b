import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Plan } from '../../../domain/planning/plan.ts'
import { ctPerKWh, kilowattHours, share } from '../../../domain/units.ts'
import { publishedFact } from '../../../src/run/plans.ts'
import { replanner, type Replan } from '../../../src/run/replan.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { HOUR_MS, MINUTE_MS, needsOf, NOW, plugIn, priced, sessionOf, smallFleet } from '../../domain/live/small-fleet.ts'

function setUp(options: Parameters<typeof plugIn>[2] = {}) {
  const fleet = smallFleet()
  priced(fleet)
  const live = plugIn(fleet, 1, options)
  const failures: Error[] = []
  const replan = replanner({
    strategy: 'bidirectional',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    feeRegime: DEMO_REGIME.name,
    prices: tariffInForce(DEMO_TARIFF, DEMO_REGIME),
    coordination: () => null,
    onFailure: (_, error) => void failures.push(error),
  })
  return { fleet, live, failures, plan: (at: number = NOW, always = false) => publish(replan, fleet, live, at, always) }
}
/** Plans and puts the plan in force, as the application does. */
function publish(replan: Replan, fleet: LiveFleet, live: LiveEvse, at: number, always: boolean): Plan | null {
  const plan = replan(fleet, live, openSession(fleet, live)!, at, always)
  if (plan === null) return null
  apply(fleet, publishedFact(plan, 'test'), at)
  return plan
}
/** 30 kWh of a car at 20 % in two hours cannot be had. */
const hurried = { needs: needsOf({ soc: share(0.2) }), session: { wish: { ...sessionOf(1).wish, readyBy: NOW + 2 * HOUR_MS } } }

describe('planning anew', () => {
  it('keeps a plan that still says the same, unless it is asked for', () => {
    const { plan } = setUp()
    expect(plan()).not.toBeNull()
    expect(plan(NOW + MINUTE_MS)).toBeNull()
    expect(plan(NOW + MINUTE_MS, true)).not.toBeNull()
  })

  it('says how far a plan can be from the best one: whole watts cost next to nothing', () => {
    const { plan } = setUp()
    const certificate = plan()!.certificate!
    expect(certificate).toMatchObject({ scope: 'car', cars: 1 })
    expect(certificate.gap).toBeLessThan(1e-3)
    expect(Math.abs(certificate.value - certificate.bound!)).toBeLessThan(1e5)
  })

  it('publishes anew when the same breach misses another amount', () => {
    const { fleet, live, plan } = setUp(hurried)
    const missing = (of: Plan | null) => of?.breaches.find(({ kind }) => kind === 'target')?.missing
    const first = missing(plan())!
    expect(first).toBeGreaterThan(kilowattHours(10))
    const power = live.plan!.power
    const session = openSession(fleet, live)!
    apply(fleet, { kind: 'wish-changed', session: session.id, wish: { ...session.wish, targetSoc: share(0.9) } }, NOW)
    const second = missing(plan())!
    expect(live.plan!.power).toEqual(power)
    expect(second).toBeCloseTo(first + kilowattHours(6), -2)
    expect(live.plan!.breaches.find(({ kind }) => kind === 'target')!.missing).toBe(second)
    expect(plan()).toBeNull()
  })

  it('bears a battery of 0 Wh', () => {
    const { plan, failures } = setUp({ needs: needsOf({ capacity: kilowattHours(0), soc: null }) })
    const made = plan()
    expect(failures).toEqual([])
    expect(made!.power.values.every((power) => power >= 0)).toBe(true)
  })

  it('never plans discharging where no price is known (F15)', () => {
    const { fleet, plan } = setUp()
    for (const slot of fleet.prices.keys()) if (slot % 2 === 0) fleet.prices.delete(slot)
    const { power, buy } = plan()!
    expect(buy).toContain(null)
    power.values.forEach((value, i) => {
      if (buy[i] === null) expect(value).toBeGreaterThanOrEqual(0)
    })
  })
})
