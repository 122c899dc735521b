// The stack of charging profiles on one station: which of them counts at an instant, and when that changes.
import { ok, refused, type Result } from '../../domain/result.ts'
import {
  isSensible,
  type ProfilePeriod,
  type ProfilePurpose,
  type ProfileRefusal,
  type StationProfile,
} from './charging-profile.ts'

export type ProfileStack = readonly StationProfile[]

/** What decides about the stack besides time. */
export interface StackContext {
  readonly transaction: string | null
  readonly startedAt: number
  /** Instant since which the station has no connection; null online. */
  readonly offlineSince: number | null
}
/** What the stack asks for. Without any profile charging is unlimited, discharging never happens (Q11). */
export interface Asked {
  readonly profile: StationProfile | null
  readonly limit: number
  readonly setpoint: number | null
}
/** One part of a composite schedule. */
export interface CompositePeriod extends Asked {
  readonly fromMs: number
}

/** Adds a profile; the same id is replaced. 2.x refuses a second profile in the same place, 1.6 lets the newer one win. */
export function install(stack: ProfileStack, profile: StationProfile, replaces: boolean): Result<ProfileStack, ProfileRefusal> {
  const others = stack.filter((other) => other.id !== profile.id)
  const rivals = others.filter((other) => isSamePlace(other, profile))
  if (rivals.length > 0 && !replaces) return refused('DuplicateProfile')
  return ok([...others.filter((other) => !rivals.includes(other)), profile])
}

export interface DynamicUpdate {
  readonly limit?: number
  readonly dischargeLimit?: number
  readonly setpoint?: number
}
/** New values for a dynamic profile; its duration counts anew (K28.FR.06, .09), also when it had run out (K28.FR.14). */
export function update(
  stack: ProfileStack,
  id: number,
  values: DynamicUpdate,
  now: number,
  bidirectional: boolean,
): Result<ProfileStack, ProfileRefusal> {
  const profile = stack.find((known) => known.id === id)
  // [K28.FR.11]
  if (profile?.dynamic === undefined || profile.dynamic === null) return refused('InvalidProfile')
  const before = profile.periods[0]!
  const { scale = 1 } = profile.dynamic
  const scaled = (value: number | undefined) => (value === undefined ? undefined : value * scale)
  const period: ProfilePeriod = {
    fromMs: 0,
    limit: scaled(values.limit) ?? before.limit,
    dischargeLimit: scaled(values.dischargeLimit) ?? before.dischargeLimit,
    setpoint: scaled(values.setpoint) ?? before.setpoint,
  }
  if (period.limit < 0 || !isSensible(period, bidirectional)) return refused('InvalidSchedule')
  const updated: StationProfile = { ...profile, startsAt: now, periods: [period] }
  return ok(stack.map((known) => (known === profile ? updated : known)))
}

export interface ClearCriteria {
  readonly id?: number
  readonly evse?: number
  readonly purpose?: ProfilePurpose
  readonly stackLevel?: number
}
/** Removes profiles by id, or all that fit every criterion given. */
export function clear(stack: ProfileStack, criteria: ClearCriteria): ProfileStack {
  const { id, evse, purpose, stackLevel } = criteria
  return stack.filter(
    (profile) =>
      !(id === undefined || profile.id === id) ||
      !(evse === undefined || profile.evse === evse) ||
      !(purpose === undefined || profile.purpose === purpose) ||
      !(stackLevel === undefined || profile.stackLevel === stackLevel),
  )
}
/** Profiles of a transaction end with it. */
export function endTransaction(stack: ProfileStack): ProfileStack {
  return stack.filter((profile) => profile.purpose !== 'TxProfile')
}
/** What is left of the stack when a connection returns (K01.FR.102). */
export function backOnline(stack: ProfileStack, offlineSince: number, now: number): ProfileStack {
  return stack.filter((profile) => !(profile.invalidAfterOffline && now - offlineSince > profile.maxOfflineMs))
}

/** What counts at an instant: the highest valid level of the transaction's profiles, else of the defaults, under the station's own ceiling. */
export function askedAt(stack: ProfileStack, context: StackContext, at: number): Asked {
  const best = highest(stack, 'TxProfile', context, at) ?? highest(stack, 'TxDefaultProfile', context, at)
  const ceiling = highest(stack, 'ChargingStationMaxProfile', context, at)?.period.limit ?? Infinity
  if (best === null) return { profile: null, limit: ceiling, setpoint: null }
  const { limit, dischargeLimit, setpoint } = best.period
  const most = Math.min(limit, ceiling)
  // [V2X.03], [V2X.04] the set-point is cut off at the limits.
  return {
    profile: best.profile,
    limit: most,
    setpoint: setpoint === null ? null : Math.max(dischargeLimit, Math.min(setpoint, most)),
  }
}

/** The first instant after `at` at which something else may count; infinite when nothing will change by itself. */
export function nextChange(stack: ProfileStack, context: StackContext, at: number): number {
  let next = Infinity
  const consider = (instant: number) => {
    if (instant > at && instant < next) next = instant
  }
  for (const profile of stack) {
    const start = profile.startsAt ?? context.startedAt
    consider(profile.validFrom)
    consider(profile.validTo)
    consider(start + profile.durationMs)
    for (const period of profile.periods) consider(start + period.fromMs)
    if (context.offlineSince !== null) consider(context.offlineSince + profile.maxOfflineMs)
  }
  return next
}

/** What the stack will ask for from now on if nobody says anything else. */
export function composite(
  stack: ProfileStack,
  context: StackContext,
  from: number,
  durationMs: number,
): readonly CompositePeriod[] {
  const periods: CompositePeriod[] = []
  for (let at = from; at < from + durationMs; at = nextChange(stack, context, at)) {
    const asked = askedAt(stack, context, at)
    const last = periods.at(-1)
    if (last === undefined || last.limit !== asked.limit || last.setpoint !== asked.setpoint)
      periods.push({ ...asked, fromMs: at - from })
  }
  return periods
}

function highest(
  stack: ProfileStack,
  purpose: ProfilePurpose,
  context: StackContext,
  at: number,
): { readonly profile: StationProfile; readonly period: ProfilePeriod } | null {
  let best: { profile: StationProfile; period: ProfilePeriod } | null = null
  for (const profile of stack) {
    if (profile.purpose !== purpose || (best !== null && profile.stackLevel <= best.profile.stackLevel)) continue
    const period = periodAt(profile, context, at)
    if (period !== null) best = { profile, period }
  }
  return best
}

function periodAt(profile: StationProfile, context: StackContext, at: number): ProfilePeriod | null {
  if (at < profile.validFrom || at >= profile.validTo) return null
  if (profile.transaction !== null && profile.transaction !== context.transaction) return null
  if (context.offlineSince !== null && at - context.offlineSince >= profile.maxOfflineMs) return null
  const offset = at - (profile.startsAt ?? context.startedAt)
  // [K28.FR.13], [K28.FR.15] past its duration a dynamic profile counts no more, like any other.
  if (offset < 0 || offset >= profile.durationMs) return null
  return profile.periods.findLast((period) => period.fromMs <= offset) ?? null
}

function isSamePlace(a: StationProfile, b: StationProfile): boolean {
  return (
    a.purpose === b.purpose &&
    a.stackLevel === b.stackLevel &&
    a.evse === b.evse &&
    a.transaction === b.transaction &&
    a.validFrom < b.validTo &&
    b.validFrom < a.validTo
  )
}
