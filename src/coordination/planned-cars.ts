// Reads the cars that are to be planned together, with their problems, a piece at a time.
import type { SessionId } from '../../domain/registry/identity.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { carProblem, type CarProblemOptions } from '../../domain/problems/car-problem.ts'
import { turns } from '../run/turns.ts'
import type { PlannedCar } from '../../domain/problems/coupling-rows.ts'

export interface CarsRead {
  readonly cars: readonly PlannedCar[]
  /** Those that could not be understood. */
  readonly unread: readonly LiveEvse[]
}

/** The plugged cars that are wanted, as they are at `now`, epoch ms. One car that cannot be understood is told to `onFailure`; the others are not held up by it. */
export async function plannedCars(
  fleet: LiveFleet,
  now: number,
  options: CarProblemOptions,
  isWanted: (live: LiveEvse) => boolean,
  onFailure: (session: SessionId, error: Error) => void,
): Promise<CarsRead> {
  const cars: PlannedCar[] = []
  const unread: LiveEvse[] = []
  const turn = turns()
  for (const live of fleet.evses.values()) {
    const session = openSession(fleet, live)
    if (session === null || !isWanted(live)) continue
    try {
      cars.push({ live, session, car: carProblem(fleet, live, session, now, options) })
    } catch (error) {
      unread.push(live)
      onFailure(session.id, error as Error)
    }
    await turn()
  }
  return { cars, unread }
}
