// What `plan` prints: one JSON object for scripts, a table for people.
import { inEuros, inKilowattHours, microCents, wattHours } from '../../domain/units.ts'
import { STRATEGIES, type OfflinePlan } from '../offline/plan-offline.ts'

/** A programme that was written, and the cost a solver must find, micro-cents: energy and wear, less the worth of energy left. */
export interface WrittenProgramme {
  readonly file: string
  readonly sessions: number
  readonly objective: number
}

/** One line of JSON. Money in EUR with six decimals, time in microseconds. */
export function summaryJson(
  plan: OfflinePlan,
  { efficiency }: { readonly efficiency: number },
  lp: WrittenProgramme | null,
): string {
  const { totals } = plan
  const wear = { immediate: totals.immediate.wear, smart: totals.smart.wear, bidirectional: totals.bidirectional.wear }
  return `${JSON.stringify({
    vehicles: plan.vehicles,
    sessions: plan.sessions.length,
    slots: plan.slots,
    totals: {
      immediateEur: eur(totals.immediate.cost),
      smartEur: eur(totals.smart.cost),
      bidirectionalEur: eur(totals.bidirectional.cost),
    },
    wearEur: { immediate: eur(wear.immediate), smart: eur(wear.smart), bidirectional: eur(wear.bidirectional) },
    chargedKwh: byStrategy(plan, 'charged'),
    dischargedKwh: byStrategy(plan, 'discharged'),
    missedDepartures: plan.missedDepartures,
    unreachable: plan.unreachable,
    gaps: plan.gaps.map(({ date, slots }) => ({ date, slots })),
    kernelMicros: { p50: decimals(plan.kernelMicros.p50, 1), p99: decimals(plan.kernelMicros.p99, 1) },
    efficiency,
    feeRegime: 'none',
    ...(lp === null ? {} : { lp: { file: lp.file, sessions: lp.sessions, objectiveEur: inEuros(microCents(lp.objective)) } }),
  })}\n`
}

/** A table and what is to be said about it. */
export function summaryText(plan: OfflinePlan, { report }: { readonly report?: string }, lp: WrittenProgramme | null): string {
  const { totals, gaps, kernelMicros } = plan
  const row = (name: string, cells: readonly string[]) => name.padEnd(16) + cells.map((cell) => cell.padStart(15)).join('')
  const lines = [
    `sessions ${plan.sessions.length}, cars ${plan.vehicles}, quarter-hours ${plan.slots}, fee regime none`,
    '',
    row('', STRATEGIES),
    row(
      'cost EUR',
      STRATEGIES.map((strategy) => fixed(inEuros(microCents(totals[strategy].cost)), 2)),
    ),
    row(
      'wear EUR',
      STRATEGIES.map((strategy) => fixed(inEuros(microCents(totals[strategy].wear)), 2)),
    ),
    row(
      'charged kWh',
      STRATEGIES.map((strategy) => fixed(kwh(totals[strategy].charged), 1)),
    ),
    row(
      'fed back kWh',
      STRATEGIES.map((strategy) => fixed(kwh(totals[strategy].discharged), 1)),
    ),
    '',
    `missed departures ${plan.missedDepartures}; targets out of reach even at full power ${plan.unreachable}`,
    ...(gaps.length === 0 ? [] : [`no price, hence no power, on ${gaps.map(({ date }) => date).join(', ')}`]),
    `one plan takes ${kernelMicros.p50.toFixed(1)} µs (median), ${kernelMicros.p99.toFixed(1)} µs (99 of 100)`,
    ...(report === undefined ? [] : [`report: ${report}`]),
    ...(lp === null
      ? []
      : [`linear programme: ${lp.file}, ${lp.sessions} sessions; a solver must find ${inEuros(microCents(lp.objective))} EUR`]),
  ]
  return `${lines.join('\n')}\n`
}

function byStrategy({ totals }: OfflinePlan, key: 'charged' | 'discharged') {
  const { immediate, smart, bidirectional } = totals
  return { immediate: kwh(immediate[key]), smart: kwh(smart[key]), bidirectional: kwh(bidirectional[key]) }
}
function kwh(wattHoursSum: number): number {
  return decimals(inKilowattHours(wattHours(wattHoursSum)), 3)
}
function eur(microCentsSum: number): number {
  return decimals(inEuros(microCents(microCentsSum)), 6)
}
/** Fixed decimals, never minus zero. */
function fixed(value: number, places: number): string {
  return decimals(value, places).toFixed(places)
}
function decimals(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places + 0
}
