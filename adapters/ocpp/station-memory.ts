// What messages need to know of those before them.
import type { Installed } from './blocks/charging/installed.ts'

/** What the link knows of one station, kept over reconnects. */
export interface StationMemory {
  /** EVSE by transaction, for messages that leave it out. */
  readonly evseOf: Map<string, number>
  /** Set-point and course as last taken by the station, by transaction. */
  readonly installed: Map<string, Installed>
  /** Volts of a conductor by EVSE, as measured last; kept where orders are told in amperes. */
  readonly volts: Map<number, number>
}

/** Transactions that are remembered of one station; of more, all are forgotten. */
export const TRANSACTIONS_MAX = 1_000
