// The door of control centres: pools that are led by set-points over IEC 60870-5-104.
import type { AddressInfo } from 'node:net'
import { wallClock } from '../../adapters/iec104/codec/wall-clock.ts'
import { activations } from '../../adapters/iec104/pool/activations.ts'
import { poolControl } from '../../adapters/iec104/pool/pool-control.ts'
import { poolPoints } from '../../adapters/iec104/pool/pool-points.ts'
import { controlledStation, type StationTell } from '../../adapters/iec104/station/controlled-station.ts'
import { iec104Server, type Iec104Server } from '../../adapters/iec104/station/server.ts'
import type { Iec104Tls } from '../../adapters/iec104/station/tls.ts'
import { listen } from '../../adapters/wire/listener.ts'
import { poolFigures } from '../answers/pool-figures.ts'
import type { Iec104File } from '../files/iec104-file.ts'
import type { Application } from '../run/application.ts'
import type { Core } from './core.ts'
import type { Grid } from './grid.ts'

export interface Iec104Door extends Iec104File {
  readonly host: string
  readonly port: number
  /** Null serves in clear, for the lab. */
  readonly tls: Iec104Tls | null
}

/** Events that are for people to know. */
const WARNED: ReadonlySet<string> = new Set([
  'refused',
  'command-refused',
  'set-point-held',
  'set-point-ramped',
  'set-point-failed',
])

/** The door, not yet open. */
export function openIec104(
  { clock, kept, track, log }: Core,
  grid: Grid,
  application: Pick<Application, 'poolBand' | 'isClockDoubted' | 'failure'>,
  options: Iec104Door,
  onOpen: (address: AddressInfo) => void,
) {
  const tell: StationTell = (event, facts) => log(WARNED.has(event) ? 'warn' : 'info', `iec104: ${event}`, facts)
  const { fleet } = kept
  const figures = poolFigures({ fleet, band: application.poolBand, oldMs: options.oldMs })
  const control = poolControl({
    clock,
    pools: options.pools,
    activations: activations(grid),
    figures: (pool) => figures(pool, clock.now()),
    failure: application.failure,
    track,
    tell,
  })
  const station = controlledStation({
    ...options,
    clock,
    points: options.pools.map((of) => poolPoints(of.station)),
    centres: options.centres.map((centre) => centre.id),
    commands: control.commands,
    wall: wallClock(options.zone)!,
    isClockTrusted: () => !application.isClockDoubted(),
    tell,
  })
  let running: Iec104Server | null = null
  return {
    /** A set-point is lost: it is held or ramped, which somebody should know. */
    isDegraded: () => control.isSetPointLost(),
    async start() {
      control.start(station)
      running = iec104Server({ tls: options.tls, centres: options.centres, station, tell })
      const opened = await listen(running.server, options.host, options.port)
      onOpen(opened)
      const unknown = options.pools.filter(({ pool }) => !fleet.evsesByPool.has(pool)).map(({ pool }) => pool)
      if (unknown.length > 0) log('warn', 'iec104: pools are not in the registry', { pools: unknown })
      log('info', 'IEC 104 is served', { address: opened.address, port: opened.port, pools: options.pools.length })
    },
    async stop() {
      control.stop()
      station.stop()
      await running?.stop()
    },
  }
}
