// Plays a whole fleet against a backend and keeps the truth about every car, to compare with what the backend believes.
import type { Duplex } from 'node:stream'
import type { Clock } from '../../domain/ports/clock.ts'
import type { InFlight } from '../wire/in-flight.ts'
import type { CarTruth, Departure } from './car-truth.ts'
import { dice } from './dice.ts'
import type { SessionTruth } from './session-truth.ts'
import { openStation, type Station } from './station.ts'
import type { TwinFleet } from './twin-fleet.ts'

export interface TwinOptions {
  /** Base address of the backend, `ws://127.0.0.1:8180`. */
  readonly url: string
  /** Another way there than the network: makes a connection of its own each time. */
  readonly connection?: () => Duplex
  readonly fleet: TwinFleet
  /** True time: whatever the backend's clock does, physics and the calendar of drivers go by this one. */
  readonly clock: Clock
  /** Accounting of what is under way, when the backend runs in the same process on the same manual clock. */
  readonly inFlight?: InFlight
  /** Distance of meter readings, a whole number of seconds. */
  readonly meterIntervalMs?: number
  /** Stations connect within this time from now on. */
  readonly connectSpreadMs?: number
  /** How long a station waits for an answer before it takes its link for dead, in time of the clock. */
  readonly callTimeoutMs?: number
  /** Stations set their clocks by the backend's; else theirs are right. */
  readonly followsBackend?: boolean
  /** Every frame of every station. */
  readonly onFrame?: (station: string, direction: 'in' | 'out', text: string) => void
}
export interface Departures {
  readonly met: number
  readonly missed: number
  readonly list: readonly Departure[]
}
export interface Twin {
  /** Stations that are connected and accepted. */
  connected(): number
  /** Frames sent and received by all stations. */
  messages(): number
  /** The truth about all cars now. */
  cars(): readonly CarTruth[]
  /** All cars that have left since the start. */
  departures(): Departures
  /** All transactions since the start, by what the stations' own meters counted. */
  sessions(): readonly SessionTruth[]
  /** Cuts the link of a station until it is restored; the station goes on by itself. False when there is no such station. */
  cut(station: string): boolean
  restore(station: string): boolean
  stop(): Promise<void>
}

const METER_INTERVAL_MS = 60_000
const CONNECT_SPREAD_MS = 10_000
const CALL_TIMEOUT_MS = 300_000

/** Starts all stations of a fleet. */
export function startTwin(options: TwinOptions): Twin {
  const { fleet, clock } = options
  const spreadMs = options.connectSpreadMs ?? CONNECT_SPREAD_MS
  const departures: Departure[] = []
  const stations = new Map<string, Station>()
  let messages = 0
  for (const config of fleet.stations) {
    const wait = dice(fleet.seed, config.id, 'connect')() * spreadMs
    stations.set(
      config.id,
      openStation({
        config,
        url: options.url,
        ...(options.connection === undefined ? {} : { connection: options.connection }),
        clock,
        ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
        meterIntervalMs: options.meterIntervalMs ?? METER_INTERVAL_MS,
        callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS,
        connectAt: clock.now() + Math.floor(wait / 1_000) * 1_000,
        followsBackend: options.followsBackend ?? false,
        onDeparture: (departure) => void departures.push(departure),
        onFrame(direction, text) {
          messages++
          options.onFrame?.(config.id, direction, text)
        },
      }),
    )
  }
  return {
    connected: () => [...stations.values()].filter((station) => station.isOnline()).length,
    messages: () => messages,
    cars: () => [...stations.values()].map((station) => station.truth()),
    departures() {
      const met = departures.filter((departure) => departure.isMet).length
      return { met, missed: departures.length - met, list: departures }
    },
    sessions: () => [...stations.values()].flatMap((station) => station.sessions()),
    cut(station) {
      void stations.get(station)?.cut()
      return stations.has(station)
    },
    restore(station) {
      stations.get(station)?.restore()
      return stations.has(station)
    },
    async stop() {
      await Promise.all([...stations.values()].map((station) => station.stop()))
    },
  }
}
