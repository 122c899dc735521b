// A dimmed night in plain words: who said what, and what the cars made of it.
import type { DimmingReport, DimmingStep } from '../demo/dimming.ts'
import { localTimeText } from '../../domain/time/delivery-day.ts'

/** The report for a terminal. */
export function dimmingInWords({ steps, exceeded, looks, proof, compensatedWh, journalEntries }: DimmingReport): string {
  const { compliance, notDrawn } = proof
  return `${[
    'A simulated night; times of the wall clock in Berlin. Powers are of all cars a limit means.',
    '',
    ...steps.map(stepInWords),
    '',
    exceeded.length === 0
      ? `Kept: in ${looks} looks, every ten seconds while something held, nobody took or gave more than was allowed.`
      : `Exceeded ${exceeded.length} times in ${looks} looks: ${exceeded.map(({ at, subject, takenW, limitW }) => `${at} ${subject} ${takenW} W for ${limitW} W`).join('; ')}`,
    `Proof of the area's limit: within it ${compliance.timePercent} % of the time (a minute of meter values after each change counts as outside), ${notDrawn.wh / 1_000} kWh not drawn by ${notDrawn.cars} cars; recorded for their portfolios: ${compensatedWh / 1_000} kWh.`,
    `Everything is in the journal (${journalEntries} entries), which lay in a temporary folder and is deleted.`,
  ].join('\n')}\n`
}

function stepInWords({ at, player, event, subject, maxW, minW, beforeW, orderedW, afterW }: DimmingStep): string {
  const bound =
    maxW !== null
      ? `at most ${kw(maxW)}`
      : minW !== null
        ? minW === 0
          ? 'nothing is given'
          : `at least ${kw(minW)}`
        : 'no limit'
  return `${localTimeText(Date.parse(at))}  ${player}: ${event} (${subject}, ${bound}): took ${kw(beforeW)}, ordered at once ${kw(orderedW)}, ten seconds later ${kw(afterW)}`
}

function kw(power: number): string {
  return `${(power / 1_000).toFixed(1)} kW`
}
