// Answers what meters told, from the store, and what was counted of it by quarter-hour, from the live state.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { ReadingAnswers } from '../../domain/ports/answers/readings.ts'
import type { ReadingStore } from '../../domain/ports/stores.ts'
import { closed } from '../../domain/telemetry/register-to-slots.ts'
import { slotQuality } from '../../domain/telemetry/slot-meter.ts'
import { later } from '../../domain/time/slot.ts'
import type { Visibility } from './visibility.ts'

/** The meters of a live fleet and its store. */
export function readingAnswers(fleet: LiveFleet, visible: Visibility, store: ReadingStore): ReadingAnswers {
  return {
    readings: async (asker, evse, ...span) => (visible.evse(asker, evse) ? store.list(evse, ...span) : []),
    energy(asker, evse, from, until) {
      const meters = visible.evse(asker, evse) ? fleet.meter.get(evse) : undefined
      return Array.from({ length: Math.max(0, until - from) }, (_, i) => later(from, i)).flatMap((slot) => {
        const meter = meters?.get(slot)
        if (meter === undefined) return []
        const [imported, exported] = [closed(meter.importedWh), closed(meter.exportedWh)]
        return [{ slot, imported, exported, quality: slotQuality(meter), revision: meter.revision }]
      })
    },
  }
}
