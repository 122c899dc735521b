// The guarding end over MQTT: one line for all places, and a talk with each place whose system has told that it is there.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { BrokerOptions } from '../../wire/mqtt/broker.ts'
import type { ShipUser } from '../ship/node.ts'
import { eebusLine, type EebusLine, type EebusLineOptions } from './line.ts'
import { readPresence, writePresence } from './presence.ts'
import { talk, type RunningTalk, type TalkConnection } from './talk.ts'
import { eebusTopics, type Place } from './topics.ts'

export interface GuardPostOptions {
  readonly broker: BrokerOptions
  readonly clientId: string
  /** `ta/v1` */
  readonly prefix: string
  readonly clock: Clock
  /** Draws a session: 16 hex digits. */
  readonly draw: () => string
  /** What runs on a talk with a place; null where none is wanted. `id` is another for every talk. */
  readonly userOf: (place: Place, connection: TalkConnection, id: string) => ShipUser | null
  readonly onTalk: (place: Place) => void
  readonly onEnd: (place: Place, reason: string) => void
  readonly log: EebusLineOptions['log']
}
export interface GuardPost {
  isConnected(): boolean
  stop(): Promise<void>
}
interface Talking {
  readonly place: Place
  readonly system: string
  readonly talk: RunningTalk
}

/** Whoever begins again and again is heard so often. */
const BEGINS_EVERY_MS = 1_000

/** Opens the line, and talks to whoever is there. */
export function guardPost(options: GuardPostOptions): GuardPost {
  const { clock } = options
  const topics = eebusTopics(options.prefix)
  const talking = new Map<string, Talking>()
  const begunAt = new Map<string, number>()
  const waiting = new Map<string, () => void>()
  let session = options.draw()
  const line: EebusLine = eebusLine({
    ...options,
    filters: [topics.ofSystems],
    will: { topic: topics.guardPresence, payload: writePresence(null) },
    onConnected() {
      session = options.draw()
      line.publish(topics.guardPresence, writePresence(session))
    },
    onClosed: () => endAll('the broker is gone'),
    onMessage,
  })

  function onMessage(topic: string, payload: Buffer): void {
    const of = topics.read(topic)
    if (of === null || of.kind === 'guard-presence') return
    if (of.kind === 'system-presence') {
      const told = readPresence(payload)
      if (told !== undefined) present(of.place, told)
      return
    }
    const open = talking.get(keyOf(of.place))
    if (of.from === 'system' && of.talk.guard === session && of.talk.system === open?.system) open.talk.hear(payload)
  }
  /** The newest word of a place counts. */
  function present(place: Place, system: string | null): void {
    const key = keyOf(place)
    waiting.get(key)?.()
    waiting.delete(key)
    talking.get(key)?.talk.end(system === null ? 'the system is gone' : 'the system begins anew')
    if (system === null) return
    const waitMs = BEGINS_EVERY_MS - (clock.elapsed() - (begunAt.get(key) ?? -Infinity))
    if (waitMs <= 0) return begin(place, system)
    waiting.set(
      key,
      clock.after(waitMs, `eebus ${key}`, () => {
        waiting.delete(key)
        begin(place, system)
      }),
    )
  }
  function begin(place: Place, system: string): void {
    const key = keyOf(place)
    const of = { guard: session, system }
    let wanted = true
    const running = talk({
      line,
      topic: topics.data('guard', place, of),
      peer: `mqtt:${key}`,
      userOf(connection) {
        const user = options.userOf(place, connection, `${of.guard}.${of.system}`)
        wanted = user !== null
        return user ?? { receive() {}, ended() {} }
      },
      onEnd(reason) {
        talking.delete(key)
        if (wanted) options.onEnd(place, reason)
      },
    })
    if (!wanted) return
    begunAt.set(key, clock.elapsed())
    talking.set(key, { place, system, talk: running })
    options.onTalk(place)
  }
  function endAll(reason: string): void {
    for (const cancel of waiting.values()) cancel()
    waiting.clear()
    for (const { talk: running } of talking.values()) running.end(reason)
  }

  return {
    isConnected: line.isConnected,
    async stop() {
      endAll('we end')
      await line.stop()
    },
  }
}

function keyOf({ tenant, site }: Place): string {
  return `${encodeURIComponent(tenant)}/${encodeURIComponent(site)}`
}
