// Plans recorded charging sessions with prices that are already known: what would charging at once, smart charging and charging both ways have cost?
import { createPlanner, planVehicle, type Planner } from '../../domain/planning/car/plan-vehicle.ts'
import type { VehicleOutcome } from '../../domain/planning/car/outcome.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import { vehicleProblem, type VehicleProblem } from '../../domain/planning/problem.ts'
import { refused, ok, type Result } from '../../domain/result.ts'
import { gapDays, type PriceGap } from '../../domain/signals/price-curve.ts'
import { dayOf } from '../../domain/time/delivery-day.ts'
import { valueAt, type Series } from '../../domain/time/series.ts'
import { later, overlap, slotAt, slotFrom, type Slot } from '../../domain/time/slot.ts'

export const STRATEGIES = ['immediate', 'smart', 'bidirectional'] as const satisfies readonly Strategy[]

/** A session in plain numbers: energies Wh in the battery, powers W at the grid, both positive. */
export interface OfflineSession {
  readonly session: string
  readonly vehicle: string
  /** Epoch ms. */
  readonly pluggedAt: number
  readonly unpluggedAt: number
  readonly capacity: number
  readonly start: number
  readonly target: number
  readonly minimum: number
  readonly maxCharge: number
  readonly maxDischarge: number
}
export interface OfflineSettings {
  /** Gross prices by slot, ct/MWh; null and what lies outside of the series are gaps. */
  readonly buy: Series<number | null>
  readonly sell: Series<number | null>
  /** One way, the same for both directions. */
  readonly efficiency: number
  /** Per MWh of battery throughput, ct/MWh; half of it counts in each direction. */
  readonly wear: number
  /** Worth of energy left beyond the target, ct/MWh. */
  readonly terminal: number
  /** Plan without power where no price is known, instead of refusing. */
  readonly allowGaps: boolean
  /** A running time in microseconds, to measure the planner. */
  readonly micros: () => number
  readonly onProgress?: (planned: number) => void
}
/** Sums of one strategy: money in micro-cents, energy at the grid in Wh. */
export interface StrategySums {
  /** Energy bought minus energy sold, fees included, wear not. */
  readonly cost: number
  readonly wear: number
  readonly bought: number
  readonly sold: number
  readonly charged: number
  readonly discharged: number
}
export type ByStrategy<Value> = Readonly<Record<Strategy, Value>>
export interface PlannedSession {
  readonly session: OfflineSession
  readonly sums: ByStrategy<StrategySums>
  /** The target was in reach, yet a plan ends below it. */
  readonly isMissed: boolean
  /** Full power in every slot with a price does not reach the target. */
  readonly isUnreachable: boolean
}
export interface OfflinePlan {
  readonly sessions: readonly PlannedSession[]
  readonly vehicles: number
  /** Quarter-hours planned, summed over sessions. */
  readonly slots: number
  readonly totals: ByStrategy<StrategySums>
  readonly missedDepartures: number
  readonly unreachable: number
  readonly gaps: readonly PriceGap[]
  /** Time of one exact plan with both directions. */
  readonly kernelMicros: { readonly p50: number; readonly p99: number }
  /** Power of all cars by slot, W. */
  readonly power: ByStrategy<Series<number>>
  /** Cost by local day, micro-cents. */
  readonly days: readonly { readonly date: string; readonly cost: ByStrategy<number> }[]
}
export interface MissingPrices {
  readonly gaps: readonly PriceGap[]
}

/** Rounding of the planner stays below it, Wh. */
const NEGLIGIBLE_WH = 1e-3

/** Plans every session by itself with perfect knowledge of the prices. Refuses when prices are missing while a car is plugged in, unless gaps are allowed. */
export function planOffline(sessions: readonly OfflineSession[], settings: OfflineSettings): Result<OfflinePlan, MissingPrices> {
  const gaps = gapDays(unpricedSlots(sessions, settings))
  if (gaps.length > 0 && !settings.allowGaps) return refused({ gaps })
  const planner = plannerFor(sessions)
  const ledger = fleetLedger(sessions)
  const planned: PlannedSession[] = []
  const durations: number[] = []
  let slots = 0
  for (const session of sessions) {
    const problem = problemOf(session, settings)
    slots += problem.steps
    const outcomes = outcomesOf(planner, problem, settings.micros, durations)
    for (const strategy of STRATEGIES) ledger.add(strategy, problem, outcomes[strategy])
    const sums = mapStrategies((strategy) => sumsOf(problem, outcomes[strategy]))
    planned.push({ session, sums, ...departure(problem, session, outcomes) })
    settings.onProgress?.(planned.length)
  }
  durations.sort((a, b) => a - b)
  return ok({
    sessions: planned,
    vehicles: new Set(sessions.map(({ vehicle }) => vehicle)).size,
    slots,
    totals: mapStrategies((strategy) => addUp(planned.map(({ sums }) => sums[strategy]))),
    missedDepartures: planned.filter(({ isMissed }) => isMissed).length,
    unreachable: planned.filter(({ isUnreachable }) => isUnreachable).length,
    gaps,
    kernelMicros: { p50: quantile(durations, 0.5), p99: quantile(durations, 0.99) },
    ...ledger.result(),
  })
}

/** The three plans of one session, to draw them. */
export function planOne(
  session: OfflineSession,
  settings: OfflineSettings,
): { readonly problem: VehicleProblem; readonly outcomes: ByStrategy<VehicleOutcome> } {
  const problem = problemOf(session, settings)
  return { problem, outcomes: outcomesOf(plannerFor([session]), problem, settings.micros, []) }
}

function outcomesOf(
  planner: Planner,
  problem: VehicleProblem,
  micros: () => number,
  durations: number[],
): ByStrategy<VehicleOutcome> {
  const immediate = planVehicle(planner, problem, 'immediate')
  const smart = planVehicle(planner, problem, 'smart')
  const begin = micros()
  const bidirectional = planVehicle(planner, problem, 'bidirectional')
  durations.push(micros() - begin)
  return { immediate, smart, bidirectional }
}

function problemOf(session: OfflineSession, { buy, sell, efficiency, wear, terminal }: OfflineSettings): VehicleProblem {
  const { first, steps } = stay(session)
  const array = () => new Float64Array(steps)
  const [prices, earnings, powerMin, powerMax] = [array(), array(), array(), array()]
  for (let t = 0; t < steps; t++) {
    const at = later(first, t)
    const [cost, gain] = [valueAt(buy, at) ?? null, valueAt(sell, at) ?? null]
    if (cost === null || gain === null) continue
    prices[t] = cost
    earnings[t] = gain
    // A car that is there for part of a slot can move that part of the energy.
    const there = overlap(at, session.pluggedAt, session.unpluggedAt)
    powerMax[t] = session.maxCharge * there
    powerMin[t] = -session.maxDischarge * there
  }
  return vehicleProblem({
    first,
    buy: prices,
    sell: earnings,
    efficiencyCharge: efficiency,
    efficiencyDischarge: efficiency,
    wear,
    powerMin,
    powerMax,
    energyMin: array(),
    energyMax: array().fill(session.capacity),
    minimum: session.minimum,
    targets: [{ step: steps - 1, energy: session.target }],
    terminalPrice: terminal,
    start: session.start,
  })
}

/** Slots a session touches; at least one, so that a stay of no length is a problem in which nothing can be done. */
function stay({ pluggedAt, unpluggedAt }: OfflineSession): { first: Slot; steps: number } {
  const first = slotAt(pluggedAt)
  return { first, steps: Math.max(1, slotFrom(unpluggedAt) - first) }
}

function plannerFor(sessions: readonly OfflineSession[]): Planner {
  let longest = 1
  for (const session of sessions) longest = Math.max(longest, stay(session).steps)
  return createPlanner(longest)
}

function unpricedSlots(sessions: readonly OfflineSession[], { buy, sell }: OfflineSettings): readonly Slot[] {
  const missing = new Set<Slot>()
  for (const session of sessions) {
    const { first, steps } = stay(session)
    for (let t = 0; t < steps; t++) {
      const at = later(first, t)
      if (overlap(at, session.pluggedAt, session.unpluggedAt) === 0) continue
      if ((valueAt(buy, at) ?? null) === null || (valueAt(sell, at) ?? null) === null) missing.add(at)
    }
  }
  return [...missing].sort((a, b) => a - b)
}

function departure(problem: VehicleProblem, { target }: OfflineSession, outcomes: ByStrategy<VehicleOutcome>) {
  let reachable = problem.start
  for (const power of problem.powerMax) reachable += power * problem.stepHours * problem.efficiencyCharge
  const isUnreachable = reachable < target - NEGLIGIBLE_WH
  const least = Math.min(target, reachable) - NEGLIGIBLE_WH
  const isMissed = STRATEGIES.some((strategy) => outcomes[strategy].energy.at(-1)! < least)
  return { isUnreachable, isMissed }
}

function sumsOf({ buy, sell, stepHours }: VehicleProblem, { power, cost }: VehicleOutcome): StrategySums {
  let [bought, sold, charged, discharged] = [0, 0, 0, 0]
  for (let t = 0; t < power.length; t++) {
    const energy = power[t]! * stepHours
    if (energy > 0) {
      charged += energy
      bought += energy * buy[t]!
    } else {
      discharged -= energy
      sold -= energy * sell[t]!
    }
  }
  return { cost: cost.energy, wear: cost.wear, bought, sold, charged, discharged }
}

/** Sums over sessions. */
export function addUp(all: readonly StrategySums[]): StrategySums {
  const total = { cost: 0, wear: 0, bought: 0, sold: 0, charged: 0, discharged: 0 }
  for (const sums of all) for (const key of Object.keys(total) as (keyof StrategySums)[]) total[key] += sums[key]
  return total
}

/** Sums power by slot and cost by local day over all cars. */
function fleetLedger(sessions: readonly OfflineSession[]) {
  let [first, end] = [Infinity, -Infinity]
  for (const session of sessions) {
    const span = stay(session)
    first = Math.min(first, span.first)
    end = Math.max(end, span.first + span.steps)
  }
  const length = Math.max(0, end - first)
  const power = mapStrategies(() => new Float64Array(length))
  const cost = mapStrategies(() => new Float64Array(length))
  return {
    add(strategy: Strategy, { first: from, buy, sell, stepHours }: VehicleProblem, outcome: VehicleOutcome): void {
      for (let t = 0; t < outcome.power.length; t++) {
        const drawn = outcome.power[t]!
        power[strategy][from - first + t]! += drawn
        cost[strategy][from - first + t]! += drawn * stepHours * (drawn > 0 ? buy[t]! : sell[t]!)
      }
    },
    result(): Pick<OfflinePlan, 'power' | 'days'> {
      const days: { date: string; cost: Record<Strategy, number> }[] = []
      for (let i = 0; i < length;) {
        const day = dayOf((first + i) as Slot)
        const until = Math.min(length, day.first + day.slots - first)
        const sum = (strategy: Strategy) => cost[strategy].subarray(i, until).reduce((total, value) => total + value, 0)
        days.push({ date: day.date, cost: mapStrategies(sum) })
        i = until
      }
      return {
        power: mapStrategies((strategy) => ({ first: (length === 0 ? 0 : first) as Slot, values: Array.from(power[strategy]) })),
        days,
      }
    },
  }
}

function mapStrategies<Value>(make: (strategy: Strategy) => Value): Record<Strategy, Value> {
  return { immediate: make('immediate'), smart: make('smart'), bidirectional: make('bidirectional') }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
