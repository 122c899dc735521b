// A signal is what somebody outside has said about the power of one or more subjects, under an id of his own and in versions; its envelopes are what it means for each of them.
import type { Power } from '../units.ts'
import type { Envelope, Provenance, Rank } from './envelope.ts'

/** What may come in from outside. The ranks between are made here: hardware stands in the registry, wishes and schedules have doors of their own. */
export const SIGNAL_RANKS = ['grid-limit', 'driver', 'operator', 'activation'] as const satisfies readonly Rank[]
export type SignalRank = (typeof SIGNAL_RANKS)[number]

/** One version of a signal as its sender made it. */
export interface NewSignal {
  /** The sender's name for it; the same in all its versions. */
  readonly id: string
  /** A whole number that rises with every change and with the withdrawal. */
  readonly version: number
  /** `evse:ID`, `site:ID` (a whole connection), `site:ID/L1` (one phase of it), `area:ID` or `pool:ID`. */
  readonly subjects: readonly string[]
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive; null stays until it is replaced or withdrawn. */
  readonly until: number | null
  readonly rank: SignalRank
  /** Lowest allowed power; null leaves this side unbounded. */
  readonly min: Power | null
  /** Highest allowed power; null leaves this side unbounded. An activation is a target: both sides are the same. */
  readonly max: Power | null
  readonly provenance: Provenance
  /** When its sender made this version, epoch ms. */
  readonly issuedAt: number
  /** Dimming before the state of the grid was measured: its minutes are counted by day. Left out: the grid needs it now. */
  readonly isPreventive?: boolean
}
export interface Signal extends NewSignal {
  /** Whose key it came with. */
  readonly sender: string
  readonly receivedAt: number
}

/** What a signal means for one of its subjects. */
export function envelopeOf(signal: Signal, subject: string): Envelope {
  const { id, version, from, until, rank, min, max, provenance, receivedAt } = signal
  return { subject, from, until, rank, min, max, provenance, receivedAt, signal: { id, version } }
}

/** Whether two messages say the same; when they were made or came in does not matter. */
export function isSameContent(a: NewSignal, b: NewSignal): boolean {
  return contentOf(a) === contentOf(b)
}

function contentOf({ id, version, subjects, from, until, rank, min, max, provenance, isPreventive }: NewSignal): string {
  const { authority, reference } = provenance
  return JSON.stringify([
    id,
    version,
    subjects.toSorted(),
    from,
    until,
    rank,
    min,
    max,
    authority,
    reference,
    isPreventive === true,
  ])
}
