// Answers which plan is in force for a session, and what was planned for whole portfolios.
import type { SessionId } from '../../domain/registry/identity.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { FleetPlanView, PlanAnswers } from '../../domain/ports/answers/plans.ts'
import type { SessionAnswers } from '../../domain/ports/answers/sessions.ts'
import type { PlanStore } from '../../domain/ports/stores.ts'
import type { Visibility } from './visibility.ts'

export interface PlanOptions {
  readonly sessions: Pick<SessionAnswers, 'session'>
  readonly visible: Visibility
  /** Plans in force by session. */
  readonly plans: ReadonlyMap<SessionId, Plan>
  readonly store: PlanStore
  readonly fleetPlans: () => readonly FleetPlanView[]
}

/** The plans in force and those in the store. */
export function planAnswers({ sessions, visible, plans, store, fleetPlans }: PlanOptions): PlanAnswers {
  return {
    async plan(asker, session) {
      if ((await sessions.session(asker, session)) === null) return null
      return plans.get(session) ?? store.latest(session)
    },
    fleetPlans: (asker) => fleetPlans().filter((plan) => visible.portfolio(asker, plan)),
  }
}
