// What makes a car more than a simple one: what is known of its battery, a house behind the same meter, the plan before, and how much it has served already.
import type { VehicleId } from '../registry/identity.ts'
import type { LiveEvse, LiveFleet } from '../live/live-fleet.ts'
import type { BatteryModel, MeasuredEfficiency } from '../registry/registry.ts'
import type { Session } from '../registry/session.ts'
import { constantCurve, partLoadCurve, type ConversionCurve, type EfficiencyPoint } from '../planning/battery/conversion-curve.ts'
import { richProblem, type RichProblem, type SoftLevel } from '../planning/battery/rich-problem.ts'
import type { VehicleProblem } from '../planning/problem.ts'
import { eurPerMWh, inWatts, watts, type Price } from '../units.ts'
import { loadBeside } from '../live/site-load.ts'

/** Preferences among plans of nearly the same cost; 0 for none. With any of them every car is planned as a rich one. */
export interface Preferences {
  /** What a MWh of difference to the plan before counts. */
  readonly stability: Price
  /** What a MWh counts for a car that has given far more than others. */
  readonly fairness: Price
}

const NO_PREFERENCES: Preferences = { stability: eurPerMWh(0), fairness: eurPerMWh(0) }

/** What a rich problem has beyond a simple one. */
export type Beyond = Omit<RichProblem, keyof VehicleProblem>

const HOURS_A_MONTH = 720
const HOURS_A_DAY = 24
/** ct/kWh are a thousandth of ct/MWh. */
const PER_MWH = 1_000

/** What a car has beyond a simple one, null for a simple car. `capacity` in Wh, `efficiency` one way, the series of the problem's steps. */
export function beyondSimple(
  fleet: LiveFleet,
  live: LiveEvse,
  { vehicle: id }: Session,
  { first, steps }: Pick<VehicleProblem, 'first' | 'steps'>,
  { capacity, efficiency }: { readonly capacity: number; readonly efficiency: number },
  { stability, fairness }: Preferences = NO_PREFERENCES,
): Beyond | null {
  const vehicle = id === null ? undefined : fleet.vehicles.get(id)
  const battery = vehicle?.battery
  const otherLoad = loadBeside(fleet, live, first, steps)
  if (battery === undefined && otherLoad === null && stability === 0 && fairness === 0) return null
  return {
    curve: curveOf(battery, efficiency),
    taper: taperOf(battery, capacity),
    standby: inWatts(battery?.standby ?? watts(0)),
    selfDischarge: (battery?.selfDischargePerMonth ?? 0) / HOURS_A_MONTH,
    softLevels: ageingOf(battery, capacity, steps),
    softTarget: null,
    staying: null,
    otherLoad,
    previous: stability > 0 ? planBefore(live, first, steps) : null,
    switching: stability,
    fairness: fairness * shareServed(fleet, vehicle?.id),
  }
}

/** Whether the battery itself is like a simple one: one efficiency each way, full power until full, nothing lost by standing. */
export function isPlain({ curve, taper, standby, selfDischarge }: Beyond): boolean {
  return taper === null && standby === 0 && selfDischarge === 0 && curve.grid.length <= 3
}

/** The rich problem of a car whose simple part may be longer than what stands beside it; it is away in the steps after. */
export function richCarProblem(problem: VehicleProblem, beyond: Beyond): RichProblem {
  const longer = (series: Float64Array | null) => {
    if (series === null || series.length >= problem.steps) return series
    const all = new Float64Array(problem.steps)
    all.set(series)
    return all
  }
  return richProblem({ ...problem, ...beyond, otherLoad: longer(beyond.otherLoad), previous: longer(beyond.previous) })
}

function curveOf(battery: BatteryModel | undefined, efficiency: number): ConversionCurve {
  if (battery?.charging === undefined && battery?.discharging === undefined) return constantCurve(efficiency, efficiency)
  const points = (measured: readonly MeasuredEfficiency[] | undefined): readonly EfficiencyPoint[] =>
    measured ?? [{ power: 1, efficiency }]
  return partLoadCurve(points(battery.charging), points(battery.discharging))
}

function taperOf(battery: BatteryModel | undefined, capacity: number): RichProblem['taper'] {
  if (battery?.taper === undefined) return null
  const { fromSoc, power, powerAtFull } = battery.taper
  return { from: fromSoc * capacity, power: inWatts(power), full: capacity, powerAtFull: inWatts(powerAtFull) }
}

function ageingOf(battery: BatteryModel | undefined, capacity: number, steps: number): readonly SoftLevel[] {
  return (battery?.ageing ?? []).map(({ aboveSoc, ctPerKWhDay }) => ({
    kind: 'over',
    from: 0,
    until: steps,
    level: aboveSoc * capacity,
    pricePerHour: (ctPerKWhDay * PER_MWH) / HOURS_A_DAY,
  }))
}

/** The plan in force; null where it does not reach as far, for then what follows it would be steered towards rest. */
function planBefore({ plan }: LiveEvse, first: number, steps: number): Float64Array | null {
  if (plan === null || plan.firstSlot > first || plan.firstSlot + plan.power.length < first + steps) return null
  return Float64Array.from({ length: steps }, (_, t) => inWatts(plan.power[first - plan.firstSlot + t]!))
}

/** 0 for a car that has given nothing, 1/2 for one that has given as much as the mean of those that gave, towards 1 beyond. */
function shareServed({ served, servedInAll }: LiveFleet, vehicle: VehicleId | undefined): number {
  const own = vehicle === undefined ? 0 : (served.get(vehicle) ?? 0)
  return own === 0 ? 0 : own / (own + servedInAll / served.size)
}
