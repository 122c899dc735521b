// Signals of grid operators over an MQTT broker: what is written into an operator's subtree goes to the desk, receipts and states come back there.
import type { IPublishPacket } from 'mqtt'
import type { SignalAnswers } from '../../domain/ports/answers/signals.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { BrokerOptions } from '../wire/mqtt/broker.ts'
import { brokerLink } from '../wire/mqtt/broker-link.ts'
import { acceptedJson, problemOf, readSignalMessage, refusedJson } from './signal-json.ts'
import { statusBoard } from './status-board.ts'
import { topicsUnder, type SignalTopic } from './topics.ts'

export interface SignalDoorOptions {
  readonly clock: Clock
  readonly broker: BrokerOptions
  readonly clientId: string
  /** `gegenstrom/v1/grid` */
  readonly prefix: string
  /** Grid operators that may write, by the name that stands in their topics. */
  readonly senders: ReadonlyMap<string, Asker>
  readonly signals: Pick<SignalAnswers, 'receive' | 'withdraw' | 'signal' | 'signals'>
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface SignalDoor {
  /** There is no connection, or receipts were given up because too many wait. */
  isDegraded(): boolean
  stop(): Promise<void>
}

/** The last state of a signal stays with the broker for a day. */
const OVER_SECONDS = 86_400

/** Opens the door. What goes wrong with the broker is no reason not to: it is tried again for ever. */
export function openSignalDoor(options: SignalDoorOptions): SignalDoor {
  const { clock, broker, clientId, senders, signals, track, log } = options
  const topics = topicsUnder(options.prefix)
  const link = brokerLink({
    ...broker,
    clientId,
    filters: [topics.filter],
    onMessage: (packet) => track(take(packet)),
    onConnected: () => {
      board.again()
      for (const asker of senders.values()) board.takeUp(asker)
    },
    log,
  })
  const board = statusBoard({
    clock,
    signals,
    publish(sender, id, payload, isOver) {
      const topic = topics.status({ sender, id })
      return link.sendRetained({ topic, payload, ...(isOver ? { expirySeconds: OVER_SECONDS } : {}) })
    },
  })

  async function take({ topic, payload, properties }: IPublishPacket): Promise<void> {
    const of = topics.read(topic)
    const asker = of === null ? undefined : senders.get(of.sender)
    if (of === null || asker === undefined) {
      log('warn', 'a signal of nobody who is known was left alone', { topic: topic.slice(0, 200) })
      return
    }
    // A retained command that its sender has cleared says nothing.
    if (payload.length === 0) return
    const correlation = properties?.correlationData
    link.send({
      topic: topics.receipt(of),
      payload: await receiptOf(of, asker, Buffer.from(payload)),
      ...(correlation === undefined ? {} : { correlationData: correlation }),
    })
  }

  async function receiptOf({ sender, id }: SignalTopic, asker: Asker, payload: Buffer): Promise<string> {
    const read = readSignalMessage(payload, id, sender)
    if (!read.ok) return refusedJson(read.refusal)
    const { value } = read
    try {
      const taken =
        value.kind === 'set' ? await signals.receive(asker, value.signal) : await signals.withdraw(asker, id, value.version)
      if (!taken.ok) return refusedJson(problemOf(taken.refusal))
      board.watch(asker, taken.value.view)
      return acceptedJson(taken.value)
    } catch (error) {
      return refusedJson({ kind: 'unavailable', detail: `nothing can be recorded right now: ${(error as Error).message}` })
    }
  }

  return {
    isDegraded: () => !link.isConnected() || link.isLosing(),
    async stop() {
      board.stop()
      await link.stop()
    },
  }
}
