// Which control boxes are trusted over EEBUS beside the registry file: paired with a site by a person, and sent away again.
import type { SiteId } from '../registry/identity.ts'
import type { ByHand } from './station-by-hand.ts'

export type GuardFact =
  /** `ski`: 40 hex digits; `name` is for people. */
  | ({ readonly kind: 'guard-trusted'; readonly ski: string; readonly site: SiteId; readonly name: string } & ByHand)
  /** Counts over registry and file of trusted partners until it is trusted again. */
  | ({ readonly kind: 'guard-untrusted'; readonly ski: string } & ByHand)
