// What follows from something a station says: facts, an answer, and what has to be done next.
import type { Fact } from '../facts/fact.ts'
import type { StationEvent, StationReply } from '../ports/charge-points.ts'
import type { EvseId, StationId } from '../registry/identity.ts'
import { qualityOf, type Reading } from '../telemetry/reading.ts'
import { corrected, type StationClock } from '../telemetry/station-clock.ts'
import { wattHours } from '../units.ts'
import { onOurClock } from './station-time.ts'

export interface Decision {
  readonly facts: readonly Fact[]
  readonly reply: StationReply
  /** Readings are collected apart, so that one entry serves all that arrive together. */
  readonly readings?: readonly Reading[]
  /** This car has to be planned anew, and why. */
  readonly replan?: { readonly evse: EvseId; readonly cause: string }
  /** Orders have to be looked at although no plan changes. */
  readonly redispatch?: boolean
  /** These cars are planned anew once the orders are out, and why. */
  readonly planBeside?: { readonly evses: readonly EvseId[]; readonly cause: string }
  /** The station lost what it was told (it connected or booted): defaults and live orders have to be sent again. */
  readonly restore?: StationId
}
/** When an unknown car at an EVSE, or a known one, is usually wanted, epoch ms; null where too little is known. */
export type UsualReadyBy = (user: string, at: number) => number | null

export const ACCEPTED: StationReply = { accepted: true }

/** Events that say when something happened. */
type Dated = StationEvent & { readonly at: number }
/** Such an event with its instant put right; what the station's clock said is kept beside (F7). */
export type Clocked<Kind extends Dated['kind']> = Extract<Dated, { kind: Kind }> & {
  readonly toldAt: number
  readonly clock: StationClock
}

/** Puts the instant of an event right. */
export function clocked<Event extends Dated>(event: Event, clock: StationClock): Event & { toldAt: number; clock: StationClock } {
  return { ...(event as Dated), at: corrected(clock, event.at), toldAt: event.at, clock } as unknown as Event & {
    toldAt: number
    clock: StationClock
  }
}

/** How far back an event told afterwards is believed. */
const BELIEVED_MS = 30 * 86_400_000

/** The instant of an event, unless it lies ahead of our clock or far behind (F7): then the instant we heard of it. */
export function trusted(at: number, receivedAt: number): number {
  return at > receivedAt || at < receivedAt - BELIEVED_MS ? receivedAt : at
}
/** The register that a start or an end tells; none where it tells none. */
export function registerReading(
  evse: EvseId,
  transaction: string,
  edge: 'begin' | 'end',
  { toldAt, receivedAt, importedWh, clock }: Clocked<'session-started' | 'session-ended'>,
): readonly Reading[] {
  if (importedWh === null) return []
  const quality = qualityOf(toldAt, receivedAt)
  const imported = wattHours(importedWh)
  const nothingElse = { power: null, exported: null, soc: null, phases: null }
  const origin = { edge }
  return [
    onOurClock({ evse, transaction, sampledAt: toldAt, arrivedAt: receivedAt, imported, ...nothingElse, quality, origin }, clock),
  ]
}
