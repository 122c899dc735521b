// A dimmed night in plain words: who said what over which protocol, what became of it, and each limit by its proof.
import type { DimmingReport, DimmingStep } from '../demo/dimming.ts'
import type { LimitOutcome } from '../demo/dimming-signals.ts'
import type { HouseTruth } from '../demo/dimming-hems.ts'
import { localTimeText } from '../../domain/time/delivery-day.ts'

/** The report for a terminal. */
export function dimmingInWords(report: DimmingReport): string {
  const { steps, exceeded, looks, limits, answers, measuredHouse, proof, compensatedWh, journal } = report
  const { compliance, notDrawn } = proof
  return `${[
    'A simulated night; times of the wall clock in Berlin. Powers are of all cars a limit means, for a house of all that its connection takes.',
    '',
    ...steps.map(stepInWords),
    '',
    exceeded.length === 0
      ? `Kept: in ${looks} looks, every ten seconds while something held, nobody took or gave more than was allowed.`
      : `Exceeded ${exceeded.length} times in ${looks} looks: ${exceeded.map(({ at, subject, takenW, limitW }) => `${at} ${subject} ${takenW} W for ${limitW} W`).join('; ')}`,
    '',
    'Limits by their proofs (a minute of meter values after each change counts as outside):',
    ...limitTable(limits),
    '',
    `The house by its meter (${measuredHouse.reason}): ${measuredHouse.powerW === null ? 'not known' : kw(measuredHouse.powerW)} beside its cars, ${measuredHouse.ageSeconds ?? '-'} s ago.`,
    `The market partner was called back with: ${answers.join(', ')}.`,
    `Proof of the area's limit: within it ${compliance.timePercent} % of the time, ${notDrawn.wh / 1_000} kWh not drawn by ${notDrawn.cars} cars; recorded for their portfolios: ${compensatedWh / 1_000} kWh.`,
    `Everything is in the journal (${journal.entries} entries, ${journal.hash.slice(0, 16)}; equal seeds give equal journals), which lay in a temporary folder and is deleted.`,
  ].join('\n')}\n`
}

function stepInWords({ at, player, over, event, subject, maxW, minW, beforeW, orderedW, afterW, house }: DimmingStep): string {
  const bound = maxW === null && minW === null ? 'no limit' : boundInWords(maxW, minW)
  const made = house === undefined ? '' : ` (${houseInWords(house)})`
  return `${localTimeText(Date.parse(at))}  ${player} (${over}): ${event} (${subject}, ${bound}): took ${kw(beforeW)}, ordered at once ${kw(orderedW)}, ten seconds later ${kw(afterW)}${made}`
}

function houseInWords({ load, sun, heatPump, battery, cars }: HouseTruth): string {
  return `household ${kw(load)}, sun ${kw(sun)}, heat pump ${kw(heatPump)}, battery ${kw(battery)}, cars ${kw(cars)}`
}

function limitTable(limits: readonly LimitOutcome[]): string[] {
  const rows = limits.map(
    ({ signal, maxW, minW, received, firstApplied, lastApplied, measuredWithin, released, compliancePercent }) => [
      signal,
      boundInWords(maxW, minW),
      ...[received, firstApplied, lastApplied, measuredWithin, released].map(clock),
      compliancePercent === null ? '-' : `${compliancePercent} %`,
    ],
  )
  const table = [['limit', 'bound', 'received', 'first applied', 'last applied', 'measured within', 'released', 'kept'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  return table.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
}

/** What a limit allows. */
export function boundInWords(maxW: number | null, minW: number | null): string {
  if (maxW !== null) return `at most ${kw(maxW)}`
  return minW === 0 ? 'nothing is given' : `at least ${kw(minW ?? 0)}`
}

/** The time of the day in Berlin; a dash for none. */
function clock(instant: string | null): string {
  return instant === null ? '-' : `${localTimeText(Date.parse(instant))}:${instant.slice(17, 19)}`
}

function kw(power: number): string {
  return `${(power / 1_000 + 0).toFixed(1)} kW`
}
