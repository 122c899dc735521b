// A charging session as files tell it: when a car stood where, and what it was meant to leave with.
import type { Energy, Power, Soc } from '../../domain/units.ts'

export interface FileSession {
  readonly session: string
  readonly vehicle: string
  /** Epoch ms. */
  readonly pluggedAt: number
  readonly unpluggedAt: number
  /** Energy the charger delivered or shall deliver; null where not told. */
  readonly energy: Energy | null
  readonly capacity: Energy
  /** Null: follows from target, energy and efficiency. */
  readonly socStart: Soc | null
  readonly socTarget: Soc
  readonly socMin: Soc
  readonly maxCharge: Power
  /** Positive. */
  readonly maxDischarge: Power
}

/** What stands for an empty cell: a common car at a common three-phase wallbox that can do both directions. */
export const SESSION_DEFAULTS = {
  capacityKwh: 60,
  socTarget: 0.8,
  socMin: 0.2,
  maxChargeKw: 11,
  maxDischargeKw: 11,
} as const
