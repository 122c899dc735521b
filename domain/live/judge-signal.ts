// Judges what comes in about a signal: whether it is new, a repetition, an older version, or nothing that can be.
import { refused, ok, type Result } from '../result.ts'
import { isSameContent, type NewSignal } from '../signals/signal.ts'
import type { SignalField, SignalRefusal } from '../signals/signal-refusal.ts'
import { instantText } from '../time/slot.ts'
import type { LiveFleet } from './live-fleet.ts'
import { fullFor, ISSUED_AGE_MAX_MS, newestVersion, type KnownSignal } from './signal-book.ts'
import { membersOf } from './subject.ts'

export const SUBJECTS_MAX = 10_000
/** A sender's clock may be this much ahead. */
const AHEAD_MS = 5 * 60_000
const FROM_AHEAD_MAX_MS = 366 * 86_400_000
/** Nobody discharges for ever: an activation has an end, and not a far one. */
const ACTIVATION_MAX_MS = 24 * 3_600_000

export interface Asking {
  /** Whose key it comes with. */
  readonly sender: string
  /** Whether signals of others may be changed: the control room may, a grid operator may not. */
  readonly mayChangeOthers: boolean
}
type Judged = Result<{ readonly isRepeated: boolean }, SignalRefusal>

/** Whether a signal may be taken at an instant, epoch ms. A repetition of the version in force is no news and no error, whatever the time. */
export function judgeSignal(fleet: LiveFleet, sent: NewSignal, asking: Asking, now: number): Judged {
  const known = fleet.signals.byId.get(sent.id)
  if (known !== undefined) {
    const stale = judgeVersion(known, sent.version, asking)
    if (stale !== null) return refused(stale)
    if (sent.version === newestVersion(known)) {
      if (known.withdrawn !== null) return refused({ kind: 'withdrawn', current: sent.version })
      return isSameContent(known.signal, sent) ? ok({ isRepeated: true }) : refused({ kind: 'conflict', current: sent.version })
    }
  }
  const fault = faultOf(sent, now)
  if (fault !== null) return refused({ kind: 'impossible', ...fault })
  if (sent.subjects.length > SUBJECTS_MAX) return refused({ kind: 'too-many-subjects', most: SUBJECTS_MAX })
  const places = sent.subjects.flatMap((subject, i) => (membersOf(fleet, subject) === null ? [i] : []))
  if (places.length > 0) return refused({ kind: 'unknown-subjects', subjects: places.map((i) => sent.subjects[i]!), places })
  const full = fullFor(fleet.signals, sent.id, sent.subjects, now)
  return full === null ? ok({ isRepeated: false }) : refused({ kind: 'full', name: full.name, most: full.most })
}

/** Whether a signal may be withdrawn as of a version. */
export function judgeWithdrawal(fleet: LiveFleet, id: string, version: number, asking: Asking): Judged {
  const known = fleet.signals.byId.get(id)
  if (known === undefined) return refused({ kind: 'unknown-signal' })
  const stale = judgeVersion(known, version, asking)
  if (stale !== null) return refused(stale)
  return ok({ isRepeated: known.withdrawn?.version === version })
}

function judgeVersion(known: KnownSignal, version: number, { sender, mayChangeOthers }: Asking): SignalRefusal | null {
  if (known.signal.sender !== sender && !mayChangeOthers) return { kind: 'foreign' }
  const current = newestVersion(known)
  return version < current ? { kind: 'outdated', current, isWithdrawn: known.withdrawn !== null } : null
}

type Fault = { readonly field: SignalField; readonly detail: string } | null

function faultOf(sent: NewSignal, now: number): Fault {
  return timeFault(sent, now) ?? (sent.rank === 'activation' ? activationFault(sent, now) : limitFault(sent))
}

function timeFault({ from, until, issuedAt }: NewSignal, now: number): Fault {
  if (until !== null && until <= from)
    return { field: 'until', detail: `it would end at ${instantText(until)}, no later than it begins` }
  if (until !== null && until <= now) return { field: 'until', detail: `it ended at ${instantText(until)}: that has passed` }
  if (from > now + FROM_AHEAD_MAX_MS) return { field: 'from', detail: 'it would begin more than 366 days from now' }
  if (issuedAt > now + AHEAD_MS) return { field: 'issuedAt', detail: 'it is dated more than 5 min ahead of this server’s clock' }
  // What was made longer ago than others are remembered could be an older version of one that is forgotten (I10).
  if (issuedAt < now - ISSUED_AGE_MAX_MS) return { field: 'issuedAt', detail: 'it was made more than 30 days ago: send it anew' }
  return null
}

/** A limit can always be kept by taking and giving nothing; nobody is made to charge or to give by it. */
function limitFault({ min, max }: NewSignal): Fault {
  if (min === null && max === null) return { field: 'max', detail: 'it bounds nothing: give a highest or a lowest power' }
  if (max !== null && max < 0) return { field: 'max', detail: 'a limit on what is taken is at least 0 W' }
  if (min !== null && min > 0) return { field: 'min', detail: 'a limit on what is given is at most 0 W' }
  return null
}

function activationFault({ min, max, from, until, subjects }: NewSignal, now: number): Fault {
  if (min === null || min !== max) return { field: 'max', detail: 'an activation is one power: lowest and highest are the same' }
  if (until === null) return { field: 'until', detail: 'an activation needs an end: nobody charges or discharges for ever' }
  if (until - Math.max(from, now) > ACTIVATION_MAX_MS) return { field: 'until', detail: 'an activation lasts at most 24 h' }
  if (subjects.length !== 1 || !subjects[0]!.startsWith('pool:'))
    return { field: 'subjects', detail: 'an activation is for one pool' }
  return null
}
