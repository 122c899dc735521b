// The stations' side: the OCPP server, and the door through which the application hears from it.
import { ocppServer, type OcppServer } from '../../adapters/ocpp/server.ts'
import { METER_SETTINGS } from '../../adapters/ocpp/blocks/meter-settings.ts'
import { clientAddress } from '../../adapters/wire/client-address.ts'
import { isUrgent } from '../../domain/dispatch/urgent-stations.ts'
import { onlyEvse, sessionOf } from '../../domain/live/live-fleet.ts'
import type { ReceiveStationEvent } from '../../domain/ports/charge-points.ts'
import { evseNumber } from '../../domain/registry/identity.ts'
import { stationKnowledge } from '../run/station-knowledge.ts'
import { stationDoor } from '../run/station-door.ts'
import { passwordsOf } from '../run/station-passwords.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'

export interface Stations {
  readonly ocpp: OcppServer
  /** Names who takes what stations tell. */
  attend(receive: ReceiveStationEvent): void
}

/** The server of stations over the record of a fleet. */
export function openStations(core: Core, options: Composition): Stations {
  const { clock, now, kept, log, track } = core
  const { fleet } = kept
  const door = stationDoor()
  const ocpp = ocppServer({
    clock,
    pseudonym: core.pseudonym,
    receive: door.receive,
    evseOf(station, transaction) {
      const session = sessionOf(fleet, station, transaction)
      return session === null ? onlyEvse(fleet, station) : evseNumber(session.evse)
    },
    credential: options.credential,
    credentials: (station) => passwordsOf(fleet, station, options.credential, now()),
    waiting: {
      most: options.pendingStations ?? 0,
      isRegistered: (station) => fleet.stations.has(station),
      onWaiting: (station, address) => log('warn', 'a station nobody knows waits for a yes', { station, address }),
    },
    pepper: options.pepper,
    // In simulated days the same every time.
    idPrefix: `g${now().toString(36)}-`,
    lab: options.lab,
    addressOf: (request) => clientAddress(request, options.proxies),
    ...(options.pings ? {} : { pingMs: null }),
    ...(options.callTimeoutMs === undefined ? {} : { callTimeoutMs: options.callTimeoutMs }),
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
    learning: { knowledge: stationKnowledge(fleet), meters: options.meters ?? METER_SETTINGS },
    isUrgent: (station) => isUrgent(fleet, station, now()),
    onLimit(station, limit) {
      log('warn', 'a station is slowed down', { station, limit })
      return track(kept.keep({ kind: 'station-limited', station, limit }))
    },
    onFailure: (station, error) =>
      log('error', 'something went wrong with a station', { station, detail: error.message, stack: error.stack }),
    onAlarm: (station, detail) =>
      log('warn', 'a station connects again and again: a clone or a broken modem', { station, detail }),
  })
  return { ocpp, attend: door.attend }
}
