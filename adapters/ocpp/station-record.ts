// What is kept of one station as long as this process knows it, over all its connections.
import type { Power } from '../../domain/units.ts'
import type { ProfileForm } from '../../domain/registry/abilities.ts'
import type { StationLimit } from '../../domain/registry/station.ts'
import type { PresentedTokens } from './presented-tokens.ts'
import { frameLog, type FrameLog, type LoggedFrame } from './frame-log.ts'
import { tokenFilter, type KnownTokens, type Pseudonym } from './hide-tokens.ts'
import { oddityCount, type OddityCount } from './oddities.ts'
import { NO_SETPOINTS_REFUSED, type RefusedSetpoints } from './refused-setpoints.ts'
import type { AnswerCache } from './rpc/answer-cache.ts'
import { allowance, type Allowance, type PaceLimits } from './rpc/pace.ts'
import type { StationMemory } from './station-memory.ts'

/** Kept as long as the process knows the station, over all its connections. */
export interface StationRecord extends StationMemory {
  readonly answered: AnswerCache
  readonly log: FrameLog
  readonly tokens: KnownTokens
  readonly presented: PresentedTokens
  readonly allowance: Allowance
  /** The form in which it took its last order; null until one was taken in another than it said. */
  form: ProfileForm | null
  /** What it has refused of set-points. */
  setpoints: RefusedSetpoints
  /** What each EVSE is to keep to without us, as told last. */
  readonly defaults: Map<number, Power>
  /** Transaction by EVSE whose set-point may be in force: it was told one, did not refuse it, and has not given it back since. */
  readonly setpointOf: Map<number, string>
  /** Passed time at which it was last asked what it can do. */
  askedAt: number
  messageNumber: number
  requestNumber: number
  lastSeenAt: number
  badFrames: number
  readonly oddities: OddityCount
  /** Steps of the clock so far: what was asked before one and answered after it says nothing about how long it holds. */
  clockSteps: number
  /** Passed time of the connections let in within the last hour, oldest first. */
  connections: readonly number[]
  /** Passed time at which the core was last told of a limit this station ran into. */
  readonly toldAt: Map<StationLimit, number>
}

/** What is remembered of a station that was never seen before. */
export function stationRecord(limits?: PaceLimits): StationRecord {
  return {
    evseOf: new Map(),
    unplaced: new Map(),
    sequences: new Map(),
    installed: new Map(),
    volts: new Map(),
    form: null,
    setpoints: NO_SETPOINTS_REFUSED,
    askedAt: -Infinity,
    defaults: new Map(),
    setpointOf: new Map(),
    answered: new Map(),
    log: frameLog(),
    tokens: new Map(),
    presented: new Map(),
    allowance: allowance(limits),
    messageNumber: 0,
    requestNumber: 0,
    lastSeenAt: 0,
    badFrames: 0,
    oddities: oddityCount(),
    clockSteps: 0,
    connections: [],
    toldAt: new Map(),
  }
}

/** After a step of the clock the machine may have slept: nobody knows what is left of the set-points in place, so none is told or renewed unasked (F36). */
export function doubtInstalled(record: StationRecord): void {
  record.clockSteps++
  for (const [transaction, installed] of record.installed) record.installed.set(transaction, { ...installed, renewedAt: null })
}

/** The last frames of a station as they may be shown, oldest first; none of one that was never seen. */
export function shownFrames(record: StationRecord | undefined, pseudonym: Pseudonym): readonly LoggedFrame[] {
  if (record === undefined) return []
  const filter = tokenFilter(pseudonym, record.tokens)
  return record.log.frames().map(({ at, direction, text, isRaw }) => ({ at, direction, text: isRaw ? filter.frame(text) : text }))
}
