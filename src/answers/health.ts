// Answers whether the process lives and serves, and its counters.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { HealthAnswers } from '../../domain/ports/answers/health.ts'
import type { LimitationAnswers } from '../../domain/ports/answers/limitations.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import { largestGap, type PoolSums } from './pool.ts'

export interface HealthOptions {
  readonly fleet: LiveFleet
  readonly journal: Pick<Journal, 'head'>
  /** Why nothing can be recorded; null while everything can. */
  readonly failure: () => string | null
  readonly degraded: () => readonly string[]
  readonly sums: (asker: Asker) => Promise<PoolSums>
  readonly limitations: LimitationAnswers['counts']
  readonly fleetPlans: (asker: Asker) => readonly FleetPlanView[]
  /** Messages exchanged with stations since the start. */
  readonly messages: () => number
  /** What was held back since the start. */
  readonly slowed: () => { readonly reconnects: number; readonly frames: number }
  /** Failures inside since the start. */
  readonly failures: () => number
  /** Figures of the process itself, by name. */
  readonly processFigures: () => Readonly<Record<string, number>>
}

/** The health of a running process. */
export function healthAnswers(options: HealthOptions): HealthAnswers {
  const { failure, degraded } = options
  return {
    health() {
      const reason = failure()
      const missing = reason === null ? [...degraded()] : [...degraded(), 'journal']
      return { ready: reason === null, degraded: missing, apiWritable: reason === null && !missing.includes('database') }
    },
    async metrics(asker) {
      const sums = await options.sums(asker)
      const fleetFigures = { ...figuresOfFleet(sums, options.fleetPlans(asker)), ...figuresOfSites(options.limitations(asker)) }
      return asker.tenant === null ? { ...fleetFigures, ...figuresOfProcess(options) } : fleetFigures
    },
  }
}

function figuresOfFleet(sums: PoolSums, plans: readonly FleetPlanView[]): Readonly<Record<string, number>> {
  return {
    gegenstrom_stations_connected: sums.stationsConnected,
    gegenstrom_stations: sums.stationsTotal,
    gegenstrom_stations_limited: sums.stationsLimited,
    gegenstrom_cars_plugged: sums.carsPlugged,
    gegenstrom_power_ordered_watts: sums.ordered,
    gegenstrom_power_measured_watts: sums.measured,
    gegenstrom_fleet_plan_gap: largestGap(plans) ?? 0,
  }
}

/** Limited directions of sites by their state. */
function figuresOfSites(counts: ReturnType<LimitationAnswers['counts']>): Readonly<Record<string, number>> {
  return {
    gegenstrom_limitations_init: counts.init,
    gegenstrom_limitations_limited: counts.limited,
    gegenstrom_limitations_controlled: counts['unlimited/controlled'],
    gegenstrom_limitations_failsafe: counts.failsafe,
    gegenstrom_limitations_autonomous: counts['unlimited/autonomous'],
  }
}

function figuresOfProcess(options: HealthOptions): Readonly<Record<string, number>> {
  const { fleet, messages, slowed } = options
  const { frames, reconnects } = slowed()
  return {
    gegenstrom_orders_issued_total: fleet.ordersIssued,
    gegenstrom_readings_total: fleet.readingsTaken,
    gegenstrom_readings_closed_total: fleet.readingsClosed,
    gegenstrom_slots_revised_total: fleet.revisions.told,
    gegenstrom_ocpp_messages_total: messages(),
    gegenstrom_ocpp_messages_slowed_total: frames,
    gegenstrom_ocpp_reconnects_refused_total: reconnects,
    gegenstrom_journal_entries_total: options.journal.head().sequence,
    gegenstrom_clock_steps_total: fleet.clockSteps,
    gegenstrom_degraded: options.degraded().length + (options.failure() === null ? 0 : 1),
    gegenstrom_failures_total: options.failures(),
    ...options.processFigures(),
  }
}
