// What a protocol end of LPC and LPP talks to: one limited direction of one place, and one guard of it. The machines behind it are the same for EEBUS, MQTT, a relay or a test.
import type { ControllableSystem, SystemInput, WriteAnswer } from '../limitation/controllable-system.ts'
import type { EnergyGuard, GuardEvent, GuardInput, GuardSend } from '../limitation/energy-guard.ts'
import type { HeartbeatSend } from '../limitation/own-heartbeat.ts'
import type { Change } from '../limitation/transitions.ts'

/** What a Controllable System tells its ends, in the order it happens. */
export interface SystemListener {
  /** It stands otherwise than before: states that were left, and how it stands now. Also called where only a value was written. */
  changed(system: ControllableSystem, changes: readonly Change[]): void
  /** A heartbeat of ours is due. */
  beat(send: HeartbeatSend): void
}
/** One direction of a device that is limited. It looks after its own time limits. */
export interface LimitedPart {
  /** How it stands at this instant. */
  system(): ControllableSystem
  /** Takes what the other end said. The effect is there when it returns; the answer to a write comes once that is durable, null where there is none to give. Rejects where it could not be kept, and then nothing may be confirmed. */
  take(input: SystemInput): Promise<WriteAnswer | null>
  /** Returns a way to stop. */
  listen(listener: SystemListener): () => void
}

/** What an Energy Guard tells its ends. */
export interface GuardListener {
  send(send: GuardSend): void
  happened(event: GuardEvent): void
}
/** One direction of a device that is guided by us. */
export interface GuidedPart {
  guard(): EnergyGuard
  take(input: GuardInput): void
  listen(listener: GuardListener): () => void
}
