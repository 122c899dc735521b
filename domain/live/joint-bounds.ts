// Bounds that others have set on the sum of a site, one of its phases, a pool or a grid area, and what a pool is asked for.
import type { LiveFleet } from './live-fleet.ts'
import { externalOn } from './external-limits.ts'
import { boundedSubjects, signalsOn } from './signal-book.ts'
import { isInForce, type Envelope } from '../signals/envelope.ts'
import { endOf, overlap, startOf, type Slot } from '../time/slot.ts'

/** Everything others have said about a subject, signals and limits set on stations; it may be past, in force or to come. */
export function saidOn(fleet: LiveFleet, subject: string): readonly Envelope[] {
  const signals = signalsOn(fleet.signals, subject)
  return fleet.externalLimits.has(subject) ? [...signals, ...externalOn(fleet, subject)] : signals
}

/** Subjects that something bounds now or later. */
export function boundedNow(fleet: LiveFleet, now: number): ReadonlySet<string> {
  const bounded = new Set(boundedSubjects(fleet.signals, now))
  for (const subject of fleet.externalLimits.keys()) if (envelopesOn(fleet, subject, now).length > 0) bounded.add(subject)
  return bounded
}

/** The envelopes of one subject that hold now or later; a target is met by whoever can, and bounds nobody. */
export function envelopesOn(fleet: LiveFleet, subject: string, now: number): readonly Envelope[] {
  return saidOn(fleet, subject).filter(({ until, rank }) => rank !== 'activation' && (until === null || until > now))
}

/** The activation a pool has to follow at an instant: of those in force the one received last, and of two in one millisecond the later in the journal. */
export function activationOf(fleet: LiveFleet, pool: string, now: number): Envelope | null {
  return signalsOn(fleet.signals, `pool:${pool}`).findLast((one) => one.rank === 'activation' && isInForce(one, now)) ?? null
}

/** The strictest bound of one side in force at an instant, W; infinite where there is none. What begins later in the same quarter-hour does not count yet. */
export function strictestNow(envelopes: readonly Envelope[], side: 'min' | 'max', now: number): number {
  let found = side === 'max' ? Infinity : -Infinity
  for (const envelope of envelopes) {
    const value = envelope[side]
    if (value === null || !isInForce(envelope, now)) continue
    found = side === 'max' ? Math.min(found, value) : Math.max(found, value)
  }
  return found
}

/** The strictest bound of one side in what is left of a slot, W; infinite where there is none. */
export function strictest(envelopes: readonly Envelope[], slot: Slot, side: 'min' | 'max', now: number): number {
  let found = side === 'max' ? Infinity : -Infinity
  for (const envelope of envelopes) {
    const value = envelope[side]
    if (value === null || !touches(envelope, slot, now)) continue
    found = side === 'max' ? Math.min(found, value) : Math.max(found, value)
  }
  return found
}

function touches(envelope: Envelope, slot: Slot, now: number): boolean {
  return (
    isInForce(envelope, Math.max(now, startOf(slot))) ||
    overlap(slot, Math.max(envelope.from, now), envelope.until ?? endOf(slot)) > 0
  )
}
