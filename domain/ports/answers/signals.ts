// What others may say about power and ask back: limits and activations in, what has become of them out.
import type { Asker } from '../../registry/asker.ts'
import type { Result } from '../../result.ts'
import type { NewSignal, Signal } from '../../signals/signal.ts'
import type { SignalRefusal } from '../../signals/signal-refusal.ts'
import type { Power } from '../../units.ts'

export type SignalState = 'scheduled' | 'in-force' | 'ended' | 'withdrawn'

/** A signal and what has become of it. */
export interface SignalView {
  readonly signal: Signal
  readonly state: SignalState
  /** The version that was withdrawn, and when, epoch ms. */
  readonly withdrawn: { readonly version: number; readonly at: number } | null
  /** EVSEs it means now, those with a car, and what these take together as last measured. */
  readonly evses: number
  readonly cars: number
  readonly measured: Power
  /** What the living orders of these cars add up to. */
  readonly ordered: Power
  /** The first order after it began, and the last first confirmation of a station, epoch ms; as far as the journal has been read since the start. */
  readonly firstOrderAt: number | null
  readonly lastConfirmedAt: number | null
  /** Stations with an order since it began, and those that have confirmed one. */
  readonly told: number
  readonly confirmed: number
  /** A limit is obeyed as sent; what is odd about it is for people. */
  readonly alarms: readonly SignalAlarm[]
}
/** Less is left than §14a EnWG allows to dim to; dimmed by way of precaution for longer than two hours of this day. */
export const SIGNAL_ALARMS = ['limit_below_pmin14a', 'preventive_over_two_hours'] as const
export type SignalAlarm = (typeof SIGNAL_ALARMS)[number]
export interface SignalReceipt {
  readonly view: SignalView
  readonly isRepeated: boolean
}

export interface SignalAnswers {
  /** Takes a signal: records it, sends the orders it leads to, and resolves when it is durable. Rejects when that could not be told in time. */
  receive(asker: Asker, signal: NewSignal): Promise<Result<SignalReceipt, SignalRefusal>>
  /** Lifts a signal as of a version; the same promise. */
  withdraw(asker: Asker, id: string, version: number): Promise<Result<SignalReceipt, SignalRefusal>>
  /** What is known under an id; null for none, and for one the asker may not know of: a grid operator knows the signals he has sent. */
  signal(asker: Asker, id: string): SignalView | null
  /** Signals by id behind one of them, those that are over included where they are asked for. */
  signals(
    asker: Asker,
    page: { readonly after: string | null; readonly withOver: boolean; readonly limit: number },
  ): readonly SignalView[]
}
