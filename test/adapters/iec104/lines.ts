// Two ends of a connection in one process on a manual clock: what a centre sends octet by octet, and what the station answers.
import type { Duplex } from 'node:stream'
import { frameSplitter, informationFrame, readFrame } from '../../../adapters/iec104/codec/apci.ts'
import { readAsdu, type Asdu } from '../../../adapters/iec104/codec/asdu.ts'
import { UTC_WALL } from '../../../adapters/iec104/codec/wall-clock.ts'
import { LINK_SETTINGS } from '../../../adapters/iec104/link/link-settings.ts'
import { poolPoints } from '../../../adapters/iec104/pool/pool-points.ts'
import { controlledStation, type ControlledStation } from '../../../adapters/iec104/station/controlled-station.ts'
import type { Command } from '../../../adapters/iec104/station/respond.ts'
import { socketPair } from '../../../adapters/wire/socket-pair.ts'
import { manualClock } from '../../../src/run/clock.ts'

export const NOW = Date.UTC(2026, 10, 30, 17, 45, 12, 345)
export const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Lets everything arrive that is under way. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export interface StationLab {
  readonly clock: ReturnType<typeof manualClock>
  readonly station: ControlledStation
  readonly executed: { station: number; address: number; value: number }[]
  readonly told: string[]
  refusal: string | null
  isClockTrusted: boolean
  isDone: boolean
  connect(centre?: string): Line
  /** Lets time pass. */
  pass(ms: number): Promise<void>
}
/** The centre's end of a connection, without a link layer of its own: it sends what the test says. */
export interface Line {
  /** Frames as they are. */
  raw(text: string | Buffer): Promise<void>
  start(): Promise<void>
  /** An ASDU in the next numbered frame, everything heard so far acknowledged. */
  asdu(text: string): Promise<void>
  acknowledge(): Promise<void>
  /** Several at once, each after `mutate` has had its frame, and everything heard before them acknowledged. */
  batch(asdus: readonly Buffer[], mutate?: (frame: Buffer) => void): Promise<void>
  /** ASDUs heard since the last call, in hex. */
  heard(): string[]
  /** The same, read. */
  read(): Asdu[]
  /** Frames that carry no ASDU heard since the last call, in hex. */
  frames(): string[]
  isClosed(): boolean
  cut(): Promise<void>
}

/** A station with some pools and two centres. */
export function stationLab(pools = 2): StationLab {
  const clock = manualClock(NOW)
  const executed: StationLab['executed'] = []
  const told: string[] = []
  const lab: StationLab = {
    clock,
    executed,
    told,
    refusal: null,
    isClockTrusted: true,
    isDone: true,
    station: controlledStation({
      clock,
      points: Array.from({ length: pools }, (_, i) => poolPoints(i + 1)),
      centres: ['north', 'south'],
      commands: {
        judge: () => lab.refusal,
        execute({ station, point, value }: Command) {
          executed.push({ station, address: point.address, value })
          return Promise.resolve(lab.isDone)
        },
      },
      link: LINK_SETTINGS,
      wall: UTC_WALL,
      isClockTrusted: () => lab.isClockTrusted,
      tagAgeMaxMs: 10_000,
      selectHoldMs: 10_000,
      eventsMax: 20,
      tell: (event, facts) => told.push([event, facts['centre'], facts['reason']].filter(Boolean).join(' ')),
    }),
    connect(centre = 'north') {
      const { client, server } = socketPair()
      lab.station.connect(centre, server)
      return lineOf(client)
    },
    pass: (ms) => clock.runUntil(clock.now() + ms, settled),
  }
  return lab
}

function lineOf(socket: Duplex): Line {
  const asdus: Buffer[] = []
  const frames: string[] = []
  const splitter = frameSplitter()
  let [sent, received] = [0, 0]
  let isClosed = false
  socket.on('data', (part: Buffer) =>
    splitter.push(part, (bytes) => {
      const frame = readFrame(bytes)
      if (!frame.ok) throw new Error(`the station sent ${bytes.toString('hex')}`)
      if (frame.value.kind !== 'information') return void frames.push(bytes.toString('hex'))
      received = (frame.value.sent + 1) % 32_768
      asdus.push(Buffer.from(frame.value.asdu))
    }),
  )
  socket.on('close', () => (isClosed = true))
  socket.on('end', () => (isClosed = true))
  socket.on('error', () => (isClosed = true))
  async function raw(text: string | Buffer): Promise<void> {
    socket.write(typeof text === 'string' ? hex(text) : text)
    await settled()
  }
  return {
    raw,
    async start() {
      await raw('68 04 07 00 00 00')
      frames.shift()
    },
    asdu: (text) => raw(informationFrame(sent++, received, hex(text))),
    acknowledge: () => raw(Buffer.from([0x68, 4, 1, 0, (received << 1) & 0xff, received >> 7])),
    batch: (all, mutate = () => {}) =>
      raw(
        Buffer.concat(
          all.map((asdu) => {
            const frame = informationFrame(sent++, received, asdu)
            mutate(frame)
            return frame
          }),
        ),
      ),
    heard: () => asdus.splice(0).map((bytes) => bytes.toString('hex')),
    read: () =>
      asdus.splice(0).map((bytes) => {
        const read = readAsdu(bytes)
        if (!read.ok) throw new Error(`the station sent ${bytes.toString('hex')}`)
        return read.value
      }),
    frames: () => frames.splice(0),
    isClosed: () => isClosed,
    async cut() {
      socket.destroy()
      await settled()
    },
  }
}
