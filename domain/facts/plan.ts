// Plans of cars and of whole portfolios.
import type { Breach, FreeCourse, PlanCertificate, Strategy } from '../planning/plan.ts'
import type { BalanceGroupId, SessionId } from '../registry/identity.ts'
import type { ControlArea } from '../registry/registry.ts'

export type PlanFact =
  | {
      readonly kind: 'plan-published'
      readonly session: SessionId
      readonly strategy: Strategy
      readonly firstSlot: number
      readonly powerWatts: readonly number[]
      readonly cause: string
      readonly feeRegime: string
      readonly breaches: readonly Breach[]
      readonly degraded: boolean
      readonly inputHash: string
      readonly certificate: PlanCertificate | null
      readonly free?: FreeCourse
    }
  | {
      readonly kind: 'fleet-planned'
      readonly balanceGroup: BalanceGroupId
      readonly controlArea: ControlArea
      readonly firstSlot: number
      /** Sum of the cars by slot. */
      readonly powerWatts: readonly number[]
      readonly cars: number
      /** The plans in force stayed; value and gap are theirs. */
      readonly isKept: boolean
      readonly value: number
      readonly bound: number
      readonly gap: number
      readonly gapBeforePolish: number
      readonly sweeps: number
      readonly polishes: number
      readonly seed: number
      readonly inputHash: string
      readonly missed: { readonly cars: number; readonly energy: number }
      readonly excess: { readonly row: string; readonly slot: number; readonly power: number } | null
    }
