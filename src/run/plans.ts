// Plans in force: made for one car at once when something happens to it, taken over from the coordination for whole fleets, recorded, and handed to the database.
import type { EvseId, SessionId } from '../../domain/registry/identity.ts'
import { openSession, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Replan } from './replan.ts'

export interface PlanDeskOptions {
  readonly fleet: LiveFleet
  readonly replan: Replan
  readonly record: (fact: Fact) => void
  /** Hands plans to the database, always after the journal: where recording throws, the database never holds a plan the journal does not know. */
  readonly keep: (plans: readonly Plan[]) => void
}
export interface PlanDesk {
  /** Plans in force by session. */
  readonly plans: ReadonlyMap<SessionId, Plan>
  /** Plans the car at an EVSE anew; a plan that would say the same stays. */
  planCar(evse: EvseId, cause: string, now: number): void
  /** Records that a fleet was planned; the plans of its cars follow. */
  announce(fleetPlan: FleetPlanView): void
  /** Puts plans in force that were made together. */
  take(plans: readonly Plan[]): void
  endSession(session: SessionId): void
}

/** A desk without plans. */
export function planDesk({ fleet, replan, record, keep }: PlanDeskOptions): PlanDesk {
  const plans = new Map<SessionId, Plan>()

  function publish(plan: Plan, cause: string): void {
    plans.set(plan.session, plan)
    record(publishedFact(plan, cause))
  }

  return {
    plans,
    planCar(evse, cause, now) {
      const live = fleet.evses.get(evse)
      const session = live === undefined ? null : openSession(fleet, live)
      if (live === undefined || session === null) return
      const plan = replan(fleet, live, session, now, !plans.has(session.id))
      if (plan === null) return
      publish(plan, cause)
      keep([plan])
    },
    announce({ balanceGroup, controlArea, first, power, ...rest }) {
      const { cars, isKept, value, bound, gap, gapBeforePolish, sweeps, polishes, seed, inputHash, missed, excess } = rest
      record({
        kind: 'fleet-planned',
        balanceGroup,
        controlArea,
        firstSlot: first,
        powerWatts: power,
        cars,
        isKept,
        value,
        bound,
        gap,
        gapBeforePolish,
        sweeps,
        polishes,
        seed,
        inputHash,
        missed,
        excess,
      })
    },
    take(made) {
      const news = made.filter((plan) => !isInForce(fleet, plan))
      for (const plan of news) publish(plan, 'fleet')
      if (news.length > 0) keep(news)
    },
    endSession(session) {
      plans.delete(session)
    },
  }
}

/** What the journal keeps of a plan, and why it was made. */
export function publishedFact(plan: Plan, cause: string): Fact {
  const { session, strategy, power, feeRegime, breaches, degraded, inputHash, certificate, free } = plan
  return {
    kind: 'plan-published',
    session,
    strategy,
    firstSlot: power.first,
    powerWatts: power.values,
    cause,
    feeRegime,
    breaches,
    degraded,
    inputHash,
    certificate,
    ...(free === undefined ? {} : { free }),
  }
}

/** A plan that moves no watt is not published again: the sums of a fleet are kept to the watt, so nothing smaller may be left out. */
function isInForce(fleet: LiveFleet, plan: Plan): boolean {
  const before = fleet.evses.get(plan.evse)?.plan
  if (before === undefined || before === null || before.strategy !== plan.strategy || before.degraded !== plan.degraded)
    return false
  if (JSON.stringify(before.free) !== JSON.stringify(plan.free)) return false
  if (JSON.stringify(before.breaches) !== JSON.stringify(plan.breaches)) return false
  return plan.power.values.every((value, i) => before.power[plan.power.first + i - before.firstSlot] === value)
}
