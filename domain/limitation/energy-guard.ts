// The Energy Guard of LPC and LPP: what it owes the system it guides, and when. Pure: instants come in, messages to send go out.
import type { Power } from '../units.ts'
import type { Deadline } from './controllable-system.ts'
import { magnitudeOf, powerOf, SILENCE_MS, type Direction, type LimitWrite } from './limit.ts'
import { startBeating, type HeartbeatSend, type OwnHeartbeat } from './own-heartbeat.ts'

/** Between two writes of the limit. The opening write, retries and what is stricter go without. */
export const WRITE_INTERVAL_MS = 300_000
/** After a refusal or none answer; also the least time before a system that reports another limit is told again. [TS-046] */
export const RETRY_MS = 60_000
/** How long a write may stay unanswered. */
export const ANSWER_MS = 10_000
/** How long after a connection the opening write waits for somebody to say what the grid needs; the standard leaves 60 s. [TS-030] */
export const OPENING_PATIENCE_MS = 30_000
/** A refused failsafe value is tried this often. */
export const FAILSAFE_TRIES_MAX = 3
/** Ends that a system reports may differ from ours by what messages take. */
const END_TOLERANCE_MS = 10_000

export interface GuardSettings {
  readonly direction: Direction
  /** At least 0 in both directions. Held after a connection while nobody has said what the grid needs, and nothing is known of before. */
  readonly holdLimit: Power
  /**
   * Whether a stricter limit leaves at once, or waits like every other until five minutes after the last. The interval is advice of the installation
   * guide to spare devices, the public sources name no exception for what is stricter, and no requirement lets a system refuse a write for coming early.
   * A grid that is in need does not wait: `guardSettings` chooses at once.
   */
  readonly isStricterAtOnce: boolean
}

/** The settings we run with. `holdLimit` is at least 0 in both directions; the failsafe limit suits. */
export function guardSettings(direction: Direction, holdLimit: Power): GuardSettings {
  return { direction, holdLimit, isStricterAtOnce: true }
}

/** A limit as it stands, with its end as an instant. */
export interface StandingLimit {
  readonly isActive: boolean
  readonly value: Power
  /** Exclusive; null has none. */
  readonly until: number | null
}

/** Plain data, as JSON holds it. All instants are ms of one clock that only goes forward. */
export interface EnergyGuard {
  readonly settings: GuardSettings
  readonly at: number
  /** What the grid needs; null until somebody has said so since the start. */
  readonly wanted: StandingLimit | null
  /** Two for a moment while both sides open one; empty while there is none. */
  readonly connections: readonly string[]
  readonly connectedAt: number
  /** Whether it was connected before, so that the system may stand in failsafe or under a limit of ours. */
  readonly wasConnected: boolean
  /** Whether the opening write of this connection was accepted. */
  readonly isOpened: boolean
  /** What the system has taken or reported on this connection; null while that is not known. */
  readonly standing: StandingLimit | null
  /** The active limit it took last; null when a deactivation was taken after it. */
  readonly held: Power | null
  readonly pending: { readonly id: number; readonly sentAt: number; readonly limit: StandingLimit } | null
  /** When the last write left that others have to keep their distance from. */
  readonly spacedFrom: number | null
  readonly lastWriteAt: number | null
  readonly retryAt: number | null
  readonly failsafe: readonly FailsafeWish[]
  readonly nextId: number
  /** What the system publishes as its maximum, at least 0. */
  readonly nominalMax: Power | null
  readonly heardAt: number | null
  readonly isSystemSilent: boolean
  readonly beat: OwnHeartbeat
}

/** A failsafe value to be written; at most one of each kind. */
export interface FailsafeWish {
  readonly kind: 'write-failsafe-limit' | 'write-failsafe-duration'
  /** W, at least 0, or ms. */
  readonly value: number
  readonly tries: number
  readonly dueAt: number
  readonly pending: { readonly id: number; readonly sentAt: number } | null
}

/** What survives a restart. */
export interface KeptGuard {
  readonly held: Power | null
}

export type GuardInput =
  /** Made means: bound and subscribed, so that a heartbeat and a write arrive. */
  | { readonly kind: 'connection-made' | 'connection-lost'; readonly connection: string }
  /** What the grid needs from now on; the newest counts. `value` is given also for what is not active. */
  | { readonly kind: 'want-limit'; readonly limit: LimitWrite & { readonly value: Power } }
  /** At least 0 W; 2 to 24 h. Null leaves it as it is. */
  | { readonly kind: 'want-failsafe'; readonly limit: Power | null; readonly durationMs: number | null }
  | { readonly kind: 'answered'; readonly id: number; readonly isAccepted: boolean; readonly reason: string }
  /** What the system says its limit is. */
  | { readonly kind: 'limit-reported'; readonly isActive: boolean; readonly value: Power; readonly remainingMs: number | null }
  | { readonly kind: 'maximum-reported'; readonly nominalMax: Power }
  | { readonly kind: 'system-heartbeat' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'time-passed' }

/** To be sent in this order; a heartbeat always goes before a limit. */
export type GuardSend =
  | HeartbeatSend
  | {
      readonly kind: 'write-limit'
      readonly id: number
      readonly isActive: boolean
      readonly value: Power
      readonly durationMs: number | null
    }
  | { readonly kind: 'write-failsafe-limit'; readonly id: number; readonly value: number }
  | { readonly kind: 'write-failsafe-duration'; readonly id: number; readonly value: number }

/** What happened, for the record. */
export type GuardEvent =
  | { readonly kind: 'limit-accepted'; readonly at: number; readonly limit: StandingLimit }
  | {
      readonly kind: 'limit-refused'
      readonly at: number
      readonly limit: StandingLimit
      readonly reason: string
      readonly retryAt: number
    }
  | { readonly kind: 'failsafe-accepted'; readonly at: number; readonly wish: FailsafeWish['kind']; readonly value: number }
  | {
      readonly kind: 'failsafe-refused'
      readonly at: number
      readonly wish: FailsafeWish['kind']
      readonly value: number
      readonly reason: string
      /** Null: given up. */
      readonly retryAt: number | null
    }
  /** The system's own heartbeat is missing for 120 s, or has come again. Our writes and heartbeats go on either way. */
  | { readonly kind: 'system-silent' | 'system-heard'; readonly at: number }

export interface GuardStep {
  readonly state: EnergyGuard
  readonly send: readonly GuardSend[]
  readonly events: readonly GuardEvent[]
  /** Why the input had no effect. */
  readonly ignored:
    | 'negative-limit'
    | 'no-duration-left'
    | 'negative-failsafe-limit'
    | 'failsafe-duration-out-of-range'
    | 'unknown-write'
    | 'unknown-connection'
    | null
}

export type GuardDeadline = 'own-heartbeat' | 'limit-write' | 'answer-overdue' | 'failsafe-write' | 'system-silent'

/** A guard that starts. `kept` is what it knew before; without it the system was never guided by it. */
export function startGuard(settings: GuardSettings, at: number, kept: KeptGuard | null = null): EnergyGuard {
  return {
    settings,
    at,
    wanted: null,
    connections: [],
    connectedAt: at,
    wasConnected: kept !== null,
    isOpened: false,
    standing: null,
    held: kept?.held ?? null,
    pending: null,
    spacedFrom: null,
    lastWriteAt: null,
    retryAt: null,
    failsafe: [],
    nextId: 1,
    nominalMax: null,
    heardAt: null,
    isSystemSilent: false,
    beat: startBeating(at),
  }
}

/** What is to be kept over a restart. */
export function keptOf({ held }: EnergyGuard): KeptGuard {
  return { held }
}

/**
 * The limit that the system should have now; null while there is nothing to say. The first after a reconnection is never a deactivation: a system that
 * stands in failsafe would go to full power before anybody has looked. It is the limit that the grid needs; where it needs none, an active one at what
 * the system publishes as its maximum, which binds nothing, and the deactivation follows when that is accepted; where nobody has said yet, the one
 * that held before.
 */
export function targetLimit(guard: EnergyGuard): StandingLimit | null {
  const { wanted, settings, held, isOpened, wasConnected, nominalMax, at, connectedAt } = guard
  const hold = powerOf(settings.direction, settings.holdLimit)
  if (wanted === null) {
    if (isOpened || at < connectedAt + OPENING_PATIENCE_MS) return null
    return { isActive: true, value: held ?? hold, until: null }
  }
  const now = atInstant(wanted, at)
  if (now.isActive || isOpened || !wasConnected) return now
  return { isActive: true, value: nominalMax === null ? hold : powerOf(settings.direction, nominalMax), until: null }
}

/** A limit at an instant: one whose end has come is not active. */
export function atInstant(limit: StandingLimit, at: number): StandingLimit {
  return limit.isActive && limit.until !== null && limit.until <= at ? { ...limit, isActive: false, until: null } : limit
}

/** When the limit has to be written next, ms; null when the system stands as it should or cannot be reached. */
export function limitDueAt(guard: EnergyGuard): number | null {
  const { connections, connectedAt, wanted, isOpened, standing, pending, retryAt, spacedFrom, settings, at } = guard
  if (connections.length === 0) return null
  const target = targetLimit(guard)
  if (target === null) return isOpened || wanted !== null ? null : connectedAt + OPENING_PATIENCE_MS
  const { direction, isStricterAtOnce } = settings
  if (pending !== null)
    return isStricterAtOnce &&
      isStricter(direction, target, pending.limit) &&
      (standing === null || isStricter(direction, target, standing))
      ? at
      : null
  if (!isOpened || standing === null) return retryAt ?? at
  const now = atInstant(standing, at)
  if (isSame(target, now)) return null
  if (retryAt !== null) return retryAt
  if (isStricterAtOnce && isStricter(direction, target, now)) return at
  // What follows a limit that ends by itself has to be there when it ends.
  return Math.min(spacedFrom === null ? at : spacedFrom + WRITE_INTERVAL_MS, now.until ?? Infinity)
}

/** When `step` has to be called next at the latest, and why. */
export function nextGuardDeadline(guard: EnergyGuard): Deadline<GuardDeadline> {
  const { connections, connectedAt, heardAt, isSystemSilent, pending, failsafe, beat, isOpened } = guard
  const all: Deadline<GuardDeadline>[] = [{ at: beat.nextAt, why: 'own-heartbeat' }]
  const due = limitDueAt(guard)
  if (due !== null) all.push({ at: due, why: 'limit-write' })
  for (const { sentAt } of [pending, ...failsafe.map((wish) => wish.pending)].filter((one) => one !== null))
    all.push({ at: sentAt + ANSWER_MS, why: 'answer-overdue' })
  if (connections.length > 0) {
    if (isOpened)
      for (const { dueAt, pending: sent } of failsafe) if (sent === null) all.push({ at: dueAt, why: 'failsafe-write' })
    if (!isSystemSilent) all.push({ at: (heardAt ?? connectedAt) + SILENCE_MS, why: 'system-silent' })
  }
  return all.reduce((first, one) => (one.at < first.at ? one : first))
}

/** Whether `limit` lets less through than `than` at some time and never more. */
export function isStricter(direction: Direction, limit: StandingLimit, than: StandingLimit): boolean {
  if (!limit.isActive) return false
  if (!than.isActive) return true
  const [a, b] = [magnitudeOf(direction, limit.value), magnitudeOf(direction, than.value)]
  const [end, otherEnd] = [limit.until ?? Infinity, than.until ?? Infinity]
  return (a < b && end >= otherEnd) || (a <= b && end > otherEnd)
}

/** Whether two limits say the same. */
export function isSame(a: StandingLimit, b: StandingLimit): boolean {
  return a.isActive === b.isActive && (!a.isActive || (a.value === b.value && a.until === b.until))
}

/** Whether what a system reports is what it should have: it may have reduced the value, and its end is ours within what messages take. */
export function isAsWanted(direction: Direction, reported: StandingLimit, target: StandingLimit): boolean {
  if (!reported.isActive || !target.isActive) return reported.isActive === target.isActive
  const sameEnd =
    reported.until === null || target.until === null
      ? reported.until === target.until
      : Math.abs(reported.until - target.until) <= END_TOLERANCE_MS
  return sameEnd && magnitudeOf(direction, reported.value) <= magnitudeOf(direction, target.value)
}
