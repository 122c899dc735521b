// Limits that single stations run into (F29): they are counted, shown, and the core is told once in a while.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { StationId } from '../../../domain/registry/identity.ts'
import type { StationLimit } from '../../../domain/registry/station.ts'
import { lastHour, reconnectsTooOften } from './admission.ts'
import type { StationRecord } from '../station-record.ts'

export interface StationLimits {
  /** Passed times of the connections of the last hour, oldest first. */
  connectionsOf(station: StationId, now: number): readonly number[]
  /** A connection was refused. */
  refusedReconnect(station: StationId): void
  /** A frame had to wait. */
  slowedFrame(station: StationId): void
  /** The limits a station runs into at present. */
  limited(station: StationId): readonly StationLimit[]
  /** Since the start. */
  counts(): { readonly reconnects: number; readonly frames: number }
}
export interface StationLimitsOptions {
  readonly clock: Clock
  readonly records: ReadonlyMap<StationId, StationRecord>
  /** Told once an hour, by station and limit, and a minute later again where the promise is rejected. */
  readonly onLimit: ((station: StationId, limit: StationLimit) => void | Promise<void>) | undefined
}

/** A station counts as slowed down this long after it last had to wait, and the core is told again after this time. */
const SLOWED_MS = 300_000
const TOLD_AGAIN_MS = 3_600_000
/** And this long after it could not be told. */
const TELL_RETRY_MS = 60_000

/** Keeps account of the limits of all stations. */
export function stationLimits({ clock, records, onLimit }: StationLimitsOptions): StationLimits {
  let reconnects = 0
  let frames = 0

  function tell(station: StationId, limit: StationLimit): void {
    const record = records.get(station)
    const now = clock.elapsed()
    if (record === undefined || now - (record.toldAt.get(limit) ?? -Infinity) < TOLD_AGAIN_MS) return
    record.toldAt.set(limit, now)
    const told = async () => onLimit?.(station, limit)
    // What could not be recorded was not told.
    told().catch(() => record.toldAt.set(limit, now - TOLD_AGAIN_MS + TELL_RETRY_MS))
  }

  function connectionsOf(station: StationId, now: number): readonly number[] {
    return lastHour(records.get(station)?.connections ?? [], now)
  }

  return {
    connectionsOf,
    refusedReconnect(station) {
      reconnects++
      tell(station, 'reconnects')
    },
    slowedFrame(station) {
      frames++
      tell(station, 'messages')
    },
    limited(station) {
      const record = records.get(station)
      const now = clock.elapsed()
      if (record === undefined) return []
      const { slowedAt } = record.allowance
      return [
        ...(reconnectsTooOften(connectionsOf(station, now)) ? (['reconnects'] as const) : []),
        ...(slowedAt !== null && now - slowedAt < SLOWED_MS ? (['messages'] as const) : []),
      ]
    },
    counts: () => ({ reconnects, frames }),
  }
}
