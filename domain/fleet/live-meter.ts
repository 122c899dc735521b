// What meters and cars report, taken into the live state: power and state of charge to act on, registers into the ledger of slots.
import { energyBySlot, type RegisterState } from '../telemetry/register-to-slots.ts'
import { AHEAD_MAX_MS, type Reading } from '../telemetry/reading.ts'
import type { Slot } from '../time/slot.ts'
import type { Energy } from '../units.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'

/** Slots of metered energy kept in memory by EVSE: two months, more than any open settlement period. */
const SLOTS_KEPT = 62 * 96

/** Takes one reading. What is older than what is known, late or suspect goes into the ledger at most; nobody acts on it (F5, F7). */
export function takeReading(fleet: LiveFleet, live: LiveEvse, reading: Reading): void {
  fleet.readingsTaken++
  const lastSeen = live.measuredAt
  const acting = reading.quality === 'measured' && (live.measuredAt === null || reading.sampledAt >= live.measuredAt)
  if (acting && reading.power !== null) Object.assign(live, { measured: reading.power, measuredAt: reading.sampledAt })
  if (reading.imported !== null && reading.quality !== 'suspect')
    bookRegisters(
      fleet,
      live,
      reading.sampledAt,
      reading.imported,
      reading.exported,
      isFromBeforeStep(live, reading) ? lastSeen : null,
    )
  // After the registers of the same instant: from here on they tell what has changed since.
  if (acting && reading.soc !== null) {
    const { soc, sampledAt } = reading
    Object.assign(live, { soc, socAt: sampledAt, chargedAtSocWh: live.chargedWh, dischargedAtSocWh: live.dischargedWh })
  }
}

/**
 * Whether the registers known last bear a time that has not come yet, by a reading that is of now: station and we went by a clock that was set back since
 * (F36). Waiting until that time has come would leave what flows meanwhile uncounted.
 */
function isFromBeforeStep(live: LiveEvse, { quality, sampledAt, arrivedAt }: Reading): boolean {
  return quality === 'measured' && live.registers !== null && live.registers.at > Math.max(sampledAt, arrivedAt + AHEAD_MAX_MS)
}

/** `lastSeen` takes the place of the time of the registers known last, where that cannot be. */
function bookRegisters(
  fleet: LiveFleet,
  live: LiveEvse,
  at: number,
  imported: Energy,
  exported: Energy | null,
  lastSeen: number | null,
): void {
  const to: RegisterState = { at, imported, exported: exported ?? live.registers?.exported ?? (0 as Energy) }
  const known = live.registers
  const from = known === null || lastSeen === null ? known : { ...known, at: Math.min(lastSeen, at) }
  if (from !== null && at < from.at) return
  const parts = from === null ? [] : energyBySlot(from, to)
  // Jumps are never energy (F8): after a rollback counting goes on from the new value, a spike is taken for a mistake until others confirm it.
  if (!('length' in parts)) {
    if (parts.kind !== 'spike') live.registers = to
    return
  }
  live.registers = to
  if (parts.length === 0) return
  let bySlot = fleet.meter.get(live.evse.id)
  if (bySlot === undefined) fleet.meter.set(live.evse.id, (bySlot = new Map()))
  for (const part of parts) {
    const sum = bySlot.get(part.slot) ?? { importedWh: 0, exportedWh: 0 }
    bySlot.set(part.slot, { importedWh: sum.importedWh + part.importedWh, exportedWh: sum.exportedWh + part.exportedWh })
    if (live.session === null) continue
    live.chargedWh += part.importedWh
    live.dischargedWh += part.exportedWh
  }
  forget(bySlot, parts.at(-1)!.slot - SLOTS_KEPT)
}

/** Maps keep the order of insertion, so the oldest slots come first. */
function forget(bySlot: Map<Slot, unknown>, before: number): void {
  for (const slot of bySlot.keys()) {
    if (slot >= before) return
    bySlot.delete(slot)
  }
}
