// The desk of stations by hand: added and removed while everything runs. All of it is in the journal and counts over the registry file.
import { createStationPassword, type StoredCredential } from '../../adapters/ocpp/credentials.ts'
import { spend, tokenBucket, waitMs } from '../../adapters/ocpp/rpc/token-bucket.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { ByHand } from '../../domain/facts/station-by-hand.ts'
import { evsesOf, openSession, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { AddRefusal, RemoveRefusal, StationAdded, WantedStation } from '../../domain/ports/answers/by-hand.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { StationCommands } from '../../domain/ports/station-commands.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { evseNumber, type StationId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'

export interface StationRegistryOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly stations: Pick<StationCommands, 'forget'>
  readonly application: {
    /** Records a fact and has everybody looked at whom it concerns. */
    keep(fact: Fact, concerns: { readonly evses: readonly []; readonly cause: string }): Promise<void>
    /** Ends what is open at a station and records the fact that takes it out. */
    takeOut(station: StationId, fact: Fact, detail: string): Promise<void>
  }
  readonly pepper: string
}
export interface StationRegistryDesk {
  /** `password`: what is stored of the one it brings; null has one made. */
  add(asker: Asker, wanted: WantedStation, password: StoredCredential | null): Promise<Result<StationAdded, AddRefusal>>
  remove(
    asker: Asker,
    station: StationId,
    how: { readonly force: boolean; readonly reason: string },
  ): Promise<Result<null, RemoveRefusal>>
}

/** Stations that may be added beside the registry file. */
const ADDED_MAX = 10_000
/** Changes of the registry: so many at once, then one a second; each looks at the whole of it once. */
const CHANGES = { perSecond: 1, burst: 100 }

/** Changes over the record of a fleet. */
export function stationRegistryDesk(options: StationRegistryOptions): StationRegistryDesk {
  const { clock, fleet, application, pepper } = options
  const allowance = tokenBucket(CHANGES)
  const keep = (fact: Fact) => application.keep(fact, { evses: [], cause: 'the registry changed' })

  /** Ms to wait for the next change; 0 for one that may be made now. */
  function spendChange(): number {
    const wait = waitMs(allowance, 1, clock.elapsed())
    if (wait === 0) spend(allowance, 1, clock.elapsed())
    return wait
  }

  return {
    async add(asker, { station, evses, reason }, brought) {
      const { added, base, removed } = fleet.byHand
      const known = added.get(station)
      if (known !== undefined)
        return JSON.stringify(known) === JSON.stringify(evses)
          ? ok({ password: null, isRepeated: true })
          : refused({ kind: 'known-otherwise' })
      if (!removed.has(station) && base.evses.some((evse) => evse.station === station))
        return refused({ kind: 'in-registry-file' })
      const stranger = evses.find(({ site }) => !fleet.sites.has(site))
      if (stranger !== undefined) return refused({ kind: 'unknown-site', site: stranger.site })
      if (added.size >= ADDED_MAX) return refused({ kind: 'too-many-stations', most: ADDED_MAX })
      const afterMs = spendChange()
      if (afterMs > 0) return refused({ kind: 'too-many', afterMs })
      const by = byOf(asker, reason)
      const made = brought === null ? createStationPassword(pepper) : null
      const secret = made?.stored ?? brought!
      await Promise.all([
        keep({ kind: 'station-added', station, evses, ...by }),
        keep({ kind: 'station-password-set', station, secret, older: [], ...by }),
      ])
      return ok({ password: made?.password ?? null, isRepeated: false })
    },
    async remove(asker, station, { force, reason }) {
      if (!fleet.stations.has(station)) return refused({ kind: 'unknown-station' })
      const open = evsesOf(fleet, station).find((live) => openSession(fleet, live) !== null)
      if (open !== undefined && !force) return refused({ kind: 'open-session', evse: evseNumber(open.evse.id) })
      const afterMs = spendChange()
      if (afterMs > 0) return refused({ kind: 'too-many', afterMs })
      const fact: Fact = { kind: 'station-removed', station, ...byOf(asker, reason) }
      const taken = application.takeOut(station, fact, 'the station was removed by hand')
      options.stations.forget(station, 'this station was removed')
      await taken
      return ok(null)
    },
  }
}

/** Who did it, and why. */
export function byOf({ name, role }: Asker, reason: string): ByHand {
  return { by: name, role, reason }
}
