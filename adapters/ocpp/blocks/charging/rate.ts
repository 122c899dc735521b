// A power as stations are told it: in watts, or in amperes by phase.
import type { RateUnit } from '../../../../domain/registry/abilities.ts'

/** What turns watts into amperes at one EVSE. */
export interface Electrics {
  /** Conductors the current may flow through: the more, the fewer amperes each. */
  readonly phases: number
  /** Volts, as measured last; the usual ones where nothing was. */
  readonly volts: number
}

/** Volts of a phase where none were measured. */
export const USUAL_VOLTS = 230
/** Above it a voltage is that of a direct current, which has one conductor. */
const DIRECT_FROM_VOLTS = 300
/** Stations take a tenth of an ampere, and not all of them more digits. */
const STEPS_AN_AMPERE = 10

/** The number that allows a power, W, and never more: amperes are rounded towards nothing. */
export function wireRate(power: number, unit: RateUnit, { phases, volts }: Electrics): number {
  if (unit === 'W') return Number(power)
  const conductors = volts > DIRECT_FROM_VOLTS ? 1 : phases
  // A step that floating point has just missed is not lost.
  const steps = Math.floor((Math.abs(power) / (volts * conductors)) * STEPS_AN_AMPERE + 1e-9)
  return power < 0 && steps > 0 ? -steps / STEPS_AN_AMPERE : steps / STEPS_AN_AMPERE
}
