// Quarter-hours whose metered energy was changed after they were closed: told as facts, so that whoever has settled them finds out.
import { closed } from '../telemetry/register-to-slots.ts'
import { meterOf } from '../telemetry/slot-meter.ts'
import type { Slot } from '../time/slot.ts'
import type { RevisedSlot, SlotsRevised } from '../facts/metering.ts'
import type { EvseId } from '../registry/identity.ts'
import type { LiveFleet } from './live-fleet.ts'

/** All revisions so far by number, and the last ones themselves. */
export interface Revisions {
  told: number
  readonly recent: (RevisedSlot & { readonly evse: EvseId })[]
}
/** Whoever falls behind by more looks at everything again. */
const RECENT_MAX = 20_000

/** No revision yet. */
export function noRevisions(): Revisions {
  return { told: 0, recent: [] }
}

/** What has changed since it was told last, slots in order; a change that rounds to nothing is none. */
export function untoldRevisions(fleet: LiveFleet): readonly SlotsRevised[] {
  const facts: SlotsRevised[] = []
  for (const [evse, { book }] of fleet.registers) {
    if (book.before.size === 0) continue
    const slots: RevisedSlot[] = []
    for (const slot of [...book.before.keys()].sort((a, b) => a - b)) {
      const [before, after] = [rounded(book.before.get(slot)), rounded(book.meters.get(slot))]
      if (before.imported === after.imported && before.exported === after.exported) continue
      slots.push({ slot, revision: (book.meters.get(slot)?.revision ?? 0) + 1, before, after })
    }
    if (slots.length > 0) facts.push({ kind: 'slots-revised', evse, slots })
  }
  return facts
}

/** Takes note that revisions were told. */
export function takeRevision({ registers, revisions }: LiveFleet, { evse, slots }: SlotsRevised): void {
  const book = registers.get(evse)?.book
  for (const revised of slots) {
    book?.before.delete(revised.slot)
    if (book !== undefined) meterOf(book.meters, revised.slot).revision = revised.revision
    revisions.recent.push({ evse, ...revised })
  }
  revisions.told += slots.length
  // Cut now and then, not with every one.
  if (revisions.recent.length > 2 * RECENT_MAX) revisions.recent.splice(0, revisions.recent.length - RECENT_MAX)
}

/** The energy of a slot as it was told last, Wh before rounding; null where nothing was counted. */
export function toldEnergy(
  fleet: LiveFleet,
  evse: EvseId,
  slot: Slot,
): { readonly importedWh: number; readonly exportedWh: number } | null {
  return fleet.registers.get(evse)?.book.before.get(slot) ?? fleet.meter.get(evse)?.get(slot) ?? null
}

function rounded(energy: { readonly importedWh: number; readonly exportedWh: number } | undefined): RevisedSlot['before'] {
  return { imported: closed(energy?.importedWh ?? 0), exported: closed(energy?.exportedWh ?? 0) }
}
