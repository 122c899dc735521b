// A dimmed night as the report draws it: subjects by their names, what was said beside what it was about.
import { renderDimmingReport, type DimmingCourse } from '../../adapters/report/dimming-report.ts'
import type { DimmingReport, DimmingStep } from '../demo/dimming.ts'
import { boundInWords } from './dimming-words.ts'

const NIGHT_MS = 91 * 60_000

/** The report as one HTML file; `command` is how it was made. */
export function dimmingPicture({ steps, courses, exceeded, looks, limits }: DimmingReport, command: string): string {
  const until = Math.max(...courses.flatMap(({ points }) => points.at(-1)?.at ?? 0))
  return renderDimmingReport({
    command,
    from: until - NIGHT_MS,
    until,
    looks,
    exceeded: exceeded.map(({ at, subject, takenW, limitW }) => `${at}: ${subject} took ${takenW} W, allowed ${limitW} W`),
    courses: courses.map((course) => drawn(course, steps)),
    sayings: steps.map(({ at, player, over, event, subject, maxW, minW, beforeW, orderedW, afterW }) => ({
      at: Date.parse(at),
      who: player,
      over,
      what: `${event}, ${subject}`,
      bound: maxW === null && minW === null ? 'nothing' : boundInWords(maxW, minW),
      beforeW,
      orderedW,
      afterW,
    })),
    limits: limits.map((limit) => ({
      name: limit.signal,
      bound: boundInWords(limit.maxW, limit.minW),
      instants: [limit.received, limit.firstApplied, limit.lastApplied, limit.measuredWithin, limit.released].map((at) =>
        at === null ? null : Date.parse(at),
      ),
      kept: limit.compliancePercent === null ? '–' : `${limit.compliancePercent} %`,
    })),
  })
}

function drawn({ subject, points, bounds }: DimmingReport['courses'][number], steps: readonly DimmingStep[]): DimmingCourse {
  const said = steps.map((step, i) => ({ ...step, number: i + 1 })).filter((step) => step.subject === subject)
  const who = [...new Set(said.map(({ player, over }) => `${player} over ${over}`))].join(', ')
  return { title: titleOf(subject), note: `kW; ${who}`, points, bounds, sayings: said.map(({ number }) => number) }
}

function titleOf(subject: string): string {
  const [kind, name] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
  if (kind === 'area') return `All cars of the area ${name}`
  return kind === 'connection' ? `House ${name}, with its cars` : `Cars of ${name}`
}
