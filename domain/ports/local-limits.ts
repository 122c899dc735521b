// Limits that come to a site by another way than through us, told by its energy manager: they leave what is offered at once.
import type { Direction } from '../limitation/limit.ts'
import type { SiteId } from '../registry/identity.ts'
import type { Result } from '../result.ts'
import type { Power } from '../units.ts'

export interface LocalLimit {
  readonly direction: Direction
  /** Domain sign; null where nothing limits any more. */
  readonly power: Power | null
  /** Epoch ms, exclusive; null until it is told otherwise. */
  readonly until: number | null
  /** Who limits there, in one word. */
  readonly origin: string
}
export interface LocalLimits {
  /** Its effect is there when it returns, it is durable when it resolves; refused with a sentence. Rejects where nothing can be recorded. */
  tell(site: SiteId, limit: LocalLimit): Promise<Result<null, string>>
  /** The energy manager of a site is alive: whoever limits through it is heard as well. */
  heartbeat(site: SiteId): Promise<void>
}
