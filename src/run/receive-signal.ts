// Signals at once: a limit or an activation is judged, recorded, turned into orders and acknowledged; plans follow beside it, never before it.
import type { Fact } from '../../domain/facts/fact.ts'
import { judgeSignal, judgeWithdrawal, type Asking } from '../../domain/live/judge-signal.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { isOver, type KnownSignal } from '../../domain/live/signal-book.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { SignalAnswers, SignalReceipt } from '../../domain/ports/answers/signals.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { SignalRefusal } from '../../domain/signals/signal-refusal.ts'
import type { Application } from './application.ts'
import { signalEdges } from './signal-edges.ts'
import type { SignalEffects } from './signal-effects.ts'
import { signalView } from './signal-view.ts'

export interface SignalDeskOptions {
  readonly clock: Clock
  readonly application: Pick<Application, 'fleet' | 'restrict' | 'redispatch' | 'planBeside' | 'failure'>
  readonly effects: SignalEffects
  /** Resolves when everything recorded so far is durable. */
  readonly durable: () => Promise<void>
  /** Whether an EVSE belongs to the tenant of an asker. */
  readonly mayKnow: (asker: Asker, evse: EvseId) => boolean
}
export interface RunningSignalDesk extends SignalAnswers {
  /** Puts the edges of all signals of the journal on the clock. */
  start(): void
  stop(): void
}

/** The desk over the live fleet, whose signals are rebuilt from the journal like everything else. */
export function signalDesk({ clock, application, effects, durable, mayKnow }: SignalDeskOptions): RunningSignalDesk {
  const { fleet } = application
  const edges = signalEdges(clock, onEdge)
  let forgetSteps = () => {}

  /** What begins or ends by itself: orders first, plans beside. */
  function onEdge(ids: readonly string[]): void {
    const subjects = ids.flatMap((id) => fleet.signals.byId.get(id)?.signal.subjects ?? [])
    if (subjects.length === 0) return
    application.redispatch(subjects)
    application.planBeside(evsesOf(fleet, subjects), 'a signal began or ended')
  }
  /** The clock was set: what had begun may lie ahead again, and what was to come may be over. */
  function rearm(): void {
    const all = [...fleet.signals.byId].flatMap(([id, known]) => (known.withdrawn === null ? [id] : []))
    arm()
    onEdge(all)
  }
  function arm(): void {
    for (const known of fleet.signals.byId.values()) if (known.withdrawn === null) edges.arm(known.signal)
  }
  /** Whether everybody a subject means belongs to the tenant of an asker. */
  function isKnownTo(asker: Asker, subject: string): boolean {
    return asker.tenant === null || (membersOf(fleet, subject) ?? []).every((evse) => mayKnow(asker, evse))
  }
  function maySee(asker: Asker, { signal }: KnownSignal): boolean {
    return (isControlRoom(asker) || signal.sender === asker.name) && signal.subjects.every((subject) => isKnownTo(asker, subject))
  }
  function viewOf(known: KnownSignal) {
    return signalView(fleet, known, effects.of(known.signal.id), clock.now())
  }
  /** Waits for the journal; a repetition is acknowledged no earlier than what it repeats. */
  async function take(fact: Fact | null, id: string, subjects: readonly string[]): Promise<Result<SignalReceipt, SignalRefusal>> {
    const failure = application.failure()
    if (failure !== null) return refused({ kind: 'not-recordable', detail: failure })
    const kept = fact === null ? durable() : application.restrict(fact, subjects)
    if (fact !== null) application.planBeside(evsesOf(fleet, subjects), 'a signal of others')
    const known = fleet.signals.byId.get(id)!
    const view = viewOf(known)
    if (fact?.kind === 'signal-received') edges.arm(known.signal)
    if (fact?.kind === 'signal-withdrawn') edges.disarm(id)
    await kept
    return ok({ view, isRepeated: fact === null })
  }

  return {
    async receive(asker, sent) {
      const now = clock.now()
      const judged = judgeSignal(fleet, sent, askingOf(asker), now)
      if (!judged.ok) return judged
      const places = sent.subjects.flatMap((subject, i) => (isKnownTo(asker, subject) ? [] : [i]))
      if (places.length > 0) return refused({ kind: 'unknown-subjects', subjects: places.map((i) => sent.subjects[i]!), places })
      if (judged.value.isRepeated) return take(null, sent.id, [])
      const before = fleet.signals.byId.get(sent.id)?.signal.subjects ?? []
      const signal = { ...sent, subjects: [...new Set(sent.subjects)], sender: asker.name, receivedAt: now }
      return take({ kind: 'signal-received', signal }, sent.id, [...new Set([...before, ...signal.subjects])])
    },
    async withdraw(asker, id, version) {
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
      const ids = [...fleet.signals.byId].flatMap(([id, known]) =>
        (after === null || id > after) && maySee(asker, known) && (withOver || !isOver(known, now)) ? [id] : [],
      )
      return ids
        .sort()
        .slice(0, limit)
        .map((id) => viewOf(fleet.signals.byId.get(id)!))
    },
    start() {
      forgetSteps = clock.onStep(rearm)
      arm()
    },
    stop() {
      forgetSteps()
      edges.stop()
    },
  }
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
