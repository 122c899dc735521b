// How full a car is: what it told last, moved by what its meter has counted since; a cautious guess for cars that tell nothing.
import { inWattHours, share, type Energy, type Soc } from '../units.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'
import type { Session } from './session.ts'

export interface StoredEstimate {
  readonly energy: Energy
  readonly capacity: Energy
  readonly soc: Soc
  /** True when the car did not tell and the value is a cautious guess. */
  readonly estimated: boolean
}
const DEFAULT_CAPACITY_WH = 50_000
/** One way, where the registry names none. */
export const DEFAULT_EFFICIENCY = 0.93
/** A car that tells nothing is taken to arrive this empty (F34): it then is ready whatever was driven, and stops by itself when it is full. */
const CAUTIOUS_SOC = 0.12

/** The energy in the battery. Never throws: whatever a car says about itself, the answer lies between empty and full. */
export function storedEnergy(fleet: LiveFleet, live: LiveEvse, session: Session): StoredEstimate {
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  const capacity = Math.max(1, session.needs?.capacity ?? vehicle?.capacity ?? DEFAULT_CAPACITY_WH)
  const efficiency = efficiencyOf(fleet, session)
  const told = live.soc
  const wanted = session.needs?.energyWanted ?? null
  const start =
    told === null
      ? Math.max(CAUTIOUS_SOC * capacity, wanted === null ? 0 : session.wish.targetSoc * capacity - wanted)
      : told * capacity
  const charged = live.chargedWh - (told === null ? 0 : live.chargedAtSocWh)
  const discharged = live.dischargedWh - (told === null ? 0 : live.dischargedAtSocWh)
  const energy = Math.min(capacity, Math.max(0, start + charged * efficiency - discharged / efficiency))
  return {
    energy: energy as Energy,
    capacity: capacity as Energy,
    soc: share(inWattHours(energy as Energy) / capacity),
    estimated: told === null,
  }
}

/** Efficiency of a car, one way. */
export function efficiencyOf(fleet: LiveFleet, session: Session): number {
  return (session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)?.efficiency) ?? DEFAULT_EFFICIENCY
}
