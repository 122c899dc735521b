// What the planner has to solve for a plugged car, from what is known now: bounds by slot, prices by slot, energy in the battery and the driver's wish.
import { createHash } from 'node:crypto'
import { envelopesOf } from '../live/bounds.ts'
import { type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { efficiencyOf, storedEnergy, type StoredEstimate } from '../live/stored-energy.ts'
import type { Session } from '../registry/session.ts'
import type { Strategy } from '../planning/plan.ts'
import { vehicleProblem, type VehicleProblem } from '../planning/problem.ts'
import { fusePower } from '../live/connection.ts'
import { houseLeast, houseLoad } from '../live/site-load.ts'
import { beyondSimple, richCarProblem, type Beyond, type Preferences } from './rich-car.ts'
import { stayingAhead } from '../forecast/departure.ts'
import type { Stay } from '../forecast/stay.ts'
import { MISSING_WEIGHT } from '../forecast/tuning.ts'
import { isDepartureTold } from '../live/wishes.ts'
import { combine } from '../signals/envelope.ts'
import { endOf, later, slotAt, startOf, SLOT_MS, type Slot } from '../time/slot.ts'
import { daysBefore } from '../time/wall-clock.ts'
import { inWattHours, type Price } from '../units.ts'

export interface SlotPrices {
  /** ct/MWh with fees and taxes; null where no price is known. */
  readonly buy: readonly (number | null)[]
  readonly sell: readonly (number | null)[]
}
export interface CarProblemOptions {
  readonly strategy: Strategy
  /** Battery wear per MWh of throughput. */
  readonly wear: Price
  /** Value of energy left at departure beyond the target. */
  readonly terminal: Price
  readonly prices: (fleet: LiveFleet, from: Slot, slots: number) => SlotPrices
  readonly preferences?: Preferences | undefined
  /** Cars whose departure nobody told are planned with a forecast; left out: as if their wish had been told. */
  readonly departures?: Departures | undefined
}
/** How long cars stay whose departure nobody told. */
export interface Departures {
  /** What is foretold of a session of somebody, `need` the energy it wanted when it began, Wh, where that is known. */
  readonly stayOf: (session: Session, need: number | null) => Stay
  /** What a MWh costs that is missing when such a car leaves, where its contract says nothing else. */
  readonly missingPrice: Price
}
export interface CarProblem {
  readonly problem: VehicleProblem
  /** Charging at once for a car whose time has come, else the strategy asked for. */
  readonly strategy: Strategy
  /** How much of the first slot is still to come, 0 to 1; the bounds of the first step are scaled by it. */
  readonly shareOfFirst: number
  /** Something was missing and replaced by a cautious assumption. */
  readonly degraded: boolean
  /** What the car is beyond a simple one; null for most. The problem holds all the rest. */
  readonly beyond: Beyond | null
  /** As they are known, without what was assumed for gaps. */
  readonly prices: SlotPrices
}

/** Longest horizon of one plan: 14 days. */
export const SLOTS_MAX = 1_344
/** A plan is done this long before the car is wanted, and a little fuller: dead times and losses are not planned. */
const EARLY_MS = 10 * 60_000
export const FULLER = 0.01
/** Plans stay this far above the driver's minimum: meters are read once a minute, and losses are not known exactly. */
const ABOVE_MINIMUM = 0.01
/** A car whose time has come charges what is missing at once; looked at this far ahead. */
const LATE_SLOTS = 8
/** Cells age above it; a target above it is obeyed. */
const SOC_CEILING = 0.9

/** The problem of one car at an instant, epoch ms. Throws where the live state contradicts itself. */
export function carProblem(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  now: number,
  options: CarProblemOptions,
): CarProblem {
  const first = slotAt(now)
  const stored = storedEnergy(fleet, live, session, now)
  const capacity = inWattHours(stored.capacity)
  const target = Math.min(capacity, (session.wish.targetSoc + FULLER) * capacity)
  const efficiency = efficiencyOf(fleet, session)
  const begun = inWattHours(stored.energy) - netStored(live, efficiency)
  const need = stored.estimated ? null : Math.max(0, target - begun)
  const { until, late, staying, missingPrice } =
    untoldHorizon(fleet, session, need, now, first, options.departures) ?? toldHorizon(session, now, first)
  const steps = Math.ceil((until - startOf(first)) / SLOT_MS)
  const shareOfFirst = (endOf(first) - now) / SLOT_MS
  const power = powerBounds(fleet, live, session, now, first, steps)
  keepConnection(power, fleet, live)
  const prices = options.prices(fleet, first, steps)
  const filled = fillGaps(fleet, first, prices, options)
  for (let t = 0; t < steps; t++) if (prices.buy[t] === null || late || !stored.mayGive) power.min[t] = Math.max(0, power.min[t]!)
  scale(power, 0, shareOfFirst)
  if (steps > 1) scale(power, steps - 1, (until - startOf(later(first, steps - 1))) / SLOT_MS)
  else if (until < endOf(first)) scale(power, 0, (until - now) / (endOf(first) - now))
  const ceiling = Math.max(target, stored.energy, SOC_CEILING * capacity)
  const problem = vehicleProblem({
    first,
    steps,
    buy: filled.buy,
    sell: filled.sell,
    efficiencyCharge: efficiency,
    efficiencyDischarge: efficiency,
    wear: options.wear,
    powerMin: power.min,
    powerMax: power.max,
    powerMaxBy: power.maxBy,
    powerMinBy: power.minBy,
    energyMin: new Float64Array(steps),
    energyMax: new Float64Array(steps).fill(Math.min(capacity, ceiling)),
    minimum: lowestPlanned(session, stored),
    targets: staying === null ? [{ step: steps - 1, energy: target }] : [],
    departure: staying === null ? null : { staying, energy: target, missingPrice },
    terminalPrice: options.terminal,
    start: inWattHours(stored.energy),
  })
  const strategy: Strategy = late ? 'immediate' : options.strategy
  const beyond =
    strategy === 'immediate' ? null : beyondSimple(fleet, live, session, problem, { capacity, efficiency }, options.preferences)
  // A battery that contradicts itself is found out here, where one car's failure is its own.
  if (beyond !== null) richCarProblem(problem, beyond)
  return { problem, strategy, beyond, shareOfFirst, degraded: filled.degraded || stored.estimated, prices }
}

/** How far ahead a car is planned. */
interface Horizon {
  /** Epoch ms. */
  readonly until: number
  /** It is wanted now, or should have left. */
  readonly late: boolean
  /** Chance that it is still there by step, and what a MWh is worth that is missing when it leaves; null where its departure was told. */
  readonly staying: Float64Array | null
  readonly missingPrice: number
}

function toldHorizon({ wish }: Session, now: number, first: Slot): Horizon {
  const last = Math.floor((wish.readyBy - EARLY_MS - startOf(first)) / SLOT_MS)
  const late = last < 1
  // Who is wanted within minutes is planned to the minute, so that what is missing then is told; who should have left is charged as long as it stays.
  const until = late && wish.readyBy > now ? wish.readyBy : startOf(later(first, late ? LATE_SLOTS : Math.min(SLOTS_MAX, last)))
  return { until, late, staying: null, missingPrice: 0 }
}

/** The horizon of a car whose departure nobody told; null where it was. */
function untoldHorizon(
  fleet: LiveFleet,
  session: Session,
  need: number | null,
  now: number,
  first: Slot,
  departures: Departures | undefined,
): Horizon | null {
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  if (departures === undefined || isDepartureTold(session, vehicle)) return null
  const staying = stayingAhead(departures.stayOf(session, need), now, first)
  const missingPrice = (vehicle?.missingPrice ?? departures.missingPrice) * MISSING_WEIGHT
  return { until: startOf(later(first, staying.length)), late: false, staying, missingPrice }
}

/** What is in the battery of what was charged since plugging in, less what was given, Wh. */
function netStored({ chargedWh, dischargedWh }: LiveEvse, efficiency: number): number {
  return chargedWh * efficiency - dischargedWh / efficiency
}

/** The problem as its strategy allows it: smart charging never gives. */
export function allowedProblem({ problem, strategy }: CarProblem): VehicleProblem {
  return strategy === 'bidirectional' ? problem : { ...problem, powerMin: problem.powerMin.map((power) => Math.max(0, power)) }
}

/** A car that stands within the margin may stay there: it is neither discharged further nor counted as too empty. What is not certain is not planned to be given. */
function lowestPlanned({ wish }: Session, { energy, capacity, spareIfBelieved }: StoredEstimate): number {
  const minimum = wish.minimumSoc * capacity
  const least = Math.max(minimum, energy - spareIfBelieved)
  return Math.max(minimum, Math.min(energy, least + ABOVE_MINIMUM * capacity))
}

interface PowerBounds {
  readonly first: Slot
  readonly min: Float64Array
  readonly max: Float64Array
  readonly minBy: (string | null)[]
  readonly maxBy: (string | null)[]
}

/** What a house leaves of the fuse and of the feed-in limit. */
function keepConnection({ first, min, max, minBy, maxBy }: PowerBounds, fleet: LiveFleet, live: LiveEvse): void {
  const site = fleet.sites.get(live.evse.site)
  const house = houseLoad(fleet, live.evse.site, first, min.length)
  const giving = houseLeast(fleet, live.evse.site, first, min.length)
  if (site === undefined || house === null || giving === null) return
  const carried = fusePower(site, [live])
  for (let t = 0; t < house.length; t++) {
    const [least, most] = [Math.min(0, -site.feedInMax - giving[t]!), Math.max(0, carried - house[t]!)]
    if (max[t]! > most) [max[t], maxBy[t]] = [most, 'the connection, which the house needs too']
    if (min[t]! < least) [min[t], minBy[t]] = [least, 'the feed-in limit, with what the house gives']
    if (min[t]! > max[t]!) min[t] = max[t]!
  }
}

/** A slot in which the car is there only partly. */
function scale(power: PowerBounds, t: number, share: number): void {
  power.min[t] = power.min[t]! * share
  power.max[t] = power.max[t]! * share
}

/** Strictest bounds by slot, and who set them. */
function powerBounds(fleet: LiveFleet, live: LiveEvse, session: Session, now: number, first: Slot, steps: number): PowerBounds {
  const envelopes = envelopesOf(fleet, live, session, now)
  const end = startOf(later(first, steps))
  const edges = envelopes
    .flatMap((envelope) => [envelope.from, ...(envelope.until === null ? [] : [envelope.until])])
    .filter((edge) => edge > now && edge < end)
  const bounds: PowerBounds = { first, min: new Float64Array(steps), max: new Float64Array(steps), minBy: [], maxBy: [] }
  let current = combine(envelopes, now)
  for (let t = 0; t < steps; t++) {
    const slot = later(first, t)
    const inside = edges.filter((edge) => edge >= startOf(slot) && edge < endOf(slot))
    const held =
      inside.length === 0
        ? [current]
        : [...(t === 0 || !inside.includes(startOf(slot)) ? [current] : []), ...inside.map((edge) => combine(envelopes, edge))]
    current = held.at(-1)!
    const lowest = held.reduce((a, b) => (b.min > a.min ? b : a))
    const highest = held.reduce((a, b) => (b.max < a.max ? b : a))
    bounds.min[t] = Math.min(lowest.min, highest.max)
    bounds.max[t] = highest.max
    bounds.minBy.push(lowest.minBy?.provenance.authority ?? null)
    bounds.maxBy.push(highest.maxBy?.provenance.authority ?? null)
  }
  return bounds
}

/** Where no price is known the car is planned with the price of the same time on the latest known day, and never discharges (F15). */
function fillGaps(
  fleet: LiveFleet,
  first: Slot,
  prices: SlotPrices,
  options: CarProblemOptions,
): { buy: Float64Array; sell: Float64Array; degraded: boolean } {
  const steps = prices.buy.length
  const [buy, sell] = [new Float64Array(steps), new Float64Array(steps)]
  let mean: number | null = null
  for (let t = 0; t < steps; t++) {
    const price = prices.buy[t]!
    buy[t] = price ?? earlierPrice(fleet, later(first, t), options) ?? (mean ??= meanOf(prices.buy))
    sell[t] = prices.sell[t] ?? buy[t]!
  }
  return { buy, sell, degraded: prices.buy.includes(null) }
}

/** The price of the same time on the latest known day of the week before; null where none of them has one. */
function earlierPrice(fleet: LiveFleet, slot: Slot, options: CarProblemOptions): number | null {
  for (let days = 1; days <= 7; days++) {
    const [earlier] = options.prices(fleet, daysBefore(slot, days), 1).buy
    if (earlier !== null && earlier !== undefined) return earlier
  }
  return null
}

/** A day of 100 EUR/MWh where nothing is known at all. */
function meanOf(prices: readonly (number | null)[]): number {
  const known = prices.filter((price) => price !== null)
  return known.length === 0 ? 10_000 : known.reduce((a, b) => a + b, 0) / known.length
}

/** A fingerprint of everything a car's plan is made from. */
export function digest({ problem, beyond, strategy }: CarProblem): string {
  const hash = createHash('sha256')
  for (const [key, value] of Object.entries({ ...problem, ...beyond })) {
    hash.update(key)
    hash.update(
      ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : JSON.stringify(value),
    )
  }
  return hash.update(strategy).digest('hex').slice(0, 32)
}
