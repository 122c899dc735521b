// What a station's clock says, put right: by what is known of it, and by the message at hand.
import type { Fact } from '../facts/fact.ts'
import type { StationEvent } from '../ports/charge-points.ts'
import { stationOf, type StationId } from '../registry/identity.ts'
import { qualityOf, type Reading } from '../telemetry/reading.ts'
import { corrected, hearStation, RIGHT_CLOCK, type StationClock } from '../telemetry/station-clock.ts'
import type { LiveFleet } from './live-fleet.ts'

/** The clock of the station of an event, this event heard. */
export function clockAfter(fleet: LiveFleet, event: StationEvent): StationClock {
  const clock = fleet.stations.get(event.station)?.clock ?? RIGHT_CLOCK
  if (isOursDoubted(fleet, event.receivedAt)) return clock
  switch (event.kind) {
    case 'readings': {
      const newest = newestTold(event.readings)
      return newest === null ? clock : hearStation(clock, newest, event.readings[0]!.arrivedAt)
    }
    case 'status':
      return hearStation(clock, event.at, event.receivedAt)
    case 'session-started':
    case 'session-updated':
    case 'session-ended':
      return isQueued(fleet, event) ? clock : hearStation(clock, event.at, event.receivedAt)
    default:
      return clock
  }
}

/** Of what has waited by its own word the time says nothing about the clock. 1.6 has no word for it: there `offline` is a guess from the time. */
function isQueued(fleet: LiveFleet, { station, offline }: StationEvent & { readonly offline?: boolean }): boolean {
  return offline === true && fleet.stations.get(station)?.dialect !== 'ocpp1.6'
}

/** So long after our own clock was set nobody knows whose is wrong: nothing is learnt about those of stations (F36). */
const DOUBTED_MS = 600_000
function isOursDoubted({ steppedAt }: LiveFleet, at: number): boolean {
  return steppedAt !== null && at < steppedAt + DOUBTED_MS && at >= steppedAt
}

/** Readings tell of the clock themselves when the journal is read again; of other events it has to be recorded. */
export function clockFacts(fleet: LiveFleet, event: StationEvent, { skewMs }: StationClock): readonly Fact[] {
  const known = fleet.stations.get(event.station)?.clock.skewMs ?? 0
  if (event.kind === 'readings' || skewMs === known) return []
  return [{ kind: 'station-clock', station: event.station, skewMs }]
}

/** A reading by our clock; what the station told is kept beside (F7). */
export function onOurClock(reading: Reading, clock: StationClock): Reading {
  if (clock.skewMs === 0) return reading
  const sampledAt = corrected(clock, reading.sampledAt)
  const quality = qualityOf(sampledAt, reading.arrivedAt)
  return {
    ...reading,
    sampledAt,
    quality: quality === 'measured' && reading.quality === 'estimated' ? 'estimated' : quality,
    origin: { ...reading.origin, toldAt: reading.sampledAt },
  }
}

/** Hears the clocks of stations by recorded readings: the newest of each message. */
export function hearClocks(fleet: LiveFleet, readings: readonly Reading[]): void {
  for (let i = 0; i < readings.length;) {
    const { evse, arrivedAt } = readings[i]!
    const station = stationOf(evse)
    const from = i
    for (i++; i < readings.length && isSameMessage(readings[i]!, station, arrivedAt);) i++
    const newest = newestTold(readings, from, i)
    const live = fleet.stations.get(station)
    if (newest !== null && live !== undefined && !isOursDoubted(fleet, arrivedAt))
      live.clock = hearStation(live.clock, newest, arrivedAt)
  }
}

function isSameMessage({ evse, arrivedAt }: Reading, station: StationId, at: number): boolean {
  return arrivedAt === at && stationOf(evse) === station
}

/** The newest time of those that were told at once, epoch ms; null for none. */
function newestTold(readings: readonly Reading[], from = 0, until = readings.length): number | null {
  let newest: number | null = null
  for (let i = from; i < until; i++) {
    const reading = readings[i]!
    if (reading.origin?.isQueued !== true) newest = Math.max(newest ?? -Infinity, toldAtOf(reading))
  }
  return newest
}

function toldAtOf({ sampledAt, origin }: Reading): number {
  return origin?.toldAt ?? sampledAt
}
