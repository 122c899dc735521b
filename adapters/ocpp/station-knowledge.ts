// What the core knows of stations and their cars that decides how they are spoken to.
import type { KnownAbilities } from '../../domain/live/abilities.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { PriceAt } from './blocks/charging/price-levels.ts'

/** What a car has told that its schedules have to heed. */
export interface CarLimits {
  /** Periods it can hold of a schedule; null where it did not say. */
  readonly tuplesMax: number | null
  /** It keeps to a schedule and wants to know prices, instead of following set-points. */
  readonly isScheduled: boolean
  /** It keeps to a schedule because ISO 15118-2 knows nothing else. */
  readonly isOlder: boolean
  /** Conductors it charges by. */
  readonly phases: number
}
export interface StationKnowledge {
  /** Null for a station nobody knows. */
  known(station: StationId): KnownAbilities | null
  /** Conductors of an EVSE. */
  phases(station: StationId, evse: number): number
  /** Null where the car of a transaction told nothing. */
  car(station: StationId, transaction: string): CarLimits | null
  readonly priceAt: PriceAt
}

/** Of stations that are taken as they come: nothing is known of them, and nothing is asked. */
export const NOTHING_KNOWN: StationKnowledge = {
  known: () => ({ hasBooted: true, abilities: null, form: null }),
  phases: () => 3,
  car: () => null,
  priceAt: () => null,
}
