// Commands of market partners to bound the power of a location or to let it go, and whether the answers owed for them have arrived.
import type { Power } from '../units.ts'

/** A command as a market partner has sent it. */
export interface ControlCommand {
  /** Key of the whole business: the first transaction id, the same in every repetition. */
  readonly transaction: string
  /** Market partner id of whoever sent it. */
  readonly partner: string
  readonly location: string
  /** Rises with every command of the partner for the location: its creation in tenths of a millisecond since 1970. */
  readonly version: number
  /** `limit` bounds from and until, `release` lets go from an instant on. */
  readonly kind: 'limit' | 'release'
  /** Told for information: nobody waits for an answer. */
  readonly isNotice: boolean
  /** Whom the notice names as the one who ordered it; null for a command. */
  readonly orderedBy: string | null
  /** Highest power, at least 0; null for a release. */
  readonly power: Power | null
  /** Epoch ms. */
  readonly from: number
  /** Epoch ms, exclusive; null for one without an end. */
  readonly until: number | null
}
/** Why a command is not followed, in the words of the control API. */
export const CONTROL_REASONS = ['communicationFailure', 'overload', 'unable'] as const
export type ControlReason = (typeof CONTROL_REASONS)[number]
/** What is told to the partner, in this order: whether it can be, that it is not known yet, and what has become of it. */
export type ControlAnswer = 'possible' | 'impossible' | 'unknown' | 'succeeded' | 'failed'

export type ControlCommandFact =
  | { readonly kind: 'control-command-taken'; readonly command: ControlCommand }
  /** An answer has arrived at the partner, or was given up. */
  | {
      readonly kind: 'control-answer-settled'
      readonly partner: string
      readonly transaction: string
      readonly answer: ControlAnswer
      readonly hasArrived: boolean
    }
