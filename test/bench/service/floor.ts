// The floor: the same stations send the same frames to the least durable server there can be.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import type { BenchFleet } from './fleet-file.ts'
import type { Listening } from './floor-server.ts'
import type { Load } from './load.ts'
import { BURST_WINDOW, type Timetable } from './phases.ts'
import { processorMs } from './proc.ts'
import { programFlags } from './server-process.ts'

export interface FloorOptions {
  /** Of this run; the certificate lies there. */
  readonly folder: string
  readonly load: Load
  readonly fleet: BenchFleet
  readonly timetable: Timetable
}
export interface FloorFigures extends Record<string, number> {
  readonly floorMessagesPerSecond: number
  readonly floorCpuUsPerMessage: number
}

/** The burst against the floor, after a first one that warms it up. */
export async function measureFloor({ folder, load, fleet, timetable }: FloorOptions): Promise<FloorFigures> {
  const file = resolve(import.meta.dirname, 'floor-server.ts')
  const words = ['cert.pem', 'key.pem', 'floor.journal'].map((name) => join(folder, name))
  const child = fork(file, words, { execArgv: [...programFlags(), '--import', 'tsx'] })
  try {
    const [{ port }] = (await once(child, 'message')) as [Listening]
    const { connectPerSecond, burstMs } = timetable
    await load.ask({ kind: 'connect', port, stations: fleet.stations, perSecond: 2 * connectPerSecond, aheadMs: 0 })
    await load.ask({ kind: 'burst', ms: burstMs / 4, window: BURST_WINDOW })
    const before = processorMs(child.pid!)
    const { answersMs, ms } = await load.ask({ kind: 'burst', ms: burstMs, window: BURST_WINDOW })
    const cpuMs = processorMs(child.pid!) - before
    await load.ask({ kind: 'disconnect' })
    return {
      floorMessagesPerSecond: (1_000 * answersMs.length) / ms,
      floorCpuUsPerMessage: (1_000 * cpuMs) / answersMs.length,
    }
  } finally {
    child.kill()
  }
}
