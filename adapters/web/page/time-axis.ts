// The time axis of the chart: it counts quarter-hours, so a day of 25 hours shows 02A and 02B and a day of 23 hours goes from 01 to 03.
import type { Language } from './language.ts'
import { localParts, offsetMinutes, shortDay } from './format.ts'

const SLOT_MS = 900_000
const HOUR_MS = 3_600_000

export interface AxisTick {
  /** Quarter-hours since 1970. */
  readonly slot: number
  readonly label: string
  /** The day that begins here. */
  readonly midnight: string | null
  /** An hour was left out just before. */
  readonly skipped: boolean
}

/** One tick for every full local hour that begins in [firstSlot, firstSlot + slots]. */
export function axisTicks(firstSlot: number, slots: number, language: Language): readonly AxisTick[] {
  const ticks: AxisTick[] = []
  for (let slot = firstSlot; slot <= firstSlot + slots; slot++) {
    const at = slot * SLOT_MS
    const { hour, minute } = localParts(at)
    if (minute !== 0) continue
    const label = String(hour).padStart(2, '0')
    // The hour is shown twice when the clock goes back: once before the change, once after.
    const repeats = localParts(at + HOUR_MS).hour === hour
    const repeated = localParts(at - HOUR_MS).hour === hour
    ticks.push({
      slot,
      label: repeats ? `${label}A` : repeated ? `${label}B` : label,
      midnight: hour === 0 && !repeated ? shortDay(at, language) : null,
      skipped: offsetMinutes(at) > offsetMinutes(at - HOUR_MS),
    })
  }
  return ticks
}
