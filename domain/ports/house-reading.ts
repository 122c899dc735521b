// What an energy manager tells of the house behind its meter, now: joined to the load of a site, and to cars that stand behind it.
import type { Energy, Power, Soc } from '../units.ts'

/** A car that stands behind an energy manager; it is plugged for as long as it is told of. */
export interface HouseCar {
  /** What its place is called by the energy manager; the same for as long as it stands there. */
  readonly place: string
  /** Taking positive; null where it is not measured. */
  readonly power: Power | null
  /** Null where the car does not say. */
  readonly soc: Soc | null
  /** When that was heard, epoch ms; null without. */
  readonly socAt: number | null
  readonly capacity: Energy | null
  readonly charging: 'active' | 'paused' | 'finished' | 'failure' | null
  /** Pseudonyms of what it or its driver is identified by. */
  readonly pseudonyms: readonly string[]
  /** What it should and at least has to take until its departure, epoch ms; null where nobody has said. */
  readonly demand: { readonly minimum: Energy | null; readonly optimum: Energy | null; readonly departure: number | null } | null
}

export interface HouseReading {
  /** Epoch ms at which the power of the connection was heard; null without one. */
  readonly at: number | null
  /** The same as the meter stamps it, whose clock may be wrong. */
  readonly measuredAt: number | null
  /** What was told of it last and does not count; null where that does. */
  readonly fault: 'outOfRange' | 'error' | 'unreadable' | null
  /** Whether somebody measures there, whatever he says. */
  readonly hasMeter: boolean
  /** At the connection to the grid, taking positive. */
  readonly connection: Power | null
  /** What the house, its sun, battery and heat pump take together beside its cars; null where one of them is not known. */
  readonly besideCars: Power | null
  /** What is measured of its parts, by their places. */
  readonly parts: readonly { readonly place: string; readonly kind: string; readonly power: Power; readonly at: number }[]
  readonly cars: readonly HouseCar[]
}
/** Why a reading says nothing of the house: nobody offers a power, what was told does not count, or the cars behind the meter are not known at its instant. */
export type NoSample = 'no-power' | 'out-of-range' | 'error' | 'unreadable' | 'cars-unmeasured'
