// One sampled value on the wire, and what its words mean: which quantity, of which phase, where and when it was taken.

/** All versions; `unitOfMeasure` is 2.x, `unit` 1.6. Some 1.6 stations write numbers where a text is due. */
export interface SampledValue {
  readonly value: number | string
  readonly measurand?: string
  readonly phase?: string
  readonly location?: string
  readonly context?: string
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number }
  readonly unit?: string
}

/** Quantities that are read, each with a row of its own. */
export const QUANTITY = {
  imported: 0,
  exported: 1,
  powerIn: 2,
  powerOut: 3,
  currentIn: 4,
  currentOut: 5,
  voltage: 6,
  soc: 7,
  intervalIn: 8,
  intervalOut: 9,
} as const
/** The measurands of the quantities, in their order. */
export const MEASURANDS = [
  'Energy.Active.Import.Register',
  'Energy.Active.Export.Register',
  'Power.Active.Import',
  'Power.Active.Export',
  'Current.Import',
  'Current.Export',
  'Voltage',
  'SoC',
  'Energy.Active.Import.Interval',
  'Energy.Active.Export.Interval',
] as const
const QUANTITY_OF = new Map<string, number>(MEASURANDS.map((name, i) => [name, i]))

/** Places in a row: over all phases, by phase, and voltages from phase to phase. A neutral alone is not read. */
export const PLACES = 7
const PLACE_OF = new Map<string, number>([
  ['L1', 1],
  ['L2', 2],
  ['L3', 3],
  ['L1-N', 1],
  ['L2-N', 2],
  ['L3-N', 3],
  ['L1-L2', 4],
  ['L2-L3', 5],
  ['L3-L1', 6],
])

/** Where a value was taken, the nearer to what the car is billed for the smaller. */
export const AT_OUTLET = 0
export const AT_CAR = 3
const LOCATION_OF = new Map<string, number>([
  ['Outlet', AT_OUTLET],
  ['Cable', 1],
  ['Inlet', 2],
  ['Upstream', 2],
  ['EV', AT_CAR],
])

/** When a value was taken: now in the first ranks, at the end of the transaction, and long ago, at its begin. */
export const AT_END = 5
export const AT_BEGIN = 6
/** By the clock, beside what is sampled again and again: intervals of both overlap. */
export const BY_CLOCK = 2
const CONTEXT_OF = new Map<string, number>([
  ['Sample.Periodic', 1],
  ['Trigger', 1],
  ['Sample.Clock', BY_CLOCK],
  ['Other', 3],
  ['Interruption.Begin', 4],
  ['Interruption.End', 4],
  ['Transaction.End', AT_END],
  ['Transaction.Begin', AT_BEGIN],
])

/** The row of a value; undefined for a quantity that is not read. */
export function quantityOf({ measurand }: SampledValue): number | undefined {
  return measurand === undefined ? QUANTITY.imported : QUANTITY_OF.get(measurand)
}
/** Its place in the row; undefined for what is not read. */
export function placeOf({ phase }: SampledValue): number | undefined {
  return phase === undefined ? 0 : PLACE_OF.get(phase)
}
/** Its rank by location; undefined where nothing is measured that counts. */
export function locationOf({ location }: SampledValue): number | undefined {
  return location === undefined ? AT_OUTLET : LOCATION_OF.get(location)
}
/** Its rank by context; unknown words mean now. */
export function contextOf({ context }: SampledValue): number {
  return context === undefined ? 1 : (CONTEXT_OF.get(context) ?? 3)
}

/** The number in W, Wh, A, V or percent; NaN for what is none. */
export function numberOf({ value, unit, unitOfMeasure }: SampledValue): number {
  if (value === '') return NaN
  const number = typeof value === 'number' ? value : Number(value)
  const told = unitOfMeasure === undefined ? unit : unitOfMeasure.unit
  const scale = told === 'kWh' || told === 'kW' ? 1_000 : 1
  const multiplier = unitOfMeasure?.multiplier
  return number * (multiplier === undefined || multiplier === 0 ? scale : 10 ** multiplier * scale)
}
