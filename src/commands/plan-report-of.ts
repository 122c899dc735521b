// Turns an offline plan into the data of its report: EUR, kWh, kW and shares instead of the planner's own units.
import type { PlanReport, ReportExample, ReportSession, ReportSums } from '../../adapters/report/plan-report.ts'
import { endSlot, valueAt, type Series } from '../../domain/time/series.ts'
import { slot } from '../../domain/time/slot.ts'
import { inEuros, microCents } from '../../domain/units.ts'
import {
  planOne,
  STRATEGIES,
  type ByStrategy,
  type OfflinePlan,
  type OfflineSettings,
  type PlannedSession,
  type StrategySums,
} from '../offline/plan-offline.ts'
import type { PlanOptions } from './plan.ts'

const BEST_MAX = 20
/** A stay of this length can be drawn quarter-hour by quarter-hour. */
const DRAWN_HOURS_MAX = 30

/** What the report shows of planned sessions. */
export function planReportOf(plan: OfflinePlan, settings: OfflineSettings, options: PlanOptions, command: string): PlanReport {
  const bySaving = [...plan.sessions].sort((a, b) => saving(b) - saving(a))
  const { immediate } = plan.power
  return {
    command,
    feeRegime: { name: 'none', meaning: regimeMeaning(options) },
    vehicles: plan.vehicles,
    sessionCount: plan.sessions.length,
    from: Math.min(...plan.sessions.map(({ session }) => session.pluggedAt)),
    until: Math.max(...plan.sessions.map(({ session }) => session.unpluggedAt)),
    facts: [
      { label: 'Cars', value: String(plan.vehicles) },
      { label: 'Sessions', value: String(plan.sessions.length) },
      { label: 'Efficiency', value: `${percentText(options.efficiency)} each way` },
      { label: 'Wear', value: `${options.wearCtPerKwh} ct per kWh of throughput` },
      { label: 'Energy left over', value: `${options.terminalCtPerKwh} ct/kWh` },
      { label: 'One exact plan', value: `${plan.kernelMicros.p50.toFixed(1)} µs` },
    ],
    totals: mapStrategies((strategy) => inWords(plan.totals[strategy])),
    missedDepartures: plan.missedDepartures,
    unreachable: plan.unreachable,
    gaps: plan.gaps,
    fleet: {
      first: immediate.first,
      buy: immediate.values.map((_, i) => centsAt(settings.buy, immediate.first + i)),
      power: mapStrategies((strategy) => plan.power[strategy].values.map((power) => power / 1_000)),
    },
    days: plan.days.map(({ date, cost }) => ({ date, cost: mapStrategies((strategy) => inEuros(microCents(cost[strategy]))) })),
    best: bySaving.slice(0, BEST_MAX).map(reportSession),
    example: exampleOf(bySaving, settings),
    assumptions: assumptions(plan, settings, options),
  }
}

function saving({ sums }: PlannedSession): number {
  return sums.immediate.cost - sums.bidirectional.cost
}

/** The session with the largest saving among those short enough to draw, of any length where there is none. */
function exampleOf(bySaving: readonly PlannedSession[], settings: OfflineSettings): ReportExample | null {
  const hours = ({ session }: PlannedSession) => (session.unpluggedAt - session.pluggedAt) / 3_600_000
  const chosen = bySaving.find((planned) => hours(planned) <= DRAWN_HOURS_MAX && !planned.isUnreachable) ?? bySaving[0]
  if (chosen === undefined) return null
  const { session } = chosen
  const { problem, outcomes } = planOne(session, settings)
  const slots = Array.from({ length: problem.steps }, (_, t) => problem.first + t)
  return {
    ...reportSession(chosen),
    capacityKwh: session.capacity / 1_000,
    chargeKw: session.maxCharge / 1_000,
    dischargeKw: session.maxDischarge / 1_000,
    socStart: session.start / session.capacity,
    socTarget: session.target / session.capacity,
    socMin: session.minimum / session.capacity,
    first: problem.first,
    buy: slots.map((at) => centsAt(settings.buy, at)),
    sell: slots.map((at) => centsAt(settings.sell, at)),
    power: mapStrategies((strategy) => Array.from(outcomes[strategy].power, (power) => power / 1_000)),
    soc: mapStrategies((strategy) => Array.from(outcomes[strategy].energy, (energy) => energy / session.capacity)),
  }
}

function reportSession({ session, sums }: PlannedSession): ReportSession {
  return {
    session: session.session,
    vehicle: session.vehicle,
    pluggedAt: session.pluggedAt,
    unpluggedAt: session.unpluggedAt,
    sums: mapStrategies((strategy) => inWords(sums[strategy])),
  }
}

function inWords({ cost, wear, bought, sold, charged, discharged }: StrategySums): ReportSums {
  const eur = (value: number) => inEuros(microCents(value))
  return {
    cost: eur(cost),
    wear: eur(wear),
    bought: eur(bought),
    sold: eur(sold),
    charged: charged / 1_000,
    discharged: discharged / 1_000,
  }
}

function regimeMeaning({ feeCtPerKwh, sellFeeCtPerKwh }: PlanOptions): string {
  const buying =
    feeCtPerKwh === 0 ? 'Buying costs the day-ahead price alone' : `Buying costs the day-ahead price plus ${feeCtPerKwh} ct/kWh`
  const selling = sellFeeCtPerKwh === 0 ? 'feeding back earns it in full' : `feeding back earns it less ${sellFeeCtPerKwh} ct/kWh`
  const warning = feeCtPerKwh === 0 ? ' Real grid fees, levies and taxes are left out and decide the business.' : ''
  return `${buying}; ${selling}. Nothing is refunded for energy fed back.${warning}`
}

function assumptions({ gaps, unreachable }: OfflinePlan, { buy }: OfflineSettings, options: PlanOptions): readonly string[] {
  const last = new Date(endSlot(buy) * 900_000).toISOString()
  return [
    'Every session is planned by itself, and prices as well as the time of leaving are known from the start.',
    `Prices are day-ahead prices by quarter-hour, known until ${last.slice(0, 16)}Z.`,
    'Immediate charges at full power from plug-in until the target; smart is the optimum without feeding back.',
    'The target is met at departure as far as it can be reached; feeding back never takes a car below its minimum.',
    'A quarter-hour in which a car is plugged in only partly has that part of its power.',
    `A kWh passes the charger with ${percentText(options.efficiency)} in each direction, whatever the power and the state of charge.`,
    `Wear is counted per kWh through the battery, half in each direction, and decides what is worth doing; it is not in the costs shown as cost.`,
    'No grid limit, no house load and no sun on the roof are taken into account.',
    ...(gaps.length > 0 ? ['Where no price is known no car has power, in any of the three ways.'] : []),
    ...(unreachable > 0 ? ['A car whose target is out of reach leaves with the most that can be charged.'] : []),
  ]
}

/** ct/kWh of a series in ct/MWh. */
function centsAt(prices: Series<number | null>, at: number): number | null {
  const price = valueAt(prices, slot(at)) ?? null
  return price === null ? null : price / 1_000
}
function percentText(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`
}
function mapStrategies<Value>(make: (strategy: (typeof STRATEGIES)[number]) => Value): ByStrategy<Value> {
  return { immediate: make('immediate'), smart: make('smart'), bidirectional: make('bidirectional') }
}
