// The unit in which a station tells its composite schedule: what was asked for, as far as the station knows it.
import type { StationControls } from './station-controls.ts'

export interface RateUnit {
  readonly name: 'A' | 'W'
  /** Watts in this unit: ampere on all phases, with one decimal. */
  of(watts: number): number
}
const VOLTS = 230

/** Null for a unit that the station does not know; without a wish the first it likes best. */
export function rateUnit(wanted: string | undefined, { config, settings }: StationControls): RateUnit | null {
  const known = (settings.get('SmartChargingCtrlr.RateUnit') ?? settings.get('ChargingScheduleAllowedChargingRateUnit') ?? 'W')
    .replace('Current', 'A')
    .replace('Power', 'W')
    .split(',')
  const name = wanted ?? (known.includes('W') ? 'W' : 'A')
  if (!known.includes(name)) return null
  return name === 'A'
    ? { name, of: (watts) => Math.round((10 * watts) / VOLTS / config.plug.station.phases) / 10 }
    : { name: 'W', of: (watts) => watts }
}
