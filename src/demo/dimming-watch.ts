// Looks at a dimmed night by the truth of cars and house: what everybody takes, and whether it is more than is allowed.
import { instantText } from '../../domain/time/slot.ts'

/** Cars of an area or a site, or all that a connection takes. */
export type Subject = `site:${string}` | `area:${string}` | `connection:${string}`
export interface Bound {
  readonly maxW: number | null
  readonly minW: number | null
  /** From here on there has been time to follow, epoch ms. */
  readonly keptFrom: number
}
export interface Exceeded {
  readonly at: string
  readonly subject: string
  readonly takenW: number
  readonly limitW: number
}
/** What a subject has taken and what bound it, by epoch ms. */
export interface Course {
  readonly subject: Subject
  readonly points: readonly { readonly at: number; readonly takenW: number }[]
  readonly bounds: readonly (Pick<Bound, 'maxW' | 'minW'> & { readonly from: number; readonly until: number | null })[]
}
export interface BoundWatch {
  readonly exceeded: readonly Exceeded[]
  /** How often something that held was looked at; of one subject, and of all. */
  looks(subject?: Subject): number
  isBusy(): boolean
  hold(subject: Subject, bound: Bound): void
  lift(subject: Subject): void
  look(): void
  courses(): readonly Course[]
}

/** Meters are not exact, W. */
const TOLERANCE_W = 60

/** A watch over subjects; `takenOf` in W, `now` in epoch ms. */
export function boundWatch(subjects: readonly Subject[], takenOf: (subject: Subject) => number, now: () => number): BoundWatch {
  const bounds = new Map<Subject, Bound>()
  const exceeded: Exceeded[] = []
  const looked = new Map<Subject, number>()
  const courses = new Map(
    subjects.map((subject) => [
      subject,
      {
        points: [] as Course['points'][number][],
        bounds: [] as { maxW: number | null; minW: number | null; from: number; until: number | null }[],
      },
    ]),
  )

  function end(subject: Subject): void {
    const last = courses.get(subject)!.bounds.at(-1)
    if (last !== undefined) last.until ??= now()
  }
  function judge(subject: Subject, takenW: number, { maxW, minW, keptFrom }: Bound): void {
    if (now() < keptFrom) return
    looked.set(subject, (looked.get(subject) ?? 0) + 1)
    const at = instantText(now())
    if (maxW !== null && takenW > maxW + TOLERANCE_W) exceeded.push({ at, subject, takenW, limitW: maxW })
    if (minW !== null && takenW < minW - TOLERANCE_W) exceeded.push({ at, subject, takenW, limitW: minW })
  }
  return {
    exceeded,
    looks: (subject) =>
      subject === undefined ? [...looked.values()].reduce((sum, count) => sum + count, 0) : (looked.get(subject) ?? 0),
    isBusy: () => bounds.size > 0,
    hold(subject, bound) {
      end(subject)
      bounds.set(subject, bound)
      const { maxW, minW } = bound
      courses.get(subject)!.bounds.push({ maxW, minW, from: now(), until: null })
    },
    lift(subject) {
      end(subject)
      bounds.delete(subject)
    },
    look() {
      for (const subject of subjects) {
        const takenW = takenOf(subject)
        courses.get(subject)!.points.push({ at: now(), takenW })
        const bound = bounds.get(subject)
        if (bound !== undefined) judge(subject, takenW, bound)
      }
    },
    courses: () => [...courses].map(([subject, course]) => ({ subject, ...course })),
  }
}
