// Opens EEBUS for those who limit us: our key and whom we trust from the home folder, the node that waits for them, and the network told where it is.
import { join } from 'node:path'
import { announce } from '../../adapters/eebus/ship/announce.ts'
import type { Ski } from '../../adapters/eebus/ship/certificate.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import type { BesideLimits } from '../../adapters/eebus/use-cases/house-watch.ts'
import type { LimitedParts } from '../../adapters/eebus/use-cases/system-data.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { followTrusted, type TrustedPartner } from '../files/eebus-trust-file.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { guardSightings, type GuardSightings } from '../run/guard-sightings.ts'
import { addressOf, eebusSystem } from './eebus.ts'

export interface EebusEntry {
  /** Key, trusted partners and what was written are kept here. */
  readonly home: string
  /** 0 takes any. */
  readonly port: number
  /** Left out: all addresses. */
  readonly host?: string
  /** Whether the local network is told by mDNS. */
  readonly isAnnounced: boolean
  /** Trusted beside those in the file; asked again with `recheck`. */
  readonly always: () => readonly Ski[]
  /** Sent away, whoever else trusts them; left out: nobody. */
  readonly never?: () => readonly Ski[]
  readonly clock: Clock
  /** On a manual clock. */
  readonly inFlight?: InFlight | undefined
  /** What a trusted partner may limit; null: nothing, and he is sent away. `site` is what he was paired for; null where nobody has said. */
  readonly partsOf: (ski: Ski, site: string | null) => LimitedParts | null
  /** How a person lets somebody in that waits. */
  readonly hint: (ski: Ski) => string
  /** Watches the house of a trusted partner; null: it has none here. */
  readonly houseOf?: (ski: Ski, site: string | null) => BesideLimits | null
  readonly tell: (event: string, facts: Readonly<Record<string, string | null>>) => void
}

/** Somebody who comes again and again and may limit nothing is told of once a minute. */
const TOLD_EVERY_MS = 60_000

/** The file of trusted partners in a home folder. */
export function trustFileIn(home: string): string {
  return join(home, 'eebus-trust.json')
}

/** EEBUS that is open. */
export interface RunningEebus {
  readonly ski: Ski
  /** What we are called in SHIP. */
  readonly shipId: string
  readonly port: number
  /** Who knocked and who was there. */
  readonly sightings: Pick<GuardSightings, 'strangers' | 'of'>
  /** Those in the file of trusted partners. */
  partners(): readonly TrustedPartner[]
  /** What partners may limit has changed: connections of those who may limit something else by now, or nothing, end; some come again. */
  recheck(): void
  stop(): Promise<void>
}

/** Rejects, with nothing left running, when the port cannot be opened. */
export async function openEebus({ home, clock, tell, ...entry }: EebusEntry): Promise<RunningEebus> {
  const identity = shipIdentity(home, clock.now())
  const trust = trustStore(entry.always(), 'wait')
  const followed = followTrusted({
    file: trustFileIn(home),
    always: entry.always,
    never: entry.never ?? (() => []),
    store: trust,
    clock,
    onFailure: (reason) => tell('trust-unreadable', { reason }),
  })
  const siteOf = (ski: Ski) => followed.partners().find((partner) => partner.ski === ski)?.site ?? null
  const partsOf = (ski: Ski) => entry.partsOf(ski, siteOf(ski))
  const sightings = guardSightings(clock)
  const houseOf = (ski: Ski) => entry.houseOf?.(ski, siteOf(ski)) ?? null
  const given = new Map<Ski, LimitedParts | null>()
  const turnedAwayAt = new Map<Ski, number>()
  const node = eebusSystem({
    identity,
    clock,
    inFlight: entry.inFlight,
    trust,
    houseOf,
    partsOf(ski) {
      const parts = partsOf(ski)
      given.set(ski, parts)
      if (parts === null && houseOf(ski) === null && clock.elapsed() - (turnedAwayAt.get(ski) ?? -Infinity) > TOLD_EVERY_MS) {
        turnedAwayAt.set(ski, clock.elapsed())
        tell('limits-nothing', { peer: ski, hint: 'it is trusted, but there is nothing here that it may limit: sent away' })
      }
      return parts
    },
    onOpen: (peer) => tell('connected', { peer }),
    onEnd(peer, reason) {
      if (peer !== null) sightings.left(peer)
      const isStranger = peer !== null && trust.of(peer) === 'undecided'
      tell(isStranger ? 'stranger-left' : 'disconnected', { peer, reason })
    },
    onKnock(peer, { address, trust: met }) {
      // Whoever was sent away by hand is no stranger.
      sightings.knocked(peer, address, trust.of(peer) === 'undecided')
      if (met === 'undecided') tell('stranger-waits', { peer, address, hint: entry.hint(peer) })
    },
  })
  trust.onChange(sightings.decided)
  const port = await node.listen(entry.port, entry.host).catch((error: NodeJS.ErrnoException) => {
    followed.stop()
    const detail = error.code === 'EADDRINUSE' ? 'something listens there already' : error.message
    throw new Error(`port ${entry.port}: ${detail}`)
  })
  const hide = entry.isAnnounced
    ? announce({ ski: identity.ski, id: addressOf(identity), port }, (reason) => tell('not-announced', { reason }))
    : null
  return {
    ski: identity.ski,
    shipId: addressOf(identity),
    port,
    sightings,
    partners: followed.partners,
    recheck() {
      followed.again()
      for (const connection of node.connections()) {
        const [before, now] = [given.get(connection.peer), partsOf(connection.peer)]
        if (before?.consume !== now?.consume || before?.produce !== now?.produce) connection.close()
      }
    },
    async stop(): Promise<void> {
      followed.stop()
      await hide?.()
      await node.close()
    },
  }
}
