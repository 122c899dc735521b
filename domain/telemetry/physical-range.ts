// What a number from outside can be at all: whatever lies beyond is no measurement and no wish, and goes no further than the edge it came in at.

export interface PhysicalRange {
  readonly min: number
  readonly max: number
}

/** Power of a car or station in W: three times what truck chargers reach. */
export const POWER_RANGE: PhysicalRange = { min: -10e6, max: 10e6 }
/** Usable capacity of a battery in Wh, from a light vehicle to a ship; a station that says 77 means kWh, and nobody may guess that. */
export const CAPACITY_RANGE: PhysicalRange = { min: 1_000, max: 10e6 }
/** Energy a car asks for, in Wh; negative when it holds more than its target already (ISO 15118-20). */
export const REQUEST_RANGE: PhysicalRange = { min: -10e6, max: 10e6 }
/** Register of a meter in Wh: what ten megawatts count in eleven years. */
export const REGISTER_RANGE: PhysicalRange = { min: 0, max: 1e12 }
/** State of charge in percent. */
export const PERCENT_RANGE: PhysicalRange = { min: 0, max: 100 }
/** Current of one phase or of a direct-current cable in A. */
export const CURRENT_RANGE: PhysicalRange = { min: -10_000, max: 10_000 }
/** Voltage at a charging station in V, alternating or direct. */
export const VOLTAGE_RANGE: PhysicalRange = { min: 0, max: 2_000 }
/** Energy that flowed within one interval of a meter in Wh: what ten megawatts take in a day. */
export const INTERVAL_RANGE: PhysicalRange = { min: 0, max: 240e6 }

/** Whether a number is one of a range; NaN is in none. */
export function isWithin({ min, max }: PhysicalRange, value: number): boolean {
  return value >= min && value <= max
}
