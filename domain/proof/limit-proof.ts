// The proof of a limit: when it came and went, who followed it and when, what was measured against it, and the entries of the journal all of that rests on.
import type { JournalEntry } from '../ports/journal.ts'
import type { SignalAlarm } from '../ports/answers/signals.ts'
import { stationOf, type EvseId } from '../registry/identity.ts'
import type { Signal } from '../signals/signal.ts'
import { complianceOf, meanOf, together, type Compliance, type SubjectSum } from './compliance.ts'
import { compensation, type CompensationRecord } from './compensation.ts'
import { beginOf, limitTrace, type EndedBy, type Evidence, type LimitTrace, type VersionTrace } from './limit-trace.ts'
import { sumOf, type Step } from './measured-sum.ts'
import type { LimitStanding, StandingSubject } from './standing.ts'

export interface ProvenVersion {
  readonly signal: Signal
  readonly alarms: readonly SignalAlarm[]
  /** When it was recorded: only what was found valid is. Epoch ms, as all instants here. */
  readonly validatedAt: number
  /** It held from here, until here. */
  readonly begin: number
  readonly end: { readonly at: number; readonly by: EndedBy } | null
  readonly cars: number
  readonly told: number
  readonly firstOrderAt: number | null
  readonly lastOrderAt: number | null
  readonly applied: number
  readonly firstAppliedAt: number | null
  readonly lastAppliedAt: number | null
  readonly compliance: Compliance
}
export type NotFollowedWhy = 'not-connected' | 'refused' | 'silent' | 'did-not-follow'
export interface NotFollowed {
  readonly version: number
  readonly evse: EvseId
  readonly why: NotFollowedWhy
  readonly detail: string
}
/** Mean of a piece of time. */
export interface MeasuredPoint {
  readonly at: number
  readonly watts: number
  /** The bounds on the sum of all subjects at its beginning; null where none held. */
  readonly max: number | null
  readonly min: number | null
}
export interface LimitProof {
  readonly id: string
  readonly state: 'scheduled' | 'in-force' | 'released'
  readonly versions: readonly ProvenVersion[]
  readonly release: { readonly at: number; readonly by: EndedBy; readonly steps: readonly Signal[] } | null
  readonly compliance: Compliance
  readonly measured: { readonly atReceipt: number; readonly everyMs: number; readonly points: readonly MeasuredPoint[] }
  readonly notFollowed: readonly NotFollowed[]
  readonly subjects: readonly (StandingSubject & { readonly subject: string })[]
  readonly compensation: CompensationRecord
  /** The same of some of the EVSEs, for the versions behind one. */
  readonly compensationOf: (isMeant: (evse: EvseId) => boolean, behind: number) => CompensationRecord
  readonly chain: {
    readonly node: string
    readonly first: Evidence
    readonly last: Evidence
    readonly entries: readonly Evidence[]
  }
  /** Readings that were left out because there were too many. */
  readonly thinned: number
}

/** Orders of the first wave: who gets one later, as a car that comes does, is no delay of the limit. */
const DISPATCH_MS = 60_000
/** Silence counts only where there was time to answer. */
const ANSWER_MS = 30_000
const POINTS_MAX = 3_000
const EVERY_MS = [60_000, 300_000, 900_000, 3_600_000] as const
/** Of so many orders and confirmations each is named; of more the first and the last, the chain between them proves the others. */
const NAMED_MAX = 1_000

/** A proof in the making: entries in from that of the first version on, in their order; the proof out. It reads no clock. */
export function limitProof(standing: LimitStanding): {
  /** False where nothing more belongs to the limit. */
  readonly take: (entry: JournalEntry) => boolean
  /** Null where the limit was not among the entries. */
  readonly result: () => LimitProof | null
} {
  const trace = limitTrace(standing)
  return { take: trace.take, result: () => (trace.versions.length === 0 ? null : proofOf(standing, trace)) }
}

function proofOf(standing: LimitStanding, trace: LimitTrace): LimitProof {
  const { versions } = trace
  const { first, last } = trace.ends()!
  const from = versions[0]!.signal.receivedAt
  const steps = new Map(
    [...trace.readings.meters].map(([evse, meter]) => [evse, { power: meter.power(), energy: meter.energy() }]),
  )
  const sums = new Map([...standing.subjects].map(([name, subject]) => [name, subjectSum(standing, subject, steps, from)]))
  const heldOf = (version: VersionTrace) => {
    const begin = beginOf(version.signal)
    return { from: begin, until: Math.max(begin, version.end?.at ?? last.at) }
  }
  const proven = versions.map((version) => {
    const { alarms = [] } = standing.versions.find(({ sequence }) => sequence === version.evidence.sequence) ?? {}
    const own = version.signal.subjects.flatMap((subject) => sums.get(subject) ?? [])
    return provenVersion(version, alarms, complianceOf(version.signal, own, heldOf(version)))
  })
  const { end, signal } = versions.at(-1)!
  const total = (of: keyof SubjectSum) =>
    sumOf(
      [...sums.values()].map((own) => ({ steps: own[of], share: 1 })),
      from,
    )
  const everyMs = EVERY_MS.find((ms) => (last.at - from) / ms <= POINTS_MAX) ?? Math.ceil((last.at - from) / POINTS_MAX)
  return {
    id: standing.signal,
    state: end !== null ? 'released' : beginOf(signal) > last.at ? 'scheduled' : 'in-force',
    versions: proven,
    release: end === null ? null : { ...end, steps: trace.releaseSteps },
    compliance: together(proven.map(({ compliance }) => compliance)),
    measured: {
      atReceipt: Math.round(total('power')[0]!.watts),
      everyMs,
      points: pointsOf(total('energy'), versions, from, last.at, everyMs),
    },
    notFollowed: versions.flatMap((version) => notFollowedIn(version, heldOf(version))),
    subjects: [...standing.subjects].map(([subject, of]) => ({ subject, ...of })),
    compensation: compensation(carsOf(standing, trace, steps), versions.map(heldOf)),
    compensationOf: (isMeant, behind) =>
      compensation(carsOf(standing, trace, steps, isMeant), versions.filter((one) => one.signal.version > behind).map(heldOf)),
    chain: { node: first.node, first: evidenceOf(first), last: evidenceOf(last), entries: named(trace.evidence) },
    thinned: trace.readings.thinned(),
  }
}

function provenVersion(version: VersionTrace, alarms: readonly SignalAlarm[], compliance: Compliance): ProvenVersion {
  const { signal, evidence, end, cars, told, applied } = version
  const begin = beginOf(signal)
  const wave = [...told].filter(([, { at }]) => at <= begin + DISPATCH_MS)
  const orders = wave.map(([, { at }]) => at)
  const confirmed = wave.flatMap(([evse]) => applied.get(evse)?.at ?? [])
  return {
    signal,
    alarms,
    validatedAt: evidence.at,
    begin,
    end,
    cars: cars.size,
    told: wave.length,
    firstOrderAt: least(orders),
    lastOrderAt: most(orders),
    applied: confirmed.length,
    firstAppliedAt: least(confirmed),
    lastAppliedAt: most(confirmed),
    compliance,
  }
}

function notFollowedIn(version: VersionTrace, held: { readonly from: number; readonly until: number }): readonly NotFollowed[] {
  const { signal, cars, told, applied, refused, offline, deviating } = version
  const found: NotFollowed[] = []
  const add = (evse: EvseId, why: NotFollowedWhy, detail: string) =>
    void found.push({ version: signal.version, evse, why, detail })
  for (const evse of [...new Set([...cars, ...told.keys()])].sort()) {
    const strayed = deviating.get(evse)
    const refusal = refused.get(evse)
    const order = told.get(evse)
    if (applied.has(evse)) {
      if (strayed !== undefined) add(evse, 'did-not-follow', `took ${strayed.measured} W where ${strayed.ordered} W were ordered`)
    } else if (offline.has(stationOf(evse))) add(evse, 'not-connected', 'its station had no connection')
    else if (refusal !== undefined) add(evse, 'refused', refusal)
    else if (order !== undefined && held.until - order.at >= ANSWER_MS) add(evse, 'silent', 'no order was confirmed')
  }
  return found
}

/** The sum a subject stands for; of one phase that part of each meter. */
function subjectSum(
  standing: LimitStanding,
  { members, phase }: StandingSubject,
  steps: ReadonlyMap<EvseId, SubjectSum>,
  from: number,
): SubjectSum {
  const sum = (of: keyof SubjectSum) =>
    sumOf(
      members.map((evse) => {
        const share = phase === null ? 1 : 1 / (standing.members.get(evse)?.phases.length ?? 1)
        return { steps: steps.get(evse)?.[of] ?? [], share }
      }),
      from,
    )
  return { power: sum('power'), energy: sum('energy') }
}

function pointsOf(
  total: readonly Step[],
  versions: readonly VersionTrace[],
  from: number,
  until: number,
  everyMs: number,
): readonly MeasuredPoint[] {
  const points: MeasuredPoint[] = []
  for (let at = from; at < until;) {
    const end = Math.min(until, (Math.floor(at / everyMs) + 1) * everyMs)
    const holds = versions.findLast((one) => beginOf(one.signal) <= at && at < (one.end?.at ?? Infinity))
    const [max, min] = [holds?.signal.max ?? null, holds?.signal.min ?? null]
    const count = holds?.signal.subjects.length ?? 1
    points.push({
      at,
      watts: Math.round(meanOf(total, at, end)),
      max: max === null ? null : max * count,
      min: min === null ? null : min * count,
    })
    at = end
  }
  return points
}

function carsOf(
  standing: LimitStanding,
  trace: LimitTrace,
  steps: ReadonlyMap<EvseId, SubjectSum>,
  isMeant: (evse: EvseId) => boolean = () => true,
) {
  return [...standing.members].flatMap(([evse, { session, plan }]) =>
    session === null || plan === null || !isMeant(evse)
      ? []
      : [{ plan, steps: steps.get(evse)?.energy ?? [], until: trace.readings.left.get(evse) ?? Infinity }],
  )
}

function named(evidence: readonly Evidence[]): readonly Evidence[] {
  if (evidence.length <= NAMED_MAX) return evidence
  return [...evidence.slice(0, NAMED_MAX / 2), ...evidence.slice(-NAMED_MAX / 2)]
}

function evidenceOf({ sequence, at, hash, fact }: JournalEntry): Evidence {
  return { sequence, at, hash, kind: fact.kind }
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b))
}
function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b))
}
