// A line to a broker for SPINE: nothing outlives a connection, neither here nor at the broker, and each connection has a last will.
import { connect, type MqttClient } from 'mqtt'
import type { Clock } from '../../../domain/ports/clock.ts'
import { brokerSettings, isWrongVersion, type BrokerOptions } from '../../wire/mqtt/broker.ts'
import { MESSAGE_BYTES_MAX } from '../ship/frame.ts'

export interface EebusLineOptions {
  readonly broker: BrokerOptions
  /** The broker ends a connection of before when another comes under the same name. */
  readonly clientId: string
  readonly filters: readonly string[]
  /** What the broker says in our name when we are gone. */
  readonly will: { readonly topic: string; readonly payload: string }
  readonly clock: Clock
  /** Connected, and everything is subscribed. */
  readonly onConnected: () => void
  readonly onClosed: () => void
  readonly onMessage: (topic: string, payload: Buffer) => void
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface EebusLine {
  isConnected(): boolean
  /** QoS 1, not retained; `done` once the broker has it. False where there is no connection or it is too large: it was not sent. */
  publish(topic: string, payload: string, done?: () => void): boolean
  /** Says that we are gone, and closes. */
  stop(): Promise<void>
}

const RECONNECT_MS = 2_000
const CONNECT_TIMEOUT_MS = 10_000
/** Half of it again later the broker knows that we are gone; well within the 120 s in which a silence counts. */
const KEEPALIVE_SECONDS = 20
const PACKET_OVERHEAD_BYTES = 4_096
const FAREWELL_MS = 1_000

/** Opens the line; it connects and connects again by itself. */
export function eebusLine(options: EebusLineOptions): EebusLine {
  const { broker, clock, log, will } = options
  let version: 4 | 5 = 5
  let isReady = false
  let isStopped = false
  let cancel = () => {}
  let client = open()

  function open(): MqttClient {
    const opened = connect(broker.url, {
      ...brokerSettings(broker),
      clientId: options.clientId,
      protocolVersion: version,
      clean: true,
      // Whatever waits belongs to a talk that is over then: each connection is a client of its own.
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false },
      ...(version === 5 ? { properties: { maximumPacketSize: MESSAGE_BYTES_MAX + PACKET_OVERHEAD_BYTES } } : {}),
    })
    opened.on('connect', () => subscribe(opened))
    opened.on('message', (topic, payload) => {
      if (payload.length <= MESSAGE_BYTES_MAX && isReady) options.onMessage(topic, payload)
    })
    opened.on('error', (error: Error & { readonly code?: number | string }) => {
      if (version === 5 && isWrongVersion(error)) version = 4
      else log('warn', 'the MQTT broker is not reachable for EEBUS', { detail: error.message || String(error.code) })
    })
    opened.on('close', () => closed(opened))
    return opened
  }
  function subscribe(opened: MqttClient): void {
    opened.subscribe([...options.filters], { qos: 1 }, (error, granted) => {
      const isRefused = error !== null || granted?.some(({ qos }) => qos >= 128) === true
      if (isRefused) return log('error', 'the MQTT broker refuses the subscriptions for EEBUS', { filters: options.filters })
      isReady = true
      log('info', 'connected to the MQTT broker for EEBUS', { version: version === 5 ? '5' : '3.1.1' })
      options.onConnected()
    })
  }
  function closed(opened: MqttClient): void {
    if (opened !== client || isStopped) return
    opened.end(true)
    if (isReady) options.onClosed()
    isReady = false
    cancel()
    cancel = clock.after(RECONNECT_MS, `mqtt ${options.clientId}`, () => void (client = open()))
  }

  return {
    isConnected: () => isReady && client.connected,
    publish(topic, payload, done = () => {}) {
      if (!isReady || !client.connected || Buffer.byteLength(payload) > MESSAGE_BYTES_MAX) return false
      client.publish(topic, payload, { qos: 1, retain: false }, done)
      return true
    },
    async stop() {
      isStopped = true
      cancel()
      if (!client.connected) return void client.end(true)
      const said = new Promise<void>((resolve) => client.publish(will.topic, will.payload, { qos: 1 }, () => resolve()))
      await Promise.race([said, new Promise<void>((resolve) => clock.after(FAREWELL_MS, 'mqtt farewell', resolve))])
      await client.endAsync(true)
    },
  }
}
