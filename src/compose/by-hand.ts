// What people do to stations: commands, the registry beside its file, passwords, and whoever waits.
import { createHmac } from 'node:crypto'
import { contradictions, withoutSite } from '../../domain/live/by-hand.ts'
import type { ByHandDesks } from '../answers/by-hand.ts'
import { derivedKey } from '../files/derived-key.ts'
import type { Application } from '../run/application.ts'
import { stationCommandDesk } from '../run/station-commands.ts'
import { stationPasswordDesk } from '../run/station-passwords.ts'
import { stationRegistryDesk } from '../run/station-registry.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'
import type { Stations } from './stations.ts'

/** The desks of an application. */
export function openByHand(core: Core, { ocpp }: Stations, application: Application, options: Composition): ByHandDesks {
  const { clock, kept, track } = core
  const { fleet } = kept
  const { credential, pepper } = options
  const key = derivedKey(pepper, 'contents of commands')
  const commands = stationCommandDesk({
    clock,
    fleet,
    stations: ocpp,
    keep: kept.keep,
    fingerprint: (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 32),
    track,
  })
  const registry = stationRegistryDesk({ clock, fleet, stations: ocpp, application, pepper })
  const passwords = stationPasswordDesk({ clock, fleet, commands, keep: kept.keep, credential, pepper })
  return { commands, registry, passwords, pending: ocpp.pending }
}

/** Says where registry file and what was done by hand are of two minds; what was done by hand counts. */
export function tellContradictions({ kept, log }: Core, { credential }: Composition): void {
  const { byHand } = kept.fleet
  for (const { station, by } of contradictions(byHand))
    log(
      'warn',
      by === 'added'
        ? 'a station stands in the registry and was added by hand: what was added by hand counts'
        : 'a station stands in the registry and was removed by hand: it stays removed',
      { station },
    )
  for (const station of withoutSite(byHand))
    log('warn', 'a station that was added by hand is not served: the registry has lost its site', { station })
  for (const station of byHand.passwords.keys())
    if (credential(station) !== null)
      log('warn', 'a station has a password in the registry file and one that was set by hand: the one set by hand counts', {
        station,
      })
}
