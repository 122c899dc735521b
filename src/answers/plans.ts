// Answers which plan is in force for a session, and what was planned for whole portfolios.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { SessionId } from '../../domain/registry/identity.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { FleetPlanView, PlanAnswers } from '../../domain/ports/answers/plans.ts'
import type { SessionAnswers } from '../../domain/ports/answers/sessions.ts'
import type { PlanStore } from '../../domain/ports/stores.ts'
import { gridLimitOn } from './grid-limit.ts'
import type { Visibility } from './visibility.ts'

export interface PlanOptions {
  readonly fleet: LiveFleet
  readonly now: () => number
  readonly sessions: Pick<SessionAnswers, 'session'>
  readonly visible: Visibility
  /** Plans in force by session. */
  readonly plans: ReadonlyMap<SessionId, Plan>
  readonly store: PlanStore
  readonly fleetPlans: () => readonly FleetPlanView[]
}

/** The plans in force and those in the store. */
export function planAnswers({ fleet, now, sessions, visible, plans, store, fleetPlans }: PlanOptions): PlanAnswers {
  return {
    async plan(asker, session) {
      if ((await sessions.session(asker, session)) === null) return null
      return plans.get(session) ?? store.latest(session)
    },
    async gridLimit(asker, id) {
      const session = await sessions.session(asker, id)
      return session === null ? null : gridLimitOn(fleet, session, plans.get(id) ?? null, now())
    },
    fleetPlans: (asker) => fleetPlans().filter((plan) => visible.portfolio(asker, plan)),
  }
}
