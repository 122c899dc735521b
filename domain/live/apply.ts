// What each fact does to the live state: the same facts in the same order always give the same state.
import { RIGHT_CLOCK } from '../telemetry/station-clock.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { Slot } from '../time/slot.ts'
import { takeQuotes } from '../trading/quotes.ts'
import { takeSchedule, takeTrade } from '../trading/schedule-book.ts'
import { watts } from '../units.ts'
import type { Fact } from '../facts/fact.ts'
import { takeAbilityFact, takeBoot } from './abilities.ts'
import { endOpenCommands, takeBase, takeByHand } from './by-hand.ts'
import { takeGuard } from './guards.ts'
import { takeClockStep } from './clock-step.ts'
import { NOTHING_COUNTED } from '../telemetry/energy-flow.ts'
import type { SessionChanges, SessionFact } from '../facts/session.ts'
import { stationOf, type EvseId, type SessionId, type StationId } from '../registry/identity.ts'
import { areAllFree, standing, withConnector } from './connectors.ts'
import { dropHeld, takeHeld } from './held-transactions.ts'
import { judgeIdleTimes, recountSession, settleMeters, takeNeeds, takeReading } from './live-meter.ts'
import { type Evse, type Registry } from '../registry/registry.ts'
import { takeRevision } from './revisions.ts'
import type { Session } from '../registry/session.ts'
import { takeEnvelope, takeSignal, withdrawSignal } from './signal-book.ts'
import { forgetExternalLimit, forgetUnknown, keepExternalLimit } from './external-limits.ts'
import { restartLimitations, takeRefusedWrite, takeStand } from './limitations.ts'
import { askedUntil } from './asked-before.ts'
import { strandedBy } from './pause-ends.ts'
import { retryAfterMs } from './retry.ts'
import { unheard } from '../telemetry/soc-trust.ts'
import { sessionsAt } from './sessions-at.ts'
import { flowSince } from './stored-energy.ts'
import { NONE_USED, withUsed } from './used-transactions.ts'
import { hearClocks } from './station-time.ts'
import type { LiveEvse, LiveFleet, LiveStation } from './live-fleet.ts'

type SessionEnded = Extract<SessionFact, { kind: 'session-ended' }>

const ENDED_SESSIONS_KEPT_MS = 2 * 86_400_000
/** The oldest go earlier where more have ended than any fleet of one process has in two days. */
const ENDED_SESSIONS_MAX = 100_000
/** A station that ends more than any driver could begins to forget its own, not those of others. */
const ENDED_BY_STATION_MAX = 500
/** A car that begins another session within this time has not been away. */
const SAME_STAY_MS = 600_000

/** Applies one fact. `at` is the instant of its journal entry. Facts about things the registry does not know are ignored. */
export function apply(fleet: LiveFleet, fact: Fact, at: number): void {
  switch (fact.kind) {
    case 'registry-set':
      return setRegistry(fleet, takeBase(fleet.byHand, fact.registry))
    case 'station-commanded':
    case 'station-command-ended':
    case 'station-added':
    case 'station-removed':
    case 'station-password-set':
    case 'station-password-dropped': {
      const registry = takeByHand(fleet.byHand, fact, at)
      if (registry !== null) setRegistry(fleet, registry)
      return
    }
    case 'guard-trusted':
    case 'guard-untrusted':
      return takeGuard(fleet.guards, fact, at)
    case 'station-connected': {
      const station = fleet.stations.get(fact.station)
      if (station === undefined) return
      Object.assign(station, { connected: true, dialect: fact.dialect, lastSeenAt: at })
      for (const evse of fleet.evsesByStation.get(fact.station) ?? []) takeAnswer(fleet.evses.get(evse)!)
      return
    }
    case 'station-disconnected': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) station.connected = false
      return
    }
    case 'station-booted': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) takeBoot(station, fact)
      return
    }
    case 'station-abilities':
    case 'profile-form-learnt':
      return takeAbilityFact(fleet, fact)
    case 'evse-status': {
      const evse = fleet.evses.get(fact.evse)
      if (evse === undefined) return
      evse.status = fact.status
      if (fact.status === 'available') evse.stranded = null
      if (fact.connector === undefined) return
      evse.connectors = withConnector(evse.connectors, fact.connector)
      // Whoever told its needs there has gone.
      if (evse.heldNeeds !== null && areAllFree(evse.connectors, evse.heldNeeds.at)) evse.heldNeeds = null
      return
    }
    case 'station-status': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) station.status = fact.status
      return
    }
    case 'session-started':
      return startSession(fleet, fact.session, at)
    case 'session-changed':
      return changeSession(fleet, fact.session, fact.changes)
    case 'session-reopened':
      return reopenSession(fleet, fact.session)
    case 'needs-held': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) live.heldNeeds = { needs: fact.needs, at }
      return
    }
    case 'transaction-held':
      return takeHeld(fleet, fact.station, fact.held)
    case 'session-needs':
    case 'wish-changed': {
      const session = fleet.sessions.get(fact.session)
      if (session === undefined) return
      const told = fact.kind === 'session-needs' ? { needs: fact.needs, needsAt: at } : {}
      fleet.sessions.set(session.id, { ...session, ...told, wish: fact.wish })
      const live = fleet.evses.get(session.evse)
      if (live?.session === session.id && fact.kind === 'session-needs') takeNeeds(fleet, live, fact.needs, at)
      return
    }
    case 'session-ended':
      return endSession(fleet, fact, at)
    case 'pause-ended-session': {
      const live = fleet.evses.get(fact.evse)
      const station = fleet.stations.get(stationOf(fact.evse))
      const session = fleet.sessions.get(fact.session)
      if (station !== undefined) station.pauseEnds++
      if (live !== undefined && session !== undefined) live.stranded = strandedBy(fact, session, at)
      return
    }
    case 'resume-asked': {
      const live = fleet.evses.get(fact.evse)
      const { tries, nextTryAt } = fact
      if (live?.stranded?.session === fact.session) live.stranded = { ...live.stranded, tries, nextTryAt }
      return
    }
    case 'readings':
      hearClocks(fleet, fact.readings)
      for (const reading of fact.readings) takeAlone(fleet, reading)
      return settleMeters(fleet)
    case 'slots-revised':
      return takeRevision(fleet, fact)
    case 'prices-received':
      fact.curve.prices.values.forEach((price, i) => {
        if (price !== null) fleet.prices.set((fact.curve.prices.first + i) as Slot, price)
      })
      return
    case 'envelope-received':
      return takeEnvelope(fleet.signals, fact.envelope, at)
    case 'signal-received':
      return takeSignal(fleet.signals, fact.signal, at)
    case 'signal-withdrawn':
      return withdrawSignal(fleet.signals, fact.id, fact.version, at)
    case 'limitation-told':
      return takeStand(fleet.limitations, fact)
    case 'limitation-refused':
      return takeRefusedWrite(fleet.limitations, fact, at)
    case 'external-limit-told':
      return keepExternalLimit(fleet, fact)
    case 'external-limit-lifted':
      return forgetExternalLimit(fleet, fact.subject, fact.source)
    case 'plan-published': {
      const live = liveOf(fleet, fact.session)
      if (live === null) return
      live.plan = { ...fact, firstSlot: fact.firstSlot as Slot, power: fact.powerWatts.map((value) => watts(value)) }
      return
    }
    case 'order-issued': {
      const live = fleet.evses.get(fact.order.evse)
      fleet.ordersIssued++
      if (live !== undefined) {
        live.lately = askedUntil(live.lately, live.order?.content ?? null, at)
        live.order = {
          content: fact.order,
          state: { kind: 'issued', leaseUntil: fact.leaseUntil },
          leaseUntil: fact.leaseUntil,
          attempts: 1,
        }
      }
      return
    }
    case 'order-sent': {
      const order = fleet.evses.get(fact.evse)?.order
      if (order?.content.id === fact.order) order.attempts = fact.attempt
      return
    }
    case 'order-moved': {
      const live = fleet.evses.get(fact.evse)
      if (live?.order?.content.id !== fact.order) return
      live.order.state = fact.state
      if (fact.state.kind !== 'ended') live.order.leaseUntil = fact.state.leaseUntil
      if (fact.state.kind === 'followed') live.misses = 0
      if (fact.state.kind === 'confirmed' || fact.state.kind === 'followed') takeAnswer(live)
      if (fact.state.kind === 'ended' && fact.state.outcome === 'refused') takeRefusal(live, at)
      return
    }
    case 'order-unanswered': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) Object.assign(live, { unanswered: fact.count, retryAt: at + retryAfterMs(fact.count) })
      return
    }
    case 'station-deviates': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) Object.assign(live, { misses: fact.misses, judgedAt: live.measuredAt })
      return
    }
    case 'station-clock': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) station.clock = { skewMs: fact.skewMs, low: null }
      return
    }
    case 'values-refused': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) station.impossible = { text: `${fact.action}: ${fact.values.join(', ')}`, at }
      return
    }
    case 'evse-failed': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) live.failure = { detail: fact.detail, at }
      return
    }
    case 'station-quarantined': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) Object.assign(live, { quarantinedUntil: fact.until, quarantinedFor: fact.reason ?? 'deviates' })
      return
    }
    case 'soc-distrusted':
    case 'soc-believed': {
      const live = liveOf(fleet, fact.session)
      if (live?.session === fact.session) live.trust = { ...live.trust, isReported: true }
      return
    }
    case 'started':
      // Nobody is connected to a process that has just begun.
      for (const station of fleet.stations.values()) station.connected = false
      endOpenCommands(fleet.byHand, at)
      return restartLimitations(fleet.limitations, at)
    case 'schedule-received':
      return takeSchedule(fleet.book, fact.schedule, at)
    case 'trade-received':
      return takeTrade(fleet.book, fact.trade, at)
    case 'site-load-told': {
      const { load } = fact
      const before = fleet.siteLoads.get(load.site)
      if (before === undefined || load.asOf > before.asOf) fleet.siteLoads.set(load.site, load)
      return
    }
    case 'site-load-measured':
      fleet.measuredLoads.set(fact.load.site, fact.load)
      return
    case 'quotes-received':
      return takeQuotes(fleet.quotes, fact.quotes, at)
    case 'webhook-set':
      fleet.webhooks.set(fact.webhook.id, fact.webhook)
      return
    case 'webhook-removed':
      fleet.webhooks.delete(fact.webhook)
      return
    case 'clock-stepped':
      return takeClockStep(fleet, fact)
    case 'webhook-settled':
    case 'hems-presence':
    case 'hems-described':
    case 'hems-measured':
    case 'hems-acknowledged':
    case 'control-command-taken':
    case 'control-answer-settled':
    case 'prices-quarantined':
    case 'schedule-refused':
    case 'retrade-proposed':
    case 'limit-compensated':
    case 'signal-told':
    case 'fleet-planned':
    case 'security-event':
    case 'loss-accepted':
    case 'station-limited':
    case 'asked':
    case 'signed-in':
      return
  }
}

/** One reading that cannot be taken keeps no other one out, now and whenever the journal is read again: the state is the same both times. */
function takeAlone(fleet: LiveFleet, reading: Reading): void {
  const live = fleet.evses.get(reading.evse)
  const station = fleet.stations.get(stationOf(reading.evse))
  if (station !== undefined) station.lastSeenAt = reading.arrivedAt
  if (live === undefined) return
  noteLife(fleet, live, reading)
  try {
    takeReading(fleet, live, reading)
  } catch {
    fleet.readingsFailed++
  }
}

/** The last sign of life of the transaction that runs: what is older says nothing about it. */
function noteLife(fleet: LiveFleet, live: LiveEvse, { transaction, sampledAt, quality }: Reading): void {
  if (transaction === null || live.session === null || quality === 'suspect' || sampledAt <= (live.aliveAt ?? 0)) return
  if (fleet.sessions.get(live.session)?.transaction === transaction) live.aliveAt = sampledAt
}

function setRegistry(fleet: LiveFleet, registry: Registry): void {
  fleet.registry = registry
  fleet.sites.clear()
  fleet.vehicles.clear()
  fleet.vehicleByToken.clear()
  for (const site of registry.sites) fleet.sites.set(site.id, site)
  for (const vehicle of registry.vehicles) {
    fleet.vehicles.set(vehicle.id, vehicle)
    fleet.vehicleByToken.set(vehicle.token, vehicle)
  }
  const [evses, stations] = [new Map(fleet.evses), new Map(fleet.stations)]
  const left = leftOpen(fleet)
  for (const map of [fleet.evses, fleet.stations, fleet.evsesBySite, fleet.evsesByStation]) map.clear()
  for (const map of [fleet.evsesByPool, fleet.evsesByArea]) map.clear()
  // Pools and areas without EVSEs are known all the same.
  for (const { id } of registry.pools) fleet.evsesByPool.set(id, [])
  for (const { pool, gridArea } of registry.sites) {
    fleet.evsesByPool.set(pool, [])
    fleet.evsesByArea.set(gridArea, [])
  }
  for (const evse of registry.evses) {
    const known = evses.get(evse.id)
    const index = fleet.evses.get(evse.id)?.index ?? fleet.evses.size
    fleet.evses.set(evse.id, known === undefined ? freshEvse(evse, index) : { ...known, evse, index })
    const open = known === undefined ? left.get(evse.id) : undefined
    if (open !== undefined) resume(fleet, open)
    fleet.stations.set(evse.station, stations.get(evse.station) ?? freshStation())
    enter(fleet.evsesBySite, evse.site, evse.id)
    enter(fleet.evsesByStation, evse.station, evse.id)
    const site = fleet.sites.get(evse.site)
    if (site === undefined) continue
    enter(fleet.evsesByPool, site.pool, evse.id)
    enter(fleet.evsesByArea, site.gridArea, evse.id)
  }
  forgetUnknown(fleet)
}

/** Sessions that are open at EVSEs the registry in force does not know: they were there when it knew them. */
function leftOpen(fleet: LiveFleet): ReadonlyMap<EvseId, Session> {
  const open = new Map<EvseId, Session>()
  for (const session of fleet.sessions.values())
    if (session.endedAt === null && !fleet.evses.has(session.evse)) open.set(session.evse, session)
  return open
}

/** An EVSE that comes back finds its car again. What the car gave meanwhile nobody has counted: until it tells its needs anew it is led as one that tells nothing (I2). */
function resume(fleet: LiveFleet, session: Session): void {
  startSession(fleet, { ...session, needs: null }, session.startedAt)
}

/** One more under a key. The lists are ours until the registry is complete. */
function enter<Key>(index: Map<Key, readonly EvseId[]>, key: Key, evse: EvseId): void {
  const own = index.get(key) as EvseId[] | undefined
  if (own === undefined) index.set(key, [evse])
  else own.push(evse)
}

function freshStation(): LiveStation {
  return {
    connected: false,
    dialect: null,
    vendor: null,
    model: null,
    firmware: null,
    lastSeenAt: null,
    pauseEnds: 0,
    status: null,
    impossible: null,
    abilities: null,
    form: null,
    clock: RIGHT_CLOCK,
  }
}

function freshEvse(evse: Evse, index: number): LiveEvse {
  return {
    evse,
    index,
    status: 'available',
    connectors: [],
    session: null,
    order: null,
    plan: null,
    measured: null,
    measuredAt: null,
    measuredOverMs: 0,
    heardAt: null,
    heardEveryMs: 0,
    meterLocation: null,
    chargedWh: 0,
    dischargedWh: 0,
    flow: NOTHING_COUNTED,
    trust: unheard(null, 0),
    left: null,
    stranded: null,
    lately: [],
    misses: 0,
    judgedAt: null,
    quarantinedUntil: null,
    quarantinedFor: null,
    unanswered: 0,
    refusals: 0,
    retryAt: null,
    failure: null,
    pluggedAt: null,
    lastStartedAt: null,
    aliveAt: null,
    heldNeeds: null,
  }
}

function liveOf(fleet: LiveFleet, session: SessionId): LiveEvse | null {
  const known = fleet.sessions.get(session)
  return known === undefined ? null : (fleet.evses.get(known.evse) ?? null)
}

function startSession(fleet: LiveFleet, session: Session, at: number): void {
  fleet.sessions.set(session.id, session)
  const station = stationOf(session.evse)
  const own = fleet.transactions.get(station) ?? new Map<string, SessionId>()
  fleet.transactions.set(station, own.set(session.transaction, session.id))
  fleet.usedTransactions.set(station, withUsed(fleet.usedTransactions.get(station) ?? NONE_USED, session.transaction))
  dropHeld(fleet, station, session.transaction)
  // Only 1.6 leaves the numbering to us; what is taken up may have its number from elsewhere.
  if (fleet.stations.get(station)?.dialect === 'ocpp1.6' && session.isTakenUp !== true && /^\d{1,9}$/.test(session.transaction))
    fleet.transactionsIssued = Math.max(fleet.transactionsIssued, Number(session.transaction))
  const live = fleet.evses.get(session.evse)
  if (session.endedAt !== null) keepEnded(fleet, session.id, station, at)
  if (live === undefined) return
  live.lastStartedAt = Math.max(live.lastStartedAt ?? 0, session.startedAt)
  if (session.endedAt !== null) return judgeIdleTimes(fleet, live)
  Object.assign(live, {
    session: session.id,
    aliveAt: null,
    heldNeeds: null,
    pluggedAt: session.startedAt,
    status: 'occupied',
    plan: null,
    order: null,
    stranded: null,
    lately: [],
    flow: NOTHING_COUNTED,
    trust: isSameStay(live, session) ? unheard(live.trust, flowSince(live).outMost) : unheard(null, 0),
    chargedWh: 0,
    dischargedWh: 0,
    misses: 0,
    refusals: 0,
    retryAt: null,
  })
  judgeIdleTimes(fleet, live)
}

/** Its station has answered, or begins anew: what was set aside for its silence is counted on again. */
function takeAnswer(live: LiveEvse): void {
  live.unanswered = 0
  live.refusals = 0
  live.retryAt = null
  if (live.quarantinedFor === 'no-answer' || live.quarantinedFor === 'refuses')
    Object.assign(live, { quarantinedUntil: null, quarantinedFor: null })
}

/** A refusal is an answer too, but none that makes good for those before it. */
function takeRefusal(live: LiveEvse, at: number): void {
  const refusals = live.refusals + 1
  const { quarantinedUntil, quarantinedFor } = live
  takeAnswer(live)
  if (quarantinedFor === 'refuses') Object.assign(live, { quarantinedUntil, quarantinedFor })
  Object.assign(live, { refusals, retryAt: at + retryAfterMs(refusals) })
}

/** Nobody drives away, empties a battery and comes back as fast: a transaction that was begun anew gets no new trial (F6). */
function isSameStay({ left }: LiveEvse, { vehicle, startedAt }: Session): boolean {
  return left !== null && left.vehicle === vehicle && startedAt - left.at < SAME_STAY_MS
}

/** What later messages tell of a session. Where it began earlier, its energy counts from there. */
function changeSession(fleet: LiveFleet, id: SessionId, changes: SessionChanges): void {
  const session = fleet.sessions.get(id)
  if (session === undefined) return
  fleet.sessions.set(id, { ...session, ...changes })
  const live = fleet.evses.get(session.evse)
  if (live === undefined) return
  judgeIdleTimes(fleet, live)
  if (changes.startedAt === undefined) return
  live.lastStartedAt = Math.max(...sessionsAt(fleet, live).map(({ startedAt }) => startedAt))
  if (live.session !== id) return
  if (live.pluggedAt !== null) live.pluggedAt += changes.startedAt - session.startedAt
  recountSession(fleet, live)
}

/** A session that was taken to have ended goes on as if it had not; nobody has been there since. */
function reopenSession(fleet: LiveFleet, id: SessionId): void {
  const session = fleet.sessions.get(id)
  const live = session === undefined ? undefined : fleet.evses.get(session.evse)
  if (session === undefined || live === undefined || live.session !== null) return
  fleet.sessions.set(id, { ...session, endedAt: null, isEndInferred: false })
  fleet.ended.delete(id)
  dropEnded(fleet, stationOf(session.evse), id)
  if (live.left?.session === id) addServed(fleet, session, -live.dischargedWh)
  else Object.assign(live, { chargedWh: 0, dischargedWh: 0, flow: NOTHING_COUNTED, trust: unheard(null, 0) })
  Object.assign(live, { session: id, pluggedAt: session.startedAt, status: 'occupied', plan: null, order: null, heldNeeds: null })
  judgeIdleTimes(fleet, live)
  recountSession(fleet, live)
}

function addServed(fleet: LiveFleet, { vehicle }: Session, wattHours: number): void {
  if (vehicle === null || wattHours === 0) return
  fleet.served.set(vehicle, (fleet.served.get(vehicle) ?? 0) + wattHours)
  fleet.servedInAll += wattHours
}

function endSession(fleet: LiveFleet, fact: SessionEnded, at: number): void {
  const { session: id, endedAt, detail, isInferred, missed } = fact
  const session = fleet.sessions.get(id)
  if (session === undefined) return
  // Entries of before say it in words only.
  const isEndInferred = isInferred ?? detail.startsWith('inferred')
  const { isEndInferred: _, ...rest } = session
  const told = { ...(isEndInferred ? { isEndInferred } : {}), ...(missed === undefined ? {} : { eventsMissed: missed }) }
  fleet.sessions.set(id, { ...rest, endedAt, ...told })
  const live = fleet.evses.get(session.evse)
  if (live?.session === id) {
    if (live.dischargedWh > 0) addServed(fleet, session, live.dischargedWh)
    const plugged = live.pluggedAt ?? session.startedAt
    Object.assign(live, { session: null, plan: null, measured: watts(0), measuredAt: at, heardAt: at, misses: 0, refusals: 0 })
    live.retryAt = null
    live.left = { vehicle: session.vehicle, at: endedAt, session: id }
    // What its connectors told while it was there holds now.
    if (live.connectors.some((one) => one.at >= plugged)) live.status = standing(live.connectors) ?? live.status
  }
  keepEnded(fleet, id, stationOf(session.evse), at)
  if (live !== undefined) judgeIdleTimes(fleet, live)
}

/** Keeps a session of the past for a while, so that what comes late finds it. */
function keepEnded(fleet: LiveFleet, id: SessionId, station: StationId, at: number): void {
  fleet.ended.set(id, at)
  const own = fleet.endedByStation.get(station) ?? new Set<SessionId>()
  fleet.endedByStation.set(station, own.add(id))
  const [first] = own
  if (own.size > ENDED_BY_STATION_MAX) forget(fleet, first!)
  for (const [oldest, endedAt] of fleet.ended) {
    if (endedAt >= at - ENDED_SESSIONS_KEPT_MS && fleet.ended.size <= ENDED_SESSIONS_MAX) return
    forget(fleet, oldest)
  }
}

function dropEnded(fleet: LiveFleet, station: StationId, id: SessionId): void {
  const ended = fleet.endedByStation.get(station)
  ended?.delete(id)
  if (ended?.size === 0) fleet.endedByStation.delete(station)
}

function forget(fleet: LiveFleet, id: SessionId): void {
  fleet.ended.delete(id)
  const session = fleet.sessions.get(id)
  if (session === undefined) return
  const station = stationOf(session.evse)
  dropEnded(fleet, station, id)
  if (session.endedAt === null) return
  fleet.sessions.delete(id)
  const own = fleet.transactions.get(station)
  if (own?.get(session.transaction) === id) own.delete(session.transaction)
}
