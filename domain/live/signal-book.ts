// What others have bounded, by subject and by signal: whoever asks for one subject looks at its own signals only, and an older version of a signal never comes back (I10).
import type { Envelope } from '../signals/envelope.ts'
import { beginPreventive, endPreventive, type PreventiveTime } from '../signals/preventive-time.ts'
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
  /** How many envelopes are held, and how many subjects all known signals name. */
  held: number
  named: number
  /** When the latest of the signals that are forgotten was changed, epoch ms; 0 for none. Whoever is unknown and was made before may be an older version of one of them. */
  forgottenUntil: number
  /** When subjects were dimmed by way of precaution. */
  readonly preventive: PreventiveTime
}

/** A limit that seems to be over while the clock is wrong holds again when it is set right. */
const ENDED_ENVELOPES_KEPT_MS = 86_400_000
/** A version that its sender made longer ago is refused, whatever it says. */
export const ISSUED_AGE_MAX_MS = 30 * 86_400_000
/** A sender's clock may be this much ahead. */
export const AHEAD_MS = 5 * 60_000
/** A signal that is over is forgotten only where room is needed, those changed longest ago first, and no sooner than this: repetitions and versions still on their way find it. */
const OVER_KEPT_MS = 3_600_000
const KNOWN_MAX = 50_000
const ENVELOPES_MAX = 200_000
const NAMED_MAX = 2 * ENVELOPES_MAX
/** Where signals are forgotten, so many are that it is not done for each that comes. */
const ROOM_SHARE = 0.1
const PER_SUBJECT_MAX = 100
/** Of those that are over on one subject only the latest stay: as many as can last at once, so that none of these is lost to a clock that is wrong for a while. */
const OVER_PER_SUBJECT_MAX = PER_SUBJECT_MAX

/** A book without signals. */
export function emptySignals(): SignalBook {
  return { bySubject: new Map(), byId: new Map(), held: 0, named: 0, forgottenUntil: 0, preventive: new Map() }
}

/** Takes a version of a signal received at an instant, epoch ms; it replaces all before it. An older one changes nothing. */
export function takeSignal(book: SignalBook, signal: Signal, at: number): void {
  const known = book.byId.get(signal.id)
  if (known !== undefined) {
    if (newestVersion(known) >= signal.version) return
    lift(book, known.signal)
    if (known.withdrawn === null) endPreventive(book.preventive, known.signal, at)
  }
  beginPreventive(book.preventive, signal)
  if (book.held + signal.subjects.length > ENVELOPES_MAX) dropLongOver(book, at)
  book.byId.set(signal.id, { signal, withdrawn: null })
  book.named += signal.subjects.length - (known?.signal.subjects.length ?? 0)
  if (book.byId.size > KNOWN_MAX || book.named > NAMED_MAX) forget(book, at)
  for (const subject of signal.subjects) takeEnvelope(book, envelopeOf(signal, subject), at)
}

/** Lifts a signal as of a version; what it says in that version or an older one is over for ever. */
export function withdrawSignal(book: SignalBook, id: string, version: number, at: number): void {
  const known = book.byId.get(id)
  if (known === undefined || version < newestVersion(known)) return
  lift(book, known.signal)
  if (known.withdrawn === null) endPreventive(book.preventive, known.signal, at)
  book.byId.set(id, { signal: known.signal, withdrawn: { version, at } })
}

/** Adds what was received at an instant, epoch ms; what is long over on the same subject is dropped, and so are the oldest of many that are over. */
export function takeEnvelope(book: SignalBook, envelope: Envelope, at: number): void {
  const all = signalsOn(book, envelope.subject)
  let over = 0
  for (const { until } of all) if (until !== null && until <= at) over++
  const kept = all.filter((other) => {
    if (other.until === null || other.until > at) return true
    return !isLongOver(other, at) && over-- <= OVER_PER_SUBJECT_MAX
  })
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
  if (isFullOfKnown(book, id, subjects.length, at)) return { of: 'signals', name: 'all signals', most: KNOWN_MAX }
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

/** Whether an unknown signal made at an instant, epoch ms, may be an older version of one that is forgotten (I10). */
export function mayBeForgotten(book: SignalBook, issuedAt: number): boolean {
  return book.forgottenUntil > 0 && issuedAt <= book.forgottenUntil + AHEAD_MS
}

/** Makes room for signals: a pass over everything, only when a bound is reached. */
function forget(book: SignalBook, at: number): void {
  const over = [...book.byId].filter(([, known]) => mayForget(known, at))
  over.sort(([, a], [, b]) => changedAt(a) - changedAt(b))
  for (const [id, known] of over) {
    if (book.byId.size <= KNOWN_MAX * (1 - ROOM_SHARE) && book.named <= NAMED_MAX * (1 - ROOM_SHARE)) return
    // What has ended by a clock that is wrong still holds when that is set right: its envelopes stay their day.
    book.byId.delete(id)
    book.named -= known.signal.subjects.length
    book.forgottenUntil = Math.max(book.forgottenUntil, changedAt(known))
  }
}

/** Makes room for envelopes, in the same way. */
function dropLongOver(book: SignalBook, at: number): void {
  book.held = 0
  for (const [subject, all] of book.bySubject) {
    const kept = all.filter((envelope) => !isLongOver(envelope, at))
    book.held += kept.length
    if (kept.length === 0) book.bySubject.delete(subject)
    else book.bySubject.set(subject, kept)
  }
}

/** Whether there is no room for a signal that names so many subjects, even when all is forgotten that may be. */
function isFullOfKnown(book: SignalBook, id: string, subjects: number, at: number): boolean {
  const before = book.byId.get(id)
  let known = book.byId.size + (before === undefined ? 1 : 0)
  let named = book.named + subjects - (before?.signal.subjects.length ?? 0)
  if (known <= KNOWN_MAX && named <= NAMED_MAX) return false
  for (const one of book.byId.values()) {
    if (one === before || !mayForget(one, at)) continue
    known--
    named -= one.signal.subjects.length
  }
  return known > KNOWN_MAX || named > NAMED_MAX
}

function mayForget(known: KnownSignal, at: number): boolean {
  return isOver(known, at) && changedAt(known) + OVER_KEPT_MS <= at
}

function changedAt({ signal, withdrawn }: KnownSignal): number {
  return withdrawn?.at ?? signal.receivedAt
}

function isLongOver({ until }: Envelope, at: number): boolean {
  return until !== null && until <= at - ENDED_ENVELOPES_KEPT_MS
}
