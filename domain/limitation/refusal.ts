// Why a write of an Energy Guard is refused: a name for machines, a sentence for people.
import { unreachable } from '../result.ts'

/** The sign is that of the other direction: LPC below 0, LPP above 0. [TS-035/1] */
export type LimitRefusal =
  | 'negative-limit'
  /** No heartbeat within the last 60 s, and the guard has no control yet. [TS-036] */
  | 'no-heartbeat'
  /** To be activated with a duration that is over already or is none. */
  | 'no-duration-left'
  /** To be activated, but no value was ever given. */
  | 'no-value'
  /** A permitted ground forbids to follow it now. [TS-035/2, TS-035/3] */
  | 'not-applicable'
  /** From somebody who is not the guard of this device. */
  | 'another-guard'
export type FailsafeRefusal =
  /** In init, failsafe and unlimited/autonomous, until heartbeat and limit have come. [TS-037] */
  | 'not-yet-writable'
  /** [TS-038] */
  | 'negative-failsafe-limit'
  /** Below 2 h, or above what this device takes; then its own maximum is stored. [TS-015/1, TS-016] */
  | 'failsafe-duration-out-of-range'
  | 'another-guard'
export type WriteRefusal = LimitRefusal | FailsafeRefusal

/** Grounds on which a valid limit may be refused; the last one for energy managers only. [TS-035/2, TS-035/3] */
export const GROUNDS = ['self-protection', 'safety', 'law', 'uncontrollable-loads'] as const
export type Ground = (typeof GROUNDS)[number]

/** The refusal in one sentence. */
export function refusalText(refusal: WriteRefusal): string {
  switch (refusal) {
    case 'negative-limit':
      return 'the limit has the sign of the other direction'
    case 'no-heartbeat':
      return 'no heartbeat was received within the last 60 s'
    case 'no-duration-left':
      return 'an activated limit needs a duration above zero, or none'
    case 'no-value':
      return 'an activated limit needs a value'
    case 'not-applicable':
      return 'the limit cannot be followed at present'
    case 'another-guard':
      return 'another device is the guard'
    case 'not-yet-writable':
      return 'a heartbeat and a limit have to come first'
    case 'negative-failsafe-limit':
      return 'a failsafe limit is never below zero'
    case 'failsafe-duration-out-of-range':
      return 'the failsafe duration is below two hours or above the maximum of this device'
    default:
      return unreachable(refusal)
  }
}
