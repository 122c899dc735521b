// How stations should measure while a car charges: what is wanted, and what is settled for.

/** What stations are set to. */
export interface MeterSettings {
  /** Seconds between readings while a car charges. */
  readonly intervalSeconds: number
  /** Measurands by their names in the protocol. */
  readonly measurands: readonly string[]
}

export const METER_SETTINGS: MeterSettings = {
  intervalSeconds: 60,
  measurands: [
    'Energy.Active.Import.Register',
    'Energy.Active.Export.Register',
    'Power.Active.Import',
    'Power.Active.Export',
    'SoC',
  ],
}

/** What is settled for, one after the other, where a station does not take all that is wanted. */
const LESS: readonly (readonly string[])[] = [
  ['Energy.Active.Import.Register', 'Power.Active.Import', 'SoC'],
  ['Energy.Active.Import.Register', 'Power.Active.Import'],
  // Power follows from both where a station does not tell it.
  ['Energy.Active.Import.Register', 'Voltage', 'Current.Import'],
  ['Energy.Active.Import.Register'],
]

/** Whether an interval is another one than is wanted: none, a longer one, or one so short that it tells nothing more. */
export function isIntervalWrong(seconds: number | null, { intervalSeconds }: MeterSettings): boolean {
  return seconds === null || seconds <= 0 || seconds > intervalSeconds || seconds < intervalSeconds / 6
}

/**
 * Lists to set instead of the one in force, in order; none where it holds all that is wanted. What a station reads already stays in, and what is worse than
 * what it reads is not tried.
 */
export function measurandLists(
  inForce: readonly string[],
  wanted: readonly string[],
  namesMax: number | null,
): readonly (readonly string[])[] {
  const lists: (readonly string[])[] = []
  for (const list of [wanted, ...LESS]) {
    const missing = list.filter((one) => !inForce.includes(one))
    if (missing.length === 0) break
    const all = [...inForce, ...missing]
    lists.push(namesMax === null || all.length <= namesMax ? all : list.slice(0, namesMax))
  }
  return lists
}
