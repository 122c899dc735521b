// Energy managers over an MQTT broker: what they tell is durable before it is acknowledged, what holds for them is kept with the broker, and each is heard within its own subtree only.
import type { IPublishPacket } from 'mqtt'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { LocalLimits } from '../../domain/ports/local-limits.ts'
import { id, type SiteId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { instantText } from '../../domain/time/slot.ts'
import type { BrokerOptions } from '../wire/mqtt/broker.ts'
import { brokerLink } from '../wire/mqtt/broker-link.ts'
import type { Problem } from '../wire/problem.ts'
import { attendance } from './attendance.ts'
import { answerCall } from './calls.ts'
import { hemsFigures } from './figures.ts'
import type { HouseBook } from './house-book.ts'
import { intake } from './intake.ts'
import type { LedAssets } from './led-assets.ts'
import { limitBoard } from './limit-board.ts'
import type { HemsMessage } from './messages.ts'
import { readMessage } from './read-message.ts'
import { takeMessage, type ForeseenLoad, type Taken } from './take-message.ts'
import { hemsTopics, type HemsTopic } from './topics.ts'
import { voice, type Voice } from './voice.ts'

export interface HouseDoorOptions {
  readonly clock: Clock
  readonly broker: BrokerOptions
  readonly clientId: string
  /** `ta/v1` */
  readonly prefix: string
  readonly fleet: LiveFleet
  readonly book: HouseBook
  /** Resolves when it is durable. */
  readonly keep: (fact: Fact) => Promise<void>
  readonly local: LocalLimits
  readonly led: LedAssets
  readonly foreseen: ForeseenLoad
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface HouseDoor {
  /** There is no connection, or answers were given up because too many wait. */
  isDegraded(): boolean
  noticed(fact: Fact): void
  figures(): Readonly<Record<string, number>>
  stop(): Promise<void>
}

const CHANNELS: Readonly<Record<Direction, string>> = { consume: 'limit/consumption', produce: 'limit/production' }

/** Opens the door. What goes wrong with the broker is no reason not to: it is tried again for ever. */
export function openHouseDoor(options: HouseDoorOptions): HouseDoor {
  const { clock, fleet, book, local, led, foreseen, log } = options
  const keep = (fact: Fact) => options.track(options.keep(fact))
  const topics = hemsTopics(options.prefix)
  const figures = hemsFigures()
  const rates = intake()
  const link = brokerLink({
    ...options.broker,
    clientId: options.clientId,
    filters: topics.filters,
    onMessage: take,
    onConnected() {
      limits.again()
      led.again()
    },
    log,
  })
  const says = voice({ clock, fleet, topics, link: () => link })
  const limits = limitBoard({
    clock,
    fleet,
    publish: (site, direction, content) => says.leave(site, CHANNELS[direction], content),
  })
  const attending = attendance({
    clock,
    book,
    keep,
    beat: (site) => says.sayNow(site, 'heartbeat/backend', { ts: instantText(clock.now()) }),
    changed: led.present,
  })
  led.open((site, content, until) => says.leave(site, 'schedule', content, until ?? undefined))
  for (const site of book.sites()) join(site)

  function join(site: SiteId): void {
    attending.join(site)
    limits.join(site)
  }
  async function take(packet: IPublishPacket): Promise<void> {
    const { topic, payload } = packet
    const of = topics.read(topic)
    const site = of === null ? null : siteOf(fleet, of)
    if (of === null || site === null) {
      figures.count('foreign')
      log('warn', 'a message of an energy manager nobody knows was left alone', { topic: topic.slice(0, 200) })
      return
    }
    if (!rates.takes(site, clock.elapsed())) {
      figures.count('flooded')
      return says.complain(site, of, { kind: 'too-many-requests', detail: 'this site sends more than it may: it was left out' })
    }
    // What is retained and was cleared says nothing.
    if (payload.length === 0) return
    const read = readMessage(of.message, Buffer.from(payload))
    const taken = read.ok ? await act(site, of, read.value, packet) : read
    if (taken.ok) {
      figures.count(taken.value)
      if (of.message === 'telemetry') tellDurable(says, book, site, of.name)
      return
    }
    figures.count(taken.refusal.reason === undefined ? taken.refusal.kind : (taken.refusal.reason as 'outdated' | 'too-early'))
    says.complain(site, of, taken.refusal)
  }
  /** Never rejects: what cannot be recorded is a problem of its own. */
  async function act(site: SiteId, of: HemsTopic, message: HemsMessage, packet: IPublishPacket): Promise<Result<Taken, Problem>> {
    if (book.house(site) === undefined) join(site)
    if (message.name === 'heartbeat/site') attending.heard(site)
    try {
      if (message.name === 'presence') {
        await attending.told(site, message.body.online)
        return ok('taken')
      }
      if (message.name === 'rpc')
        return answerCall({ site, of, body: message.body, packet, topics, fleet, book, now: clock.now(), send: link.send })
      const isUnacknowledged = packet.qos === 0
      return await takeMessage({
        site,
        name: of.name,
        message,
        isUnacknowledged,
        now: clock.now(),
        book,
        keep,
        local,
        led,
        foreseen,
      })
    } catch (error) {
      return refused({ kind: 'unavailable', detail: `nothing can be recorded right now: ${(error as Error).message}` })
    }
  }

  return {
    isDegraded: () => !link.isConnected() || link.isLosing(),
    noticed: limits.noticed,
    figures: figures.all,
    async stop() {
      attending.stop()
      led.open(null)
      led.stop()
      limits.stop()
      await link.stop()
    },
  }
}

/** Whoever speaks for a site that is not of the tenant in the topic is nobody. */
function siteOf(fleet: LiveFleet, { tenant, site }: HemsTopic): SiteId | null {
  const known = fleet.sites.get(id<SiteId>(site))
  return known !== undefined && known.tenant === tenant ? known.id : null
}

/** The broker acknowledges when it has a batch; this says that we have it, and stays there for whoever has lost its place. */
function tellDurable(says: Voice, book: HouseBook, site: SiteId, asset: string): void {
  const known = book.house(site)?.assets.get(asset)
  // Of each asset the newest waits; where too many do the next batch tells it.
  if (known !== undefined) says.leave(site, `telemetry/${asset}/durable`, JSON.stringify({ run: known.run, seq: known.sequence }))
}
