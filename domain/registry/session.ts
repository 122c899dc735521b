// A session: one car plugged in at one EVSE, from plug to unplug, with what it needs and what its driver wants.
import type { Energy, Power, Soc } from '../units.ts'
import type { EvseId, SessionId, VehicleId } from './identity.ts'

/** What the car and station said about this session (OCPP NotifyEVChargingNeeds or what an older station lets us infer). */
export interface ChargingNeeds {
  /** Departure announced by the car, epoch ms. */
  readonly departure: number | null
  readonly capacity: Energy | null
  readonly soc: Soc | null
  /** Energy the car asks for until its target; all that some cars tell. */
  readonly energyWanted: Energy | null
  readonly targetSoc: Soc | null
  readonly minimumSoc: Soc | null
  readonly chargeMin: Power | null
  readonly chargeMax: Power | null
  /** At most 0; null when the car cannot or did not say. */
  readonly dischargeMax: Power | null
  /** The car negotiated bidirectional power transfer. */
  readonly bidirectional: boolean
  readonly phases: 1 | 2 | 3
  /** The least power it gives, if it gives any; at most 0. Fields from here on are missing in entries of before. */
  readonly dischargeMin?: Power | null
  /** Energy until the least, and until the most, its driver wants in it; below 0 where it holds more already. */
  readonly energyMin?: Energy | null
  readonly energyMax?: Energy | null
  /** The same for the range within which it gives and takes again: below 0 it may give so much. */
  readonly cycleEnergyMin?: Energy | null
  readonly cycleEnergyMax?: Energy | null
  /** Whether it follows set-points or keeps to a schedule; null where it did not say. */
  readonly control?: 'scheduled' | 'dynamic' | null
  /** Periods it can hold of a schedule, and of the prices along with it. */
  readonly scheduleTuplesMax?: number | null
}

/** The driver's wish for one session: ready by, target and minimum. */
export interface Wish {
  /** Epoch ms. */
  readonly readyBy: number
  readonly targetSoc: Soc
  /** Discharge never goes below it. */
  readonly minimumSoc: Soc
  /** Who said so. */
  readonly by: 'driver' | 'standing-wish' | 'car' | 'default'
}

export interface Session {
  readonly id: SessionId
  readonly evse: EvseId
  readonly vehicle: VehicleId | null
  /** Transaction id on the wire. */
  readonly transaction: string
  readonly startedAt: number
  /** Start as the station tells it, where its clock is not ours; tells a repeated message from a new session. */
  readonly toldStart?: number
  readonly endedAt: number | null
  /** Its begin was never told: it is taken up from what its later messages say, as from the earliest of them. */
  readonly isTakenUp?: boolean
  /** Nobody has told its end yet: it follows from what happened since, and gives way to what the station tells. */
  readonly isEndInferred?: boolean
  /** Connector of the EVSE, from 1, where the station tells it. */
  readonly connector?: number
  /** When the token was shown that says whose car it is, epoch ms; left out where it came with the start. */
  readonly authorizedAt?: number
  /** The number of the event that told that token, where its station gives numbers. */
  readonly authorizedSequence?: number
  /** Events of its station that never came, by their numbers. */
  readonly eventsMissed?: number
  /** The remote start it answers, by the number we gave that. */
  readonly remoteStartId?: number
  /** When its needs were told, by our clock, epoch ms. */
  readonly needsAt?: number
  readonly needs: ChargingNeeds | null
  readonly wish: Wish
}
