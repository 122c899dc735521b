// What a house takes beside the cars we lead, as its own meter says.
import type { SiteId } from '../registry/identity.ts'
import type { Power } from '../units.ts'

export interface MeasuredLoad {
  readonly site: SiteId
  /** When the value was heard that it rests on, epoch ms. */
  readonly at: number
  /** Who tells of it; in EEBUS its SKI. */
  readonly by: string
  /** Taking positive; null where nothing that was said counts any more: from then on the house may do what it did in the last day. */
  readonly power: Power | null
  /** The most and the least of the last day. */
  readonly most: Power
  readonly least: Power
}
