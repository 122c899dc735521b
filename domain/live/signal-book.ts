// What others have bounded, by subject and by signal: whoever asks for one subject looks at its own signals only, and an older version of a signal never comes back (I10).
import type { Envelope } from '../signals/envelope.ts'
import { envelopeOf, type Signal } from '../signals/signal.ts'

/** The newest version of a signal, and whether it was withdrawn. It stays here after it is over, so that an older version is recognised. */
export interface KnownSignal {
  readonly signal: Signal
  /** The withdrawal has a version of its own, at least that of the signal. */
  readonly withdrawn: { readonly version: number; readonly at: number } | null
}
export interface SignalBook {
  /** The envelopes of each subject, in the order in which they were received. */
  readonly bySubject: Map<string, readonly Envelope[]>
  readonly byId: Map<string, KnownSignal>
  /** How many envelopes are held. */
  held: number
}

/** A limit that seems to be over while the clock is wrong holds again when it is set right. */
const ENDED_ENVELOPES_KEPT_MS = 86_400_000
/** A version that its sender made longer ago is refused, whatever it says. */
export const ISSUED_AGE_MAX_MS = 30 * 86_400_000
/**
 * A signal that is over is forgotten only where room is needed, and only when it was changed last so long ago that its older versions are refused for their
 * age: each of them was made before that change. Twice that age, so that a clock set back by less than the difference brings none of them back either.
 */
const OVER_KEPT_MS = 2 * ISSUED_AGE_MAX_MS
const KNOWN_MAX = 50_000
const ENVELOPES_MAX = 200_000
const PER_SUBJECT_MAX = 100

/** A book without signals. */
export function emptySignals(): SignalBook {
  return { bySubject: new Map(), byId: new Map(), held: 0 }
}

/** Takes a version of a signal received at an instant, epoch ms; it replaces all before it. An older one changes nothing. */
export function takeSignal(book: SignalBook, signal: Signal, at: number): void {
  const known = book.byId.get(signal.id)
  if (known !== undefined) {
    if (newestVersion(known) >= signal.version) return
    lift(book, known.signal)
  }
  if (book.byId.size >= KNOWN_MAX || book.held + signal.subjects.length > ENVELOPES_MAX) forget(book, at)
  book.byId.set(signal.id, { signal, withdrawn: null })
  for (const subject of signal.subjects) takeEnvelope(book, envelopeOf(signal, subject), at)
}

/** Lifts a signal as of a version; what it says in that version or an older one is over for ever. */
export function withdrawSignal(book: SignalBook, id: string, version: number, at: number): void {
  const known = book.byId.get(id)
  if (known === undefined || version < newestVersion(known)) return
  lift(book, known.signal)
  book.byId.set(id, { signal: known.signal, withdrawn: { version, at } })
}

/** Adds what was received at an instant, epoch ms; what is long over on the same subject is dropped. */
export function takeEnvelope(book: SignalBook, envelope: Envelope, at: number): void {
  const all = signalsOn(book, envelope.subject)
  const kept = all.filter((other) => !isLongOver(other, at))
  book.held += kept.length + 1 - all.length
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

/** The newest version that was heard of, the withdrawal included. */
export function newestVersion({ signal, withdrawn }: KnownSignal): number {
  return withdrawn?.version ?? signal.version
}

/** Which bound keeps a further signal out at an instant; null where there is room. */
export function fullFor(
  book: SignalBook,
  id: string,
  subjects: readonly string[],
  at: number,
): { readonly of: 'subject' | 'signals'; readonly name: string; readonly most: number } | null {
  const isOther = ({ signal, until }: Envelope) => signal?.id !== id && (until === null || until > at)
  const crowded = subjects.find((subject) => {
    const all = signalsOn(book, subject)
    return all.length >= PER_SUBJECT_MAX && all.filter(isOther).length >= PER_SUBJECT_MAX
  })
  if (crowded !== undefined) return { of: 'subject', name: crowded, most: PER_SUBJECT_MAX }
  const isKnownFull =
    !book.byId.has(id) && book.byId.size >= KNOWN_MAX && ![...book.byId.values()].some((one) => mayForget(one, at))
  if (isKnownFull) return { of: 'signals', name: 'all signals', most: KNOWN_MAX }
  if (book.held + subjects.length <= ENVELOPES_MAX) return null
  let lasting = subjects.length
  for (const all of book.bySubject.values()) for (const one of all) if (one.signal?.id !== id && !isLongOver(one, at)) lasting++
  return lasting > ENVELOPES_MAX ? { of: 'signals', name: 'all subjects together', most: ENVELOPES_MAX } : null
}

/** Whether nothing of a signal holds any more at an instant. */
export function isOver({ signal, withdrawn }: KnownSignal, at: number): boolean {
  return withdrawn !== null || (signal.until !== null && signal.until <= at)
}

function lift(book: SignalBook, signal: Signal): void {
  for (const subject of signal.subjects) {
    const all = signalsOn(book, subject)
    const kept = all.filter((envelope) => envelope.signal?.id !== signal.id)
    book.held -= all.length - kept.length
    if (kept.length === 0) book.bySubject.delete(subject)
    else book.bySubject.set(subject, kept)
  }
}

/** Makes room: a pass over everything, only when a bound is reached. */
function forget(book: SignalBook, at: number): void {
  for (const [id, known] of book.byId) if (mayForget(known, at)) book.byId.delete(id)
  book.held = 0
  for (const [subject, all] of book.bySubject) {
    const kept = all.filter((envelope) => !isLongOver(envelope, at))
    book.held += kept.length
    if (kept.length === 0) book.bySubject.delete(subject)
    else book.bySubject.set(subject, kept)
  }
}

function mayForget(known: KnownSignal, at: number): boolean {
  const changedAt = known.withdrawn?.at ?? known.signal.receivedAt
  return isOver(known, at) && changedAt + OVER_KEPT_MS <= at
}

function isLongOver({ until }: Envelope, at: number): boolean {
  return until !== null && until <= at - ENDED_ENVELOPES_KEPT_MS
}
