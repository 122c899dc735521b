// What others have set on stations themselves, as the stations tell it: it bounds their EVSEs like a signal, until a newer one, its end, or its source lifts it.
import type { Fact } from '../facts/fact.ts'
import type { StationEvent } from '../ports/charge-points.ts'
import { evseId, type StationId } from '../registry/identity.ts'
import type { Envelope } from '../signals/envelope.ts'
import { toldWatts, type LimitSource, type ToldPeriod } from '../signals/external-limit.ts'
import type { Decision } from './decision.ts'
import { evsesOf, type LiveEvse, type LiveFleet } from './live-fleet.ts'

/** By subject, then by source: `evse:` where one EVSE is meant, `station:` where several have it together. */
export type ExternalLimits = Map<string, Map<LimitSource, readonly Envelope[]>>

type Told = Extract<StationEvent, { kind: 'external-limit' }>
type Cleared = Extract<StationEvent, { kind: 'external-limit-cleared' }>

/** What is recorded of a limit that a station tells: nothing where it says again what holds. Its orders are looked at at once, plans follow. */
export function takeExternalLimit(fleet: LiveFleet, event: Told): Decision {
  const { station, evse, source, receivedAt } = event
  const reply = { accepted: true }
  const meant = meantBy(fleet, station, evse)
  const subject = subjectFor(station, meant)
  if (subject === null) return { facts: [], reply: { accepted: false } }
  const phases = Math.max(...meant.map((live) => (live.evse.phases.length === 0 ? 3 : live.evse.phases.length)))
  const rank = event.isGridCritical || source === 'SO' ? 'grid-limit' : 'operator'
  const provenance = { authority: `${source} at station ${station}`, reference: station }
  const envelopes = event.periods.map(({ from, until, max, min }: ToldPeriod): Envelope => ({
    subject,
    from,
    until,
    rank,
    max: max === null ? null : toldWatts(max, phases),
    min: min === null ? null : toldWatts(min, phases),
    provenance,
    receivedAt,
  }))
  const before = fleet.externalLimits.get(subject)?.get(source)
  if (before !== undefined && isSame(before, envelopes, receivedAt)) return { facts: [], reply }
  return {
    facts: [{ kind: 'external-limit-told', station, subject, source, envelopes }],
    reply,
    ...consequences(meant),
  }
}

/** What is recorded when a source lifts its limit: of one EVSE, or of the station and all of its EVSEs. */
export function liftExternalLimit(fleet: LiveFleet, event: Cleared): Decision {
  const { station, evse, source } = event
  const meant = meantBy(fleet, station, evse)
  const subjects = [...meant.map((live) => `evse:${live.evse.id}`), ...(evse === 0 ? [`station:${station}`] : [])]
  const known = subjects.filter((subject) => fleet.externalLimits.get(subject)?.has(source) === true)
  if (known.length === 0) return { facts: [], reply: { accepted: true } }
  const facts: readonly Fact[] = known.map((subject) => ({ kind: 'external-limit-lifted', station, subject, source }))
  return { facts, reply: { accepted: true }, ...consequences(meant) }
}

/** Keeps a limit in place of the one before. A station the registry does not know any more bounds nobody. */
export function keepExternalLimit(fleet: LiveFleet, fact: Extract<Fact, { kind: 'external-limit-told' }>): void {
  const { subject, source, envelopes } = fact
  const own = fleet.externalLimits.get(subject) ?? new Map<LimitSource, readonly Envelope[]>()
  fleet.externalLimits.set(subject, own.set(source, envelopes))
}

/** Forgets a limit that is lifted. */
export function forgetExternalLimit(fleet: LiveFleet, subject: string, source: LimitSource): void {
  const own = fleet.externalLimits.get(subject)
  own?.delete(source)
  if (own?.size === 0) fleet.externalLimits.delete(subject)
}

/** Another registry is in force: limits of stations it does not know are forgotten. */
export function forgetUnknown(fleet: LiveFleet): void {
  const known = new Set<string>()
  for (const { evse } of fleet.evses.values()) known.add(`evse:${evse.id}`).add(`station:${evse.station}`)
  for (const subject of fleet.externalLimits.keys()) if (!known.has(subject)) fleet.externalLimits.delete(subject)
}

/** What stations have told about a subject; it may be past, in force or to come. */
export function externalOn(fleet: LiveFleet, subject: string): readonly Envelope[] {
  const own = fleet.externalLimits.get(subject)
  return own === undefined ? [] : [...own.values()].flat()
}

function meantBy(fleet: LiveFleet, station: StationId, evse: number): readonly LiveEvse[] {
  if (evse === 0) return evsesOf(fleet, station)
  const live = fleet.evses.get(evseId(station, evse))
  return live === undefined ? [] : [live]
}

/** A station of one EVSE is that EVSE. */
function subjectFor(station: StationId, meant: readonly LiveEvse[]): string | null {
  const [first, ...others] = meant
  if (first === undefined) return null
  return others.length === 0 ? `evse:${first.evse.id}` : `station:${station}`
}

function consequences(meant: readonly LiveEvse[]): Pick<Decision, 'redispatch' | 'planBeside'> {
  const evses = meant.filter(({ session }) => session !== null).map((live) => live.evse.id)
  return { redispatch: true, planBeside: { evses, cause: 'a limit set on the station' } }
}

/** Whether two limits hold the same from an instant on: one without a start begins when it is told. */
function isSame(before: readonly Envelope[], after: readonly Envelope[], at: number): boolean {
  const still = before.filter(({ until }) => until === null || until > at)
  return (
    still.length === after.length &&
    still.every((one, i) => {
      const other = after[i]!
      const begins = Math.max(one.from, at) === Math.max(other.from, at)
      return begins && one.until === other.until && one.max === other.max && one.min === other.min && one.rank === other.rank
    })
  )
}
