// The limited end over MQTT: says that it is there, and talks to the guard that answers. Each time it says so it begins anew.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { BrokerOptions } from '../../wire/mqtt/broker.ts'
import type { ShipUser } from '../ship/node.ts'
import { eebusLine, type EebusLine, type EebusLineOptions } from './line.ts'
import { readPresence, writePresence } from './presence.ts'
import { talk, type RunningTalk, type TalkConnection } from './talk.ts'
import { eebusTopics, type Place } from './topics.ts'

export interface SystemPostOptions {
  readonly broker: BrokerOptions
  readonly clientId: string
  /** `ta/v1` */
  readonly prefix: string
  readonly place: Place
  readonly clock: Clock
  /** 0 up to 1: many systems of one guard do not all speak at once when it comes. */
  readonly random: () => number
  /** Draws a session: 16 hex digits. */
  readonly draw: () => string
  readonly userOf: (connection: TalkConnection, id: string) => ShipUser
  readonly onTalk: () => void
  readonly onEnd: (reason: string) => void
  readonly log: EebusLineOptions['log']
}
export interface SystemPost {
  stop(): Promise<void>
}

/** After the guard has come. */
const ANSWER_WITHIN_MS = 5_000
/** After a talk that one of the two has ended. */
const AGAIN_MS = 10_000
/** While nobody answers. */
const UNANSWERED_MS = 30_000

/** Opens the line, and says that we are there. */
export function systemPost(options: SystemPostOptions): SystemPost {
  const { clock, place, random } = options
  const topics = eebusTopics(options.prefix)
  let system = options.draw()
  let guard = ''
  let open: RunningTalk | null = null
  let cancel = () => {}
  const line: EebusLine = eebusLine({
    ...options,
    filters: [topics.guardPresence, topics.ofGuard(place)],
    will: { topic: topics.systemPresence(place), payload: writePresence(null) },
    onConnected: announce,
    onClosed() {
      open?.end('the broker is gone')
      cancel()
    },
    onMessage,
  })

  function announce(): void {
    open?.end('we begin anew')
    system = options.draw()
    line.publish(topics.systemPresence(place), writePresence(system))
    later(UNANSWERED_MS)
  }
  function later(ms: number): void {
    cancel()
    cancel = clock.after(Math.round(ms * (1 + random())), 'eebus over mqtt', announce)
  }
  function onMessage(topic: string, payload: Buffer): void {
    const of = topics.read(topic)
    if (of?.kind === 'guard-presence') return guardPresent(readPresence(payload))
    if (of?.kind !== 'data' || of.from !== 'guard' || of.talk.system !== system) return
    if (open !== null && of.talk.guard !== guard) open.end('another guard speaks')
    if (open === null && payload.length > 0) begin(of.talk.guard)
    open?.hear(payload)
  }
  function guardPresent(told: string | null | undefined): void {
    if (told === undefined || told === guard) return
    open?.end('the guard is gone')
    guard = ''
    if (told === null) return
    cancel()
    cancel = clock.after(Math.round(ANSWER_WITHIN_MS * random()), 'eebus over mqtt', announce)
  }
  function begin(by: string): void {
    guard = by
    const of = { guard, system }
    cancel()
    open = talk({
      line,
      topic: topics.data('system', place, of),
      peer: 'mqtt',
      userOf: (connection) => options.userOf(connection, `${of.guard}.${of.system}`),
      onEnd(reason) {
        open = null
        later(AGAIN_MS)
        options.onEnd(reason)
      },
    })
    options.onTalk()
  }

  return {
    async stop() {
      open?.end('we end')
      cancel()
      await line.stop()
    },
  }
}
