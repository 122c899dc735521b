// What messages need to know of those before them.
import type { RecentVolts } from './blocks/charging/measured-volts.ts'
import type { Installed } from './blocks/charging/installed.ts'
import type { EventSequence } from './event-sequence.ts'
import type { MeterValue } from './blocks/meter-values.ts'

/** What the link knows of one station, kept over reconnects. */
export interface StationMemory {
  /** EVSE by transaction, for messages that leave it out. */
  readonly evseOf: Map<string, number>
  /** What was measured in transactions whose EVSE nobody knows yet, oldest first. */
  readonly unplaced: Map<string, readonly MeterValue[]>
  /** Which events of a transaction have come. */
  readonly sequences: Map<string, EventSequence>
  /** Set-point and course as last taken by the station, by transaction. */
  readonly installed: Map<string, Installed>
  /** Volts of a conductor by EVSE, the highest of late; kept where orders are told in amperes. */
  readonly volts: Map<number, RecentVolts>
}

/** Transactions that are remembered of one station; of more, all are forgotten. */
export const TRANSACTIONS_MAX = 1_000

/** Transactions without an EVSE that are kept of one station, and values of each; of more the oldest go. */
const UNPLACED_MAX = 16
const UNPLACED_VALUES_MAX = 100

/** Keeps what was measured until the EVSE of its transaction is known. */
export function keepUnplaced({ unplaced }: StationMemory, transaction: string, values: readonly MeterValue[]): void {
  const kept = [...(unplaced.get(transaction) ?? []), ...values].slice(-UNPLACED_VALUES_MAX)
  unplaced.delete(transaction)
  unplaced.set(transaction, kept)
  if (unplaced.size > UNPLACED_MAX) unplaced.delete(unplaced.keys().next().value!)
}

/** Takes out what waits for the EVSE of a transaction. */
export function takeUnplaced({ unplaced }: StationMemory, transaction: string): readonly MeterValue[] {
  const kept = unplaced.get(transaction)
  if (kept === undefined) return []
  unplaced.delete(transaction)
  return kept
}
