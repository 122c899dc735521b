// Signals at once: a limit or an activation is judged, recorded, turned into orders and acknowledged; plans follow beside it, never before it.
import type { Fact } from '../../domain/facts/fact.ts'
import { judgeSignal, judgeWithdrawal, type Asking } from '../../domain/live/judge-signal.ts'
import { isLimitationName } from '../../domain/live/limitations.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { isOver, type KnownSignal } from '../../domain/live/signal-book.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { SignalAnswers, SignalReceipt, SignalView } from '../../domain/ports/answers/signals.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { SignalRefusal } from '../../domain/signals/signal-refusal.ts'
import type { Application } from './application.ts'
import type { Signal } from '../../domain/signals/signal.ts'
import { signalEdges } from './signal-edges.ts'
import { isPassingStep, releaseSteps, stepsAfterEnd } from './staggered-release.ts'
import type { SignalEffects } from './signal-effects.ts'
import { signalView } from './signal-view.ts'

export interface SignalDeskOptions {
  readonly clock: Clock
  readonly application: Pick<Application, 'fleet' | 'restrict' | 'redispatch' | 'planBeside' | 'failure'>
  readonly effects: SignalEffects
  /** Resolves when everything recorded so far is durable. */
  readonly durable: () => Promise<void>
  /** Whether everybody a subject means belongs to the tenant of an asker. */
  readonly mayKnow: (asker: Asker, subject: string) => boolean
  /** Limits on many connections are released over so long, ms; 0 releases all at once. */
  readonly releaseMs: number
}
export interface RunningSignalDesk extends SignalAnswers {
  /** Puts the edges of all signals of the journal on the clock. */
  start(): void
  stop(): void
}

/** The desk over the live fleet, whose signals are rebuilt from the journal like everything else. */
export function signalDesk({ clock, application, effects, durable, mayKnow, releaseMs }: SignalDeskOptions): RunningSignalDesk {
  const { fleet } = application
  const edges = signalEdges(clock, onEdge)
  /** What begins or ends while the journal is read is called once it has been. */
  const openedAt = clock.now()
  let forgetSteps = () => {}

  /** What begins or ends by itself: orders first, plans beside. */
  function onEdge(ids: readonly string[]): void {
    // Each once: a day of activations names one pool thousands of times.
    const signals = ids.flatMap((id) => fleet.signals.byId.get(id)?.signal ?? [])
    const subjects = [...new Set(signals.flatMap((signal) => signal.subjects))]
    if (subjects.length === 0) return
    const released = ids.flatMap((id) => stepsAfterEnd(fleet, id, clock.now(), releaseMs))
    if (released.length === 0) application.redispatch(subjects)
    else void application.restrict(released.map(asFact), subjects).catch(() => application.redispatch(subjects))
    for (const signal of released) edges.arm(signal, clock.now())
    if (!signals.every(isPassingStep)) application.planBeside(evsesOf(fleet, subjects), 'a signal began or ended')
  }
  /** The clock was set: what had begun may lie ahead again, and what was to come may be over. */
  function rearm(): void {
    const all = [...fleet.signals.byId].flatMap(([id, known]) => (known.withdrawn === null ? [id] : []))
    arm(clock.now())
    onEdge(all)
  }
  function arm(since: number): void {
    for (const known of fleet.signals.byId.values()) if (known.withdrawn === null) edges.arm(known.signal, since)
  }
  function maySee(asker: Asker, { signal }: KnownSignal): boolean {
    return (isControlRoom(asker) || signal.sender === asker.name) && signal.subjects.every((subject) => mayKnow(asker, subject))
  }
  function viewOf(known: KnownSignal) {
    return signalView(fleet, known, effects.of(known.signal.id), clock.now())
  }
  /** Waits for the journal; a repetition is acknowledged no earlier than what it repeats. */
  async function take(fact: Fact | null, id: string, subjects: readonly string[]): Promise<Result<SignalReceipt, SignalRefusal>> {
    const failure = application.failure()
    if (failure !== null) return refused({ kind: 'not-recordable', detail: failure })
    const before = fleet.signals.byId.get(id)
    const isLifted = fact?.kind === 'signal-withdrawn' && before !== undefined && !isOver(before, clock.now())
    const released = isLifted ? releaseSteps(fleet, before, clock.now(), releaseMs) : []
    const kept = fact === null ? durable() : application.restrict([...released.map(asFact), fact], subjects)
    if (fact !== null) application.planBeside(evsesOf(fleet, subjects), 'a signal of others')
    const known = fleet.signals.byId.get(id)!
    const view = viewOf(known)
    // It may begin while its orders are made.
    if (fact?.kind === 'signal-received') edges.arm(known.signal, known.signal.receivedAt)
    if (fact?.kind === 'signal-withdrawn') edges.disarm(id)
    for (const signal of released) edges.arm(signal, signal.receivedAt)
    await kept
    return ok({ view, isRepeated: fact === null })
  }

  return {
    async receive(asker, sent) {
      // Those of the limitation desk are its own, whoever asks.
      if (isLimitationName(sent.id)) return refused({ kind: 'foreign' })
      const now = clock.now()
      const known = fleet.signals.byId.get(sent.id)
      // An id says nothing about the signal it stands for: what somebody may not see they do not replace either.
      if (known !== undefined && !maySee(asker, known)) return refused({ kind: 'foreign' })
      const judged = judgeSignal(fleet, sent, askingOf(asker), now)
      if (!judged.ok) return judged
      const places = sent.subjects.flatMap((subject, i) => (mayKnow(asker, subject) ? [] : [i]))
      if (places.length > 0) return refused({ kind: 'unknown-subjects', subjects: places.map((i) => sent.subjects[i]!), places })
      if (judged.value.isRepeated) return take(null, sent.id, [])
      const before = known?.signal.subjects ?? []
      const signal = { ...sent, subjects: [...new Set(sent.subjects)], sender: asker.name, receivedAt: now }
      return take({ kind: 'signal-received', signal }, sent.id, [...new Set([...before, ...signal.subjects])])
    },
    async withdraw(asker, id, version) {
      if (isLimitationName(id)) return refused({ kind: 'foreign' })
      const judged = judgeWithdrawal(fleet, id, version, askingOf(asker))
      if (!judged.ok) return judged
      if (!maySee(asker, fleet.signals.byId.get(id)!)) return refused({ kind: 'unknown-signal' })
      const { subjects } = fleet.signals.byId.get(id)!.signal
      if (judged.value.isRepeated) return take(null, id, subjects)
      return take({ kind: 'signal-withdrawn', id, version, sender: asker.name }, id, subjects)
    },
    signal(asker, id) {
      const known = fleet.signals.byId.get(id)
      return known === undefined || !maySee(asker, known) ? null : viewOf(known)
    },
    signals(asker, { after, withOver, limit }) {
      const now = clock.now()
      const { byId } = fleet.signals
      const ids = [...byId].flatMap(([id, known]) =>
        (after === null || id > after) && (withOver || !isOver(known, now)) ? [id] : [],
      )
      const seen: SignalView[] = []
      for (const id of ids.sort()) {
        if (seen.length >= limit) break
        const known = byId.get(id)!
        if (maySee(asker, known)) seen.push(viewOf(known))
      }
      return seen
    },
    start() {
      forgetSteps = clock.onStep(rearm)
      arm(openedAt)
    },
    stop() {
      forgetSteps()
      edges.stop()
    },
  }
}

function asFact(signal: Signal): Fact {
  return { kind: 'signal-received', signal }
}

function askingOf(asker: Asker): Asking {
  return { sender: asker.name, mayChangeOthers: isControlRoom(asker) }
}

/** Everybody but a grid operator, who knows the signals he has sent. */
function isControlRoom({ role }: Asker): boolean {
  return role !== 'grid'
}

/** Everybody meant by any of the subjects, once. */
function evsesOf(fleet: LiveFleet, subjects: readonly string[]): readonly EvseId[] {
  return [...new Set(subjects.flatMap((subject) => membersOf(fleet, subject) ?? []))]
}
