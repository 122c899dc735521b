// What becomes of a signal, change by change, as its sender is told.
import type { TenantId } from '../registry/identity.ts'
import type { Signal } from './signal.ts'

/**
 * `confirmed`: every station it had told anything has confirmed, and every one with a car is there. `refused`: after five minutes some have not; the signal
 * holds on, and `confirmed` may still follow. Each comes once for a version at most.
 */
export const SIGNAL_CHANGES = ['received', 'in-force', 'confirmed', 'refused', 'ended', 'withdrawn'] as const
export type SignalChange = (typeof SIGNAL_CHANGES)[number]

/** A change, and how things stood when it was told. */
export interface ToldChange
  extends Pick<Signal, 'version' | 'sender' | 'rank' | 'min' | 'max' | 'from' | 'until' | 'issuedAt' | 'receivedAt'>, SignalSums {
  /** Id of the signal. */
  readonly signal: string
  readonly change: SignalChange
  /** When it came about, epoch ms; it is told a little later. */
  readonly at: number
  readonly reference: string
  /** EVSEs with an order since the version began, and those that have confirmed one. */
  readonly told: number
  readonly confirmed: number
  /** Epoch ms. */
  readonly firstOrderAt: number | null
  readonly lastConfirmedAt: number | null
}
/** Everybody whom a signal means, added up. */
export interface SignalSums {
  /** Whose they are; null where they are not all of one tenant. */
  readonly tenant: TenantId | null
  readonly evses: number
  readonly cars: number
  /** With a car, and no connection. */
  readonly notConnected: number
  /** With a car, and a last order that its station has refused. */
  readonly refused: number
  readonly orderedWatts: number
  readonly measuredWatts: number
}

/** Whose signals somebody hears of: of one sender and of one tenant; null for all. */
export interface SignalAudience {
  readonly sender: string | null
  readonly tenant: TenantId | null
  /** Set up by the sender's own key: it is his, and nobody else's but the operator's. */
  readonly isOfSender: boolean
}

/** Whether somebody hears of the signals of a sender about what belongs to a tenant. */
export function hears(audience: SignalAudience, { sender, tenant }: Pick<ToldChange, 'sender' | 'tenant'>): boolean {
  return (audience.sender ?? sender) === sender && (audience.tenant === null || audience.tenant === tenant)
}
