// Finds the cars that something ties together, and puts them into one problem each: a sold position, a connection they share, a bound on their pool.
import { boundedSubjects } from '../live/signal-book.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { isReachable } from '../live/reachable.ts'
import type { Site } from '../registry/registry.ts'
import { coupling, type Coupling, type CouplingRow } from '../planning/fleet/coupling.ts'
import { makingFleet, type FleetColumns } from '../planning/fleet/fleet-columns.ts'
import { atOnce, type InPieces } from '../planning/in-pieces.ts'
import { expectedBlock } from '../planning/fleet/expected-arrivals.ts'
import type { VehicleProblem } from '../planning/problem.ts'
import type { RichProblem } from '../planning/battery/rich-problem.ts'
import { later, SLOT_HOURS, slotAt, type Slot } from '../time/slot.ts'
import { portfolioKey, type Portfolio } from '../trading/schedule.ts'
import type { Price } from '../units.ts'
import type { ExpectedCars } from '../forecast/habits.ts'
import { allowedProblem } from './car-problem.ts'
import {
  areaBounds,
  areaRows,
  connectionRows,
  envelopeRows,
  positionRow,
  type AreaBounds,
  type FixedCar,
  type ImbalanceOf,
  type PlannedCar,
} from './coupling-rows.ts'
import { VOLTS } from '../live/connection.ts'
import { isOf, portfolioOf } from '../live/portfolios.ts'
import { hasHouse } from '../live/site-load.ts'
import { richCarProblem } from './rich-car.ts'

/** Energy sold to the cars of a portfolio by slot, Wh, positive takes from the grid; null where nothing is sold and nothing is owed. */
export type PositionOf = (portfolio: Portfolio, first: Slot, slots: number) => readonly (number | null)[]
/** Cars that are not there yet; null where nobody is expected or nobody knows. */
export type ExpectedOf = (portfolio: Portfolio, first: Slot, steps: number) => ExpectedCars | null
/** Cars that are planned together. */
export interface TiedFleet {
  readonly portfolio: Portfolio
  readonly first: Slot
  /** By their number in the columns. Where cars are expected, one more column stands for all of them. */
  readonly cars: readonly PlannedCar[]
  readonly columns: FleetColumns
  readonly coupling: Coupling
  /** What is sold by step from `first`, Wh; null where nothing is. */
  readonly sold: readonly (number | null)[]
  /** Bounds on grid areas that are bounded, as a whole. */
  readonly areas: ReadonlyMap<string, AreaBounds>
}

/** What a moment is planned for. */
export interface Terms {
  /** Epoch ms. */
  readonly now: number
  readonly positionOf: PositionOf
  readonly imbalanceOf: ImbalanceOf
  readonly expectedOf: ExpectedOf
  /** Plugged cars that cannot be planned for: they count with the plan in force, if they have one. */
  readonly unread: readonly LiveEvse[]
}

/** Cars planned further ahead than this go alone: two days. */
const STEPS_MAX = 192
/** Steers the sweeps away from hard bounds, ct/MWh: well above what energy is ever worth on a usual day. On others it grows with the difference of prices. */
const HARD_PRICE = 30_000
const HARD_PER_SPREAD = 1.5

/** Names of the rows a car may count in; those that bind nobody do not exist. */
export function rowNames(site: Site): readonly string[] {
  return [
    'position',
    `connection ${site.id}`,
    `feed-in ${site.id}`,
    `site ${site.id} max`,
    `site ${site.id} min`,
    `pool ${site.pool} max`,
    `pool ${site.pool} min`,
    ...areaRowNames(site.gridArea),
  ]
}

/** Whether a row bounds a grid area. */
export function isAreaRow(name: string): boolean {
  return name.startsWith('area ')
}

/** Names of the rows of a grid area. */
export function areaRowNames(area: string): readonly string[] {
  return [`area ${area} max`, `area ${area} min`]
}

/**
 * A quick look at whether anything may tie a car to others, before its problem is made: true for every car of a portfolio with a position, of a site whose cars are rated for
 * more than it carries, of a site, pool or grid area that somebody has bounded.
 */
export function tiesOf(fleet: LiveFleet, now: number, positionOf: PositionOf): (live: LiveEvse) => boolean {
  const positions = new Map<string, boolean>()
  const plugged = new Map<string, { most: number; least: number; cars: number }>()
  const bounded = boundedSubjects(fleet.signals, now)
  for (const { evse, session } of fleet.evses.values()) {
    if (session === null) continue
    const here = plugged.get(evse.site) ?? { most: 0, least: 0, cars: 0 }
    plugged.set(evse.site, { most: here.most + evse.chargeMax, least: here.least + evse.dischargeMax, cars: here.cars + 1 })
  }
  function isSold(portfolio: Portfolio): boolean {
    const key = portfolioKey(portfolio)
    const known = positions.get(key)
    if (known !== undefined) return known
    const sold = positionOf(portfolio, slotAt(now), STEPS_MAX).some((energy) => energy !== null)
    positions.set(key, sold)
    return sold
  }
  return ({ evse }) => {
    const site = fleet.sites.get(evse.site)
    const here = plugged.get(evse.site)
    if (site === undefined || here === undefined) return false
    if ([`site:${site.id}`, `pool:${site.pool}`, `area:${site.gridArea}`].some((subject) => bounded.has(subject))) return true
    // One phase at least carries its fuse; whether more of them do is looked at with the problems.
    if (here.cars > 1 && (hasHouse(fleet, site.id) || here.most > site.fuseAmps * VOLTS || here.least < -site.feedInMax))
      return true
    const portfolio = portfolioOf(fleet, site)
    return portfolio !== null && isSold(portfolio)
  }
}

/**
 * Joins cars whose problems begin in the same slot. Cars that nothing ties are in none of the fleets. Whoever cannot be led together counts with the plan in force, and with what it
 * takes only where its station is not counted on: its share is the others' (F1, F32).
 * @internal
 */
export function tiedFleets(fleet: LiveFleet, cars: readonly PlannedCar[], terms: Terms): readonly TiedFleet[] {
  return atOnce(tyingFleets(fleet, cars, terms))
}

/** Cars or sites between two breaks: about a millisecond. */
const PIECE = 32

/** The same in pieces. Between two of them the fleet may change: who is led is decided at the beginning of a portfolio. */
export function* tyingFleets(fleet: LiveFleet, cars: readonly PlannedCar[], terms: Terms): InPieces<readonly TiedFleet[]> {
  const groups = new Map<string, { portfolio: Portfolio; cars: PlannedCar[] }>()
  for (const planned of cars) {
    const site = fleet.sites.get(planned.live.evse.site)
    const portfolio = site === undefined ? null : portfolioOf(fleet, site)
    if (portfolio === null) continue
    const key = portfolioKey(portfolio)
    const group = groups.get(key) ?? { portfolio, cars: [] }
    groups.set(key, group)
    group.cars.push(planned)
  }
  const everybody = [...cars.map(({ live }) => live), ...terms.unread].map((live) => fixedCar(fleet, live, terms.now))
  const othersThan = (group: readonly PlannedCar[]) => {
    const own = new Set(group.map(({ live }) => live))
    return everybody.filter(({ live }) => !own.has(live))
  }
  const tied: TiedFleet[] = []
  const ledTogether = cars.filter((planned) => isLed(fleet, planned, terms.now))
  for (const group of groups.values()) {
    const one = yield* tie(fleet, group.portfolio, group.cars, { others: othersThan(group.cars), ledTogether }, terms)
    if (one !== null) tied.push(one)
  }
  return tied
}

function bySiteOf<Car extends { readonly live: LiveEvse }>(cars: readonly Car[]): ReadonlyMap<string, readonly Car[]> {
  const found = new Map<string, Car[]>()
  for (const car of cars) {
    const here = found.get(car.live.evse.site)
    if (here === undefined) found.set(car.live.evse.site, [car])
    else here.push(car)
  }
  return found
}

function isLed(fleet: LiveFleet, { live, session, car }: PlannedCar, now: number): boolean {
  return car.strategy !== 'immediate' && car.problem.steps <= STEPS_MAX && isReachable(fleet, live, session, now)
}

function byAreaOf<Car extends { readonly live: LiveEvse }>(
  fleet: LiveFleet,
  cars: readonly Car[],
): ReadonlyMap<string, readonly Car[]> {
  const found = new Map<string, Car[]>()
  for (const car of cars) {
    const area = fleet.sites.get(car.live.evse.site)!.gridArea
    const here = found.get(area)
    if (here === undefined) found.set(area, [car])
    else here.push(car)
  }
  return found
}

/** Whoever is led in another portfolio has a share of his own, by what cars are rated for: plans of one do not wait for those of another. */
function rowsOfArea(
  fleet: LiveFleet,
  area: string,
  bounds: AreaBounds,
  here: readonly PlannedCar[],
  {
    fixed,
    ledTogether,
    first,
  }: { readonly fixed: readonly FixedCar[]; readonly ledTogether: readonly PlannedCar[]; readonly first: Slot },
): CouplingRow[] {
  const isIn = ({ evse }: LiveEvse) => fleet.sites.get(evse.site)?.gridArea === area
  const rated = (cars: readonly PlannedCar[]) => cars.reduce((sum, { live }) => sum + live.evse.chargeMax, 0)
  const all = ledTogether.filter(({ live }) => isIn(live))
  const isLedElsewhere = new Set(all.map(({ live }) => live))
  const others = fixed.filter(({ live }) => isIn(live) && !isLedElsewhere.has(live))
  return areaRows(area, bounds, here, others, first, rated(here) / Math.max(1, rated(all)))
}

function fixedCar(fleet: LiveFleet, live: LiveEvse, now: number): FixedCar {
  const session = openSession(fleet, live)
  return { live, isCounted: session !== null && isReachable(fleet, live, session, now) }
}

function* tie(
  fleet: LiveFleet,
  portfolio: Portfolio,
  all: readonly PlannedCar[],
  { others, ledTogether }: { readonly others: readonly FixedCar[]; readonly ledTogether: readonly PlannedCar[] },
  { now, positionOf, imbalanceOf, expectedOf, unread }: Terms,
): InPieces<TiedFleet | null> {
  const led = all.filter((planned) => isLed(fleet, planned, now))
  const [head] = led
  if (head === undefined) return null
  const { first } = head.car.problem
  const longest = led.reduce((a, b) => (b.car.problem.steps > a.car.problem.steps ? b : a)).car.problem
  const { steps } = longest
  const own = new Set(led)
  const ownFixed = all.filter((planned) => !own.has(planned)).map(({ live }) => fixedCar(fleet, live, now))
  // Cars of other portfolios count in bounds they share with these.
  const fixed = [...ownFixed, ...others]
  const rows: CouplingRow[] = []
  const sold = positionOf(portfolio, first, steps)
  const isUnread = new Set(unread)
  const inPortfolio = [...ownFixed, ...others.filter(({ live }) => isUnread.has(live) && isOf(fleet, live, portfolio))]
  const position = positionRow(
    fleet,
    portfolio,
    { fixed: inPortfolio, first, steps, shareOfFirst: head.car.shareOfFirst },
    sold,
    imbalanceOf,
  )
  if (position !== null) rows.push(position)
  const bySite = bySiteOf(led)
  const fixedBySite = bySiteOf(fixed)
  let sites = 0
  for (const [id, here] of bySite) {
    if (++sites % PIECE === 0) yield
    const site = fleet.sites.get(id)!
    const beside = fixedBySite.get(id) ?? []
    rows.push(...connectionRows(fleet, site, here, beside, first, steps))
    rows.push(...envelopeRows(fleet, `site:${id}`, `site ${id}`, here, beside, { first, steps, now }))
  }
  for (const pool of new Set(led.map(({ live }) => fleet.sites.get(live.evse.site)!.pool))) {
    const isIn = ({ evse }: LiveEvse) => fleet.sites.get(evse.site)?.pool === pool
    const here = led.filter(({ live }) => isIn(live))
    rows.push(
      ...envelopeRows(
        fleet,
        `pool:${pool}`,
        `pool ${pool}`,
        here,
        fixed.filter(({ live }) => isIn(live)),
        { first, steps, now },
      ),
    )
  }
  const areas = new Map<string, AreaBounds>()
  for (const [area, here] of byAreaOf(fleet, led)) {
    const bounds = areaBounds(fleet, area, { first, steps, now })
    if (bounds === null) continue
    areas.set(area, bounds)
    rows.push(...rowsOfArea(fleet, area, bounds, here, { fixed, ledTogether, first }))
  }
  const numbers = new Map(rows.map(({ name }, i) => [name, i]))
  const sets: number[][] = []
  const known = new Map<string, number>()
  const tied: PlannedCar[] = []
  const membership: number[] = []
  for (const planned of led) {
    const set = rowNames(fleet.sites.get(planned.live.evse.site)!).flatMap((name) => numbers.get(name) ?? [])
    if (set.length === 0) continue
    const key = set.join(' ')
    if (!known.has(key)) {
      known.set(key, sets.length)
      sets.push(set)
    }
    tied.push(planned)
    membership.push(known.get(key)!)
  }
  if (tied.length === 0) return null
  // Steps of the longest horizon for all; a car is away after its own. One tariff is in force, so the longest course of prices is everybody's.
  const share = { buy: longest.buy, sell: longest.sell }
  const problems: (VehicleProblem | RichProblem)[] = []
  for (const { car } of tied) {
    if (problems.length % PIECE === 0) yield
    const problem = lengthened(allowedProblem(car), steps, share)
    problems.push(car.beyond === null ? problem : richCarProblem(problem, car.beyond))
  }
  const block = position === null ? null : expectedCars(fleet, portfolio, tied[0]!, { ...longest, ...share }, expectedOf)
  if (block !== null) {
    problems.push(block)
    sets.push([numbers.get('position')!])
    membership.push(sets.length - 1)
  }
  const columns = yield* makingFleet(problems, membership)
  return {
    portfolio,
    first,
    cars: tied,
    sold,
    areas,
    columns,
    coupling: coupling(SLOT_HOURS, rows, sets, hardPrice(longest, imbalanceOf)),
  }
}

/** Those who are expected, as one storage that counts in the sold position; nothing is taken back out of it. */
function expectedCars(
  fleet: LiveFleet,
  portfolio: Portfolio,
  { car: { problem: like } }: PlannedCar,
  { first, steps, stepHours, buy, sell }: VehicleProblem,
  expectedOf: ExpectedOf,
): RichProblem | null {
  const expected = expectedOf(portfolio, first, steps)
  if (expected === null) return null
  let [power, stations] = [0, 0]
  for (const live of fleet.evses.values()) {
    if (!isOf(fleet, live, portfolio)) continue
    power += live.evse.chargeMax
    stations++
  }
  const { wear, efficiencyCharge, efficiencyDischarge } = like
  // What is not charged within the horizon is bought later, at a price like the mean of today's.
  const terminalPrice = Math.max(0, buy.reduce((sum, price) => sum + price, 0) / steps / efficiencyCharge)
  return expectedBlock({
    ...expected,
    stepHours,
    buy,
    sell,
    wear,
    efficiencyCharge,
    efficiencyDischarge,
    terminalPrice,
    power: power / stations,
    feedBack: 0,
  })
}

/** The least chance of still being there that a problem takes. */
const GONE = 1e-12

/** Whoever could earn more by exceeding a bound than that costs would be steered against it, and its target be cut when the bound is enforced at the end. */
function hardPrice({ first, steps, buy, sell }: VehicleProblem, imbalanceOf: ImbalanceOf): Price {
  let [dearest, cheapest, most] = [-Infinity, Infinity, 0]
  for (let t = 0; t < steps; t++) {
    dearest = Math.max(dearest, buy[t]!, sell[t]!)
    cheapest = Math.min(cheapest, buy[t]!, sell[t]!)
    const { above, below } = imbalanceOf(later(first, t))
    most = Math.max(most, Math.max(0, above) + Math.max(0, below))
  }
  const spread = dearest - cheapest + most
  return Math.max(HARD_PRICE, Math.ceil(HARD_PER_SPREAD * spread)) as Price
}

function lengthened(problem: VehicleProblem, steps: number, prices: Pick<VehicleProblem, 'buy' | 'sell'>): VehicleProblem {
  const longer = (series: Float64Array, fill: number) => {
    const all = new Float64Array(steps).fill(fill)
    all.set(series.subarray(0, problem.steps))
    return all
  }
  return {
    ...problem,
    ...prices,
    steps,
    powerMin: longer(problem.powerMin, 0),
    powerMax: longer(problem.powerMax, 0),
    energyMin: longer(problem.energyMin, problem.energyMin[0]!),
    energyMax: longer(problem.energyMax, problem.energyMax[0]!),
    // After its own horizon the car has left.
    departure: problem.departure === null ? null : { ...problem.departure, staying: longer(problem.departure.staying, GONE) },
  }
}
