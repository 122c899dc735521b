// A published plan: what one car is meant to do, slot by slot, with the prices it was made for and the reasons for every value.
import type { Energy, Money, Power } from '../units.ts'
import type { Slot } from '../time/slot.ts'
import type { Series } from '../time/series.ts'
import type { EvseId, SessionId, VehicleId } from '../registry/identity.ts'

export type Strategy = 'immediate' | 'smart' | 'bidirectional'

/** A wish or bound that could not be met, with the facts needed to explain it. */
export interface Breach {
  readonly kind: 'target' | 'minimum' | 'reserve' | 'power' | 'capacity'
  /** Energy that is missing, positive. */
  readonly missing: Energy
  readonly slot: Slot
  /** What binds there, in words. */
  readonly cause: string
}

/** Why a slot is as it is. */
export interface SlotReason {
  readonly action: 'charge' | 'discharge' | 'idle' | 'away'
  readonly because: 'price' | 'at-once' | 'target-reached' | 'forced' | 'limit' | 'full' | 'empty' | 'forbidden' | 'away'
  /** Authority whose power bound holds the slot where it is, in words. */
  readonly boundBy: string | null
}

/** How far a plan can be from the best one, and what it takes to make it again. */
export interface PlanCertificate {
  /** What the figures are about: this car alone, this car at the prices of its fleet, or the whole fleet it was planned with. */
  readonly scope: 'car' | 'car-at-fleet-prices' | 'fleet'
  readonly cars: number
  /** Cost of the plan of the scope, and what no plan can undercut; null where none was computed. */
  readonly value: Money
  readonly bound: Money | null
  /** (value - bound) / max(|bound|, 1 % of the money turned over by charging at once). */
  readonly gap: number | null
  readonly sweeps: number
  readonly seed: number
}

/** What a plan would be without the bounds on its grid area, W by slot of its power, and the bounds it was made within; null where nothing bounded. */
export interface FreeCourse {
  readonly power: readonly Power[]
  readonly max: readonly (Power | null)[]
  readonly min: readonly (Power | null)[]
}

export interface Plan {
  readonly session: SessionId
  readonly evse: EvseId
  readonly vehicle: VehicleId | null
  readonly strategy: Strategy
  readonly issuedAt: number
  /** Grid-side power by slot. */
  readonly power: Series<Power>
  /** Energy in the battery at the end of each slot of `power`. */
  readonly stored: readonly Energy[]
  readonly objective: { readonly energy: Money; readonly wear: Money; readonly breaches: Money; readonly terminal: Money }
  /** Marginal value of stored energy by slot, ct/MWh. */
  readonly shadowPrice: readonly number[]
  /** Prices the plan was made for by slot, ct/MWh, fees and taxes included; null where none is known. */
  readonly buy: readonly (number | null)[]
  readonly sell: readonly (number | null)[]
  readonly feeRegime: string
  /** Left out where its grid area is not bounded. */
  readonly free?: FreeCourse
  readonly breaches: readonly Breach[]
  /** The reason of every slot; left out where a plan was cut or merged. */
  readonly reasons?: readonly SlotReason[]
  /** True when something the plan needed was missing and replaced by a cautious assumption. */
  readonly degraded: boolean
  /** Fingerprint of everything the scope of the certificate was planned from. */
  readonly inputHash: string
  /** Null in plans that were kept before there were certificates. */
  readonly certificate: PlanCertificate | null
}
