// What an input makes of an Energy Guard: connections, what the grid needs, answers and reports of the system.
import { unreachable } from '../result.ts'
import {
  ANSWER_MS,
  atInstant,
  FAILSAFE_TRIES_MAX,
  isAsWanted,
  keptOf,
  limitDueAt,
  RETRY_MS,
  startGuard,
  targetLimit,
  type EnergyGuard,
  type FailsafeWish,
  type GuardInput,
  type GuardSend,
  type GuardStep,
  type StandingLimit,
} from './energy-guard.ts'
import { FAILSAFE_DURATION_MAX_MS, FAILSAFE_DURATION_MIN_MS, magnitudeOf, SILENCE_MS } from './limit.ts'
import { beat } from './own-heartbeat.ts'

/** More than two connections of one system are those of one that forgets to close; the oldest are forgotten. */
const CONNECTIONS_MAX = 4

/**
 * What an input makes of the guard at an instant, ms of the clock that only goes forward; one from before the latest is taken as the latest. What has
 * become due is sent now: a heartbeat before each limit, and none later than the minute.
 */
export function stepGuard(before: EnergyGuard, input: GuardInput, at: number): GuardStep {
  const now: EnergyGuard = { ...before, at: Math.max(at, before.at) }
  const taken = take(now, input)
  const steps = [overdue, supervise, writeLimit, writeFailsafe] as const
  const done = steps.reduce((step, next) => follow(step, next(step.state)), taken)
  return input.kind === 'connection-made' || done.state.beat.nextAt <= done.state.at ? withHeartbeat(done) : done
}

function take(guard: EnergyGuard, input: GuardInput): GuardStep {
  switch (input.kind) {
    case 'connection-made':
      return still(connected(guard, input.connection))
    case 'connection-lost':
      return lost(guard, input.connection)
    case 'want-limit':
      return want(guard, input)
    case 'want-failsafe':
      return wantFailsafe(guard, input)
    case 'answered':
      return guard.pending?.id === input.id ? limitAnswered(guard, guard.pending.limit, input) : failsafeAnswered(guard, input)
    case 'limit-reported':
      return reported(guard, input)
    case 'maximum-reported':
      return still({ ...guard, nominalMax: input.nominalMax })
    case 'system-heartbeat': {
      const heard = still({ ...guard, heardAt: guard.at, isSystemSilent: false })
      return guard.isSystemSilent ? { ...heard, events: [{ kind: 'system-heard', at: guard.at }] } : heard
    }
    case 'restart':
      return still(startGuard(guard.settings, guard.at, keptOf(guard)))
    case 'time-passed':
      return still(guard)
    default:
      return unreachable(input)
  }
}

/** Every connection begins anew with an opening write, also one beside another: nobody knows which of both will stay. */
function connected(guard: EnergyGuard, connection: string): EnergyGuard {
  const others = guard.connections.filter((one) => one !== connection)
  return {
    ...guard,
    connections: [...others, connection].slice(-CONNECTIONS_MAX),
    connectedAt: guard.at,
    // A system that comes again before we have missed it may have been anywhere meanwhile.
    wasConnected: guard.wasConnected || guard.isOpened,
    isOpened: false,
    standing: null,
    pending: null,
    spacedFrom: null,
    retryAt: null,
    failsafe: guard.failsafe.map((wish) => ({ ...wish, pending: null, dueAt: guard.at })),
    heardAt: null,
    isSystemSilent: false,
  }
}

function lost(guard: EnergyGuard, connection: string): GuardStep {
  if (!guard.connections.includes(connection)) return { ...still(guard), ignored: 'unknown-connection' }
  const connections = guard.connections.filter((one) => one !== connection)
  if (connections.length > 0) return still({ ...guard, connections })
  return still({ ...guard, connections, wasConnected: true, pending: null })
}

function want(guard: EnergyGuard, { limit }: Extract<GuardInput, { kind: 'want-limit' }>): GuardStep {
  const { isActive, value, durationMs } = limit
  if (!(magnitudeOf(guard.settings.direction, value) >= 0)) return { ...still(guard), ignored: 'negative-limit' }
  if (isActive && durationMs !== null && !(durationMs > 0 && Number.isFinite(durationMs)))
    return { ...still(guard), ignored: 'no-duration-left' }
  const until = isActive && durationMs !== null ? guard.at + durationMs : null
  // What was refused is no longer wanted, so nothing is tried again; the new one goes by the rules of a first write.
  return still({ ...guard, wanted: { isActive, value, until }, retryAt: null })
}

function wantFailsafe(guard: EnergyGuard, input: Extract<GuardInput, { kind: 'want-failsafe' }>): GuardStep {
  const { limit, durationMs } = input
  if (limit !== null && !(limit >= 0)) return { ...still(guard), ignored: 'negative-failsafe-limit' }
  if (durationMs !== null && !(durationMs >= FAILSAFE_DURATION_MIN_MS && durationMs <= FAILSAFE_DURATION_MAX_MS))
    return { ...still(guard), ignored: 'failsafe-duration-out-of-range' }
  const wish = (kind: FailsafeWish['kind'], value: number | null): readonly FailsafeWish[] =>
    value === null
      ? guard.failsafe.filter((one) => one.kind === kind)
      : [{ kind, value, tries: 0, dueAt: guard.at, pending: null }]
  return still({
    ...guard,
    failsafe: [...wish('write-failsafe-limit', limit), ...wish('write-failsafe-duration', durationMs)],
  })
}

function limitAnswered(
  guard: EnergyGuard,
  limit: StandingLimit,
  { isAccepted, reason }: Pick<Extract<GuardInput, { kind: 'answered' }>, 'isAccepted' | 'reason'>,
): GuardStep {
  const { at } = guard
  if (isAccepted) {
    const held = limit.isActive ? limit.value : null
    return {
      ...still({ ...guard, pending: null, retryAt: null, isOpened: true, standing: limit, held }),
      events: [{ kind: 'limit-accepted', at, limit }],
    }
  }
  // The device is kept and told again: it may have refused for the moment only. [TS-046]
  const retryAt = at + RETRY_MS
  return {
    ...still({ ...guard, pending: null, retryAt }),
    events: [{ kind: 'limit-refused', at, limit, reason, retryAt }],
  }
}

function failsafeAnswered(
  guard: EnergyGuard,
  { id, isAccepted, reason }: Pick<Extract<GuardInput, { kind: 'answered' }>, 'id' | 'isAccepted' | 'reason'>,
): GuardStep {
  const { at } = guard
  const asked = guard.failsafe.find((wish) => wish.pending?.id === id)
  if (asked === undefined) return { ...still(guard), ignored: 'unknown-write' }
  const { kind: wish, value, tries } = asked
  const others = guard.failsafe.filter((one) => one !== asked)
  if (isAccepted) return { ...still({ ...guard, failsafe: others }), events: [{ kind: 'failsafe-accepted', at, wish, value }] }
  const retryAt = tries < FAILSAFE_TRIES_MAX ? at + RETRY_MS : null
  const again = retryAt === null ? [] : [{ ...asked, pending: null, dueAt: retryAt }]
  return {
    ...still({ ...guard, failsafe: [...others, ...again] }),
    events: [{ kind: 'failsafe-refused', at, wish, value, reason, retryAt }],
  }
}

/** A report that crossed a write says nothing: the answer to the write decides. */
function reported(guard: EnergyGuard, input: Extract<GuardInput, { kind: 'limit-reported' }>): GuardStep {
  const { at, pending, isOpened, settings, lastWriteAt } = guard
  if (pending !== null || !isOpened) return still(guard)
  const { isActive, value, remainingMs } = input
  const limit = atInstant({ isActive, value, until: remainingMs === null ? null : at + remainingMs }, at)
  const target = targetLimit(guard)
  const before = guard.standing === null ? null : atInstant(guard.standing, at)
  if (before !== null && isAsWanted(settings.direction, limit, before)) return still(guard)
  if (target !== null && isAsWanted(settings.direction, limit, target)) return still({ ...guard, standing: target })
  // One that gives up a limit as soon as it has it is told again at a walking pace.
  return still({ ...guard, standing: limit, retryAt: Math.max(at, (lastWriteAt ?? at) + RETRY_MS) })
}

/** What nobody answers counts as refused. */
function overdue(guard: EnergyGuard): GuardStep {
  const isOver = (sent: { readonly sentAt: number } | null) => sent !== null && sent.sentAt + ANSWER_MS <= guard.at
  const answer = { isAccepted: false, reason: 'no answer' }
  const { pending } = guard
  const first = pending !== null && isOver(pending) ? limitAnswered(guard, pending.limit, answer) : still(guard)
  return guard.failsafe
    .filter((wish) => isOver(wish.pending))
    .reduce((step, wish) => follow(step, failsafeAnswered(step.state, { ...answer, id: wish.pending!.id })), first)
}

function supervise(guard: EnergyGuard): GuardStep {
  const { at, heardAt, connectedAt, connections, isSystemSilent } = guard
  if (connections.length === 0 || isSystemSilent || at < (heardAt ?? connectedAt) + SILENCE_MS) return still(guard)
  return { ...still({ ...guard, isSystemSilent: true }), events: [{ kind: 'system-silent', at }] }
}

function writeLimit(guard: EnergyGuard): GuardStep {
  const { at, nextId, isOpened, retryAt } = guard
  const due = limitDueAt(guard)
  const target = targetLimit(guard)
  if (due === null || due > at || target === null) return still(guard)
  const isSpaced = isOpened && (retryAt === null || retryAt > at)
  const { isActive, value, until } = target
  const sent: GuardSend = {
    kind: 'write-limit',
    id: nextId,
    isActive,
    value,
    durationMs: isActive && until !== null ? until - at : null,
  }
  const state: EnergyGuard = {
    ...guard,
    nextId: nextId + 1,
    pending: { id: nextId, sentAt: at, limit: target },
    retryAt: null,
    lastWriteAt: at,
    spacedFrom: isSpaced ? at : guard.spacedFrom,
  }
  const { next, send } = beat(guard.beat, at)
  return { ...still({ ...state, beat: next }), send: [send, sent] }
}

/** Other values are written only when the limit has been taken: before, a system has to refuse them. [TS-037] */
function writeFailsafe(guard: EnergyGuard): GuardStep {
  const { at, connections, isOpened } = guard
  if (connections.length === 0 || !isOpened) return still(guard)
  let { nextId } = guard
  const send: GuardSend[] = []
  const failsafe = guard.failsafe.map((wish): FailsafeWish => {
    if (wish.pending !== null || wish.dueAt > at) return wish
    const id = nextId++
    send.push({ kind: wish.kind, id, value: wish.value })
    return { ...wish, tries: wish.tries + 1, pending: { id, sentAt: at } }
  })
  return { ...still({ ...guard, failsafe, nextId }), send }
}

function still(state: EnergyGuard): GuardStep {
  return { state, send: [], events: [], ignored: null }
}

function follow(step: GuardStep, next: GuardStep): GuardStep {
  return {
    state: next.state,
    send: [...step.send, ...next.send],
    events: [...step.events, ...next.events],
    ignored: step.ignored ?? next.ignored,
  }
}

function withHeartbeat(step: GuardStep): GuardStep {
  if (step.send.some(({ kind }) => kind === 'heartbeat')) return step
  const { next, send } = beat(step.state.beat, step.state.at)
  return { ...step, state: { ...step.state, beat: next }, send: [...step.send, send] }
}
