// Turns what a station says into facts and an answer. Pure: the same state and event always give the same facts.
import { abilityFacts } from './abilities.ts'
import { liftExternalLimit, takeExternalLimit } from './external-limits.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'
import { clockAfter, clockFacts, onOurClock } from './station-time.ts'
import { plausibleWatts } from '../registry/registry.ts'
import type { StationEvent } from '../ports/charge-points.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { StationClock } from '../telemetry/station-clock.ts'
import { startSession } from './begin-session.ts'
import { ACCEPTED, clocked, type Decision, type UsualReadyBy } from './decision.ts'
import { endSession } from './end-session.ts'
import { stationMayDischarge } from './may-discharge.ts'
import { takeNeeds } from './take-needs.ts'
import { takeStatus } from './take-status.ts'
import { takeSigns } from './take-up.ts'
import { updateSession } from './tell-session.ts'

/** What an event means: facts, answer, and what has to be done next. `usualReadyBy` knows when an unknown car at an EVSE is usually wanted. */
export function decideStationEvent(fleet: LiveFleet, event: StationEvent, usualReadyBy: UsualReadyBy = () => null): Decision {
  const { station, receivedAt } = event
  // Who is not in the registry leaves no trace, however often it comes.
  if (!fleet.stations.has(station)) return { facts: [], reply: { accepted: false } }
  const clock = clockAfter(fleet, event)
  const heard = (decision: Decision): Decision => {
    const facts = clockFacts(fleet, event, clock)
    return facts.length === 0 ? decision : { ...decision, facts: [...facts, ...decision.facts] }
  }
  switch (event.kind) {
    case 'connected':
      return {
        facts: [{ kind: 'station-connected', station, dialect: event.dialect }],
        reply: ACCEPTED,
        restore: station,
      }
    case 'disconnected':
      // Its cars are counted differently from now on, so the others may have to do something else (F1).
      return { facts: [{ kind: 'station-disconnected', station, detail: event.detail }], reply: ACCEPTED, redispatch: true }
    case 'booted':
      return {
        facts: [{ kind: 'station-booted', station, vendor: event.vendor, model: event.model, firmware: event.firmware }],
        reply: ACCEPTED,
        restore: station,
      }
    case 'abilities':
    case 'form-taken':
      // What it can be led by may have changed.
      return { facts: abilityFacts(fleet, station, event), reply: ACCEPTED, redispatch: true }
    case 'heartbeat':
      return { facts: [], reply: ACCEPTED }
    case 'status':
      return heard(takeStatus(fleet, clocked(event, clock)))
    case 'authorize': {
      const vehicle = fleet.vehicleByToken.get(event.token)
      return {
        facts: [],
        reply: { accepted: vehicle !== undefined, mayDischarge: stationMayDischarge(fleet, station, vehicle, receivedAt) },
      }
    }
    case 'session-started':
      return heard(startSession(fleet, clocked(event, clock), usualReadyBy))
    case 'session-ended':
      return heard(endSession(fleet, clocked(event, clock), usualReadyBy))
    case 'session-updated':
      return heard(updateSession(fleet, clocked(event, clock), usualReadyBy))
    case 'needs':
      return takeNeeds(fleet, event)
    case 'readings':
      // What no EVSE of the registry measured leaves no trace.
      return takeReadings(fleet, event, clock, usualReadyBy)
    case 'security': {
      const { type, detail, repeated } = event
      const counted = repeated === undefined ? {} : { repeated }
      return { facts: [{ kind: 'security-event', station, type, detail, ...counted }], reply: ACCEPTED }
    }
    case 'external-limit':
      return takeExternalLimit(fleet, event)
    case 'external-limit-cleared':
      return liftExternalLimit(fleet, event)
    case 'impossible-values':
      return refuseValues(fleet, event)
  }
}

/** A small EVSE may be off by this much beside (F8). */
const RATING_MARGIN_WATTS = 500

/**
 * By our clock; what no EVSE of the registry measured leaves no trace; a power beyond the rating of its EVSE is left out, as registers are that run
 * faster.
 */
function takeReadings(
  fleet: LiveFleet,
  event: StationEvent & { kind: 'readings' },
  clock: StationClock,
  usualReadyBy: UsualReadyBy,
): Decision {
  const odd: string[] = []
  const readings: Reading[] = []
  for (const told of event.readings) {
    const live = fleet.evses.get(told.evse)
    if (live === undefined) continue
    const reading = onOurClock(told, clock)
    if (reading.power === null || isWithinRating(live, reading.power)) {
      readings.push(reading)
      continue
    }
    odd.push(`power ${reading.power} W beyond the rating`)
    const isEmpty = reading.imported === null && reading.exported === null && reading.soc === null
    if (!isEmpty) readings.push({ ...reading, power: null, phases: null })
  }
  // What comes with an end is no sign that it goes on.
  const told = event.isLast === true ? { facts: [], reply: ACCEPTED } : takeSigns(fleet, readings, usualReadyBy)
  if (odd.length === 0) return { ...told, readings }
  const { station, receivedAt } = event
  const { facts } = refuseValues(fleet, { station, receivedAt, kind: 'impossible-values', action: 'meter values', values: odd })
  return { ...told, facts: [...told.facts, ...facts], readings }
}

function isWithinRating({ evse }: LiveEvse, power: number): boolean {
  return Math.abs(power) <= plausibleWatts(evse) + RATING_MARGIN_WATTS
}

/** A station that goes on telling what cannot be is told of once in a while, not with every message. */
const IMPOSSIBLE_EVERY_MS = 600_000
const IMPOSSIBLE_VALUES_MAX = 5

function refuseValues(fleet: LiveFleet, event: StationEvent & { kind: 'impossible-values' }): Decision {
  const { station, receivedAt, action } = event
  const before = fleet.stations.get(station)?.impossible ?? null
  if (before !== null && receivedAt - before.at < IMPOSSIBLE_EVERY_MS) return { facts: [], reply: ACCEPTED }
  const values = event.values.slice(0, IMPOSSIBLE_VALUES_MAX)
  return { facts: [{ kind: 'values-refused', station, action, values }], reply: ACCEPTED }
}
