// The report of an offline plan: what three ways of charging would have cost, as one HTML file that needs no network.
import type { Strategy } from '../../domain/planning/plan.ts'
import type { Slot } from '../../domain/time/slot.ts'
import { dayMoneyChart } from './day-money-chart.ts'
import { exampleSection } from './example-session.ts'
import { fleetPowerCharts, fleetPriceChart } from './fleet-charts.ts'
import { count, dateRange, euro, escape, megawattHours } from './figures.ts'
import { moneyChart, moneyTable } from './money.ts'
import { page } from './page.ts'
import { sessionTable } from './session-table.ts'

export type ByStrategy<Value> = Readonly<Record<Strategy, Value>>
/** Money in EUR, energy at the grid in kWh. */
export interface ReportSums {
  /** Bought minus sold, fees included, wear not. */
  readonly cost: number
  readonly wear: number
  readonly bought: number
  readonly sold: number
  readonly charged: number
  readonly discharged: number
}
export interface ReportSession {
  readonly session: string
  readonly vehicle: string
  /** Epoch ms. */
  readonly pluggedAt: number
  readonly unpluggedAt: number
  readonly sums: ByStrategy<ReportSums>
}
export interface ReportExample extends ReportSession {
  readonly capacityKwh: number
  readonly chargeKw: number
  readonly dischargeKw: number
  readonly socStart: number
  readonly socTarget: number
  readonly socMin: number
  readonly first: Slot
  /** ct/kWh by slot, null for a gap. */
  readonly buy: readonly (number | null)[]
  readonly sell: readonly (number | null)[]
  /** kW by slot, mean over the slot. */
  readonly power: ByStrategy<readonly number[]>
  /** 0 to 1, after each slot. */
  readonly soc: ByStrategy<readonly number[]>
}
export interface PlanReport {
  readonly command: string
  readonly feeRegime: { readonly name: string; readonly meaning: string }
  readonly vehicles: number
  readonly sessionCount: number
  /** Epoch ms of the first plug-in and the last unplug. */
  readonly from: number
  readonly until: number
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  readonly totals: ByStrategy<ReportSums>
  readonly missedDepartures: number
  readonly unreachable: number
  readonly gaps: readonly { readonly date: string; readonly slots: number }[]
  readonly fleet: {
    readonly first: Slot
    /** ct/kWh by slot. */
    readonly buy: readonly (number | null)[]
    /** kW by slot, all cars. */
    readonly power: ByStrategy<readonly number[]>
  }
  readonly days: readonly { readonly date: string; readonly cost: ByStrategy<number> }[]
  /** Sessions with the largest saving, largest first. */
  readonly best: readonly ReportSession[]
  readonly example: ReportExample | null
  readonly assumptions: readonly string[]
}

/** The whole report as one HTML document; equal data gives equal bytes. */
export function renderPlanReport(report: PlanReport): string {
  const { totals, example } = report
  const sections = [
    `<p class="regime"><b>Fee regime: ${escape(report.feeRegime.name)}.</b> ${escape(report.feeRegime.meaning)}</p>`,
    `<h1>${headline(report)}</h1>`,
    `<p class="lead">${escape(comparison(totals))} ${escape(promises(report))}</p>`,
    facts(report.facts),
    heading('Price', 'ct/kWh for buying, by quarter-hour'),
    fleetPriceChart(report.fleet),
    heading('Power of all cars', 'kW at the grid, charging up, feeding back down'),
    fleetPowerCharts(report.fleet, totals),
    `<div class="pair"><div>${heading('Money', 'the black mark is what all sessions cost')}${moneyChart(totals)}</div>`,
    `<div>${heading('In figures', '')}<div class="wide">${moneyTable(totals)}</div></div></div>`,
    heading('Money by day', 'EUR, by the day on which energy was bought or fed back'),
    dayMoneyChart(report.days),
    example === null ? '' : exampleSection(example),
    heading('Largest savings', 'both ways against at once, EUR'),
    `<div class="wide">${sessionTable(report.best)}</div>`,
    heading('What this assumes', ''),
    `<ul class="assumptions">${report.assumptions.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`,
  ]
  return page({
    title: `Gegenstrom plan, ${dateRange(report.from, report.until)}`,
    what: 'plan',
    period: dateRange(report.from, report.until),
    body: sections.join('\n'),
    command: report.command,
  })
}

function headline({ totals, sessionCount }: PlanReport): string {
  const verb = totals.bidirectional.cost < 0 ? 'earns' : 'costs'
  const atOnce = totals.immediate.cost < 0 ? 'earns' : 'costs'
  const sessions = `${count(sessionCount)} session${sessionCount === 1 ? '' : 's'}`
  return `Charging both ways ${verb} ${euro(Math.abs(totals.bidirectional.cost))} for ${sessions}.<br>Charging at once ${atOnce} ${euro(Math.abs(totals.immediate.cost))}.`
}

function comparison({ immediate, smart, bidirectional }: PlanReport['totals']): string {
  const wear = `Battery wear comes on top: ${euro(immediate.wear)} at once, ${euro(smart.wear)} smart, ${euro(bidirectional.wear)} both ways.`
  const back = `Both ways feeds back ${megawattHours(bidirectional.discharged)}.`
  return `Smart charging without feeding back ${smart.cost < 0 ? 'earns' : 'costs'} ${euro(Math.abs(smart.cost))}. ${back} ${wear}`
}

function promises({ missedDepartures, unreachable, gaps }: PlanReport): string {
  const missed =
    missedDepartures === 0 ? 'No reachable departure is missed.' : `${count(missedDepartures)} reachable departures are missed.`
  const those = unreachable === 1 ? '1 session cannot' : `${count(unreachable)} sessions cannot`
  const short = unreachable === 0 ? '' : ` ${those} reach the target even at full power.`
  const dates = gaps.map(({ date }) => date.replaceAll('-', '\u2011')).join(', ')
  return `${missed}${short}${gaps.length === 0 ? '' : ` No price is known on ${dates}: no power is planned there.`}`
}

function facts(list: PlanReport['facts']): string {
  const items = list.map(({ label, value }) => `<div><dt>${escape(label)}</dt><dd>${escape(value)}</dd></div>`)
  return `<dl class="facts">${items.join('')}</dl>`
}

function heading(title: string, note: string): string {
  return `<h2>${title}${note === '' ? '' : ` <small>${note}</small>`}</h2>`
}
