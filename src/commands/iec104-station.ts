// `gegenstrom iec104 serve`: a station by itself, with one pool that is played: it follows its set-points as a fleet would.
import { UTC_WALL } from '../../adapters/iec104/codec/wall-clock.ts'
import { LINK_SETTINGS } from '../../adapters/iec104/link/link-settings.ts'
import type { Activations } from '../../adapters/iec104/pool/activations.ts'
import { poolControl, type ControlledPool, type PoolFigures } from '../../adapters/iec104/pool/pool-control.ts'
import { poolPoints } from '../../adapters/iec104/pool/pool-points.ts'
import { controlledStation, type StationTell } from '../../adapters/iec104/station/controlled-station.ts'
import { iec104Server } from '../../adapters/iec104/station/server.ts'
import type { Iec104Tls } from '../../adapters/iec104/station/tls.ts'
import { listen } from '../../adapters/wire/listener.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { instantText } from '../../domain/time/slot.ts'
import { watts } from '../../domain/units.ts'
import { hostClock } from '../run/clock.ts'
import { exitError, type CommandIo } from './exit.ts'
import { pointsAsJson } from './iec104-points.ts'
import { untilSignal } from './until-signal.ts'

export interface StationCommandOptions {
  readonly port: number
  readonly host: string
  readonly station: number
  readonly maxMw: number
  readonly for?: number
}

const COMMAND_AGE_MS = 10_000
const SELECT_MS = 10_000
const EVENTS_MAX = 1_000
const FAIL_SAFE = { silenceMs: 60_000, holdMs: 60_000, rampMs: 300_000 }
/** The played pool comes this much closer to what it is asked for in a second. */
const FOLLOWED_SHARE = 0.2

/** Runs until it is stopped. */
export async function serveStation(options: StationCommandOptions, tls: Iec104Tls | null, io: CommandIo): Promise<void> {
  const clock = hostClock()
  const tell: StationTell = (event, facts) => io.stdout(`${JSON.stringify({ at: instantText(clock.now()), event, ...facts })}\n`)
  const pool: ControlledPool = {
    pool: 'POOL',
    station: options.station,
    failSafe: FAIL_SAFE,
    powerMax: watts(Math.round(options.maxMw * 1_000_000)),
  }
  const played = playedPool(clock, pool)
  const control = poolControl({
    clock,
    pools: [pool],
    activations: played.activations,
    figures: played.figures,
    failure: () => null,
    track: (work) => work,
    tell,
  })
  const station = controlledStation({
    clock,
    points: [poolPoints(options.station)],
    centres: ['centre'],
    commands: control.commands,
    link: LINK_SETTINGS,
    wall: UTC_WALL,
    isClockTrusted: () => true,
    tagAgeMaxMs: COMMAND_AGE_MS,
    selectHoldMs: SELECT_MS,
    eventsMax: EVENTS_MAX,
    tell,
  })
  const { server, stop } = iec104Server({ tls, centres: [{ id: 'centre', fingerprints: 'any' }], station, tell })
  const address = await listen(server, options.host, options.port).catch((error: Error) => {
    clock.stop()
    throw exitError(1, error.message)
  })
  control.start(station)
  tell('serving', { host: options.host, port: address.port, tls: tls !== null })
  io.stdout(`${JSON.stringify(pointsAsJson(poolPoints(options.station)))}\n`)
  await untilSignal(options.for ?? null)
  control.stop()
  station.stop()
  await stop()
  clock.stop()
}

/** A pool that rests at 0 unless it is asked for something. */
function playedPool(
  clock: Clock,
  { powerMax }: ControlledPool,
): { readonly activations: Activations; readonly figures: () => PoolFigures } {
  let target = 0
  let measured = 0
  let seenAt = clock.elapsed()
  return {
    activations: {
      activate: (_, { power }) => Promise.resolve(((target = power), null)),
      release: () => Promise.resolve(((target = 0), null)),
      known: () => null,
    },
    figures() {
      const now = clock.elapsed()
      measured = Math.round(target + (measured - target) * (1 - FOLLOWED_SHARE) ** ((now - seenAt) / 1_000))
      seenAt = now
      return { measured, planned: 0, low: -powerMax, high: powerMax, stored: powerMax, cars: 1, old: 0, unknown: 0 }
    },
  }
}
