// A thousand light stations with a car each, played in the process of the test: what they were told is known at every moment, and a lost connection costs them nothing.
import type { BenchStation } from '../bench/service/fleet-file.ts'
import { emptyMemory, openStation, toldPower, type LightStation, type StationMemory } from '../bench/service/light-station.ts'

export interface AreaStations {
  /** Connects all that are not connected; resolves when each is served. Rejects with the first that is refused. */
  connect(): Promise<void>
  /** Stations with a connection. */
  connected(): number
  /** What each was last told to take now, watts; null for one that was told nothing. */
  told(): readonly (number | null)[]
  /** The sum of what they were last told, watts. */
  sum(): number
  /** Orders each has heard so far. */
  heard(): readonly number[]
  /** What went wrong besides lost connections. */
  faults(): readonly string[]
  stop(): void
}

interface Played {
  readonly station: BenchStation
  readonly memory: StationMemory
  open: LightStation | null
  heard: number
}

/** Stations on their way in at a time. */
const CONNECT_WIDTH = 32
const MEASURE_EVERY_MS = 10_000
const WHEEL_MS = 50

/** Each measures every ten seconds. `now` is their time, epoch ms. */
export function areaStations(stations: readonly BenchStation[], port: number, now: () => number): AreaStations {
  const all: Played[] = stations.map((station) => ({ station, memory: emptyMemory(), open: null, heard: 0 }))
  const faults: string[] = []
  let turn = 0
  const wheel = setInterval(() => {
    const due = Math.ceil((all.length * WHEEL_MS) / MEASURE_EVERY_MS)
    for (let i = 0; i < due; i++) all[turn++ % all.length]!.open?.measure()
  }, WHEEL_MS)

  async function open(played: Played): Promise<void> {
    let isLost = false
    const opened = await openStation(
      played.station,
      port,
      now,
      {
        onAnswer() {},
        onOrder: () => void played.heard++,
        onFault(detail) {
          // The server is killed now and then; what it says while it lives counts.
          if (/ended by the server|ECONNRESET|EPIPE/.test(detail)) [isLost, played.open] = [true, null]
          else faults.push(detail)
        },
      },
      played.memory,
    )
    played.open = isLost ? null : opened
  }

  return {
    async connect() {
      const waiting = all.filter(({ open: connection }) => connection === null)
      await Promise.all(
        Array.from({ length: CONNECT_WIDTH }, async () => {
          for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await open(next)
        }),
      )
    },
    connected: () => all.filter(({ open: connection }) => connection !== null).length,
    told: () => all.map(({ memory }) => toldPower(memory, now())),
    sum: () => all.reduce((sum, { memory }) => sum + (toldPower(memory, now()) ?? 0), 0),
    heard: () => all.map(({ heard }) => heard),
    faults: () => faults,
    stop() {
      clearInterval(wheel)
      for (const { open: connection } of all) connection?.close()
    },
  }
}
