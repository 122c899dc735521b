// Follows a limit through the journal: its versions, who was ordered and who confirmed, what meters told, and how it was released.
import type { Fact } from '../facts/fact.ts'
import type { JournalEntry } from '../ports/journal.ts'
import { stationOf, type EvseId, type OrderId, type SessionId, type StationId } from '../registry/identity.ts'
import type { Signal } from '../signals/signal.ts'
import type { Reading } from '../telemetry/reading.ts'
import { meterSteps, type MeterStart, type MeterSteps } from './measured-sum.ts'
import { isReleaseStep, type LimitStanding, type StandingMember } from './standing.ts'

/** An entry of the journal that a statement rests on. */
export interface Evidence extends Pick<JournalEntry, 'sequence' | 'at' | 'hash'> {
  readonly kind: Fact['kind']
}
export type EndedBy = 'replaced' | 'withdrawn' | 'ended'
/** A version of the limit and what became of it; instants in epoch ms. */
export interface VersionTrace {
  readonly signal: Signal
  readonly evidence: Evidence
  end: { readonly at: number; readonly by: EndedBy } | null
  /** With a car when it was received. */
  readonly cars: ReadonlySet<EvseId>
  /** The first order while it held, and its first confirmation. */
  readonly told: Map<EvseId, { readonly at: number; readonly evidence: Evidence }>
  readonly applied: Map<EvseId, { readonly at: number; readonly evidence: Evidence }>
  readonly refused: Map<EvseId, string>
  readonly offline: Set<StationId>
  readonly deviating: Map<EvseId, { readonly ordered: number; readonly measured: number }>
}
export interface LimitTrace {
  /** Takes the next entry; false where nothing of it belongs to the limit any more, and nothing after it will. */
  take(entry: JournalEntry): boolean
  readonly versions: readonly VersionTrace[]
  readonly releaseSteps: readonly Signal[]
  readonly meters: ReadonlyMap<EvseId, MeterSteps>
  /** When the car of before the limit left. */
  readonly left: ReadonlyMap<EvseId, number>
  readonly evidence: readonly Evidence[]
  readonly first: JournalEntry | null
  readonly last: JournalEntry | null
  /** Readings that were left out because there were too many. */
  thinned(): number
}

/** What meters tell goes on being looked at so long after the release, ms. */
const SETTLE_MS = 120_000
/** Points of all meters together; beyond it each is taken once a quarter-hour. */
const POINTS_MAX = 2_000_000
const THIN_MS = 900_000
/** Control cycles in a row before a station counts as off its order. */
const MISSES_IN_A_ROW = 2

/** When a version begins to hold, epoch ms. */
export function beginOf({ from, receivedAt }: Signal): number {
  return Math.max(from, receivedAt)
}

function startOf({ power, register, rated }: StandingMember): MeterStart {
  return { watts: power, register, rated }
}

/** A trace from the entry of the first version on. */
export function limitTrace(standing: LimitStanding): LimitTrace {
  const { signal: id, members } = standing
  const lastVersion = standing.versions.at(-1)?.sequence ?? 0
  const versions: VersionTrace[] = []
  const releaseSteps: Signal[] = []
  const meters = new Map<EvseId, MeterSteps>()
  const left = new Map<EvseId, number>()
  const evidence: Evidence[] = []
  const sessions = new Map<EvseId, SessionId | null>()
  const evseOf = new Map<SessionId, EvseId>()
  const offline = new Set<StationId>()
  const pending = new Map<EvseId, { readonly order: OrderId; readonly version: VersionTrace }>()
  const lastPoint = new Map<EvseId, number>()
  let [points, thinned] = [0, 0]
  let first: JournalEntry | null = null
  let last: JournalEntry | null = null
  for (const [evse, { session, isConnected }] of members) {
    sessions.set(evse, session)
    if (session !== null) evseOf.set(session, evse)
    if (!isConnected) offline.add(stationOf(evse))
  }

  function inForce(at: number): VersionTrace | null {
    const version = versions.at(-1)
    return version === undefined || version.end !== null || at < version.signal.from ? null : version
  }
  /** The natural end of the newest version, once an entry lies behind it. */
  function noticeEnd(at: number): void {
    const version = versions.at(-1)
    const until = version?.signal.until ?? null
    if (version !== undefined && version.end === null && until !== null && until <= at) version.end = { at: until, by: 'ended' }
  }
  function proven(entry: JournalEntry): Evidence {
    const { sequence, at, hash, fact } = entry
    const made = { sequence, at, hash, kind: fact.kind }
    evidence.push(made)
    return made
  }
  function takeVersion(entry: JournalEntry, signal: Signal): void {
    const before = versions.at(-1)
    if (before !== undefined && before.end === null) before.end = { at: entry.at, by: 'replaced' }
    for (const subject of signal.subjects)
      for (const evse of standing.subjects.get(subject)?.members ?? [])
        if (!meters.has(evse)) meters.set(evse, meterSteps(entry.at, startOf(members.get(evse)!)))
    const meant = new Set(signal.subjects.flatMap((subject) => standing.subjects.get(subject)?.members ?? []))
    versions.push({
      signal,
      evidence: proven(entry),
      end: null,
      cars: new Set([...meant].filter((evse) => (sessions.get(evse) ?? null) !== null)),
      told: new Map(),
      applied: new Map(),
      refused: new Map(),
      offline: new Set([...meant].map(stationOf).filter((station) => offline.has(station))),
      deviating: new Map(),
    })
  }
  function takeReading(reading: Reading): void {
    const meter = meters.get(reading.evse)
    if (meter === undefined || reading.quality === 'suspect') return
    if (points >= POINTS_MAX && Math.abs(reading.sampledAt - (lastPoint.get(reading.evse) ?? -Infinity)) < THIN_MS) {
      thinned++
      return
    }
    points++
    lastPoint.set(reading.evse, reading.sampledAt)
    meter.take(reading)
  }
  function takeOrder(entry: JournalEntry, fact: Extract<Fact, { kind: `order-${string}` }>): void {
    if (fact.kind === 'order-issued') {
      const { evse, id: order, issuedAt } = fact.order
      const version = meters.has(evse) ? inForce(issuedAt) : null
      if (version === null) return void pending.delete(evse)
      pending.set(evse, { order, version })
      if (!version.told.has(evse)) version.told.set(evse, { at: issuedAt, evidence: proven(entry) })
      return
    }
    const waiting = pending.get(fact.evse)
    if (fact.kind !== 'order-moved' || waiting?.order !== fact.order) return
    const { version } = waiting
    if (fact.state.kind === 'ended') {
      if (fact.state.outcome === 'refused') version.refused.set(fact.evse, fact.state.detail)
    } else if (fact.state.kind !== 'issued' && !version.applied.has(fact.evse))
      version.applied.set(fact.evse, { at: entry.at, evidence: proven(entry) })
  }
  /** Only what goes against the limit counts: a full car that takes less than it may keeps to it. */
  function takeDeviation(at: number, { evse, ordered, measured, misses }: Extract<Fact, { kind: 'station-deviates' }>): void {
    const version = meters.has(evse) && misses >= MISSES_IN_A_ROW ? inForce(at) : null
    if (version === null) return
    const { max, min } = version.signal
    if ((max !== null && measured > ordered) || (min !== null && measured < ordered))
      version.deviating.set(evse, { ordered, measured })
  }
  function takeSession(at: number, fact: Fact): void {
    if (fact.kind === 'session-started' && fact.session.endedAt === null && members.has(fact.session.evse)) {
      sessions.set(fact.session.evse, fact.session.id)
      evseOf.set(fact.session.id, fact.session.evse)
    } else if (fact.kind === 'session-ended') {
      const evse = evseOf.get(fact.session)
      if (evse === undefined || sessions.get(evse) !== fact.session) return
      sessions.set(evse, null)
      meters.get(evse)?.end(Math.min(at, fact.endedAt))
      if (members.get(evse)?.session === fact.session) left.set(evse, Math.min(at, fact.endedAt))
    } else if (fact.kind === 'session-reopened') {
      const evse = evseOf.get(fact.session)
      if (evse === undefined) return
      sessions.set(evse, fact.session)
      left.delete(evse)
    }
  }
  function takeFact(entry: JournalEntry): void {
    const { fact, at } = entry
    switch (fact.kind) {
      case 'signal-received':
        if (fact.signal.id === id) takeVersion(entry, fact.signal)
        else if (isReleaseStep(fact.signal, id)) {
          proven(entry)
          releaseSteps.push(fact.signal)
        }
        return
      case 'signal-withdrawn': {
        const version = fact.id === id ? versions.at(-1) : undefined
        if (version === undefined) return
        proven(entry)
        if (version.end === null) version.end = { at, by: 'withdrawn' }
        return
      }
      case 'order-issued':
      case 'order-moved':
        return takeOrder(entry, fact)
      case 'readings':
        return fact.readings.forEach(takeReading)
      case 'station-deviates':
        return takeDeviation(at, fact)
      case 'station-connected':
        return void offline.delete(fact.station)
      case 'station-disconnected':
        offline.add(fact.station)
        return void versions.at(-1)?.offline.add(fact.station)
      default:
        return takeSession(at, fact)
    }
  }

  return {
    take(entry) {
      noticeEnd(entry.at)
      const end = versions.at(-1)?.end ?? null
      const settledAt = end === null ? Infinity : Math.max(end.at, ...releaseSteps.map(({ until }) => until ?? 0)) + SETTLE_MS
      if (entry.sequence > lastVersion && entry.at > settledAt) return false
      first ??= entry
      last = entry
      takeFact(entry)
      return true
    },
    versions,
    releaseSteps,
    meters,
    left,
    evidence,
    get first() {
      return first
    },
    get last() {
      return last
    },
    thinned: () => thinned,
  }
}
