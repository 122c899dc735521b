// The bound that a proposal prints holds: no trades gain more, whatever happens to the fleet while the proposal is made. Small fleets are judged by HiGHS.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { coordinate } from '../../../domain/planning/fleet/coordinate.ts'
import { ALONE, createMember, type FleetWork } from '../../../domain/planning/fleet/team.ts'
import { id, stationOf, type SiteId } from '../../../domain/registry/identity.ts'
import { ok } from '../../../domain/result.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { ctPerKWh, eurPerMWh, share, wattHours, watts, type Price } from '../../../domain/units.ts'
import { portfoliosOf } from '../../../domain/live/portfolios.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { retradeDesk } from '../../../src/market/retrade-desk.ts'
import { fleetOracle } from '../../domain/planning/fleet/fleet-oracle.ts'
import { needsOf, NOW, plugIn, priced, smallFleet, smallRegistry } from '../../domain/live/small-fleet.ts'

const MINUTE_MS = 60_000
/** Random fleets; more of them with PROPERTY_RUNS. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 100)
/** What HiGHS leaves open, as a share. */
const TOLERANCE = 1e-6

interface Situation {
  readonly socs: readonly number[]
  readonly bidirectional: readonly boolean[]
  /** Amperes of the connection that all share; null: a house each. */
  readonly fuseAmps: number | null
  readonly positions: readonly (number | null)[]
  readonly middles: readonly number[]
  readonly spreads: readonly number[]
  readonly imbalance: number
  readonly lot: number
  readonly minutes: number
  readonly gateMinutes: number
  /** What happens before each time the planner is asked: nothing, a car leaves, one comes, a meter is read. */
  readonly meanwhile: readonly ('nothing' | 'leaves' | 'comes' | 'measured')[]
}
const situation: fc.Arbitrary<Situation> = fc.integer({ min: 1, max: 5 }).chain((cars) =>
  fc.record({
    socs: fc.array(fc.double({ min: 0.05, max: 0.95, noNaN: true }), { minLength: cars, maxLength: cars }),
    bidirectional: fc.array(fc.boolean(), { minLength: cars, maxLength: cars }),
    fuseAmps: fc.option(fc.integer({ min: 10, max: 40 })),
    positions: fc.array(fc.option(fc.integer({ min: -5_000, max: 12_000 })), { minLength: 8, maxLength: 48 }),
    middles: fc.array(fc.integer({ min: -100, max: 400 }), { minLength: 48, maxLength: 48 }),
    spreads: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 48, maxLength: 48 }),
    imbalance: fc.integer({ min: 0, max: 300 }),
    lot: fc.constantFrom(100, 250, 1_000, 25_000),
    minutes: fc.integer({ min: 0, max: 14 }),
    gateMinutes: fc.constantFrom(0, 5, 30),
    meanwhile: fc.array(fc.constantFrom('nothing', 'leaves', 'comes', 'measured'), { minLength: 4, maxLength: 4 }),
  }),
)

/** A desk over a fleet, and every problem its planner was given with what it certified. */
function deskOf(given: Situation) {
  const now = NOW + given.minutes * MINUTE_MS
  const cars = given.socs.length
  const registry = smallRegistry({ cars: cars + 1, site: () => ({ fuseAmps: given.fuseAmps ?? 63 }) })
  const shared = { ...registry, evses: registry.evses.map((evse) => ({ ...evse, site: id<SiteId>('home-1') })) }
  const fleet = smallFleet(given.fuseAmps === null ? registry : shared)
  priced(fleet)
  given.socs.forEach((soc, i) =>
    plugIn(fleet, i + 1, { needs: needsOf({ soc: share(soc), bidirectional: given.bidirectional[i]! }) }),
  )
  const asked: { readonly work: FleetWork; readonly bound: number; readonly value: number }[] = []
  const happen = [...given.meanwhile]
  const first = slotAt(now)
  apply(fleet, { kind: 'quotes-received', quotes: { market: 'm', asOf: now, first, quotes: given.middles.map(quoteOf) } }, now)
  function quoteOf(middle: number, t: number) {
    const half = given.spreads[t]! / 2
    return t % 7 === 6 ? null : { bid: eurPerMWh(middle - half), ask: eurPerMWh(middle + half) }
  }
  function happens(): void {
    const what = happen.shift() ?? 'nothing'
    if (what === 'comes' && fleet.evses.size > cars) plugIn(fleet, cars + 1, { at: now })
    const [live] = [...fleet.evses.values()].filter(({ session }) => session !== null)
    if (live === undefined) return
    if (what === 'leaves') apply(fleet, { kind: 'station-disconnected', station: stationOf(live.evse.id), detail: 'gone' }, now)
    if (what === 'measured')
      for (const [n, sampledAt] of [NOW, now].entries())
        apply(
          fleet,
          {
            kind: 'readings',
            readings: [
              {
                evse: live.evse.id,
                sampledAt,
                power: watts(11_000),
                soc: null,
                importRegister: wattHours(n * 2_500),
                exportRegister: wattHours(0),
              } as never,
            ],
          },
          now,
        )
  }
  const desk = retradeDesk({
    fleet,
    now: () => now,
    gateMs: given.gateMinutes * MINUTE_MS,
    lot: wattHours(given.lot),
    keep: () => Promise.resolve(),
    planners: {
      threads: 1,
      coordinate(work, request) {
        happens()
        const certificate = coordinate(createMember(work, 0, 1, ALONE), request)
        asked.push({ work, ...certificate })
        return Promise.resolve(ok({ ...certificate, inputHash: '' }))
      },
      pause() {},
      close: () => Promise.resolve(),
    },
    car: { strategy: 'bidirectional', wear: ctPerKWh(3), terminal: ctPerKWh(0) },
    pricesOver: () => tariffInForce(DEMO_TARIFF, DEMO_REGIME),
    positionOf: (_, from, slots) =>
      Array.from({ length: slots }, (__, t) => {
        const energy = given.positions[from + t - first] ?? null
        return energy === null ? null : wattHours(energy)
      }),
    imbalance: { above: eurPerMWh(given.imbalance) as Price, below: eurPerMWh(given.imbalance) as Price },
    expectedOf: () => null,
    track: (work) => work,
    log: (_, text, facts) => expect.unreachable(`${text} ${JSON.stringify(facts)}`),
  })
  return { desk, asked, portfolio: portfoliosOf(fleet)[0]! }
}

test('no proposal gains more than its bound, for other lots neither, while cars come, leave and are measured', async () => {
  let proposals = 0
  let gaining = 0
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      for (const lot of [given.lot, 1]) {
        const { desk, portfolio } = deskOf(given)
        const answer = await desk.propose(portfolio, 'm', wattHours(lot))
        if (!answer.ok) {
          expect(answer.refusal.kind).toBe('nothing-to-trade')
          continue
        }
        proposals++
        if (answer.value.gain > 0) gaining++
        expect(answer.value.gain).toBeGreaterThanOrEqual(0)
        expect(answer.value.gain).toBeLessThanOrEqual(answer.value.gainMax)
      }
    }),
    { numRuns: RUNS },
  )
  expect(proposals).toBeGreaterThan(RUNS / 2)
  expect(gaining).toBeGreaterThan(RUNS / 10)
}, 600_000)

test('the bound changes with neither lots nor what happens meanwhile, and HiGHS finds no plan below it', async () => {
  const solve = await fleetOracle()
  let judged = 0
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const bounds: number[] = []
      for (const lot of [250, 1_000]) {
        const { desk, portfolio, asked } = deskOf({ ...given, fuseAmps: null, socs: given.socs.map((soc) => Math.max(0.4, soc)) })
        const answer = await desk.propose(portfolio, 'm', wattHours(lot))
        if (!answer.ok) return
        bounds.push(answer.value.gainMax)
        const [free] = asked
        if (free === undefined || free.work.fleet.cars > 2) continue
        const optimum = solve(free.work.fleet, free.work.coupling)
        expect(free.bound).toBeLessThanOrEqual(optimum.cost + TOLERANCE * Math.abs(optimum.cost) + 1)
        judged++
      }
      expect(bounds[0]).toBe(bounds[1])
    }),
    { numRuns: 40 },
  )
  expect(judged).toBeGreaterThan(5)
}, 600_000)
