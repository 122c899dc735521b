// What a station reports and can be told, point by point: the list both sides agree on.
import { TYPES } from '../codec/asdu-types.ts'

export type MonitoredKind = 'float' | 'single'
export type CommandKind = 'set-float' | 'single-command'
export interface MonitoredPoint {
  readonly address: number
  readonly name: string
  readonly kind: MonitoredKind
  readonly unit: string
  /** What it says, for people. */
  readonly meaning: string
  /** Interrogation group 1 to 16. */
  readonly group: number
  /** Sent with every cycle; others are sent when they change. All are sent when their quality changes, and when somebody asks. */
  readonly isCyclic: boolean
}
export interface CommandPoint {
  readonly address: number
  readonly name: string
  readonly kind: CommandKind
  readonly unit: string
  readonly meaning: string
  /** Whether it has to be selected before it is executed; others are executed at once and cannot be selected. */
  readonly isSelected: boolean
  /** Address of the monitored point that tells what was commanded; null for none. */
  readonly echo: number | null
}
/** One common address. */
export interface PointList {
  readonly station: number
  readonly monitored: readonly MonitoredPoint[]
  readonly commands: readonly CommandPoint[]
}

/** Types a monitored point is sent with: without a time (asked for, cyclic) and with one (spontaneous). */
export const MONITORED_TYPES: Readonly<Record<MonitoredKind, { readonly plain: number; readonly tagged: number }>> = {
  float: { plain: TYPES.M_ME_NC_1, tagged: TYPES.M_ME_TF_1 },
  single: { plain: TYPES.M_SP_NA_1, tagged: TYPES.M_SP_TB_1 },
}
/** Types a point is commanded with: without a time and with one. */
export const COMMAND_TYPES: Readonly<Record<CommandKind, { readonly plain: number; readonly tagged: number }>> = {
  'set-float': { plain: TYPES.C_SE_NC_1, tagged: TYPES.C_SE_TC_1 },
  'single-command': { plain: TYPES.C_SC_NA_1, tagged: TYPES.C_SC_TA_1 },
}

/** The interrogation groups 1 to 16 are asked for by 21 to 36. */
export const INTERROGATE_ALL = 20
export const GROUPS = 16
