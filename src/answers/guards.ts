// Answers who may come over EEBUS: what registry, people and the file of the command line say, beside who was seen at the door.
import { networkInterfaces } from 'node:os'
import { parseSki } from '../../adapters/eebus/ship/certificate.ts'
import { DIRECTIONS } from '../../domain/limitation/limitation-contract.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type {
  EebusFace,
  GuardAnswers,
  GuardSource,
  GuardView,
  ManagerView,
  PendingGuard,
} from '../../domain/ports/answers/guards.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { id, type SiteId } from '../../domain/registry/identity.ts'
import { ok, refused } from '../../domain/result.ts'
import type { GuardDesk } from '../run/guard-desk.ts'
import type { GuardSightings } from '../run/guard-sightings.ts'
import type { Visibility } from './visibility.ts'

/** The door of EEBUS while it is served. */
export interface EebusDoorSight {
  readonly ski: string
  readonly shipId: string
  readonly host: string
  readonly port: number
  readonly isAnnounced: boolean
  readonly sightings: Pick<GuardSightings, 'strangers' | 'of'>
  /** Those that the command line has let in. */
  partners(): readonly { readonly ski: string; readonly name: string; readonly site: string | null; readonly since: string }[]
}
export interface GuardAnswersOptions {
  readonly fleet: LiveFleet
  readonly visible: Visibility
  readonly desk: GuardDesk
  readonly door: () => EebusDoorSight | null
  /** Energy managers over MQTT. */
  readonly managers: () => readonly ManagerView[]
}
/** What somebody has said about a key, without who was seen. */
type Said = Omit<GuardView, 'address' | 'lastSeenAt' | 'connectedSince'>

/** Guards of a live fleet. */
export function guardAnswers({ fleet, visible, desk, door, managers }: GuardAnswersOptions): GuardAnswers {
  const mayKnow = (asker: Asker, { sites }: Said) =>
    asker.tenant === null || (sites.length > 0 && sites.every((site) => visible.site(asker, site)))

  /** The registry first; what the file of the command line and then people say counts over it. */
  function said(): ReadonlyMap<string, Said> {
    const all = new Map<string, Said>(inRegistry())
    for (const { ski, name, site, since } of door()?.partners() ?? []) {
      const sites = site === null ? (all.get(ski)?.sites ?? []) : [id<SiteId>(site)]
      all.set(ski, { ...spoken(ski, 'file', sites), name, since: Date.parse(since) })
    }
    for (const { ski, name, site, isTrusted, since, by } of fleet.guards.values()) {
      const sites = site === null ? (all.get(ski)?.sites ?? []) : [site]
      all.set(ski, { ...spoken(ski, 'api', sites), name, isTrusted, since, by })
    }
    return all
  }
  function inRegistry(): Map<string, Said> {
    const sites = new Map<string, SiteId[]>()
    for (const { id: site, limitation } of fleet.registry.sites) {
      const named = DIRECTIONS.flatMap((direction) => skiOf(limitation?.[direction]) ?? [])
      for (const ski of new Set(named)) sites.set(ski, [...(sites.get(ski) ?? []), site])
    }
    return new Map([...sites].map(([ski, own]) => [ski, spoken(ski, 'registry', own)]))
  }
  function viewOf(one: Said): GuardView {
    const seen = door()?.sightings.of(one.ski) ?? null
    const { address = null, lastSeenAt = null, connectedSince = null } = seen ?? {}
    return { ...one, address, lastSeenAt, connectedSince }
  }
  const strangers = (asker: Asker) => (asker.tenant === null ? (door()?.sightings.strangers() ?? []) : [])

  return {
    face: () => faceOf(door()),
    guards: (asker) =>
      [...said().values()]
        .filter((one) => mayKnow(asker, one))
        .sort((a, b) => (a.ski < b.ski ? -1 : 1))
        .map(viewOf),
    pending: (asker) =>
      strangers(asker).map(({ connectedSince, ...seen }): PendingGuard => ({ ...seen, isWaiting: connectedSince !== null })),
    managers: (asker) =>
      managers()
        .filter(({ site }) => visible.site(asker, site))
        .sort((a, b) => (a.site < b.site ? -1 : 1)),
    async trust(asker, wanted) {
      if (!visible.site(asker, wanted.site)) return refused({ kind: 'unknown-site', site: wanted.site })
      const known = said().get(wanted.ski)
      // Whoever may not know of where it is hears no more than that it is somewhere else.
      if (known !== undefined && known.isTrusted && !mayKnow(asker, known)) return refused({ kind: 'at-another-site', site: '' })
      const trusted = await desk.trust(asker, wanted)
      return trusted.ok ? ok({ guard: viewOf(said().get(wanted.ski)!), isRepeated: trusted.value }) : trusted
    },
    async untrust(asker, ski, reason) {
      const known = said().get(ski)
      const isKnown = known === undefined ? strangers(asker).some((one) => one.ski === ski) : mayKnow(asker, known)
      return isKnown ? desk.untrust(asker, ski, reason) : refused({ kind: 'unknown' })
    },
  }
}

function spoken(ski: string, source: GuardSource, sites: readonly SiteId[]): Said {
  return { ski, name: '', isTrusted: true, source, sites, since: null, by: null }
}
function skiOf(contract: { readonly by: string; readonly guard: string } | undefined): string | null {
  return contract?.by === 'eebus' ? parseSki(contract.guard) : null
}

function faceOf(door: EebusDoorSight | null): EebusFace {
  if (door === null) return { isServed: false, ski: null, shipId: null, urls: [], isAnnounced: false }
  const { ski, shipId, host, port, isAnnounced } = door
  return { isServed: true, ski, shipId, urls: hostsOf(host).map((one) => `wss://${one}:${port}/ship/`), isAnnounced }
}

/** All addresses of the machine where it is served on all of them. */
function hostsOf(host: string): readonly string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host]
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return own.flatMap(({ address, family, internal }) => (internal || family !== 'IPv4' ? [] : [address]))
}
