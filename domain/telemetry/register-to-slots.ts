// From meter registers to energy by slot: the difference between two readings is spread evenly over the time between them.
import { overlap, slotAt, SLOT_MS, type Slot } from '../time/slot.ts'
import { wattHours, type Energy } from '../units.ts'

/** Splits what flowed between two instants by slot; Wh, not rounded. What a register counted at one instant belongs to the slot of that instant. */
export function spread(from: number, to: number, energyWh: number, each: (slot: Slot, energyWh: number) => void): void {
  if (to <= from) {
    if (energyWh > 0) each(slotAt(to), energyWh)
    return
  }
  for (let slot = slotAt(from); slot * SLOT_MS < to; slot = (slot + 1) as Slot)
    each(slot, energyWh * ((overlap(slot, from, to) * SLOT_MS) / (to - from)))
}

/** Closes a slot: energy to the quarter watt-hour. */
export function closed(energyWh: number): Energy {
  return wattHours(energyWh)
}
