// What we write to energy managers: into the subtree of a site the registry knows, and nowhere else.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import type { BrokerLink } from '../wire/mqtt/broker-link.ts'
import { problemDocument, type Problem } from '../wire/problem.ts'
import type { HemsTopic, HemsTopics } from './topics.ts'

export interface VoiceOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly topics: HemsTopics
  readonly link: () => Pick<BrokerLink, 'send' | 'sendRetained' | 'isConnected'>
}
export interface Voice {
  /** Once, with QoS 1. */
  say(site: SiteId, rest: string, body: object): void
  /** Once, and only where there is a connection. */
  sayNow(site: SiteId, rest: string, body: object): void
  /** Stays with the broker until it is replaced, or until an instant, epoch ms; false where too many wait and it was not taken. */
  leave(site: SiteId, rest: string, content: string, until?: number): boolean
  /** What was wrong with a message; of each site one a second is told. */
  complain(site: SiteId, of: HemsTopic, problem: Problem): void
}

const TOLD_EVERY_MS = 1_000

/** A voice over a link. */
export function voice({ clock, fleet, topics, link }: VoiceOptions): Voice {
  const toldAt = new Map<SiteId, number>()
  const topicOf = (site: SiteId, rest: string) => {
    const known = fleet.sites.get(site)
    return known === undefined ? null : topics.write({ tenant: known.tenant, site }, rest)
  }
  function send(site: SiteId, rest: string, body: object, qos: 0 | 1): void {
    const topic = topicOf(site, rest)
    if (topic !== null) link().send({ topic, payload: JSON.stringify(body), qos })
  }

  return {
    say: (site, rest, body) => send(site, rest, body, 1),
    sayNow(site, rest, body) {
      if (link().isConnected()) send(site, rest, body, 0)
    },
    leave(site, rest, payload, until) {
      const topic = topicOf(site, rest)
      if (topic === null) return true
      const expirySeconds = until === undefined ? null : Math.max(1, Math.ceil((until - clock.now()) / 1_000))
      return link().sendRetained({ topic, payload, ...(expirySeconds === null ? {} : { expirySeconds }) })
    },
    complain(site, { message, name }, problem) {
      const now = clock.elapsed()
      if (now - (toldAt.get(site) ?? -Infinity) < TOLD_EVERY_MS) return
      toldAt.set(site, now)
      const about = name === '' ? message : `${message}/${name}`
      send(site, 'problems', { about, problem: problemDocument(problem, 'urn:gegenstrom:mqtt') }, 1)
    },
  }
}
