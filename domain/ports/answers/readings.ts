// What may be asked of meters: what they told, and what was counted of it by quarter-hour.
import type { Asker } from '../../registry/asker.ts'
import type { EvseId } from '../../registry/identity.ts'
import type { Reading } from '../../telemetry/reading.ts'
import type { SlotQuality } from '../../telemetry/slot-meter.ts'
import type { Slot } from '../../time/slot.ts'
import type { Energy } from '../../units.ts'
import type { ReadingPosition } from '../stores.ts'

/** Metered energy of one EVSE in one quarter-hour. */
export interface MeteredQuarter {
  readonly slot: Slot
  readonly imported: Energy
  readonly exported: Energy
  readonly quality: SlotQuality
  /** How often it was changed after it had closed. */
  readonly revision: number
}

export interface ReadingAnswers {
  /** Readings sampled in [from, until), oldest first, as the store lists them; behind a position where one is given. */
  readings(
    asker: Asker,
    evse: EvseId,
    from: number,
    until: number,
    limit: number,
    after?: ReadingPosition | null,
  ): Promise<readonly Reading[]>
  /** Metered energy of the quarter-hours in [from, until) in which an EVSE was counted, of the last two months. */
  energy(asker: Asker, evse: EvseId, from: Slot, until: Slot): readonly MeteredQuarter[]
}
