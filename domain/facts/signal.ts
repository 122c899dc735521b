// What is said from outside: prices, bounds, the load of a house.
import type { Envelope } from '../signals/envelope.ts'
import type { PriceCurve } from '../signals/price.ts'
import type { SiteLoad } from '../signals/site-load.ts'

export type SignalFact =
  | { readonly kind: 'prices-received'; readonly curve: PriceCurve }
  | { readonly kind: 'prices-quarantined'; readonly source: string; readonly detail: string }
  | { readonly kind: 'envelope-received'; readonly envelope: Envelope }
  | { readonly kind: 'site-load-told'; readonly load: SiteLoad }
