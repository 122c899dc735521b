// The monitoring end of a use case: whom it looks for, what it reads of them, and what it makes of that.
import type { PlainObject } from '../eebus-json.ts'
import type { Sought } from './partner.ts'
import type { Heard } from './mirror.ts'

/** Data of one partner, as they stand. */
export interface Lookup {
  heard(featureType: string, name: string): Heard | null
  data(featureType: string, name: string): PlainObject | undefined
  /** Ms of the clock that only passes. */
  readonly elapsed: number
}

/** The values are plain data, so that they can be written down as they are. */
export interface ClientUseCase<Values> extends Sought {
  /** As people call it: MPC. */
  readonly short: string
  /** Functions that are read, by the type of their feature. */
  readonly functions: Readonly<Record<string, readonly string[]>>
  /** A reader for one partner; it may remember what it has read before. */
  reader(): (lookup: Lookup) => Values
}

/** What measurements are read by. */
export const MEASUREMENT_FUNCTIONS = {
  Measurement: ['measurementDescriptionListData', 'measurementListData'],
  ElectricalConnection: ['electricalConnectionDescriptionListData', 'electricalConnectionParameterDescriptionListData'],
} as const
