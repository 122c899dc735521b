// What is said from outside: prices, bounds and activations, the load of a house.
import type { BalanceGroupId, StationId } from '../registry/identity.ts'
import type { ControlArea } from '../registry/registry.ts'
import type { CompensatedSlot } from '../signals/compensated-slot.ts'
import type { Envelope } from '../signals/envelope.ts'
import type { LimitSource } from '../signals/external-limit.ts'
import type { MeasuredLoad } from '../signals/measured-load.ts'
import type { PriceCurve } from '../signals/price.ts'
import type { Signal } from '../signals/signal.ts'
import type { ToldChange } from '../signals/signal-change.ts'
import type { SiteLoad } from '../signals/site-load.ts'

export type SignalFact =
  | { readonly kind: 'prices-received'; readonly curve: PriceCurve }
  | { readonly kind: 'prices-quarantined'; readonly source: string; readonly detail: string }
  /** Of journals from before signals had ids: such an envelope cannot be replaced or withdrawn, it ends at its `until`. */
  | { readonly kind: 'envelope-received'; readonly envelope: Envelope }
  | { readonly kind: 'signal-received'; readonly signal: Signal }
  /** Lifts this version and all before it. */
  | { readonly kind: 'signal-withdrawn'; readonly id: string; readonly version: number; readonly sender: string }
  /** A limit that somebody else has set on a station, as the station tells it; it replaces what that source had set on the subject, an `evse:` or a `station:`, before. */
  | {
      readonly kind: 'external-limit-told'
      readonly station: StationId
      readonly subject: string
      readonly source: LimitSource
      readonly envelopes: readonly Envelope[]
    }
  | {
      readonly kind: 'external-limit-lifted'
      readonly station: StationId
      readonly subject: string
      readonly source: LimitSource
    }
  /** A limit is over: what the cars of a portfolio did not draw because of it, once for its versions up to this one. */
  | {
      readonly kind: 'limit-compensated'
      readonly signal: string
      readonly version: number
      readonly balanceGroup: BalanceGroupId
      readonly controlArea: ControlArea
      readonly cars: number
      readonly notDrawnWh: number
      readonly slots: readonly CompensatedSlot[]
    }
  /** A change of a signal, for whoever has subscribed to such; not recorded where nobody has. */
  | ({ readonly kind: 'signal-told' } & ToldChange)
  | { readonly kind: 'site-load-told'; readonly load: SiteLoad }
  /** What the meter of a house says, or that it says nothing any more. */
  | { readonly kind: 'site-load-measured'; readonly load: MeasuredLoad }
