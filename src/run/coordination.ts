// What the running application asks of whoever plans cars together, and what it takes over from there.
import type { Plan } from '../../domain/planning/plan.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import type { SessionId } from '../../domain/registry/identity.ts'

export interface Coordination {
  /** Something has changed that the plans of others may depend on; they are coordinated anew soon. */
  mark(): void
  /** Runs something that cannot wait while the planning threads sleep, so that it has the processor. */
  urgently<Value>(run: () => Value): Value
  /** Whether a car follows a plan made together with others, so that its quarter-hourly look is left to the next coordination. */
  isTied(session: SessionId): boolean
}
/** Takes what was found, a piece at a time; called on the clock, never in the middle of something else. */
export interface FleetPlanSink {
  announce(fleetPlan: FleetPlanView): void
  take(plans: readonly Plan[]): void
  /** All plans of all portfolios have been taken: orders may follow. */
  complete(): void
}
