// What a station is able to follow and to tell: what it says of itself, and the form of order that has worked.

/** What a charging schedule may be counted in: watts, or amperes by phase. */
export type RateUnit = 'W' | 'A'

/** A setting that a station did not take; it is not asked for the same again. */
export interface RefusedSetting {
  readonly setting: string
  readonly value: string
}

/** What a station says of itself; null where it does not say. */
export interface Abilities {
  readonly rateUnits: readonly RateUnit[] | null
  /** Highest stack level of a profile, from 0. */
  readonly stackLevelMax: number | null
  /** Periods one schedule may have. */
  readonly periodsMax: number | null
  /** Profiles that may lie on it at once. */
  readonly profilesMax: number | null
  readonly smartCharging: boolean | null
  /** Purposes of profiles beyond the usual ones. */
  readonly purposes: readonly string[] | null
  /** Whether it follows profiles that are changed by short messages (2.1). */
  readonly dynamicProfiles: boolean | null
  /** Whether it changes between three phases and one while a car charges. */
  readonly phaseSwitching: boolean | null
  /** Whether giving energy back is switched on (2.1), and the ways it can be led in. */
  readonly givesBack: boolean | null
  readonly operationModes: readonly string[] | null
  /** Seconds between readings while a car charges, and what is read; as they stand after what was set. */
  readonly meterIntervalSeconds: number | null
  readonly measurands: readonly string[] | null
  /** Seconds between readings by the clock. */
  readonly clockIntervalSeconds: number | null
  /** Where it has its time from. */
  readonly timeSource: string | null
  /** It took a setting that counts after its next start only. */
  readonly needsReboot: boolean
  readonly refused: readonly RefusedSetting[]
}

/** The form in which a station takes orders; what it refused once is offered in the next form. */
export interface ProfileForm {
  readonly purpose: 'TxProfile' | 'TxDefaultProfile'
  readonly stackLevel: number
  readonly unit: RateUnit
  /** Digits of an ampere behind the point; watts are whole. */
  readonly decimals: 0 | 1
  /** Periods of a schedule; null where as many as there are were taken. */
  readonly periodsMax: number | null
  /** How set-points are led: changed by short messages, or as a short schedule that is sent anew; it takes courses only where neither is taken. */
  readonly setpoint: 'dynamic' | 'absolute' | 'none'
}

/** Names a kind of station: what one has taken the others of its kind are offered first. */
export function stationKind(vendor: string, model: string, firmware: string | null): string {
  return `${vendor}\n${model}\n${firmware ?? ''}`
}

/** Whether two forms are the same. */
export function isSameForm(a: ProfileForm, b: ProfileForm): boolean {
  return (
    a.purpose === b.purpose &&
    a.stackLevel === b.stackLevel &&
    a.unit === b.unit &&
    a.decimals === b.decimals &&
    a.periodsMax === b.periodsMax &&
    a.setpoint === b.setpoint
  )
}
