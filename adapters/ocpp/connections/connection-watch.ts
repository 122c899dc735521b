// Whether a connection lives: a first word in time, and pings that come back.
import type { WebSocket } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { StationId } from '../../../domain/registry/identity.ts'
import type { Link } from '../link.ts'
import type { StationRecord } from '../station-record.ts'

/** Silence after which a station is gone (F1, F2), and the time to the first BootNotification (F26). */
const SILENCE_MAX_MS = 60_000
const BOOT_MAX_MS = 60_000

export interface ConnectionWatchOptions {
  readonly station: StationId
  readonly socket: WebSocket
  readonly link: Link
  readonly record: StationRecord
  readonly clock: Clock
  /** Null: no pings. */
  readonly pingMs: number | null
  /** Whether a frame has come in on this connection. */
  readonly heard: () => boolean
}

/** Ends a connection that is silent; what it answers ends the watch. */
export function watchConnection({ station, socket, link, record, clock, pingMs, heard }: ConnectionWatchOptions): () => void {
  const cancels = new Map<string, () => void>()
  const after = (key: string, ms: number, run: () => void) => cancels.set(key, clock.after(ms, `ocpp ${key} ${station}`, run))
  // A station that only reconnects need not boot again; one that stays silent is no station.
  after('boot', BOOT_MAX_MS, () => {
    if (!heard()) link.close(1008, 'no BootNotification')
  })
  const hears = () => void (record.lastSeenAt = clock.elapsed())
  socket.on('message', hears)
  socket.on('pong', hears)
  const ping = (everyMs: number) => {
    const readSince = link.readSince()
    // While we do not read we cannot hear either: silence counts from when we listen again. The next look comes one ping later, and by then it would be too late.
    if (readSince !== null && clock.elapsed() - Math.max(record.lastSeenAt, readSince) > SILENCE_MAX_MS - everyMs) {
      socket.terminate()
      return
    }
    // Who has just spoken need not be asked whether it lives.
    if (clock.elapsed() - record.lastSeenAt > everyMs / 2) socket.ping()
    after('ping', everyMs, () => ping(everyMs))
  }
  if (pingMs !== null) after('ping', pingMs, () => ping(pingMs))
  return () => {
    for (const cancel of cancels.values()) cancel()
  }
}
