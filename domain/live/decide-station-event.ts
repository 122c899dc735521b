// Turns what a station says into facts and an answer. Pure: the same state and event always give the same facts.
import { abilityFacts } from './abilities.ts'
import { evsesOf, openSession, sessionOf, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { evseId, type EvseId, type StationId } from '../registry/identity.ts'
import { hasConsent, mayFeedIn, plausibleWatts, type Vehicle } from '../registry/registry.ts'
import type { ChargingNeeds, Session, Wish } from '../registry/session.ts'
import type { Fact } from '../facts/fact.ts'
import type { StationEvent, StationReply } from '../ports/charge-points.ts'
import { liftExternalLimit, takeExternalLimit } from './external-limits.ts'
import { pauseEndFacts, resumedSession } from './pause-ends.ts'
import { sessionName } from './session-name.ts'
import { qualityOf, type Reading } from '../telemetry/reading.ts'
import { corrected, type StationClock } from '../telemetry/station-clock.ts'
import { clockAfter, clockFacts, onOurClock } from './station-time.ts'
import { MARKET_ZONE } from '../time/zone-offset.ts'
import { nextLocalTime } from '../time/delivery-day.ts'
import { share, wattHours } from '../units.ts'

export interface Decision {
  readonly facts: readonly Fact[]
  readonly reply: StationReply
  /** Readings are collected apart, so that one entry serves all that arrive together. */
  readonly readings?: readonly Reading[]
  /** This car has to be planned anew, and why. */
  readonly replan?: { readonly evse: EvseId; readonly cause: string }
  /** Orders have to be looked at although no plan changes. */
  readonly redispatch?: boolean
  /** These cars are planned anew once the orders are out, and why. */
  readonly planBeside?: { readonly evses: readonly EvseId[]; readonly cause: string }
  /** The station lost what it was told (it connected or booted): defaults and live orders have to be sent again. */
  readonly restore?: StationId
}

const ACCEPTED: StationReply = { accepted: true }

/** What an event means: facts, answer, and what has to be done next. `usualReadyBy` knows when an unknown car at an EVSE is usually wanted. */
export function decideStationEvent(
  fleet: LiveFleet,
  event: StationEvent,
  usualReadyBy: (user: string, at: number) => number | null = () => null,
): Decision {
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
      return heard(takeStatus(fleet, event, clock))
    case 'authorize': {
      const vehicle = fleet.vehicleByToken.get(event.token)
      return {
        facts: [],
        reply: { accepted: vehicle !== undefined, mayDischarge: stationMayDischarge(fleet, station, vehicle, receivedAt) },
      }
    }
    case 'session-started':
      return heard(startSession(fleet, event, clock, usualReadyBy))
    case 'session-ended':
      return heard(endSession(fleet, event, clock))
    case 'needs':
      return takeNeeds(fleet, event)
    case 'readings':
      // What no EVSE of the registry measured leaves no trace.
      return takeReadings(fleet, event, clock)
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
function takeReadings(fleet: LiveFleet, event: StationEvent & { kind: 'readings' }, clock: StationClock): Decision {
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
  if (odd.length === 0) return { facts: [], reply: ACCEPTED, readings }
  const { station, receivedAt } = event
  return {
    ...refuseValues(fleet, { station, receivedAt, kind: 'impossible-values', action: 'meter values', values: odd }),
    readings,
  }
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

/** A connector that is free again has no car: what is still open there ended unseen (F6). */
function takeStatus(fleet: LiveFleet, event: StationEvent & { kind: 'status' }, clock: StationClock): Decision {
  const evse = evseId(event.station, event.evse)
  const live = fleet.evses.get(evse)
  if (live === undefined || live.status === event.status) return { facts: [], reply: ACCEPTED }
  const open = event.status === 'available' ? openSession(fleet, live) : null
  const ended: Fact[] =
    open === null
      ? []
      : [
          {
            kind: 'session-ended',
            session: open.id,
            endedAt: endOf(open, trusted(clock, event.at, event.receivedAt)),
            detail: 'inferred: the connector is free',
          },
        ]
  return { facts: [...ended, { kind: 'evse-status', evse, status: event.status, detail: event.detail }], reply: ACCEPTED }
}

function endSession(fleet: LiveFleet, event: StationEvent & { kind: 'session-ended' }, clock: StationClock): Decision {
  const { station, receivedAt } = event
  // A number nobody gave, as some 1.6 stations send, can only mean the one session that is open there (F6).
  const session =
    sessionOf(fleet, station, event.transaction) ?? (isNumberedByUs(fleet, station) ? onlySession(fleet, station) : null)
  if (session === null || session.endedAt !== null) return { facts: [], reply: ACCEPTED }
  const at = endOf(session, trusted(clock, event.at, receivedAt))
  const closing =
    event.importedWh === null
      ? []
      : [registerReading(session.evse, session.transaction, 'end', event.at, receivedAt, event.importedWh, clock)]
  return {
    facts: [
      { kind: 'session-ended', session: session.id, endedAt: at, detail: event.detail },
      ...pauseEndFacts(fleet.evses.get(session.evse), session, event.detail, receivedAt),
    ],
    reply: ACCEPTED,
    readings: closing,
  }
}

/** In 1.6 we number the transactions; later versions bring their own, so an unknown one there is another one. */
function isNumberedByUs(fleet: LiveFleet, station: StationId): boolean {
  return fleet.stations.get(station)?.dialect === 'ocpp1.6'
}

function onlySession(fleet: LiveFleet, station: StationId): Session | null {
  const [only, ...others] = evsesOf(fleet, station)
  return only !== undefined && others.length === 0 ? openSession(fleet, only) : null
}

/** A session that began by a clock that has been set back since ends no earlier than it began (F36). */
function endOf(session: Session, at: number): number {
  return Math.max(session.startedAt, at)
}

/** How far back an event told afterwards is believed. */
const BELIEVED_MS = 30 * 86_400_000

/** The instant of an event as the station tells it, unless its clock is ahead of ours or far behind (F7): then the instant we heard of it. */
function trusted(clock: StationClock, told: number, receivedAt: number): number {
  const at = corrected(clock, told)
  return at > receivedAt || at < receivedAt - BELIEVED_MS ? receivedAt : at
}

function startSession(
  fleet: LiveFleet,
  event: StationEvent & { kind: 'session-started' },
  clock: StationClock,
  usualReadyBy: (user: string, at: number) => number | null,
): Decision {
  const { station, receivedAt } = event
  const evse = evseId(station, event.evse)
  const live = fleet.evses.get(evse)
  if (live === undefined) return { facts: [], reply: { accepted: false } }
  const vehicle = event.token === null ? undefined : fleet.vehicleByToken.get(event.token)
  const startedAt = trusted(clock, event.at, receivedAt)
  const known = event.transaction === null ? null : sessionOf(fleet, station, event.transaction)
  if (known !== null && known.endedAt !== null) return { facts: [], reply: { accepted: true, transaction: known.transaction } }
  if (known !== null)
    return { facts: [], reply: { accepted: true, transaction: known.transaction }, replan: { evse, cause: 'told again' } }
  // A repeated StartTransaction of 1.6 carries no id of ours: same car, same start, same session (F6).
  const open = openSession(fleet, live)
  if (event.transaction === null && open !== null && (open.toldStart ?? open.startedAt) === event.at)
    return { facts: [], reply: { accepted: event.token === null || vehicle !== undefined, transaction: open.transaction } }
  const transaction = event.transaction ?? String(fleet.transactionsIssued + 1)
  const facts: Fact[] = []
  if (open !== null)
    facts.push({
      kind: 'session-ended',
      session: open.id,
      endedAt: endOf(open, startedAt),
      detail: 'inferred: another session began',
    })
  const session: Session = {
    id: sessionName(evse, transaction, startedAt),
    evse,
    vehicle: vehicle?.id ?? null,
    transaction,
    startedAt,
    ...(startedAt === event.at ? {} : { toldStart: event.at }),
    endedAt: null,
    needs: null,
    wish:
      resumedSession(fleet, live, vehicle?.id ?? null)?.wish ??
      wishAtStart(vehicle, startedAt, () => usualReadyBy(evse, startedAt)),
  }
  facts.push({ kind: 'session-started', session })
  const opening =
    event.importedWh === null ? [] : [registerReading(evse, transaction, 'begin', event.at, receivedAt, event.importedWh, clock)]
  return {
    facts,
    readings: opening,
    reply: {
      accepted: event.token === null || vehicle !== undefined,
      transaction,
      mayDischarge: evseMayDischarge(fleet, live, vehicle, receivedAt),
    },
    replan: { evse, cause: 'plugged in' },
  }
}

function takeNeeds(fleet: LiveFleet, event: StationEvent & { kind: 'needs' }): Decision {
  const evse = evseId(event.station, event.evse)
  const live = fleet.evses.get(evse)
  const session = live === undefined ? null : openSession(fleet, live)
  if (live === undefined || session === null) return { facts: [], reply: { accepted: false } }
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  return {
    facts: [{ kind: 'session-needs', session: session.id, needs: event.needs, wish: wishFrom(session, event.needs) }],
    reply: {
      accepted: true,
      processing: true,
      mayDischarge: event.needs.bidirectional && evseMayDischarge(fleet, live, vehicle, event.receivedAt),
    },
    replan: { evse, cause: 'needs of the car' },
  }
}

/** The car's own departure and targets count until the driver says otherwise. */
function wishFrom(session: Session, needs: ChargingNeeds): Wish {
  if (session.wish.by === 'driver') return session.wish
  const departure = needs.departure !== null && needs.departure > session.startedAt ? needs.departure : null
  if (departure === null && needs.targetSoc === null && needs.minimumSoc === null) return session.wish
  const targetSoc = needs.targetSoc ?? session.wish.targetSoc
  // A car may keep more than its driver wants kept, never less.
  const minimumSoc = needs.minimumSoc === null ? 0 : Math.min(needs.minimumSoc, targetSoc)
  return {
    readyBy: departure ?? session.wish.readyBy,
    targetSoc,
    minimumSoc: share(Math.max(minimumSoc, session.wish.minimumSoc)),
    by: 'car',
  }
}

const DEFAULT_WISH = { readyByHour: 7, readyByMinute: 0, targetSoc: share(0.8), minimumSoc: share(0.3) }

/** The wish of a usual day at its next occasion: at least half an hour away, so that a late arrival means tomorrow. */
export function standingWish(vehicle: Vehicle | undefined, at: number): Wish {
  const usual = vehicle?.standingWish ?? DEFAULT_WISH
  return {
    readyBy: nextLocalTime(at + 1_800_000, usual.readyByHour, usual.readyByMinute, MARKET_ZONE),
    targetSoc: usual.targetSoc,
    minimumSoc: usual.minimumSoc,
    by: vehicle === undefined ? 'default' : 'standing-wish',
  }
}

/** A known car has its standing wish; of an unknown one the sessions before at the same place tell when it will be wanted, else the default. */
function wishAtStart(vehicle: Vehicle | undefined, at: number, usualReadyBy: () => number | null): Wish {
  const wish = standingWish(vehicle, at)
  return vehicle === undefined ? { ...wish, readyBy: usualReadyBy() ?? wish.readyBy } : wish
}

function evseMayDischarge(fleet: LiveFleet, live: LiveEvse, vehicle: Vehicle | undefined, at: number): boolean {
  return (
    vehicle !== undefined &&
    live.evse.dischargeMax < 0 &&
    mayFeedIn(live.evse, at) &&
    hasConsent(fleet.registry, vehicle.driver, 'discharge', at)
  )
}

function stationMayDischarge(fleet: LiveFleet, station: StationId, vehicle: Vehicle | undefined, at: number): boolean {
  return evsesOf(fleet, station).some((live) => evseMayDischarge(fleet, live, vehicle, at))
}

function registerReading(
  evse: EvseId,
  transaction: string,
  edge: 'begin' | 'end',
  sampledAt: number,
  arrivedAt: number,
  importedWh: number,
  clock: StationClock,
): Reading {
  const reading: Reading = {
    evse,
    transaction,
    sampledAt,
    arrivedAt,
    power: null,
    imported: wattHours(importedWh),
    exported: null,
    soc: null,
    phases: null,
    quality: qualityOf(sampledAt, arrivedAt),
    origin: { edge },
  }
  return onOurClock(reading, clock)
}
