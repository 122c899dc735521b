// What may be asked of plans: the one in force for a car, and those made for whole portfolios.
import type { Asker } from '../../registry/asker.ts'
import type { BalanceGroupId, SessionId } from '../../registry/identity.ts'
import type { ControlArea } from '../../registry/registry.ts'
import type { Plan } from '../../planning/plan.ts'
import type { Slot } from '../../time/slot.ts'
import type { Energy, Money, Power } from '../../units.ts'

/** The last plan made for all cars of a portfolio together, with its certificate. */
export interface FleetPlanView {
  readonly balanceGroup: BalanceGroupId
  readonly controlArea: ControlArea
  readonly issuedAt: number
  readonly first: Slot
  /** Sum of the cars by slot. */
  readonly power: readonly Power[]
  /** What cars that are expected are foreseen to take by slot; null where nobody is. They count in the certificate. */
  readonly expected: readonly Power[] | null
  /** What ties the cars, and what a MWh more in each slot costs there, ct/MWh. */
  readonly rows: readonly { readonly name: string; readonly kind: 'soft' | 'most' | 'least'; readonly price: readonly number[] }[]
  readonly cars: number
  /** The plans in force stay: what was found would hardly be better. Value and gap are theirs. */
  readonly isKept: boolean
  readonly value: Money
  /** No plan costs less. */
  readonly bound: Money
  readonly gap: number
  readonly gapBeforePolish: number
  readonly sweeps: number
  readonly polishes: number
  readonly seed: number
  readonly inputHash: string
  /** Cars that end below their target for the sake of the others, or because it is out of reach; Wh together. */
  readonly missed: { readonly cars: number; readonly energy: number }
  readonly excess: { readonly row: string; readonly slot: Slot; readonly power: Power } | null
}

/** A limit of a grid operator that a car comes under before it is wanted, and what it means for its driver. */
export interface GridLimitView {
  /** `evse:ID`, `site:ID` or `area:ID`. */
  readonly subject: string
  readonly authority: string
  readonly reference: string
  /** Epoch ms; null has no end yet. */
  readonly from: number
  readonly until: number | null
  readonly max: Power
  /** What will be missing to the driver's target, for whatever reason; null for nothing. */
  readonly missing: Energy | null
  readonly sentence: string
}

export interface PlanAnswers {
  /** Null where no limit lies before the time the car is wanted, and where the plan is not known. */
  gridLimit(asker: Asker, session: SessionId): Promise<GridLimitView | null>
  /** The plan in force of a session, or the last one it had; null without any. */
  plan(asker: Asker, session: SessionId): Promise<Plan | null>
  /** The plans made for whole portfolios, where something ties their cars together. */
  fleetPlans(asker: Asker): readonly FleetPlanView[]
}
