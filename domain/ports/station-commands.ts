// Stations, asked by hand: a command goes out, what came of it comes back.
import type { StationId } from '../registry/identity.ts'
import type { CommandOutcome, ConfigurationValue, StationCommand } from '../registry/station-command.ts'

/** A command as a station can be asked it: what ends is named by the transaction on the wire. */
export type AskedCommand =
  Exclude<StationCommand, { readonly kind: 'stop' }> | { readonly kind: 'stop'; readonly transaction: string }

/** What came of a command; `detail` is the station's own word without tokens and secrets. */
export interface CommandAnswer {
  readonly outcome: CommandOutcome
  readonly detail: string
  /** Settings that were asked for. */
  readonly values?: readonly ConfigurationValue[]
}

/** Stations, asked by hand. */
export interface StationCommands {
  /** Asks a station; always answers, without a connection at once. */
  command(station: StationId, command: AskedCommand): Promise<CommandAnswer>
  /** Ends the connection of a station, if it has one, and forgets what was remembered of it. */
  forget(station: StationId, reason: string): void
}
