// What ties cars together, as rows for the coordination: a sold position, a connection they share, bounds on the sum of a site or pool.
import type { LiveEvse, LiveFleet } from '../live/live-fleet.ts'
import type { Site } from '../registry/registry.ts'
import type { Session } from '../registry/session.ts'
import type { CouplingRow } from '../planning/fleet/coupling.ts'
import { later, SLOT_HOURS, startOf, type Slot } from '../time/slot.ts'
import type { Portfolio } from '../trading/schedule.ts'
import { fusePower } from '../live/connection.ts'
import { envelopesOn, strictest, strictestNow } from '../live/joint-bounds.ts'
import { countedPower } from '../live/reachable.ts'
import type { Price } from '../units.ts'
import type { CarProblem } from './car-problem.ts'
import { isOf } from '../live/portfolios.ts'
import { houseLeast, houseLoad } from '../live/site-load.ts'

/** A car that wants a plan, with its own problem. */
export interface PlannedCar {
  readonly live: LiveEvse
  readonly session: Session
  readonly car: CarProblem
}
/** A car that is not led with the others: it counts as planned, and with what it takes only where it is not counted on. */
export interface FixedCar {
  readonly live: LiveEvse
  readonly isCounted: boolean
}
/** What a MWh beyond the position and a MWh short of it cost on top of the price of the day, ct/MWh. */
export interface ImbalancePrices {
  readonly above: Price
  readonly below: Price
}
export type ImbalanceOf = (slot: Slot) => ImbalancePrices
interface Span {
  readonly first: Slot
  readonly steps: number
  readonly now: number
}

/** The sold position less what cars take that are not led, and less what the running slot has had already; null where nothing is sold. */
export function positionRow(
  fleet: LiveFleet,
  portfolio: Portfolio,
  {
    fixed,
    first,
    steps,
    shareOfFirst,
  }: Omit<Span, 'now'> & { readonly fixed: readonly FixedCar[]; readonly shareOfFirst: number },
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
export function connectionRows(
  fleet: LiveFleet,
  site: Site,
  here: readonly PlannedCar[],
  others: readonly FixedCar[],
  first: Slot,
  steps: number,
): CouplingRow[] {
  const carried = fusePower(
    site,
    here.map(({ live }) => live),
  )
  const besideOn = (house: Float64Array | null) =>
    Float64Array.from({ length: steps }, (_, t) => (house?.[t] ?? 0) + plannedPower(others, later(first, t)))
  const taking = besideOn(houseLoad(fleet, site.id, first, steps))
  const giving = besideOn(houseLeast(fleet, site.id, first, steps))
  // A house that takes leaves less of the fuse, one that gives less of the feed-in limit; never the other way round, for nobody promises what it does.
  const most = (t: number) => carried - Math.max(0, taking[t]!)
  const least = (t: number) => -site.feedInMax - Math.min(0, giving[t]!)
  const rows: CouplingRow[] = []
  if (largest(here, 'powerMax') > carried - Math.max(0, ...taking))
    rows.push(hardRow(`connection ${site.id}`, 'most', steps, most, here))
  if (largest(here, 'powerMin') < -site.feedInMax - Math.min(0, ...giving))
    rows.push(hardRow(`feed-in ${site.id}`, 'least', steps, least, here))
  return rows
}

/** Bounds that others have set on the sum of a site or pool; the strictest of a slot holds for all of it. */
export function envelopeRows(
  fleet: LiveFleet,
  subject: string,
  name: string,
  here: readonly PlannedCar[],
  others: readonly FixedCar[],
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

/** What a grid area may take and give together, W by step; infinite where nothing bounds it. */
export interface AreaBounds {
  readonly max: Float64Array
  readonly min: Float64Array
}

/** The bounds on an area: of the running slot those that are in force, of the others the strictest. Null where nothing bounds it. */
export function areaBounds(fleet: LiveFleet, area: string, { first, steps, now }: Span): AreaBounds | null {
  const end = startOf(later(first, steps))
  const envelopes = envelopesOn(fleet, `area:${area}`, now).filter(({ from }) => from < end)
  if (envelopes.length === 0) return null
  const bound = (side: 'min' | 'max') =>
    Float64Array.from({ length: steps }, (_, t) =>
      t === 0 ? strictestNow(envelopes, side, now) : strictest(envelopes, later(first, t), side, now),
    )
  return { max: bound('max'), min: bound('min') }
}

/** The part of an area's bounds that is left to some of its cars: what others there take by their plans comes first, and portfolios have a share each of the rest. */
export function areaRows(
  area: string,
  { max, min }: AreaBounds,
  here: readonly PlannedCar[],
  others: readonly FixedCar[],
  first: Slot,
  share: number,
): CouplingRow[] {
  const left = (bounds: Float64Array) => (t: number) =>
    Number.isFinite(bounds[t]!) ? (bounds[t]! - plannedPower(others, later(first, t))) * share : bounds[t]!
  const rows: CouplingRow[] = []
  if (max.some(Number.isFinite)) rows.push(hardRow(`area ${area} max`, 'most', max.length, left(max), here))
  if (min.some(Number.isFinite)) rows.push(hardRow(`area ${area} min`, 'least', min.length, left(min), here))
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
function plannedPower(cars: readonly FixedCar[], slot: Slot): number {
  let sum = 0
  for (const { live, isCounted } of cars) sum += countedPower(live, slot, isCounted)
  return sum
}
