// What people may do to stations: ask something of them, add and remove them, give them passwords, and let in whoever waits.
import type { GivenCommand } from '../../facts/station-by-hand.ts'
import type { Asker } from '../../registry/asker.ts'
import type { StationId } from '../../registry/identity.ts'
import type { Evse } from '../../registry/registry.ts'
import type { StationDialect } from '../../registry/station.ts'
import type { CommandOutcome, ConfigurationValue, StationCommand } from '../../registry/station-command.ts'
import type { Result } from '../../result.ts'

/** A command and what came of it. */
export interface CommandView extends GivenCommand {
  /** Settings that were asked for, as long as this process remembers them; null where none were. */
  readonly values: readonly ConfigurationValue[] | null
}
export interface CommandReceipt {
  readonly command: CommandView
  readonly isRepeated: boolean
}
export interface WantedCommand {
  readonly station: StationId
  /** Made by whoever asks; the same again is the same command. */
  readonly id: string
  readonly command: StationCommand
  readonly reason: string
}

export type CommandRefusal =
  | { readonly kind: 'unknown-station' }
  | { readonly kind: 'unknown-evse'; readonly evse: number }
  /** It would touch places of others. */
  | { readonly kind: 'shared' }
  | { readonly kind: 'no-session'; readonly evse: number }
  /** Another command of this id is known. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'too-many'; readonly afterMs: number }
  | { readonly kind: 'weak-password'; readonly reason: 'too-short' | 'guessable' }

/** A station to be added: its EVSEs in full. */
export interface WantedStation {
  readonly station: StationId
  readonly evses: readonly Evse[]
  readonly reason: string
}
/** `password` is shown this once; null where none was made. */
export interface StationAdded {
  readonly password: string | null
  readonly isRepeated: boolean
}
export type AddRefusal =
  | { readonly kind: 'unknown-site'; readonly site: string }
  | { readonly kind: 'in-registry-file' }
  | { readonly kind: 'known-otherwise' }
  | { readonly kind: 'too-many-stations'; readonly most: number }
  /** Nobody of this name waits. */
  | { readonly kind: 'not-pending' }
  | { readonly kind: 'too-many'; readonly afterMs: number }
export type RemoveRefusal =
  | { readonly kind: 'unknown-station' }
  | { readonly kind: 'shared' }
  | { readonly kind: 'open-session'; readonly evse: number }
  | { readonly kind: 'too-many'; readonly afterMs: number }
export type PasswordRefusal = Exclude<RemoveRefusal, { readonly kind: 'open-session' }>

export interface NewPassword {
  /** Null where the station was to be told and did not take it: the one before counts on. */
  readonly password: string | null
  /** Epoch ms until which the one before is let in as well; null until another one is set, or where there was none. */
  readonly olderUntil: number | null
  /** What the station said where it was told its new password; null where it was not. */
  readonly told: { readonly outcome: CommandOutcome; readonly detail: string } | null
}

/** A station nobody knows that waits for a person's yes. What it tells of itself is its own word. */
export interface PendingStation {
  readonly station: StationId
  readonly dialect: StationDialect
  readonly address: string
  readonly vendor: string | null
  readonly model: string | null
  readonly serial: string | null
  readonly firmware: string | null
  readonly isConnected: boolean
  /** Whether the password it came with can be kept: it is let in with the same one then. */
  readonly bringsPassword: boolean
  /** Epoch ms. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

export interface ByHandAnswers {
  /** Asks a station; resolves with the outcome. Rejects while nothing can be recorded. */
  command(asker: Asker, wanted: WantedCommand): Promise<Result<CommandReceipt, CommandRefusal>>
  /** The last commands of a station, the newest first; null for a station nobody knows, or the asker may not know of. */
  commands(asker: Asker, station: StationId): readonly CommandView[] | null
  /** Adds a station; the same again changes nothing. Rejects while nothing can be recorded. */
  add(asker: Asker, wanted: WantedStation): Promise<Result<StationAdded, AddRefusal>>
  /** Removes a station; an open session keeps it unless `force`, which ends the session. Rejects while nothing can be recorded. */
  remove(
    asker: Asker,
    station: StationId,
    how: { readonly force: boolean; readonly reason: string },
  ): Promise<Result<null, RemoveRefusal>>
  /** Makes a new password; `tell` sets it at the station as well. Rejects while nothing can be recorded. */
  setPassword(
    asker: Asker,
    station: StationId,
    how: { readonly tell: boolean; readonly reason: string },
  ): Promise<Result<NewPassword, PasswordRefusal>>
  /** Stations that wait; the operator of the installation alone knows them. */
  pending(asker: Asker): readonly PendingStation[]
  /** Adds a station that waits, with the password it came with where that can be kept. */
  accept(asker: Asker, wanted: WantedStation): Promise<Result<StationAdded, AddRefusal>>
}
