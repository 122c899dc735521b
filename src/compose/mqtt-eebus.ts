// EEBUS over MQTT: we as the Energy Guard of energy managers at sites, and an energy manager by itself.
import { randomBytes } from 'node:crypto'
import { guardPost, type GuardPost } from '../../adapters/eebus/mqtt/guard-post.ts'
import { systemPost, type SystemPost } from '../../adapters/eebus/mqtt/system-post.ts'
import type { TalkConnection } from '../../adapters/eebus/mqtt/talk.ts'
import type { Place } from '../../adapters/eebus/mqtt/topics.ts'
import { limitationGuard } from '../../adapters/eebus/use-cases/limitation-guard.ts'
import { limitationSystem } from '../../adapters/eebus/use-cases/limitation-system.ts'
import type { LimitedParts } from '../../adapters/eebus/use-cases/system-data.ts'
import type { BrokerOptions } from '../../adapters/wire/mqtt/broker.ts'
import type { GuardEvent } from '../../domain/limitation/energy-guard.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { ManagerView } from '../../domain/ports/answers/guards.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { id, type SiteId } from '../../domain/registry/identity.ts'
import { hemsGuides } from '../run/limitation/hems-guides.ts'
import type { Core } from './core.ts'

export interface MqttEebusDoor {
  readonly broker: BrokerOptions
  readonly clientId: string
  /** `ta/v1` */
  readonly prefix: string
  /** Sites whose managers are guided; null for all of the registry. */
  readonly sites: readonly string[] | null
  /** What our device is called, see `systemAddress`. */
  readonly node: string
}

/** A manager that nobody is to guide is told of so often. */
const TOLD_EVERY_MS = 60_000

/** The door; nothing is opened before `start`. */
export function openMqttEebus({ clock, kept, log }: Core, { sites, node, ...options }: MqttEebusDoor) {
  const { fleet } = kept
  const talks = new Map<SiteId, { readonly connection: TalkConnection; readonly since: number }>()
  const allowed = sites === null ? null : new Set(sites)
  let post: GuardPost | null = null
  let turnedAwayAt = -Infinity
  const guides = hemsGuides({
    clock,
    fleet,
    onPart: (site, direction, part) => part.listen({ send() {}, happened: (event) => tellEvent(log, site, direction, event) }),
    onGone: (site) => talks.get(site)?.connection.close(),
  })
  kept.listen({ noticed: guides.noticed })

  function guidesOf({ tenant, site }: Place) {
    const known = fleet.sites.get(site)
    const isWanted = known?.tenant === tenant && (allowed === null || allowed.has(site))
    if (isWanted) return guides.of(known.id)
    if (clock.elapsed() - turnedAwayAt > TOLD_EVERY_MS) {
      turnedAwayAt = clock.elapsed()
      log('warn', 'an energy manager speaks EEBUS over MQTT for a site that is not guided', { tenant, site })
    }
    return null
  }
  return {
    isDegraded: () => post?.isConnected() !== true,
    managers: (): readonly ManagerView[] =>
      guides.views().map((one) => ({ ...one, connectedSince: talks.get(one.site)?.since ?? null })),
    start() {
      post = guardPost({
        ...options,
        clock,
        draw,
        userOf(place, connection, connectionId) {
          const parts = guidesOf(place)
          if (parts === null) return null
          talks.set(id<SiteId>(place.site), { connection, since: clock.now() })
          return limitationGuard({ address: systemAddress(node), parts, connection, connectionId, clock })
        },
        onTalk: ({ site }) => log('info', 'EEBUS over MQTT: an energy manager is there', { site }),
        onEnd({ site }, reason) {
          talks.delete(id<SiteId>(site))
          log('info', 'EEBUS over MQTT: an energy manager is not there', { site, reason })
        },
        log,
      })
      return Promise.resolve()
    },
    async stop() {
      await post?.stop()
      guides.stop()
    },
  }
}

export interface MqttSystemEntry extends Omit<MqttEebusDoor, 'sites'> {
  readonly place: Place
  readonly clock: Clock
  readonly parts: LimitedParts
  readonly tell: (event: string, facts: Readonly<Record<string, string | null>>) => void
}

/** An energy manager that is limited over MQTT; it runs until it is stopped. */
export function openMqttSystem({ parts, clock, tell, node, ...entry }: MqttSystemEntry): SystemPost {
  const face = { address: systemAddress(node), entityType: 'CEM' }
  return systemPost({
    ...entry,
    clock,
    random: Math.random,
    draw,
    userOf: (connection, connectionId) => limitationSystem({ face, parts, connection, connectionId, clock }),
    onTalk: () => tell('connected', { peer: 'mqtt' }),
    onEnd: (reason) => tell('disconnected', { peer: 'mqtt', reason }),
    log(level, text, facts) {
      if (level !== 'info') tell('broker', { reason: `${text}${facts === undefined ? '' : ` ${JSON.stringify(facts)}`}` })
    },
  })
}

/** What an end is called in SPINE. */
function systemAddress(node: string): string {
  return `d:_n:Gegenstrom_${node}`
}
function draw(): string {
  return randomBytes(8).toString('hex')
}

function tellEvent(log: Core['log'], site: SiteId, direction: Direction, event: GuardEvent): void {
  const { kind } = event
  const isTrouble = kind === 'limit-refused' || kind === 'failsafe-refused' || kind === 'system-silent'
  const limit = 'limit' in event ? { isActive: event.limit.isActive, limitW: event.limit.value } : {}
  const reason = 'reason' in event ? { reason: event.reason } : {}
  log(isTrouble ? 'warn' : 'info', `EEBUS over MQTT: ${kind}`, { site, direction, ...limit, ...reason })
}
