// A power as stations are told it: in watts, or in amperes by phase.
import type { ProfileForm } from '../../../../domain/registry/abilities.ts'

/** What turns watts into amperes at one EVSE. */
export interface Electrics {
  /** Conductors the current may flow through: the more, the fewer amperes each. */
  readonly phases: number
  /** Volts, the highest measured of late; the usual ones where nothing was. */
  readonly volts: number
}

/** Volts of a phase where none were measured. */
export const USUAL_VOLTS = 230
/** Above it a voltage is that of a direct current, which has one conductor. */
const DIRECT_FROM_VOLTS = 300
/** The unit in which a station takes numbers: of amperes it takes tenths, or whole ones only. */
export type Rate = Pick<ProfileForm, 'unit' | 'decimals'>

/** The number that allows a power, W, and never more: amperes are rounded towards nothing. */
export function wireRate(power: number, { unit, decimals }: Rate, { phases, volts }: Electrics): number {
  if (unit === 'W') return Number(power)
  const conductors = volts > DIRECT_FROM_VOLTS ? 1 : phases
  const stepsAnAmpere = 10 ** decimals
  // A step that floating point has just missed is not lost.
  const steps = Math.floor((Math.abs(power) / (volts * conductors)) * stepsAnAmpere + 1e-9)
  return power < 0 && steps > 0 ? -steps / stepsAnAmpere : steps / stepsAnAmpere
}
