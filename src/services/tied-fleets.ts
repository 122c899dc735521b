// Finds the cars that something ties together, and puts them into one problem each: a sold position, a connection they share, a bound on their pool.
import type { LiveEvse, LiveFleet } from '../../domain/fleet/live-fleet.ts'
import type { Site } from '../../domain/fleet/registry.ts'
import type { Session } from '../../domain/fleet/session.ts'
import { coupling, type Coupling, type CouplingRow } from '../../domain/planning/fleet/coupling.ts'
import { fleetOf, type FleetColumns } from '../../domain/planning/fleet/fleet-columns.ts'
import { expectedBlock } from '../../domain/planning/fleet/expected-arrivals.ts'
import type { VehicleProblem } from '../../domain/planning/problem.ts'
import type { RichProblem } from '../../domain/planning/rich/rich-problem.ts'
import { later, SLOT_HOURS, slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { isSamePortfolio, portfolioKey, type Portfolio } from '../../domain/trading/schedule.ts'
import type { Price } from '../../domain/units.ts'
import type { ExpectedCars } from './forecast-habits.ts'
import { allowedProblem, type CarProblem } from './car-problem.ts'
import { fusePower, VOLTS } from './fuse.ts'
import { envelopesOn, strictest } from './joint-bounds.ts'
import { richCarProblem } from './rich-car.ts'
import { houseLoad } from './site-load.ts'

/** A car that wants a plan, with its own problem. */
export interface PlannedCar {
  readonly live: LiveEvse
  readonly session: Session
  readonly car: CarProblem
}
/** Energy sold to the cars of a portfolio by slot, Wh, positive takes from the grid; null where nothing is sold and nothing is owed. */
export type PositionOf = (portfolio: Portfolio, first: Slot, slots: number) => readonly (number | null)[]
/** What a MWh beyond the position and a MWh short of it cost on top of the price of the day, ct/MWh. */
export interface ImbalancePrices {
  readonly above: Price
  readonly below: Price
}
export type ImbalanceOf = (slot: Slot) => ImbalancePrices
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

/** The portfolio a charging site belongs to; null for one without a balance group. */
export function portfolioOf(fleet: LiveFleet, site: Site): Portfolio | null {
  const pool = fleet.registry.pools.find(({ id }) => id === site.pool)
  return pool === undefined ? null : { balanceGroup: site.balanceGroup, controlArea: pool.controlArea }
}

/** Whether an EVSE belongs to a portfolio. */
export function isOf(fleet: LiveFleet, { evse }: LiveEvse, portfolio: Portfolio): boolean {
  const site = fleet.sites.get(evse.site)
  return site !== undefined && isSamePortfolio(portfolio, portfolioOf(fleet, site))
}

/** All portfolios of the registry. */
export function portfoliosOf(fleet: LiveFleet): readonly Portfolio[] {
  const found = new Map<string, Portfolio>()
  for (const site of fleet.sites.values()) {
    const portfolio = portfolioOf(fleet, site)
    if (portfolio !== null) found.set(portfolioKey(portfolio), portfolio)
  }
  return [...found.values()]
}

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
  ]
}

/**
 * A quick look at whether anything may tie a car to others, before its problem is made: true for every car of a portfolio with a position, of a site whose cars are rated for
 * more than it carries, of a site or pool that somebody has bounded.
 */
export function tiesOf(fleet: LiveFleet, now: number, positionOf: PositionOf): (live: LiveEvse) => boolean {
  const positions = new Map<string, boolean>()
  const plugged = new Map<string, { most: number; least: number; cars: number }>()
  const bounded = new Set(fleet.envelopes.filter(({ until }) => until === null || until > now).map(({ subject }) => subject))
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
    if (bounded.has(`site:${site.id}`) || bounded.has(`pool:${site.pool}`)) return true
    // One phase at least carries its fuse; whether more of them do is looked at with the problems.
    if (here.cars > 1 && (fleet.siteLoads.has(site.id) || here.most > site.fuseAmps * VOLTS || here.least < -site.feedInMax))
      return true
    const portfolio = portfolioOf(fleet, site)
    return portfolio !== null && isSold(portfolio)
  }
}

/** Joins cars whose problems begin in the same slot. Cars that nothing ties are in none of the fleets. Whoever cannot be led together counts with the plan in force. */
export function tiedFleets(fleet: LiveFleet, cars: readonly PlannedCar[], terms: Terms): readonly TiedFleet[] {
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
  const everybody = [...cars.map(({ live }) => live), ...terms.unread]
  const othersThan = (group: readonly PlannedCar[]) => {
    const own = new Set(group.map(({ live }) => live))
    return everybody.filter((live) => !own.has(live))
  }
  return [...groups.values()].flatMap((group) => tie(fleet, group.portfolio, group.cars, othersThan(group.cars), terms) ?? [])
}

function tie(
  fleet: LiveFleet,
  portfolio: Portfolio,
  all: readonly PlannedCar[],
  others: readonly LiveEvse[],
  { now, positionOf, imbalanceOf, expectedOf, unread }: Terms,
): TiedFleet | null {
  const led = all.filter(({ car }) => car.strategy !== 'immediate' && car.problem.steps <= STEPS_MAX)
  const [head] = led
  if (head === undefined) return null
  const { first } = head.car.problem
  const longest = led.reduce((a, b) => (b.car.problem.steps > a.car.problem.steps ? b : a)).car.problem
  const { steps } = longest
  const isLed = new Set(led)
  const ownFixed = all.filter((planned) => !isLed.has(planned)).map(({ live }) => live)
  // Cars of other portfolios count in bounds they share with these.
  const fixed = [...ownFixed, ...others]
  const rows: CouplingRow[] = []
  const sold = positionOf(portfolio, first, steps)
  const inPortfolio = [...ownFixed, ...unread.filter((live) => isOf(fleet, live, portfolio))]
  const position = positionRow(
    fleet,
    portfolio,
    { fixed: inPortfolio, first, steps, shareOfFirst: head.car.shareOfFirst },
    sold,
    imbalanceOf,
  )
  if (position !== null) rows.push(position)
  const bySite = new Map<string, PlannedCar[]>()
  for (const planned of led) {
    const here = bySite.get(planned.live.evse.site)
    if (here === undefined) bySite.set(planned.live.evse.site, [planned])
    else here.push(planned)
  }
  for (const [id, here] of bySite) {
    const site = fleet.sites.get(id)!
    const beside = fixed.filter(({ evse }) => evse.site === id)
    rows.push(...connectionRows(fleet, site, here, beside, first, steps))
    rows.push(...envelopeRows(fleet, `site:${id}`, `site ${id}`, here, beside, { first, steps, now }))
  }
  for (const pool of new Set(led.map(({ live }) => fleet.sites.get(live.evse.site)!.pool))) {
    const isIn = ({ evse }: LiveEvse) => fleet.sites.get(evse.site)?.pool === pool
    const here = led.filter(({ live }) => isIn(live))
    rows.push(...envelopeRows(fleet, `pool:${pool}`, `pool ${pool}`, here, fixed.filter(isIn), { first, steps, now }))
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
  const problems = tied.map(({ car }) => {
    const problem = lengthened(allowedProblem(car), steps, share)
    return car.beyond === null ? problem : richCarProblem(problem, car.beyond)
  })
  const block = position === null ? null : expectedCars(fleet, portfolio, tied[0]!, { ...longest, ...share }, expectedOf)
  if (block !== null) {
    problems.push(block)
    sets.push([numbers.get('position')!])
    membership.push(sets.length - 1)
  }
  const columns = fleetOf(problems, membership)
  return {
    portfolio,
    first,
    cars: tied,
    sold,
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
  }
}

interface Span {
  readonly first: Slot
  readonly steps: number
  readonly now: number
}

/** The sold position less what cars take that are not led, and less what the running slot has had already; null where nothing is sold. */
function positionRow(
  fleet: LiveFleet,
  portfolio: Portfolio,
  {
    fixed,
    first,
    steps,
    shareOfFirst,
  }: Omit<Span, 'now'> & { readonly fixed: readonly LiveEvse[]; readonly shareOfFirst: number },
  sold: readonly (number | null)[],
  imbalanceOf: ImbalanceOf,
): CouplingRow | null {
  if (sold.every((energy) => energy === null)) return null
  const [at, above, below] = [new Float64Array(steps), new Float64Array(steps), new Float64Array(steps)]
  for (let t = 0; t < steps; t++) {
    const energy = sold[t] ?? null
    if (energy === null) continue
    // Of the running slot only the rest is still to come; what was taken before is counted by the meters.
    at[t] = energy / SLOT_HOURS - plannedPower(fixed, later(first, t)) * (t === 0 ? shareOfFirst : 1)
    const imbalance = imbalanceOf(later(first, t))
    above[t] = imbalance.above
    below[t] = imbalance.below
  }
  let taken = 0
  // Cars that have left within the slot count with what they took.
  for (const [evse, slots] of fleet.meter) {
    const [metered, live] = [slots.get(first), fleet.evses.get(evse)]
    if (metered === undefined || live === undefined || !isOf(fleet, live, portfolio)) continue
    taken += metered.importedWh - metered.exportedWh
  }
  at[0]! -= taken / SLOT_HOURS
  return { name: 'position', kind: 'soft', at, above, below }
}

/** A connection binds where its cars together, beside the house, could take or give more than it carries. */
function connectionRows(
  fleet: LiveFleet,
  site: Site,
  here: readonly PlannedCar[],
  others: readonly LiveEvse[],
  first: Slot,
  steps: number,
): CouplingRow[] {
  const carried = fusePower(
    site,
    here.map(({ live }) => live),
  )
  const house = houseLoad(fleet, site.id, first, steps)
  const beside = Float64Array.from({ length: steps }, (_, t) => (house?.[t] ?? 0) + plannedPower(others, later(first, t)))
  // A house that takes leaves less of the fuse, one that gives less of the feed-in limit; never the other way round, for nobody promises what it does.
  const most = (t: number) => carried - Math.max(0, beside[t]!)
  const least = (t: number) => -site.feedInMax - Math.min(0, beside[t]!)
  const rows: CouplingRow[] = []
  if (largest(here, 'powerMax') > carried - Math.max(0, ...beside))
    rows.push(hardRow(`connection ${site.id}`, 'most', steps, most, here))
  if (largest(here, 'powerMin') < -site.feedInMax - Math.min(0, ...beside))
    rows.push(hardRow(`feed-in ${site.id}`, 'least', steps, least, here))
  return rows
}

/** Bounds that others have set on the sum of a site or pool; the strictest of a slot holds for all of it. */
function envelopeRows(
  fleet: LiveFleet,
  subject: string,
  name: string,
  here: readonly PlannedCar[],
  others: readonly LiveEvse[],
  { first, steps, now }: Span,
): CouplingRow[] {
  const end = startOf(later(first, steps))
  const envelopes = envelopesOn(fleet, subject, now).filter(({ from }) => from < end)
  if (envelopes.length === 0) return []
  const bound = (t: number, side: 'min' | 'max') => {
    const slot = later(first, t)
    return strictest(envelopes, slot, side, now) - plannedPower(others, slot)
  }
  const rows: CouplingRow[] = []
  if (envelopes.some(({ max }) => max !== null)) rows.push(hardRow(`${name} max`, 'most', steps, (t) => bound(t, 'max'), here))
  if (envelopes.some(({ min }) => min !== null)) rows.push(hardRow(`${name} min`, 'least', steps, (t) => bound(t, 'min'), here))
  return rows
}

/** A hard row counts mean powers over whole slots, as the cars' own bounds do: of the running slot only the rest is left. */
function hardRow(
  name: string,
  kind: 'most' | 'least',
  steps: number,
  bound: (t: number) => number,
  here: readonly PlannedCar[],
): CouplingRow {
  const at = Float64Array.from({ length: steps }, (_, t) => bound(t) * (t === 0 ? here[0]!.car.shareOfFirst : 1))
  return { name, kind, at, above: new Float64Array(steps), below: new Float64Array(steps) }
}

/** The largest sum of one side of the cars' own bounds in any step, W. */
function largest(cars: readonly PlannedCar[], side: 'powerMin' | 'powerMax'): number {
  let sum = 0
  for (const { car } of cars) {
    let own = 0
    for (const power of car.problem[side]) own = side === 'powerMax' ? Math.max(own, power) : Math.min(own, power)
    sum += own
  }
  return sum
}

/** What cars that are not led together will do, as far as their plans in force say. */
function plannedPower(cars: readonly LiveEvse[], slot: Slot): number {
  let sum = 0
  for (const { plan } of cars) sum += plan?.power[slot - plan.firstSlot] ?? 0
  return sum
}
