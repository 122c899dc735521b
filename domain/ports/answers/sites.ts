// What may be asked and told of the house behind a site's meter.
import type { Asker } from '../../registry/asker.ts'
import type { SiteId } from '../../registry/identity.ts'
import type { MinimumPower } from '../../dimming/minimum-power.ts'
import type { SiteLoad } from '../../signals/site-load.ts'
import type { Result } from '../../result.ts'

export type SiteLoadRefusal =
  | { readonly kind: 'unknown-site' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'from-the-future' }
  | { readonly kind: 'outdated'; readonly current: number }

/** What has to be left to a connection that is dimmed, and how long it was by way of precaution in the day of now, minutes. */
export interface SiteMinimum extends MinimumPower {
  readonly preventiveMinutes: number
  /** Of a day. */
  readonly preventiveMinutesMax: number
}

export interface SiteAnswers {
  /** Null for a site the asker may not know of. */
  minimumPower(asker: Asker, site: SiteId): SiteMinimum | null
  /** What the house of a site is foreseen to take, as last told; null where nobody has. */
  siteLoad(asker: Asker, site: SiteId): SiteLoad | null
  /** Takes a newer foresight; the cars of the site are planned anew at once. Resolves when it is durable. */
  tellSiteLoad(asker: Asker, load: SiteLoad): Promise<Result<{ readonly isRepeated: boolean }, SiteLoadRefusal>>
}
