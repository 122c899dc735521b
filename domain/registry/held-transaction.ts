// A transaction whose EVSE nobody knows yet: it begins with a card, and the cable is plugged in afterwards.
import type { VehicleId } from './identity.ts'

/** What is known of it, until a message names the EVSE. Epoch ms. */
export interface HeldTransaction {
  readonly transaction: string
  /** When it began by our clock and as it was told; null while only later messages have come. */
  readonly startedAt: number | null
  readonly toldStart: number | null
  readonly endedAt: number | null
  readonly vehicle: VehicleId | null
  readonly authorizedAt: number | null
  readonly remoteStartId: number | null
  /** When something of it was told last. */
  readonly heldAt: number
}
