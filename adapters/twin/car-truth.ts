// What is true about a car, whatever it tells: the measure for what a backend believes and achieves.

/** How a car left. */
export interface Departure {
  readonly station: string
  /** Transaction on the wire; null when there was none at the end. */
  readonly transaction: string | null
  readonly readyBy: number
  readonly leftAt: number
  readonly targetSoc: number
  readonly soc: number
  readonly isMet: boolean
}
/** The truth about a car, whatever it tells. */
export interface CarTruth {
  readonly station: string
  readonly evse: string
  readonly vehicle: string
  readonly plugged: boolean
  readonly transaction: string | null
  readonly capacityWh: number
  readonly storedWh: number
  readonly soc: number
  /** One way, 0 to 1, as in the car's model. */
  readonly efficiency: number
  /** Signed watts on the grid side. */
  readonly power: number
  readonly importedWh: number
  readonly exportedWh: number
  /** Used on the road since the start; a trip counts when it begins. */
  readonly drivenWh: number
  readonly targetSoc: number
  readonly minimumSoc: number
  /** Of the stay under way, or of the next. */
  readonly readyBy: number
}
