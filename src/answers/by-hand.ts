// Answers what people do to stations: who may touch what, and the desks behind it.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { openSession } from '../../domain/live/live-fleet.ts'
import type { ByHandAnswers, CommandRefusal, PendingStation, WantedCommand } from '../../domain/ports/answers/by-hand.ts'
import type { AskedCommand } from '../../domain/ports/station-commands.ts'
import { evseId, type EvseId, type StationId } from '../../domain/registry/identity.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { isStationPassword, type StationCommand } from '../../domain/registry/station-command.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { StationCommandDesk } from '../run/station-commands.ts'
import type { StationPasswordDesk } from '../run/station-passwords.ts'
import type { StationRegistryDesk } from '../run/station-registry.ts'
import type { Visibility } from './visibility.ts'

/** Stations that wait for a person's yes, where any may. */
export interface PendingDesk {
  list(): readonly PendingStation[]
  find(station: StationId): PendingStation | null
  passwordOf(station: StationId): { readonly salt: string; readonly hash: string } | null
  release(station: StationId): void
}
/** What stands behind the questions. */
export interface ByHandDesks {
  readonly commands: StationCommandDesk
  readonly registry: StationRegistryDesk
  readonly passwords: StationPasswordDesk
  /** Null where nobody may wait. */
  readonly pending: PendingDesk | null
}

/** What people do to the stations of a live fleet. */
export function byHandAnswers(fleet: LiveFleet, visible: Visibility, desks: ByHandDesks): ByHandAnswers {
  const { commands, registry, passwords, pending } = desks

  const isKnown = (asker: Asker, station: StationId) => fleet.stations.has(station) && visible.station(asker, station)
  /** Whoever knows of a part of a station only does not touch all of it. */
  const isOwn = (asker: Asker, station: StationId) =>
    (fleet.evsesByStation.get(station) ?? []).every((one) => visible.evse(asker, one))

  /** Why a command cannot concern this place; null where it can. */
  function placeRefusal(asker: Asker, { station, command }: WantedCommand): CommandRefusal | null {
    if (!isKnown(asker, station)) return { kind: 'unknown-station' }
    const number = evseOf(command)
    if (number === null) return isOwn(asker, station) ? null : { kind: 'shared' }
    const evse = evseId(station, number)
    return fleet.evses.has(evse) && visible.evse(asker, evse) ? null : { kind: 'unknown-evse', evse: number }
  }

  /** The command as the station hears it. */
  function askedOf(station: StationId, id: string, command: StationCommand): Result<AskedCommand, CommandRefusal> {
    if (command.kind !== 'stop') return ok(command)
    const transaction = transactionAt(evseId(station, command.evse))
    // One that is known already is answered as it was, whatever goes on there now.
    if (transaction === null && commands.view(station, id) === null) return refused({ kind: 'no-session', evse: command.evse })
    return ok({ kind: 'stop', transaction: transaction ?? '' })
  }

  function transactionAt(evse: EvseId): string | null {
    const live = fleet.evses.get(evse)
    return live === undefined ? null : (openSession(fleet, live)?.transaction ?? null)
  }

  return {
    async command(asker, wanted) {
      const { station, id, command, reason } = wanted
      const refusal = placeRefusal(asker, wanted)
      if (refusal !== null) return refused(refusal)
      const asked = askedOf(station, id, command)
      if (!asked.ok) return asked
      const request = { station, id, command, asked: asked.value, reason }
      return command.kind === 'set-configuration' && isStationPassword(command.variable)
        ? passwords.command(asker, request, command.value)
        : commands.ask(asker, request)
    },
    commands: (asker, station) => (isKnown(asker, station) ? commands.views(station) : null),
    async add(asker, wanted) {
      const foreign = wanted.evses.find(({ site }) => !visible.site(asker, site))
      if (foreign !== undefined) return refused({ kind: 'unknown-site', site: foreign.site })
      // Whoever may not know of a station of this name hears no more than that it cannot be added.
      if (fleet.stations.has(wanted.station) && !visible.station(asker, wanted.station))
        return refused({ kind: 'known-otherwise' })
      return registry.add(asker, wanted, null)
    },
    async remove(asker, station, how) {
      if (!isKnown(asker, station)) return refused({ kind: 'unknown-station' })
      return isOwn(asker, station) ? registry.remove(asker, station, how) : refused({ kind: 'shared' })
    },
    async setPassword(asker, station, how) {
      if (!isKnown(asker, station)) return refused({ kind: 'unknown-station' })
      return isOwn(asker, station) ? passwords.set(asker, station, how) : refused({ kind: 'shared' })
    },
    pending: (asker) => (asker.tenant === null ? (pending?.list() ?? []) : []),
    async accept(asker, wanted) {
      const { station } = wanted
      if (asker.tenant !== null || pending === null || pending.find(station) === null) return refused({ kind: 'not-pending' })
      const added = await registry.add(asker, wanted, pending.passwordOf(station))
      if (added.ok) pending.release(station)
      return added
    },
  }
}

function evseOf(command: StationCommand): number | null {
  if (command.kind === 'get-configuration' || command.kind === 'set-configuration') return null
  return command.evse
}
