// Answers what the fleet is as a whole: sums that are at most a second old, and the chart.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { TenantId } from '../../domain/registry/identity.ts'
import type { ChartView, PoolAnswers, PoolView } from '../../domain/ports/answers/pool.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import type { SlotPrices } from '../../domain/problems/car-problem.ts'
import { later, slotAt, type Slot } from '../../domain/time/slot.ts'
import { watts, type Energy } from '../../domain/units.ts'
import { chartOf, type ChartOptions } from './chart.ts'
import { fleetSums, type FleetSums } from './fleet-sums.ts'
import { sharedAnswers } from './shared-answers.ts'
import { runningStatementSteps, type RunningStatement } from './running-statement.ts'

export interface PoolOptions extends ChartOptions {
  readonly now: () => number
  readonly speed: number
  readonly lab: boolean
  readonly strategy: PoolView['strategy']
  readonly feeRegime: string
  readonly prices: (fleet: LiveFleet, from: Slot, slots: number) => SlotPrices
  readonly degraded: () => readonly string[]
  readonly fleetPlans: (asker: Asker) => readonly FleetPlanView[]
}
export interface PoolSums extends FleetSums {
  readonly at: number
  readonly statement: RunningStatement
}
export interface PoolDesk extends PoolAnswers {
  /** The sums behind the answers, at most a second old. */
  sums(asker: Asker): Promise<PoolSums>
}

/** Sums of a large fleet are kept so long; its chart goes by quarter-hours and minutes and may be older. Real time. */
const SUMS_KEPT_MS = 1_000
const CHART_KEPT_MS = 10_000

/** The pool over a live fleet. */
export function poolDesk(options: PoolOptions): PoolDesk {
  const { fleet, visible, now } = options
  type Scope = TenantId | null
  const scopes = new Map<Scope, ReturnType<typeof runningStatementSteps>>()
  function statementOf(asker: Asker): ReturnType<typeof runningStatementSteps> {
    const known =
      scopes.get(asker.tenant) ??
      runningStatementSteps(
        fleet,
        (slot) => {
          const { buy, sell } = options.prices(fleet, slot, 1)
          return { buy: buy[0] ?? null, sell: sell[0] ?? null, spot: fleet.prices.get(slot) ?? null }
        },
        (evse) => visible.evse(asker, evse),
      )
    scopes.set(asker.tenant, known)
    return known
  }
  const scoped = (tenant: Scope): Asker => ({ name: 'pool', role: 'viewer', tenant, vehicles: [] })
  const sumsOf = sharedAnswers<Scope, PoolSums>(SUMS_KEPT_MS, function* (tenant) {
    const at = now()
    const asker = scoped(tenant)
    const sums = yield* fleetSums(options, asker, at)
    const statement = yield* statementOf(asker)(at)
    return { ...sums, at, statement }
  })
  const chart = sharedAnswers<Scope, ChartView>(CHART_KEPT_MS, (tenant) => chartOf(options, scoped(tenant), now()))
  return {
    sums: (asker) => sumsOf(asker.tenant),
    chart: (asker) => chart(asker.tenant),
    async pool(asker) {
      const { statement, ...sums } = await sumsOf(asker.tenant)
      const first = slotAt(sums.at)
      return {
        now: sums.at,
        strategy: options.strategy,
        feeRegime: options.feeRegime,
        speed: options.speed,
        planned: watts(sums.ordered),
        measured: watts(sums.measured),
        chargeMax: watts(sums.chargeMax),
        dischargeMax: watts(sums.dischargeMax),
        stationsConnected: sums.stationsConnected,
        stationsTotal: sums.stationsTotal,
        carsPlugged: sums.carsPlugged,
        carsBidirectional: sums.carsBidirectional,
        stored: sums.stored as Energy,
        priceNow: fleet.prices.get(first) ?? null,
        priceNext: fleet.prices.get(later(first, 1)) ?? null,
        ...statement,
        degraded: options.degraded(),
        lab: options.lab,
        planGap: largestGap(options.fleetPlans(asker)),
      }
    },
  }
}

/** The largest gap of some fleet plans; null without any. */
export function largestGap(plans: readonly FleetPlanView[]): number | null {
  return plans.length === 0 ? null : Math.max(...plans.map(({ gap }) => gap))
}
