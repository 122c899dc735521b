// What a screen follows: one row an EVSE, and which of them something has happened to.
import type { Asker } from '../../registry/asker.ts'
import type { EvseId } from '../../registry/identity.ts'
import type { EvseView } from './stations.ts'

/** Takes down what happens from its start on. */
export interface RowWatch {
  /** EVSEs something was recorded about since it was asked last; null when it may have been about any, their number included. What the passing of time does is not in it. */
  take(): ReadonlySet<EvseId> | null
  stop(): void
}

export interface RowAnswers {
  /** EVSEs the asker may know of, by station. */
  evses(asker: Asker): readonly EvseId[]
  /** Null for an EVSE nobody knows, or the asker may not know of. */
  evse(asker: Asker, evse: EvseId): EvseView | null
  watch(): RowWatch
}
