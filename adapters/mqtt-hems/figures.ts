// What came in at the door of energy managers and what was refused, counted by what was wrong; no label says whose it was.
import type { ProblemKind } from '../wire/problem.ts'

export type HemsOutcome = 'taken' | 'repeated' | 'foreign' | 'flooded' | 'outdated' | 'too-early' | ProblemKind
export interface HemsFigures {
  count(outcome: HemsOutcome): void
  /** For /metrics. */
  all(): Readonly<Record<string, number>>
}

/** All at zero. */
export function hemsFigures(): HemsFigures {
  const counts = new Map<HemsOutcome, number>([
    ['taken', 0],
    ['repeated', 0],
    ['foreign', 0],
    ['flooded', 0],
  ])
  return {
    count: (outcome) => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1),
    all: () =>
      Object.fromEntries(
        [...counts].map(([outcome, count]) => [`gegenstrom_hems_messages_${outcome.replaceAll('-', '_')}_total`, count]),
      ),
  }
}
