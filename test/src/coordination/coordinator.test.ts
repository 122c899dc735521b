// Cars that something ties are planned together, in real threads, and each gets its own plan out of it with the fleet's certificate.
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { id, type SessionId, type SiteId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import type { Plan } from '../../../domain/planning/plan.ts'
import type { FleetPlanView } from '../../../domain/ports/answers/plans.ts'
import { SLOT_MS, slotAt, type Slot } from '../../../domain/time/slot.ts'
import { ctPerKWh, eurPerMWh, share, watts } from '../../../domain/units.ts'
import { publishedFact } from '../../../src/run/plans.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { coordinator, type Coordinator, type WarmStart } from '../../../src/coordination/coordinator.ts'
import { openFleetPlanners, type FleetPlanners } from '../../../src/coordination/workers/open-fleet-planners.ts'
import { replanner } from '../../../src/run/replan.ts'
import type { ExpectedOf, PositionOf } from '../../../domain/problems/tied-fleets.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { needsOf, NOW, plugIn, priced, smallFleet, smallRegistry } from '../../domain/live/small-fleet.ts'

const CARS = 12
const open: Coordinator[] = []
afterAll(async () => {
  for (const each of open) await each.stop()
})

/** Cars at 40 % that want 80 % by the morning, on a manual clock that waits for the threads. */
function world({
  positionOf,
  registry = smallRegistry({ cars: CARS }),
  planners = openFleetPlanners(1),
  log = (text) => expect.unreachable(text),
  expectedOf = () => null,
  warm = { fromCars: Infinity, gapMax: 0 },
}: {
  positionOf: PositionOf
  registry?: Registry
  planners?: FleetPlanners
  log?: (text: string) => void
  expectedOf?: ExpectedOf
  warm?: WarmStart
}) {
  const fleet = smallFleet(registry)
  priced(fleet)
  const plans = new Map<SessionId, Plan>()
  const published: FleetPlanView[] = []
  const completed: number[] = []
  const beside: string[] = []
  const clock = manualClock(NOW)
  let underWay: Promise<unknown> = Promise.resolve()
  const car = {
    strategy: 'bidirectional',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    prices: tariffInForce(DEMO_TARIFF, DEMO_REGIME),
  } as const
  const together = coordinator({
    clock,
    fleet,
    planners,
    car,
    feeRegime: 'none',
    positionOf,
    imbalance: { above: eurPerMWh(200), below: eurPerMWh(200) },
    expectedOf,
    warm,
    track: (work) => {
      underWay = work
      return work
    },
    log: (_, text, facts) => log(`${text} ${JSON.stringify(facts)}`),
  })
  together.attend({
    plans,
    planBeside: (evses) => void beside.push(...evses),
    fleetPlans: {
      announce: (view) => void published.push(view),
      take(made) {
        for (const plan of made) {
          plans.set(plan.session, plan)
          inForce(fleet, plan, clock.now())
        }
      },
      complete: () => void completed.push(clock.now()),
    },
  })
  open.push(together)
  const alone = replanner({
    ...car,
    feeRegime: 'none',
    coordination: together.priceFor,
    onFailure: (_, error) => expect.unreachable(error.message),
  })
  for (let n = 1; n <= registry.evses.length; n++) plugIn(fleet, n, { needs: needsOf({ soc: share(0.4) }) })
  return {
    fleet,
    plans,
    published,
    completed,
    beside,
    together,
    clock,
    planAlone(n: number) {
      const live = [...fleet.evses.values()][n - 1]!
      return alone(fleet, live, openSession(fleet, live)!, clock.now(), true)!
    },
    async run() {
      together.mark()
      await clock.runUntil(clock.now() + 20_000, async () => {
        await underWay
      })
    },
  }
}
const nothingSold: PositionOf = (_, __, slots) => new Array<null>(slots).fill(null)
const sumAt = (plans: Iterable<Plan>, slot: Slot) =>
  [...plans].reduce((sum, { power }) => sum + (power.values[slot - power.first] ?? 0), 0)

describe('coordination of a running fleet', () => {
  it('leaves cars alone that nothing ties', async () => {
    const { run, published, together, fleet } = world({ positionOf: nothingSold })
    await run()
    expect(published).toEqual([])
    expect(together.priceFor(fleet.evses.values().next().value!, slotAt(NOW), 4)).toBeNull()
  })

  it('keeps a sold schedule that no car would keep by itself, and certifies the plan', async () => {
    // Sold: 30 kW from 18:00 to 22:00 UTC and nothing before; the flat price alone would not spread the cars like that.
    const begin = slotAt(NOW) + 8
    const positionOf: PositionOf = (_, first, slots) =>
      Array.from({ length: slots }, (_, t) => (first + t < begin ? 0 : first + t < begin + 16 ? 7_500 : null))
    const { run, published, completed, plans, together, planAlone, fleet } = world({ positionOf })
    await run()
    expect(published).toHaveLength(1)
    expect(completed).toHaveLength(1)
    const [view] = published
    expect(view).toMatchObject({ balanceGroup: 'group', controlArea: '50Hertz', cars: CARS, excess: null })
    expect(view!.bound).toBeLessThanOrEqual(view!.value)
    expect(view!.gap).toBeLessThan(0.05)
    expect(plans.size).toBe(CARS)
    for (let t = 1; t < 24; t++) {
      const slot = (slotAt(NOW) + t) as Slot
      const sold = slot < begin ? 0 : 30_000
      expect(Math.abs(sumAt(plans.values(), slot) - sold)).toBeLessThan(1_500)
      expect(view!.power[t]).toBe(sumAt(plans.values(), slot))
    }
    for (const plan of plans.values()) {
      expect(plan.certificate).toMatchObject({ scope: 'fleet', cars: CARS, gap: view!.gap, seed: view!.seed })
      expect(plan.inputHash).toBe(view!.inputHash)
    }
    // One car asked anew answers at the prices of the fleet.
    const price = together.priceFor(fleet.evses.values().next().value!, slotAt(NOW), 8)!
    expect(price.every((value) => Math.abs(value) <= 20_000)).toBe(true)
    expect(new Set(price).size).toBeGreaterThan(1)
    expect(planAlone(1).certificate).toMatchObject({ scope: 'car-at-fleet-prices', gap: null })
  })

  it('shares a connection that cannot carry all cars at once, to the watt', async () => {
    const base = smallRegistry({ cars: 4, site: () => ({ fuseAmps: 20 }) })
    const shared = id<SiteId>('home-1')
    const registry = { ...base, evses: base.evses.map((evse) => ({ ...evse, site: shared })) }
    const { run, published, plans } = world({ positionOf: nothingSold, registry })
    await run()
    const most = 3 * 20 * 230
    expect(published[0]!.rows.map(({ name }) => name)).toContain('connection home-1')
    expect(published[0]!.excess).toBeNull()
    for (let t = 0; t < 56; t++) expect(sumAt(plans.values(), (slotAt(NOW) + t) as Slot)).toBeLessThanOrEqual(most)
    for (const { breaches } of plans.values()) expect(breaches.filter(({ kind }) => kind === 'target')).toEqual([])
  })

  it('F36: is not silent for an hour when the clock is set back by one', async () => {
    const base = smallRegistry({ cars: 4, site: () => ({ fuseAmps: 20 }) })
    const registry = { ...base, evses: base.evses.map((evse) => ({ ...evse, site: id<SiteId>('home-1') })) }
    const { run, published, clock } = world({ positionOf: nothingSold, registry })
    await run()
    clock.step(-3_600_000)
    await run()
    expect(published.map(({ first }) => first)).toEqual([slotAt(NOW), slotAt(NOW) - 4])
  })

  it('plans cars of which more is known together with simple ones', async () => {
    const positionOf: PositionOf = (_, __, slots) => new Array<number>(slots).fill(5_000)
    const base = smallRegistry({ cars: CARS })
    const taper = { fromSoc: share(0.6), power: watts(10_450), powerAtFull: watts(1_000) }
    const registry = {
      ...base,
      vehicles: base.vehicles.map((vehicle, i) =>
        i % 4 === 0 ? { ...vehicle, battery: { taper, standby: watts(50) } } : vehicle,
      ),
    }
    const { run, published, plans, fleet } = world({ positionOf, registry })
    bound(fleet, 60_000)
    await run()
    const [view] = published
    expect(view).toMatchObject({ cars: CARS, excess: null, missed: { cars: 0 } })
    expect(view!.bound).toBeLessThanOrEqual(view!.value)
    expect(view!.gap).toBeLessThan(0.1)
    expect(plans.size).toBe(CARS)
    for (let t = 1; t < 48; t++) {
      const slot = (slotAt(NOW) + t) as Slot
      expect(sumAt(plans.values(), slot)).toBeLessThanOrEqual(60_000)
      expect(view!.power[t]).toBe(sumAt(plans.values(), slot))
    }
    for (const { stored, power, certificate } of plans.values()) {
      expect(certificate).toMatchObject({ scope: 'fleet', cars: CARS })
      expect(stored).toHaveLength(power.values.length)
      expect(stored.at(-1)).toBeGreaterThan(0.8 * 60_000)
    }
    const tapered = plans.get(id<SessionId>('session-1'))!
    tapered.power.values.forEach((power, t) => {
      const beyond = Math.max(0, ((t === 0 ? 24_000 : tapered.stored[t - 1]!) / 60_000 - 0.6) / 0.4)
      expect(power * 0.95).toBeLessThanOrEqual(10_450 - beyond * 9_450 + 10)
    })
  })

  it('has everybody planned anew once the grid area is let go, also whoever was planned alone under its limit', async () => {
    const { run, beside, plans, fleet, planAlone, clock } = world({ positionOf: nothingSold })
    const until = NOW + 8 * SLOT_MS
    bound(fleet, CARS * 1_000, 'area:VNB', until)
    await run()
    expect(plans.size).toBe(CARS)
    expect(beside).toEqual([])
    // One of them is planned by itself meanwhile: its plan does not say what held it back.
    const first = planAlone(1)
    plans.set(first.session, first)
    inForce(fleet, first, clock.now())
    await clock.runUntil(until, async () => {})
    await run()
    expect(beside.toSorted()).toEqual([...fleet.evses.keys()].toSorted())
  })

  it('leaves room in the sold position for cars that are expected, and sends their part to nobody', async () => {
    // From 20:00 on four cars an hour are expected to want 12 kWh each; sold are 30 kW all night.
    const expectedOf: ExpectedOf = (_, first, steps) => {
      const come = Float64Array.from({ length: steps }, (_, t) => (t >= 16 && t < 24 ? 1 : 0))
      return {
        first,
        count: come,
        energy: come.map((number) => number * 12_000),
        staying: Float64Array.from({ length: steps }, (_, t) => (t < 24 ? 1 : 0)),
      }
    }
    const positionOf: PositionOf = (_, __, slots) => new Array<number>(slots).fill(7_500)
    const alone = world({ positionOf })
    const together = world({ positionOf, expectedOf })
    await alone.run()
    await together.run()
    const [view] = together.published
    expect(view).toMatchObject({ cars: CARS, excess: null })
    expect(alone.published[0]!.expected).toBeNull()
    const energy = (powers: readonly number[]) => powers.reduce((sum, power) => sum + power / 4, 0)
    expect(energy(view!.expected!.slice(0, 16))).toBe(0)
    expect(energy(view!.expected!)).toBeGreaterThan(0.9 * ((8 * 12_000) / 0.95))
    expect(together.plans.size).toBe(CARS)
    for (let t = 1; t < 50; t++) expect(view!.power[t]).toBe(sumAt(together.plans.values(), (slotAt(NOW) + t) as Slot))
    // The position is shared: those who are there take less while the others are expected to take.
    const later = (plans: ReadonlyMap<SessionId, Plan>) =>
      Array.from({ length: 30 }, (_, i) => sumAt(plans.values(), (slotAt(NOW) + 20 + i) as Slot))
    expect(energy(later(together.plans))).toBeLessThan(energy(later(alone.plans)) - 50_000)
    expect(view!.bound).toBeLessThanOrEqual(view!.value)
  })

  it('does not flap: plans in force stay as long as new ones would hardly be better (F16)', async () => {
    let energy = 40_000
    const positionOf: PositionOf = (_, __, slots) => new Array<number>(slots).fill(energy)
    const { run, published, plans } = world({ positionOf, registry: smallRegistry({ cars: 80 }) })
    await run()
    const before = new Map(plans)
    await run()
    expect(published.map(({ isKept }) => isKept)).toEqual([false, true])
    expect(published[1]!.gap).toBeLessThan(0.05)
    expect(new Map(plans)).toEqual(before)
    energy = 60_000
    await run()
    expect(published[2]!.isKept).toBe(false)
    expect([...plans.values()].some((plan) => plan !== before.get(plan.session))).toBe(true)
  })

  it('starts from the plans in force when something has happened, and from scratch where that leads too far astray', async () => {
    let energy = 130_000
    const warm = { fromCars: 400, gapMax: 0.005 }
    const positionOf: PositionOf = (_, first, slots) =>
      Array.from({ length: slots }, (_none, t) => (first + t < slotAt(NOW) + 48 ? energy : null))
    const { run, published, plans, planAlone, fleet } = world({
      positionOf,
      registry: smallRegistry({ cars: 400 }),
      warm,
    })
    await run()
    // A driver wants much more than before, a minute later the position grows by a twentieth.
    const session = id<SessionId>('session-7')
    const { wish } = fleet.sessions.get(session)!
    apply(fleet, { kind: 'wish-changed', session, wish: { ...wish, targetSoc: share(1) } }, NOW)
    energy *= 1.05
    await run()
    const [scratch, second] = published
    expect(second!.sweeps).toBeLessThan(scratch!.sweeps)
    expect(second!.inputHash).not.toBe(scratch!.inputHash)
    expect(second!.gap).toBeLessThan(0.005)
    expect(second).toMatchObject({ cars: 400, isKept: false, missed: { cars: 0 }, excess: null })
    for (let t = 1; t < 48; t++) expect(second!.power[t]).toBe(sumAt(plans.values(), (slotAt(NOW) + t) as Slot))
    for (const { breaches } of plans.values()) expect(breaches).toEqual([])
    expect(planAlone(7).certificate).toMatchObject({ scope: 'car-at-fleet-prices' })
    // Where nothing is good enough.
    warm.gapMax = 0
    await run()
    expect(published.at(-1)!.sweeps).toBe(scratch!.sweeps)
  })

  it('does not keep plans that leave the position for the sake of little money', async () => {
    // A shortage costs next to nothing here; sold is sold.
    const positionOf: PositionOf = (_, __, slots) => new Array<number>(slots).fill(20_000)
    const { run, published, plans, fleet, planAlone } = world({ positionOf, registry: smallRegistry({ cars: 40 }) })
    await run()
    const at = (t: number) => sumAt(plans.values(), (slotAt(NOW) + t) as Slot)
    const before = at(4)
    // One car has meanwhile made a plan of its own that charges at another time.
    const { session, ...plan } = planAlone(3)
    const values = plan.power.values.map((power, t) => (t === 4 ? watts(power > 5_000 ? 0 : 11_000) : power))
    const other = { ...plan, session, power: { ...plan.power, values } } as Plan
    plans.set(session, other)
    inForce(fleet, other, NOW)
    expect(Math.abs(at(4) - before)).toBeGreaterThan(2_000)
    await run()
    expect(published.at(-1)!.isKept).toBe(false)
    expect(Math.abs(at(4) - 80_000)).toBeLessThan(2_500)
  })

  it('follows a schedule however little that is worth, the first one too, and only then keeps its plans', async () => {
    let energy: number | null = null
    const positionOf: PositionOf = (_, __, slots) =>
      Array.from({ length: slots }, (_none, t) => (energy !== null && t >= 8 && t < 40 ? energy : null))
    const { run, published, fleet, plans } = world({ positionOf, registry: smallRegistry({ cars: 40 }) })
    bound(fleet, 400_000)
    await run()
    const at = (t: number) => sumAt(plans.values(), (slotAt(NOW) + t) as Slot)
    energy = Math.round(at(30) / 4) + 50
    await run()
    expect(published.at(-1)!.isKept).toBe(false)
    energy += 25
    await run()
    expect(published.at(-1)!.isKept).toBe(false)
    await run()
    expect(published.at(-1)!.isKept).toBe(true)
    expect(Math.abs(at(30) - energy * 4)).toBeLessThan(1_500)
  })

  it('leaves the plans in force alone when a planning thread dies (F35)', async () => {
    const said: string[] = []
    const dying = openFleetPlanners(1, () => new Worker('process.exit(1)', { eval: true }))
    const positionOf: PositionOf = (_, __, slots) => new Array<number>(slots).fill(0)
    const { run, published, plans, planAlone, together } = world({ positionOf, planners: dying, log: (text) => said.push(text) })
    const before = planAlone(1)
    await run()
    expect(said.join()).toContain('a fleet could not be coordinated; the plans in force stay')
    expect({ published, plans: plans.size }).toEqual({ published: [], plans: 0 })
    expect(together.isTied(before.session)).toBe(false)
    expect(planAlone(1).power).toEqual(before.power)
  })

  it.each([25_000, 25_001, 25_007, 31_013])(
    'keeps a bound of %i W on the sum of a pool, in the running quarter-hour too',
    async (most) => {
      const fleetWorld = world({ positionOf: nothingSold })
      bound(fleetWorld.fleet, most)
      await fleetWorld.run()
      const { plans, published } = fleetWorld
      expect(published[0]!.rows.map(({ name }) => name)).toEqual(['pool pool max'])
      for (let t = 0; t < 56; t++) expect(sumAt(plans.values(), (slotAt(NOW) + t) as Slot)).toBeLessThanOrEqual(most)
    },
  )
})

/** Puts a plan in force, as the application does. */
function inForce(fleet: LiveFleet, plan: Plan, at: number): void {
  apply(fleet, publishedFact(plan, 'fleet'), at)
}

function bound(fleet: LiveFleet, most: number, subject = 'pool:pool', until: number | null = null): void {
  const envelope = {
    subject,
    from: NOW,
    until,
    rank: 'grid-limit',
    min: null,
    max: watts(most),
    provenance: { authority: 'VNB', reference: 'cap' },
    receivedAt: NOW,
  } as const
  apply(fleet, { kind: 'envelope-received', envelope }, NOW)
}
