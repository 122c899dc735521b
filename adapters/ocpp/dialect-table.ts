// What a version of the protocol has to offer to the link: a handler for each action that is served, and the messages of each block that orders become.
import type { ChargingMessages } from './blocks/charging/charging-messages.ts'
import type { LearnAbilities } from './blocks/device-model-abilities.ts'
import type { TransactionMessages } from './blocks/transactions.ts'
import type { InboundHandler } from './inbound.ts'

/** One version, composed of functional blocks. */
export interface DialectTable {
  /** By action; actions that exist but stand not here are answered `NotSupported`. */
  readonly inbound: ReadonlyMap<string, InboundHandler>
  readonly charging: ChargingMessages
  readonly transactions: TransactionMessages
  readonly learn: LearnAbilities
}
