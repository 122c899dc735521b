// What others have bounded, by subject: whoever asks for one subject looks at its own signals only, however many there are of others.
import type { Envelope } from '../signals/envelope.ts'

export interface SignalBook {
  /** The envelopes of each subject, in the order in which they were received. */
  readonly bySubject: Map<string, readonly Envelope[]>
}

/** A limit that seems to be over while the clock is wrong holds again when it is set right. */
const ENDED_ENVELOPES_KEPT_MS = 86_400_000

/** A book without signals. */
export function emptySignals(): SignalBook {
  return { bySubject: new Map() }
}

/** Adds what was received at an instant, epoch ms; what is long over on the same subject is forgotten. */
export function takeEnvelope(book: SignalBook, envelope: Envelope, at: number): void {
  const kept = signalsOn(book, envelope.subject).filter(({ until }) => until === null || until > at - ENDED_ENVELOPES_KEPT_MS)
  book.bySubject.set(envelope.subject, [...kept, envelope])
}

/** Everything received for a subject that is not long over; it may be past, in force or to come. */
export function signalsOn(book: SignalBook, subject: string): readonly Envelope[] {
  return book.bySubject.get(subject) ?? []
}

/** Subjects that something bounds now or later. */
export function boundedSubjects(book: SignalBook, now: number): ReadonlySet<string> {
  const bounded = new Set<string>()
  for (const [subject, envelopes] of book.bySubject)
    if (envelopes.some(({ until }) => until === null || until > now)) bounded.add(subject)
  return bounded
}
