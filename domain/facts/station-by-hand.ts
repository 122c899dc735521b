// What people do to stations: what they asked of them and what came of it, and which stations there are beside those of the registry file.
import type { Role } from '../registry/asker.ts'
import type { StationId } from '../registry/identity.ts'
import type { Evse } from '../registry/registry.ts'
import type { CommandOutcome, StationCommand } from '../registry/station-command.ts'

/** Who did it, in what role, and why. */
export interface ByHand {
  readonly by: string
  readonly role: Role
  readonly reason: string
}
/** A command as it is kept: without tokens, and null in place of a secret. */
export type KeptCommand =
  | Exclude<StationCommand, { readonly kind: 'start' | 'set-configuration' }>
  | Omit<Extract<StationCommand, { readonly kind: 'start' }>, 'token'>
  | (Omit<Extract<StationCommand, { readonly kind: 'set-configuration' }>, 'value'> & { readonly value: string | null })

/** A command and what came of it. */
export interface GivenCommand extends ByHand {
  readonly id: string
  readonly asked: KeptCommand
  /** Epoch ms. */
  readonly askedAt: number
  /** Null while the station is being asked. */
  readonly outcome: CommandOutcome | null
  readonly detail: string
  readonly endedAt: number | null
}

/** A secret as it is kept: a keyed hash and its salt, hex. */
export interface KeptSecret {
  readonly salt: string
  readonly hash: string
}
/** An older password that is still let in, until an instant, epoch ms; null until another one is set. */
export interface OlderSecret extends KeptSecret {
  readonly until: number | null
}

export type StationByHandFact =
  /** Recorded before the station is asked. `content` tells whether another request of the same id asks the same. */
  | ({
      readonly kind: 'station-commanded'
      readonly station: StationId
      readonly command: string
      readonly asked: KeptCommand
      readonly content: string
    } & ByHand)
  | {
      readonly kind: 'station-command-ended'
      readonly station: StationId
      readonly command: string
      readonly outcome: CommandOutcome
      readonly detail: string
    }
  | ({ readonly kind: 'station-added'; readonly station: StationId; readonly evses: readonly Evse[] } & ByHand)
  | ({ readonly kind: 'station-removed'; readonly station: StationId } & ByHand)
  | ({
      readonly kind: 'station-password-set'
      readonly station: StationId
      readonly secret: KeptSecret
      readonly older: readonly OlderSecret[]
    } & ByHand)
  /** What the registry file says of its password counts again. */
  | { readonly kind: 'station-password-dropped'; readonly station: StationId }
