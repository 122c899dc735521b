// What may be asked and told of the house behind a site's meter.
import type { Asker } from '../../registry/asker.ts'
import type { SiteId } from '../../registry/identity.ts'
import type { SiteLoad } from '../../signals/site-load.ts'
import type { Result } from '../../result.ts'

export type SiteLoadRefusal =
  | { readonly kind: 'unknown-site' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'from-the-future' }
  | { readonly kind: 'outdated'; readonly current: number }

export interface SiteAnswers {
  /** What the house of a site is foreseen to take, as last told; null where nobody has. */
  siteLoad(asker: Asker, site: SiteId): SiteLoad | null
  /** Takes a newer foresight; the cars of the site are planned anew at once. Resolves when it is durable. */
  tellSiteLoad(asker: Asker, load: SiteLoad): Promise<Result<{ readonly isRepeated: boolean }, SiteLoadRefusal>>
}
