// The life of a set-point: followed while it is repeated and its centre is heard, then held for a while, then ramped to the working point. Never for ever.
import { watts, type Power } from '../../../domain/units.ts'

/** What happens when no more is heard, ms. */
export interface FailSafe {
  /** A set-point that is not repeated for so long is lost, also while its centre is heard. */
  readonly silenceMs: number
  /** A lost one is held for so long. */
  readonly holdMs: number
  /** Then the power goes to the working point in so long. */
  readonly rampMs: number
}
/** Instants are ms of a time that only passes. */
export type SetPointLife =
  | { readonly kind: 'none' }
  | { readonly kind: 'followed'; readonly power: Power; readonly receivedAt: number }
  | { readonly kind: 'held'; readonly power: Power; readonly receivedAt: number; readonly since: number }
  | { readonly kind: 'ramped'; readonly power: Power; readonly since: number }
export type SetPointEvent =
  | { readonly kind: 'received'; readonly power: Power }
  /** Its centre is heard again, or no more. */
  | { readonly kind: 'heard'; readonly isHeard: boolean }
  /** The pool takes part no more: nothing is held. */
  | { readonly kind: 'left' }
  | { readonly kind: 'time-passed' }

export const NO_SET_POINT: SetPointLife = { kind: 'none' }

/** What an event at an instant makes of it. */
export function nextLife(life: SetPointLife, event: SetPointEvent, now: number, safe: FailSafe): SetPointLife {
  if (event.kind === 'received') return { kind: 'followed', power: event.power, receivedAt: now }
  const aged = age(life, now, safe)
  if (aged.kind === 'none') return aged
  switch (event.kind) {
    case 'time-passed':
      return aged
    case 'left':
      return aged.kind === 'ramped' ? aged : { kind: 'ramped', power: aged.power, since: now }
    case 'heard':
      if (!event.isHeard && aged.kind === 'followed')
        return { kind: 'held', power: aged.power, receivedAt: aged.receivedAt, since: now }
      // Only a switch from one line to the other: what was said still counts, as long as it would have.
      if (event.isHeard && aged.kind === 'held' && now < aged.receivedAt + safe.silenceMs)
        return { kind: 'followed', power: aged.power, receivedAt: aged.receivedAt }
      return aged
  }
}

function age(life: SetPointLife, now: number, safe: FailSafe): SetPointLife {
  if (life.kind === 'followed' && now >= life.receivedAt + safe.silenceMs)
    return age({ ...life, kind: 'held', since: life.receivedAt + safe.silenceMs }, now, safe)
  if (life.kind === 'held' && now >= life.since + safe.holdMs)
    return age({ kind: 'ramped', power: life.power, since: life.since + safe.holdMs }, now, safe)
  if (life.kind === 'ramped' && now >= life.since + safe.rampMs) return NO_SET_POINT
  return life
}

/** What the pool is asked for at an instant; null where it follows its plans. */
export function powerOf(life: SetPointLife, workingPoint: Power, now: number, { rampMs }: FailSafe): Power | null {
  if (life.kind === 'none') return null
  if (life.kind !== 'ramped') return life.power
  const share = Math.min(1, Math.max(0, (now - life.since) / rampMs))
  return watts(Math.round(life.power + (workingPoint - life.power) * share))
}

/** The longest a set-point received now can last without another one, ms. */
export function lifetimeMs({ silenceMs, holdMs, rampMs }: FailSafe): number {
  return silenceMs + holdMs + rampMs
}
