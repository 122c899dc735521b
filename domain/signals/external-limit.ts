// A limit that somebody else has set on a station itself, as the station tells it: a house's energy management, its grid operator, another backend.
import type { Power } from '../units.ts'
import { watts } from '../units.ts'

/** Who has set it; whatever a station calls otherwise is `Other`. */
export const LIMIT_SOURCES = ['EMS', 'SO', 'CSO', 'Other'] as const
export type LimitSource = (typeof LIMIT_SOURCES)[number]

/** A power as it is told: in W, or as a current of each phase in A. `phases` null stands for as many as there are. */
export type ToldPower = { readonly watts: number } | { readonly amps: number; readonly phases: number | null }

/** A part of the limit's schedule. */
export interface ToldPeriod {
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive; null stays until it is replaced or lifted. */
  readonly until: number | null
  /** Most that may be taken; null leaves it open. */
  readonly max: ToldPower | null
  /** Least that is allowed, at most 0: how much may be given; null leaves it open. */
  readonly min: ToldPower | null
}

const VOLTS = 230

/** In W, for equipment of so many phases: a current on a phase that is not there is no power. */
export function toldWatts(told: ToldPower, phases: number): Power {
  if ('watts' in told) return watts(told.watts)
  return watts(Math.trunc(told.amps * VOLTS * Math.min(told.phases ?? phases, phases)))
}
