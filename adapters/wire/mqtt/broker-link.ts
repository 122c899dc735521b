// A connection to a broker that others run: MQTT 5 where the broker has it and 3.1.1 where not, kept for ever, with a session that holds what came meanwhile, and a bounded way out.
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import { brokerSettings, isWrongVersion, type BrokerOptions } from './broker.ts'
import { outbox, type Outbox, type Outgoing } from './outbox.ts'

export interface BrokerLinkOptions extends BrokerOptions {
  /** Same for the same process over restarts: the broker keeps its session under it. */
  readonly clientId: string
  readonly filters: readonly string[]
  /** A message; it is acknowledged when this has resolved, and given again by the broker when the process ends before. */
  readonly onMessage: (packet: IPublishPacket) => Promise<void>
  readonly onConnected: () => void
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface BrokerLink extends Pick<Outbox, 'dropped' | 'isLosing'> {
  isConnected(): boolean
  /** Sends once there is a connection, before everything that is retained. */
  send(message: Outgoing): void
  /** Sends a retained message in the same way; false where too many wait already. */
  sendRetained(message: Outgoing): boolean
  stop(): Promise<void>
}

const RECONNECT_MS = 2_000
const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_SECONDS = 30
const SESSION_SECONDS = 86_400
const PACKET_BYTES_MAX = 262_144
const UNDER_WAY_MAX = 32
/** Opens the link; it connects and connects again by itself. */
export function brokerLink(options: BrokerLinkOptions): BrokerLink {
  const { url, filters, clientId, onMessage, onConnected, log } = options
  const box = outbox(log)
  let underWay = 0
  let isStopped = false
  let client = open(5)

  function open(protocolVersion: 4 | 5): MqttClient {
    const settings: IClientOptions = {
      clientId,
      protocolVersion,
      clean: false,
      reconnectPeriod: RECONNECT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      resubscribe: true,
      queueQoSZero: false,
      ...brokerSettings(options),
      ...(protocolVersion === 5
        ? { properties: { sessionExpiryInterval: SESSION_SECONDS, maximumPacketSize: PACKET_BYTES_MAX } }
        : {}),
    }
    const opened = connect(url, settings)
    opened.handleMessage = (packet, done) => void serve(packet, done)
    opened.on('connect', () => {
      log('info', 'connected to the MQTT broker', { version: protocolVersion === 5 ? '5' : '3.1.1' })
      opened.subscribe([...filters], { qos: 1 }, (error, granted) => {
        const isRefused = granted?.some(({ qos }) => qos >= 128) === true
        if (isRefused || error !== null)
          log('error', 'the MQTT broker refuses the subscription', { filters, detail: error?.message })
        else onConnected()
      })
      flush()
    })
    opened.on('error', (error: Error & { readonly code?: number | string }) => {
      if (protocolVersion === 5 && isWrongVersion(error)) return fallBack(opened)
      log('warn', 'the MQTT broker is not reachable', { detail: error.message || String(error.code) })
    })
    opened.on('close', () => !isStopped && log('warn', 'the connection to the MQTT broker is closed; it is tried again'))
    return opened
  }

  /** Acknowledged once it is on our disk; what follows waits, and with it the broker. */
  async function serve(packet: IPublishPacket, done: () => void): Promise<void> {
    try {
      await onMessage(packet)
    } catch (error) {
      log('error', 'a message over MQTT could not be served', { detail: (error as Error).message })
    }
    done()
  }

  function fallBack(old: MqttClient): void {
    if (isStopped || client !== old) return
    old.end(true)
    client = open(4)
  }

  function flush(): void {
    while (client.connected && underWay < UNDER_WAY_MAX) {
      const next = box.take()
      if (next === null) return
      underWay++
      const { topic, payload, retain, qos = 1, correlationData, expirySeconds } = next
      const properties = {
        ...(correlationData === undefined ? {} : { correlationData }),
        ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
      }
      client.publish(
        topic,
        payload,
        { qos, retain, ...(client.options.protocolVersion === 5 ? { properties } : {}) },
        (error) => {
          underWay--
          if (error && !isStopped) log('warn', 'something could not be published', { topic, detail: error.message })
          flush()
        },
      )
    }
  }

  return {
    isConnected: () => client.connected,
    send(message) {
      box.add(message)
      flush()
    },
    sendRetained(message) {
      const isTaken = box.addRetained(message)
      flush()
      return isTaken
    },
    dropped: box.dropped,
    isLosing: box.isLosing,
    async stop() {
      isStopped = true
      await client.endAsync(true)
    },
  }
}
