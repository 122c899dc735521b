// What may be asked of the limited directions of sites, and said to them by a guard that speaks over this API.
import type { Ceiling, Deadline, SystemDeadline, WriteAnswer } from '../../limitation/controllable-system.ts'
import type { Direction, LimitWrite } from '../../limitation/limit.ts'
import type { LimitationContract } from '../../limitation/limitation-contract.ts'
import type { LimitationEvent, LimitationStand } from '../../facts/limitation.ts'
import type { Asker } from '../../registry/asker.ts'
import type { SiteId } from '../../registry/identity.ts'
import type { Result } from '../../result.ts'
import type { Power } from '../../units.ts'

/** One limited direction of a site; instants are epoch ms. */
export interface LimitationView {
  readonly name: string
  readonly site: SiteId
  readonly direction: Direction
  readonly contract: LimitationContract
  readonly stands: LimitationStand
  /** Of an active limit, ms; null where it has no end or none is active. */
  readonly remainingMs: number | null
  readonly failsafeLimit: Power
  readonly failsafeDurationMs: number
  /** When its guard was last heard; null for not since the start. */
  readonly heartbeatAt: number | null
  /** When its state changes next if nothing comes in; null when it stays. */
  readonly nextDeadline: Deadline<Exclude<SystemDeadline, 'own-heartbeat'>> | null
  /** What the machine lets through. */
  readonly ceiling: Ceiling
  /** What the cars are held to: it follows the ceiling at once, but where many are released together. Null for nothing. */
  readonly inForce: Power | null
  /** When it is let to its ceiling; null where it is. */
  readonly releasesAt: number | null
  readonly history: readonly LimitationEvent[]
}

export type GuidingRefusal =
  | { readonly kind: 'unknown' }
  /** The key is not that of its guard, or the guard speaks another way. */
  | { readonly kind: 'not-the-guard' }
/** What was stored, and how it stands by then; a refusal of the machine is an answer as well. */
export type Guided = Result<{ readonly answer: WriteAnswer | null; readonly view: LimitationView }, GuidingRefusal>

export interface FailsafeWrite {
  /** At least 0 in both directions; null leaves it. */
  readonly limit: Power | null
  readonly durationMs: number | null
}

/** How the contacts of a site's relay stand, as told; instants are epoch ms. */
export interface RelayView {
  readonly site: SiteId
  /** Null for nothing told since the start. */
  readonly toldAt: number | null
  readonly contacts: readonly boolean[]
  /** The latest changes, the newest last. */
  readonly changes: readonly { readonly at: number; readonly contacts: readonly boolean[] }[]
  readonly limitations: readonly LimitationView[]
}
export type RelayRefusal = GuidingRefusal | { readonly kind: 'wrong-contacts'; readonly expected: number }

export interface LimitationAnswers {
  /** Null where no relay guides a site the asker may know of. */
  relay(asker: Asker, site: SiteId): RelayView | null
  /** Takes how the contacts stand; that is heartbeat and limit of all directions that this relay guides. Resolves when what acts at once is durable. */
  tellRelay(asker: Asker, site: SiteId, contacts: readonly boolean[]): Promise<Result<RelayView, RelayRefusal>>
  /** Those of one site; null for one the asker may not know of. */
  ofSite(asker: Asker, site: SiteId): readonly LimitationView[] | null
  /** Those that the asker may know of, by name, after one. */
  limitations(asker: Asker, page: { readonly after: string | null; readonly limit: number }): readonly LimitationView[]
  /** How many stand in each state, of those that the asker may know of. */
  counts(asker: Asker): Readonly<Record<LimitationStand['state'], number>>
  /** A heartbeat for all that the asker guides over this API; answers for how many. */
  heartbeatOfAll(asker: Asker, timeoutMs: number): Promise<number>
  heartbeat(asker: Asker, site: SiteId, direction: Direction, timeoutMs: number): Promise<Guided>
  writeLimit(asker: Asker, site: SiteId, direction: Direction, write: LimitWrite): Promise<Guided>
  /** The limit first; where it is refused, the duration is not written. */
  writeFailsafe(asker: Asker, site: SiteId, direction: Direction, write: FailsafeWrite): Promise<Guided>
}
