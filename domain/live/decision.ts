// What follows from something a station says: facts, an answer, and what has to be done next.
import type { Fact } from '../facts/fact.ts'
import type { StationReply } from '../ports/charge-points.ts'
import type { EvseId, StationId } from '../registry/identity.ts'
import { qualityOf, type Reading } from '../telemetry/reading.ts'
import { wattHours } from '../units.ts'

export interface Decision {
  readonly facts: readonly Fact[]
  readonly reply: StationReply
  /** Readings are collected apart, so that one entry serves all that arrive together. */
  readonly readings?: readonly Reading[]
  /** This car has to be planned anew, and why. */
  readonly replan?: { readonly evse: EvseId; readonly cause: string }
  /** Orders have to be looked at although no plan changes. */
  readonly redispatch?: boolean
  /** The station lost what it was told (it connected or booted): defaults and live orders have to be sent again. */
  readonly restore?: StationId
}
/** When an unknown car at an EVSE, or a known one, is usually wanted, epoch ms; null where too little is known. */
export type UsualReadyBy = (user: string, at: number) => number | null

export const ACCEPTED: StationReply = { accepted: true }

/** How far back an event told afterwards is believed. */
const BELIEVED_MS = 30 * 86_400_000

/** The instant of an event as the station tells it, unless its clock is ahead of ours or far behind (F7): then the instant we heard of it. */
export function trusted(at: number, receivedAt: number): number {
  return at > receivedAt || at < receivedAt - BELIEVED_MS ? receivedAt : at
}
/** The register that a start or an end tells. */
export function registerReading(
  evse: EvseId,
  transaction: string,
  at: { readonly sampledAt: number; readonly arrivedAt: number },
  importedWh: number | null,
): readonly Reading[] {
  if (importedWh === null) return []
  const { sampledAt, arrivedAt } = at
  const quality = qualityOf(sampledAt, arrivedAt)
  const nothingElse = { power: null, exported: null, soc: null, phases: null }
  return [{ evse, transaction, sampledAt, arrivedAt, imported: wattHours(importedWh), ...nothingElse, quality }]
}
