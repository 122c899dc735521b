// What may be asked and told of the house behind a site's meter.
import type { Asker } from '../../registry/asker.ts'
import type { SiteId } from '../../registry/identity.ts'
import type { MinimumPower } from '../../dimming/minimum-power.ts'
import type { MeasuredLoad } from '../../signals/measured-load.ts'
import type { SiteLoad } from '../../signals/site-load.ts'
import type { Result } from '../../result.ts'
import type { Power } from '../../units.ts'
import type { HouseReading, NoSample } from '../house-reading.ts'

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

/** How the meter of a house stands. */
export interface MeasuredHouse {
  /** What counts in plans; null where nothing ever has. */
  readonly load: MeasuredLoad | null
  /** Why what is told now counts or does not. */
  readonly reason: 'measured' | 'not-connected' | NoSample
  /** Who tells of it now, and what; null where nobody does. */
  readonly by: string | null
  readonly reading: HouseReading | null
  /** What the cars we lead took of it; null where that is not known. */
  readonly cars: Power | null
}

export interface SiteAnswers {
  /** Null for a site the asker may not know of. */
  minimumPower(asker: Asker, site: SiteId): SiteMinimum | null
  /** What the house of a site is foreseen to take, as last told; null where nobody has. */
  siteLoad(asker: Asker, site: SiteId): SiteLoad | null
  /** How the meter of a site stands; null where nobody has told of it, or for a site the asker may not know of. */
  measuredLoad(asker: Asker, site: SiteId): MeasuredHouse | null
  /** Takes a newer foresight; the cars of the site are planned anew at once. Resolves when it is durable. */
  tellSiteLoad(asker: Asker, load: SiteLoad): Promise<Result<{ readonly isRepeated: boolean }, SiteLoadRefusal>>
}
