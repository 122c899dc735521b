// How things stood when a limit was received: whom it means, what they took and what they were meant to do. The proof of the limit begins from here.
import { minimumPower } from '../dimming/minimum-power.ts'
import { isConnected, type CurrentPlan, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { legalMinimum, minimumOfSite, signalAlarms } from '../live/legal-minimum.ts'
import { powerAt } from '../live/measured-power.ts'
import { membersOf } from '../live/subject.ts'
import type { SignalAlarm } from '../ports/answers/signals.ts'
import type { EvseId, SessionId } from '../registry/identity.ts'
import type { Phase } from '../registry/registry.ts'
import type { Signal } from '../signals/signal.ts'
import { inWatts, type Power } from '../units.ts'
import type { MeterStart, Register } from './measured-sum.ts'

/** An EVSE that is meant. */
export interface StandingMember {
  readonly isConnected: boolean
  readonly session: SessionId | null
  /** Known then; null where it was not. */
  readonly power: Power | null
  /** What its register had counted when it was told last, given energy subtracted, Wh. */
  readonly register: Register | null
  readonly rated: MeterStart['rated']
  /** Phases it charges on, and their number. */
  readonly phases: readonly Phase[]
  /** The plan in force then. */
  readonly plan: Pick<CurrentPlan, 'firstSlot' | 'power'> | null
}
export interface StandingSubject {
  readonly members: readonly EvseId[]
  /** Where the subject is one phase of a connection. */
  readonly phase: Phase | null
  /** What has to be left to it (§14a EnWG), W, and how that comes about, a line a connection; null where the rule says nothing. */
  readonly minimum: { readonly power: Power; readonly formulas: readonly string[] } | null
}
export interface StandingVersion {
  readonly version: number
  readonly sequence: number
  readonly subjects: readonly string[]
  readonly alarms: readonly SignalAlarm[]
}
/** Plain data, so that a snapshot holds it. */
export interface LimitStanding {
  readonly signal: string
  readonly versions: readonly StandingVersion[]
  /** By name, of all versions. */
  readonly subjects: ReadonlyMap<string, StandingSubject>
  /** As they stood when the first version that means them was received. */
  readonly members: ReadonlyMap<EvseId, StandingMember>
  /** Only these versions are meant, and the next one ends them: one dimming of a signal that goes on for as long as its machine. */
  readonly isDimming?: true
}

/** Calculations that are told one by one; of a larger area the sum alone is complete. */
const FORMULAS_MAX = 50
const ALL_PHASES: readonly Phase[] = ['L1', 'L2', 'L3']
const RELEASE_PREFIX = 'release-'
const STEP_RANK = 'operator'

/** Whether a signal is one of those a proof is made for: a limit from outside. */
export function isProvable(signal: Signal): boolean {
  return signal.rank === 'grid-limit'
}

/** Whether a signal is a step of the release of another one. */
export function isReleaseStep(signal: Signal, id: string): boolean {
  return signal.rank === STEP_RANK && signal.id.startsWith(`${RELEASE_PREFIX}${id}-`)
}

/** The standing with a version of a limit that has just been received as an entry, and is in the live state by now. `at` in epoch ms. */
export function standingWith(
  before: LimitStanding | undefined,
  fleet: LiveFleet,
  signal: Signal,
  sequence: number,
  at: number,
): LimitStanding {
  const subjects = new Map(before?.subjects)
  const members = new Map(before?.members)
  for (const subject of signal.subjects) {
    if (!subjects.has(subject)) subjects.set(subject, standingSubject(fleet, subject))
    for (const evse of subjects.get(subject)!.members)
      if (!members.has(evse)) members.set(evse, standingMember(fleet, fleet.evses.get(evse)!, at))
  }
  const { id, version } = signal
  const alarms = signalAlarms(fleet, signal, at, (subject) => subjects.get(subject)?.minimum?.power ?? null)
  const own = { version, sequence, subjects: signal.subjects, alarms }
  return { signal: id, versions: [...(before?.versions ?? []), own], subjects, members }
}

function standingMember(fleet: LiveFleet, live: LiveEvse, at: number): StandingMember {
  const { evse, session, plan } = live
  const counted = fleet.registers.get(evse.id)?.averagedFrom ?? null
  return {
    isConnected: isConnected(fleet, live),
    session,
    power: session === null ? null : powerAt(live, at),
    register: counted === null ? null : { at: counted.at, wh: counted.importedWh - counted.exportedWh },
    rated: { max: inWatts(evse.chargeMax), min: inWatts(evse.dischargeMax) },
    phases: evse.phases.length === 0 ? ALL_PHASES : evse.phases,
    plan: plan === null ? null : { firstSlot: plan.firstSlot, power: plan.power },
  }
}

function standingSubject(fleet: LiveFleet, subject: string): StandingSubject {
  const members = membersOf(fleet, subject) ?? []
  const [kind, name] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
  const phase = kind === 'site' && !fleet.sites.has(name) ? (name.slice(name.lastIndexOf('/') + 1) as Phase) : null
  const power = legalMinimum(fleet, subject)
  return { members, phase, minimum: power === null ? null : { power, formulas: formulasOf(fleet, kind, members) } }
}

function formulasOf(fleet: LiveFleet, kind: string, members: readonly EvseId[]): readonly string[] {
  const evses = members.map((evse) => fleet.evses.get(evse)!.evse)
  if (kind === 'evse')
    return evses.map(({ id, site, chargeMax }) => {
      const isPublic = fleet.sites.get(site)?.access === 'public'
      return `${id}: ${minimumPower([{ kind: 'charge-point', power: chargeMax, isPublic }], 'direct', 'each').formula}`
    })
  const sites = [...new Set(evses.map(({ site }) => site))].flatMap((site) => fleet.sites.get(site) ?? [])
  return sites.slice(0, FORMULAS_MAX).map((site) => `${site.id}: ${minimumOfSite(fleet, site).formula}`)
}
