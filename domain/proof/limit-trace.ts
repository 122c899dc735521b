// Follows a limit through the journal: its versions, who was ordered and who confirmed, what meters told, and how it was released.
import type { Fact } from '../facts/fact.ts'
import type { JournalEntry } from '../ports/journal.ts'
import { stationOf, type EvseId, type OrderId, type StationId } from '../registry/identity.ts'
import type { Signal } from '../signals/signal.ts'
import { meterTrace, type MeterTrace } from './meter-trace.ts'
import { isReleaseStep, type LimitStanding } from './standing.ts'

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
  readonly readings: Pick<MeterTrace, 'meters' | 'left' | 'thinned'>
  readonly evidence: readonly Evidence[]
  /** The first and the last entry that was taken. */
  ends(): { readonly first: JournalEntry; readonly last: JournalEntry } | null
}

/** What meters tell goes on being looked at so long after the release, ms. */
const SETTLE_MS = 120_000
/** Control cycles in a row before a station counts as off its order. */
const MISSES_IN_A_ROW = 2

/** When a version begins to hold, epoch ms. */
export function beginOf({ from, receivedAt }: Signal): number {
  return Math.max(from, receivedAt)
}

/** A trace from the entry of the first version on. */
export function limitTrace(standing: LimitStanding): LimitTrace {
  const { signal: id, members } = standing
  const lastVersion = standing.versions.at(-1)?.sequence ?? 0
  const versions: VersionTrace[] = []
  const releaseSteps: Signal[] = []
  const evidence: Evidence[] = []
  const readings = meterTrace(members)
  const pending: Pending = new Map()
  const offline = new Set<StationId>()
  let ends: ReturnType<LimitTrace['ends']> = null
  for (const [evse, { isConnected }] of members) if (!isConnected) offline.add(stationOf(evse))

  function inForce(at: number): VersionTrace | null {
    const version = versions.at(-1)
    return version === undefined || version.end !== null || at < version.signal.from ? null : version
  }
  function proven({ sequence, at, hash, fact }: JournalEntry): Evidence {
    const made = { sequence, at, hash, kind: fact.kind }
    evidence.push(made)
    return made
  }
  function takeVersion(entry: JournalEntry, signal: Signal): void {
    const before = versions.at(-1)
    if (before !== undefined && before.end === null) before.end = { at: entry.at, by: 'replaced' }
    const meant = new Set(signal.subjects.flatMap((subject) => standing.subjects.get(subject)?.members ?? []))
    readings.begin(meant, entry.at)
    const cars = [...meant].filter(readings.hasCar)
    const away = [...meant].map(stationOf).filter((station) => offline.has(station))
    versions.push(versionTrace(signal, proven(entry), cars, away))
  }
  function takeSignal(entry: JournalEntry, signal: Signal): void {
    if (signal.id === id) {
      if (standing.isDimming === true && entry.sequence > lastVersion) takeEnd(entry, 'replaced')
      else takeVersion(entry, signal)
    } else if (isReleaseStep(signal, id)) {
      proven(entry)
      releaseSteps.push(signal)
    }
  }
  function takeEnd(entry: JournalEntry, by: EndedBy): void {
    const version = versions.at(-1)
    if (version === undefined) return
    proven(entry)
    if (version.end === null) version.end = { at: entry.at, by }
  }
  function takeFact(entry: JournalEntry): void {
    const { fact, at } = entry
    switch (fact.kind) {
      case 'signal-received':
        return takeSignal(entry, fact.signal)
      case 'signal-withdrawn':
        return fact.id === id ? takeEnd(entry, 'withdrawn') : undefined
      case 'order-issued': {
        const { evse, id: order, issuedAt } = fact.order
        const version = readings.meters.has(evse) ? inForce(issuedAt) : null
        if (version === null) return void pending.delete(evse)
        pending.set(evse, { order, version })
        if (!version.told.has(evse)) version.told.set(evse, { at: issuedAt, evidence: proven(entry) })
        return
      }
      case 'order-moved':
        return takeMove(pending, fact, () => ({ at, evidence: proven(entry) }))
      case 'readings':
        return fact.readings.forEach(readings.read)
      case 'station-deviates':
        return readings.meters.has(fact.evse) ? takeDeviation(inForce(at), fact) : undefined
      case 'station-connected':
        return void offline.delete(fact.station)
      case 'station-disconnected':
        offline.add(fact.station)
        return void versions.at(-1)?.offline.add(fact.station)
      default:
        return readings.noticeSession(fact, at)
    }
  }

  return {
    take(entry) {
      noticeEnd(versions.at(-1), entry.at)
      const end = versions.at(-1)?.end ?? null
      const settledAt = end === null ? Infinity : Math.max(end.at, ...releaseSteps.map(({ until }) => until ?? 0)) + SETTLE_MS
      if (entry.sequence > lastVersion && entry.at > settledAt) return false
      ends = { first: ends?.first ?? entry, last: entry }
      takeFact(entry)
      return true
    },
    versions,
    releaseSteps,
    readings,
    evidence,
    ends: () => ends,
  }
}

/** The order each EVSE has last, and the version it was made in. */
type Pending = Map<EvseId, { readonly order: OrderId; readonly version: VersionTrace }>

function versionTrace(signal: Signal, evidence: Evidence, cars: readonly EvseId[], away: readonly StationId[]): VersionTrace {
  const nobody = { told: new Map(), applied: new Map(), refused: new Map(), deviating: new Map() }
  return { signal, evidence, end: null, cars: new Set(cars), offline: new Set(away), ...nobody }
}

/** The natural end of a version, once an entry lies behind it, epoch ms. */
function noticeEnd(version: VersionTrace | undefined, at: number): void {
  const until = version?.signal.until ?? null
  if (version !== undefined && version.end === null && until !== null && until <= at) version.end = { at: until, by: 'ended' }
}

function takeMove(
  pending: Pending,
  { evse, order, state }: Extract<Fact, { kind: 'order-moved' }>,
  proven: () => { readonly at: number; readonly evidence: Evidence },
): void {
  const waiting = pending.get(evse)
  if (waiting === undefined || waiting.order !== order) return
  const { version } = waiting
  if (state.kind === 'ended') {
    if (state.outcome === 'refused') version.refused.set(evse, state.detail)
  } else if (state.kind !== 'issued' && !version.applied.has(evse)) version.applied.set(evse, proven())
}

/** Only what goes against the limit counts: a full car that takes less than it may keeps to it. */
function takeDeviation(
  version: VersionTrace | null,
  { evse, ordered, measured, misses }: Extract<Fact, { kind: 'station-deviates' }>,
): void {
  if (version === null || misses < MISSES_IN_A_ROW) return
  const { max, min } = version.signal
  if ((max !== null && measured > ordered) || (min !== null && measured < ordered))
    version.deviating.set(evse, { ordered, measured })
}
