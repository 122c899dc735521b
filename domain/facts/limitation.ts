// What became of a connection that a guard may limit (LPC, LPP): the states it left, how it stands, what was refused. Heartbeats are no facts.
import type { WrittenFailsafe } from '../limitation/controllable-system.ts'
import type { Direction } from '../limitation/limit.ts'
import type { WriteRefusal } from '../limitation/refusal.ts'
import type { Cause, StateName } from '../limitation/transitions.ts'
import type { SiteId } from '../registry/identity.ts'
import type { Power } from '../units.ts'

/** How one direction of a site stands; instants are epoch ms by the stamps of their time. */
export interface LimitationStand {
  readonly state: StateName
  readonly since: number
  /** Of a limit that is active, exclusive; null has no end. */
  readonly until: number | null
  /** As it was last taken over, also while it is not active; null where there was none since the start. */
  readonly limit: Power | null
  /** What the guard has written; it outlives every restart [TS-044]. */
  readonly written: WrittenFailsafe
  /** Who guides it since the start, and whether it has a connection where its protocol knows of any. */
  readonly guard: string | null
  readonly isConnected: boolean
}
/** A state that was left. */
export interface StateChange {
  readonly at: number
  readonly from: StateName
  readonly to: StateName
  /** Number of the requirement it follows, as `022/3`. */
  readonly requirement: string
  /** `started-anew`: the process began, or the connection got another guard. [TS-017] */
  readonly cause: Cause | 'started-anew'
}
export type WriteKind = 'limit' | 'failsafe-limit' | 'failsafe-duration'

/** A state that was left, or a write that was refused. */
export type LimitationEvent =
  | (StateChange & { readonly kind: 'changed' })
  | {
      readonly kind: 'refused'
      readonly at: number
      readonly guard: string
      readonly write: WriteKind
      readonly value: number | null
      readonly refusal: WriteRefusal
    }

export type LimitationFact =
  /** Stands so from here on; found out by its machine. */
  | {
      readonly kind: 'limitation-told'
      readonly site: SiteId
      readonly direction: Direction
      readonly stands: LimitationStand
      readonly changes: readonly StateChange[]
    }
  /** The guard, or somebody who is not, was told no; of the same refusal one a minute. `value` is W, or ms for a duration. */
  | {
      readonly kind: 'limitation-refused'
      readonly site: SiteId
      readonly direction: Direction
      readonly guard: string
      readonly write: WriteKind
      readonly value: number | null
      readonly refusal: WriteRefusal
    }
