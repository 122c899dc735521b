// After a limit on many connections ends, those it held back come again step by step: a grid that has just recovered is not met by all of them at once.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { KnownSignal } from '../../domain/live/signal-book.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { Signal } from '../../domain/signals/signal.ts'
import { watts, type Power } from '../../domain/units.ts'

/** The bound is widened in so many equal steps; with the last one nothing is bounded any more. */
const STEPS = 8
/** Sender of what is made here. */
const SENDER = 'staggered release'
/** Of a signal that names more sums the first are released in steps, the others at once. */
const SUBJECTS_MAX = 100

/**
 * What follows a limit that held until an instant, epoch ms: bounds on the same sums, wider with every step, in place of those who asked for it. Empty
 * where one connection alone was limited, where nothing was held back, and where `windowMs` is 0.
 */
export function releaseSteps(fleet: LiveFleet, { signal }: KnownSignal, at: number, windowMs: number): readonly Signal[] {
  if (windowMs <= 0 || signal.rank !== 'grid-limit' || signal.sender === SENDER || signal.from >= at) return []
  return signal.subjects.slice(0, SUBJECTS_MAX).flatMap((subject, i) => {
    const full = capacityOf(fleet, subject)
    if (full === null) return []
    const [max, min] = [signal.max !== null && signal.max < full.max, signal.min !== null && signal.min > full.min]
    if (!max && !min) return []
    return Array.from({ length: STEPS - 1 }, (_, k): Signal => {
      const part = (k + 1) / STEPS
      return {
        id: `release-${signal.id}-${signal.version}-${i}-${k + 1}`,
        version: 1,
        subjects: [subject],
        from: Math.round(at + (k * windowMs) / STEPS),
        until: Math.round(at + ((k + 1) * windowMs) / STEPS),
        rank: 'operator',
        max: max ? between(signal.max!, full.max, part) : null,
        min: min ? between(signal.min!, full.min, part) : null,
        provenance: { authority: SENDER, reference: `after ${signal.provenance.reference}` },
        issuedAt: at,
        sender: SENDER,
        receivedAt: at,
      }
    })
  })
}

/** What is left of the release of a signal that ended by itself at most `windowMs` ago; empty where it has begun already, is not over or was withdrawn. */
export function stepsAfterEnd(fleet: LiveFleet, id: string, now: number, windowMs: number): readonly Signal[] {
  const known = fleet.signals.byId.get(id)
  const { until = null } = known?.signal ?? {}
  if (known === undefined || known.withdrawn !== null || until === null || until > now || now - until >= windowMs) return []
  const steps = releaseSteps(fleet, known, until, windowMs)
  return steps.some((step) => fleet.signals.byId.has(step.id)) ? [] : steps.filter((step) => step.until! > now)
}

/** Whether a signal is a step of the release of another one. */
export function isReleaseStep({ sender }: Pick<Signal, 'sender'>): boolean {
  return sender === SENDER
}

/** A bound of a few seconds that another one follows: orders change with it, plans for quarter-hours do not. */
export function isPassingStep({ sender, id }: Signal): boolean {
  return sender === SENDER && !id.endsWith(`-${STEPS - 1}`)
}

/** What all behind a subject could take and give together, W; null for a single connection. */
function capacityOf(fleet: LiveFleet, subject: string): { readonly max: Power; readonly min: Power } | null {
  if (!subject.startsWith('area:') && !subject.startsWith('pool:')) return null
  let [max, min] = [0, 0]
  const sites = new Set<string>()
  for (const id of membersOf(fleet, subject) ?? []) {
    const { evse } = fleet.evses.get(id)!
    max += evse.chargeMax
    min += evse.dischargeMax
    sites.add(evse.site)
  }
  return sites.size < 2 ? null : { max: watts(max), min: watts(min) }
}

function between(from: Power, to: Power, part: number): Power {
  return watts(Math.round(from + (to - from) * part))
}
