// Who may come over EEBUS and limit sites: who we are there, who is trusted, who knocks, and the two words a person says about them.
import type { Direction } from '../../limitation/limit.ts'
import type { Power } from '../../units.ts'
import type { Asker } from '../../registry/asker.ts'
import type { SiteId } from '../../registry/identity.ts'
import type { Result } from '../../result.ts'

/** Our end of EEBUS. */
export interface EebusFace {
  /** Whether it is served; what follows is null or empty where it is not. */
  readonly isServed: boolean
  /** What others have to trust, 40 hex digits. */
  readonly ski: string | null
  readonly shipId: string | null
  /** Where others reach us, as `wss://HOST:PORT/ship/`. */
  readonly urls: readonly string[]
  /** Whether the local network is told by mDNS. */
  readonly isAnnounced: boolean
}

/** Who named a guard: the registry file, a person over the API, or the file of the command line. */
export const GUARD_SOURCES = ['registry', 'api', 'file'] as const
export type GuardSource = (typeof GUARD_SOURCES)[number]

/** A control box somebody has spoken about; instants are epoch ms. */
export interface GuardView {
  readonly ski: string
  /** For people; empty where nobody has named it. */
  readonly name: string
  readonly isTrusted: boolean
  readonly source: GuardSource
  /** What it limits, or limited before it was sent away; without a site it limits nothing. */
  readonly sites: readonly SiteId[]
  /** Since when it stands so, and who said so; null where the registry says it. */
  readonly since: number | null
  readonly by: string | null
  readonly address: string | null
  readonly lastSeenAt: number | null
  readonly connectedSince: number | null
}
/** Somebody who knocked and whom nobody has spoken about; instants are epoch ms. */
export interface PendingGuard {
  readonly ski: string
  readonly address: string
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  /** It waits on the line for a yes. */
  readonly isWaiting: boolean
}

/** One direction of an energy manager that we guide; powers in W, domain sign. */
export interface GuidedView {
  readonly direction: Direction
  /** What limits the site; null for nothing. */
  readonly wanted: Power | null
  /** Whether the manager has taken exactly this. */
  readonly isTaken: boolean
  /** What the manager has taken or reported; null for no limit, or while that is not known. */
  readonly taken: Power | null
  /** Why it refused last what is wanted now; null where it did not. */
  readonly refusal: string | null
  /** Its own heartbeat is missing for 120 s. */
  readonly isSilent: boolean
}
/** An energy manager that is told by EEBUS over MQTT what limits its site. */
export interface ManagerView {
  readonly site: SiteId
  /** Epoch ms; null while it is not there. */
  readonly connectedSince: number | null
  readonly directions: readonly GuidedView[]
}

export interface WantedGuard {
  /** 40 hex digits. */
  readonly ski: string
  readonly site: SiteId
  readonly name: string
  readonly reason: string
}
export type TrustRefusal =
  | { readonly kind: 'unknown-site'; readonly site: string }
  /** No direction of the site is limited over EEBUS in the registry. */
  | { readonly kind: 'not-limited'; readonly site: string }
  | { readonly kind: 'at-another-site'; readonly site: string }
  /** Another one guards the site. */
  | { readonly kind: 'guarded'; readonly by: string }
  | { readonly kind: 'too-many-guards'; readonly most: number }
  | { readonly kind: 'too-many'; readonly afterMs: number }
export type UntrustRefusal = { readonly kind: 'unknown' } | Extract<TrustRefusal, { readonly kind: `too-many${string}` }>

export interface GuardAnswers {
  face(): EebusFace
  /** Those of sites the asker may know of, and those without a site where he is of no tenant; by SKI. */
  guards(asker: Asker): readonly GuardView[]
  /** Strangers at the door, the latest first; the operator of the installation alone knows them. */
  pending(asker: Asker): readonly PendingGuard[]
  /** Energy managers that have been there since the start, by site. */
  managers(asker: Asker): readonly ManagerView[]
  /** Trusts one for a site from now on; the same again changes nothing. Rejects while nothing can be recorded. */
  trust(
    asker: Asker,
    wanted: WantedGuard,
  ): Promise<Result<{ readonly guard: GuardView; readonly isRepeated: boolean }, TrustRefusal>>
  /** Sends one away, also one that the registry names; the same again changes nothing. Rejects while nothing can be recorded. */
  untrust(asker: Asker, ski: string, reason: string): Promise<Result<null, UntrustRefusal>>
}
