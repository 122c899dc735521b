// Answers when a car is likely to leave of which nobody told, and what it would be worth to know.
import { departureQuantiles } from '../../domain/forecast/departure.ts'
import type { Habits } from '../../domain/forecast/habits.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { createPlanner } from '../../domain/planning/car/plan-vehicle.ts'
import { worthOfKnowing } from '../../domain/planning/car/worth-of-knowing.ts'
import type { UntoldDeparture } from '../../domain/ports/answers/sessions.ts'
import { allowedProblem, carProblem, SLOTS_MAX, type CarProblemOptions } from '../../domain/problems/car-problem.ts'
import { microCents } from '../../domain/units.ts'

/** What is foretold of the car at an EVSE at an instant, epoch ms; null where its departure was told, or nobody is plugged in. */
export type UntoldDepartureOf = (live: LiveEvse, now: number) => UntoldDeparture | null

/** Of ten such cars one leaves before the first instant, half before the second, nine before the third. */
const SHARES = [0.1, 0.5, 0.9]

/** The forecasts behind the plans of a live fleet. */
export function untoldDepartures(
  fleet: LiveFleet,
  options: CarProblemOptions,
  habits: Pick<Habits, 'foretoldOf' | 'visitsAMonth'>,
): UntoldDepartureOf {
  const planner = createPlanner(SLOTS_MAX)
  return (live, now) => {
    const session = openSession(fleet, live)
    if (session === null) return null
    const car = carProblem(fleet, live, session, now, options)
    const stay = habits.foretoldOf(session)
    if (car.problem.departure === null || stay === null) return null
    const worth = worthOfKnowing(planner, allowedProblem(car), car.strategy)
    const [early, middle, late] = departureQuantiles(stay, now, SHARES)
    return {
      early: early!,
      middle: middle!,
      late: late!,
      worth: microCents(worth),
      worthAMonth: microCents(worth * habits.visitsAMonth(session.vehicle ?? session.evse, now)),
    }
  }
}
