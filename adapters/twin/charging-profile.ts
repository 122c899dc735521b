// Charging profiles as stations of all versions receive them, checked and brought into one form. Positive watts charge, negative discharge.
import { ok, refused, type Result } from '../../domain/result.ts'

export type ProfilePurpose = 'ChargingStationMaxProfile' | 'TxDefaultProfile' | 'TxProfile'

export interface StationProfile {
  readonly id: number
  readonly stackLevel: number
  readonly purpose: ProfilePurpose
  readonly evse: number
  /** Only for a TxProfile. */
  readonly transaction: string | null
  readonly validFrom: number
  readonly validTo: number
  /** Epoch ms from which its schedule counts; null counts from the start of the transaction. For dynamic profiles the time of the last update. */
  readonly startsAt: number | null
  readonly durationMs: number
  readonly periods: readonly ProfilePeriod[]
  /** `scale`: watts in the unit of its updates, where that is ampere. */
  readonly dynamic: { readonly pullEveryMs: number | null; readonly scale?: number } | null
  /** Offline for longer the profile does not count (K01.FR.101). */
  readonly maxOfflineMs: number
  /** And stays invalid afterwards (K01.FR.102). */
  readonly invalidAfterOffline: boolean
}
export interface ProfilePeriod {
  readonly fromMs: number
  /** Ceiling for charging in watts; infinite when none is given. */
  readonly limit: number
  /** Floor for discharging, at most 0. */
  readonly dischargeLimit: number
  /** Power to hold; null when only the ceiling counts. */
  readonly setpoint: number | null
}
/** `statusInfo.reasonCode` of a rejection. */
export type ProfileRefusal =
  | 'DuplicateProfile'
  | 'InvalidProfile'
  | 'InvalidSchedule'
  | 'MissingParam'
  | 'PhaseConflict'
  | 'TxNotFound'
  | 'UnknownEvse'
  | 'UnsupportedParam'
  | 'UnsupportedRateUnit'

/** What a station knows when a profile arrives. */
export interface ProfileContext {
  readonly now: number
  readonly transaction: string | null
  /** The car negotiated power in both directions. */
  readonly bidirectional: boolean
  readonly phases: 1 | 3
  readonly current: 'AC' | 'DC'
  readonly dynamicProfiles: boolean
}

interface WirePeriod {
  readonly startPeriod: number
  readonly limit?: number
  readonly dischargeLimit?: number
  readonly setpoint?: number
  readonly numberPhases?: number
  readonly operationMode?: string
}
interface WireSchedule {
  readonly startSchedule?: string
  readonly duration?: number
  readonly chargingRateUnit: 'W' | 'A'
  readonly chargingSchedulePeriod: readonly WirePeriod[]
  readonly limitAtSoC?: object
}
interface WireProfile {
  readonly stackLevel: number
  readonly chargingProfilePurpose: string
  readonly chargingProfileKind: string
  readonly validFrom?: string
  readonly validTo?: string
}
export interface WireProfile2 extends WireProfile {
  readonly id: number
  readonly transactionId?: string
  readonly maxOfflineDuration?: number
  readonly invalidAfterOfflineDuration?: boolean
  readonly dynUpdateInterval?: number
  readonly dynUpdateTime?: string
  readonly chargingSchedule: readonly WireSchedule[]
}
export interface WireProfile16 extends WireProfile {
  readonly chargingProfileId: number
  readonly transactionId?: number
  readonly chargingSchedule: WireSchedule
}

const VOLTS = 230
const PURPOSES: readonly string[] = ['ChargingStationMaxProfile', 'TxDefaultProfile', 'TxProfile'] satisfies ProfilePurpose[]
const PER_PHASE_FIELDS = [
  'limit_L2',
  'limit_L3',
  'dischargeLimit_L2',
  'dischargeLimit_L3',
  'setpoint_L2',
  'setpoint_L3',
  'setpointReactive_L2',
  'setpointReactive_L3',
]

/** Reads a profile of 2.0.1 or 2.1. */
export function profileOf2(profile: WireProfile2, evse: number, context: ProfileContext): Result<StationProfile, ProfileRefusal> {
  const isDynamic = profile.chargingProfileKind === 'Dynamic'
  const [schedule, ...others] = profile.chargingSchedule
  if (schedule === undefined || others.length > 0) return refused('InvalidSchedule')
  // [K28.FR.03] exactly one schedule with one period; [K28.FR.04] an interval belongs to dynamic profiles only.
  if (isDynamic && (!context.dynamicProfiles || schedule.chargingSchedulePeriod.length !== 1)) return refused('InvalidSchedule')
  if (!isDynamic && profile.dynUpdateInterval !== undefined) return refused('InvalidProfile')
  if (profile.chargingProfilePurpose === 'TxProfile' && profile.transactionId === undefined) return refused('MissingParam')
  const read = common(profile, schedule, profile.id, profile.transactionId ?? null, evse, context)
  if (!read.ok || !isDynamic) return withOffline(read, profile)
  const pullEveryMs = (profile.dynUpdateInterval ?? 0) > 0 ? profile.dynUpdateInterval! * 1_000 : null
  // [K28.FR.05] without a time of the last update it is now.
  const startsAt = instant(profile.dynUpdateTime) ?? context.now
  const scale = schedule.chargingRateUnit === 'A' ? scaleOf(schedule.chargingSchedulePeriod[0]!, context) : null
  return withOffline(ok({ ...read.value, startsAt, dynamic: { pullEveryMs, ...(scale === null ? {} : { scale }) } }), profile)
}

/** Reads a profile of 1.6. */
export function profileOf16(
  profile: WireProfile16,
  connector: number,
  context: ProfileContext,
): Result<StationProfile, ProfileRefusal> {
  const transaction = profile.transactionId === undefined ? null : String(profile.transactionId)
  const mine = profile.chargingProfilePurpose === 'TxProfile' ? (transaction ?? context.transaction) : transaction
  return common(profile, profile.chargingSchedule, profile.chargingProfileId, mine, connector, context)
}

/** Whether a set-point lies within the bounds beside it [V2X.05] and within what the car negotiated. */
export function isSensible(period: ProfilePeriod, bidirectional: boolean): boolean {
  const { setpoint, limit, dischargeLimit } = period
  if (setpoint === null) return true
  return setpoint <= limit && setpoint >= dischargeLimit && (setpoint >= 0 || bidirectional)
}

function common(
  profile: WireProfile,
  schedule: WireSchedule,
  id: number,
  transaction: string | null,
  evse: number,
  context: ProfileContext,
): Result<StationProfile, ProfileRefusal> {
  const purpose = profile.chargingProfilePurpose as ProfilePurpose
  const isTx = purpose === 'TxProfile'
  if (!PURPOSES.includes(purpose)) return refused('InvalidProfile')
  if (evse !== 0 && evse !== 1) return refused('UnknownEvse')
  if (isTx ? evse === 0 : transaction !== null) return refused('InvalidProfile')
  if (isTx && (context.transaction === null || transaction !== context.transaction)) return refused('TxNotFound')
  if (!['Absolute', 'Relative', 'Dynamic'].includes(profile.chargingProfileKind)) return refused('InvalidProfile')
  const validFrom = instant(profile.validFrom) ?? -Infinity
  const validTo = instant(profile.validTo) ?? Infinity
  if (validTo <= validFrom || validTo <= context.now) return refused('InvalidProfile')
  const durationMs = (schedule.duration ?? Infinity) * 1_000
  const periods = periodsOf(schedule, durationMs, context)
  if (!periods.ok) return periods
  const isRelative = profile.chargingProfileKind === 'Relative'
  return ok({
    id,
    stackLevel: profile.stackLevel,
    purpose,
    evse,
    transaction,
    validFrom,
    validTo,
    startsAt: isRelative ? null : (instant(schedule.startSchedule) ?? context.now),
    durationMs,
    periods: periods.value,
    dynamic: null,
    maxOfflineMs: Infinity,
    invalidAfterOffline: false,
  })
}

function withOffline(
  read: Result<StationProfile, ProfileRefusal>,
  profile: WireProfile2,
): Result<StationProfile, ProfileRefusal> {
  if (!read.ok) return read
  return ok({
    ...read.value,
    maxOfflineMs: (profile.maxOfflineDuration ?? Infinity) * 1_000,
    invalidAfterOffline: profile.invalidAfterOfflineDuration === true,
  })
}

function periodsOf(
  schedule: WireSchedule,
  durationMs: number,
  context: ProfileContext,
): Result<readonly ProfilePeriod[], ProfileRefusal> {
  if (schedule.limitAtSoC !== undefined) return refused('UnsupportedParam')
  if (schedule.chargingRateUnit === 'A' && context.current === 'DC') return refused('UnsupportedRateUnit')
  if (durationMs <= 0) return refused('InvalidSchedule')
  const periods: ProfilePeriod[] = []
  for (const wire of schedule.chargingSchedulePeriod) {
    const fromMs = wire.startPeriod * 1_000
    const isInOrder = periods.length === 0 ? fromMs === 0 : fromMs > periods.at(-1)!.fromMs
    if (!isInOrder || fromMs >= durationMs) return refused('InvalidSchedule')
    // [V2X.10] none of these cars reports its phases one by one.
    if (PER_PHASE_FIELDS.some((field) => field in wire)) return refused('PhaseConflict')
    const scale = schedule.chargingRateUnit === 'A' ? scaleOf(wire, context) : 1
    const period = periodOf(wire, fromMs, scale)
    if (!period.ok) return period
    if (!isSensible(period.value, context.bidirectional)) return refused('InvalidSchedule')
    periods.push(period.value)
  }
  return periods.length === 0 ? refused('InvalidSchedule') : ok(periods)
}

/** Watts of one ampere. */
function scaleOf(wire: WirePeriod, context: ProfileContext): number {
  return VOLTS * (wire.numberPhases ?? context.phases)
}

function periodOf(wire: WirePeriod, fromMs: number, scale: number): Result<ProfilePeriod, ProfileRefusal> {
  const { limit, dischargeLimit, setpoint } = wire
  switch (wire.operationMode ?? 'ChargingOnly') {
    case 'ChargingOnly':
      // [Q02.FR.02] charging only carries a limit and nothing else.
      if (limit === undefined || limit < 0 || setpoint !== undefined || dischargeLimit !== undefined)
        return refused('InvalidSchedule')
      return ok({ fromMs, limit: limit * scale, dischargeLimit: 0, setpoint: null })
    case 'CentralSetpoint':
      if (setpoint === undefined) return refused('InvalidSchedule')
      return ok({
        fromMs,
        limit: (limit ?? Infinity) * scale,
        dischargeLimit: (dischargeLimit ?? -Infinity) * scale,
        setpoint: setpoint * scale,
      })
    case 'Idle':
      // [Q10.FR.01]
      if (limit !== undefined || setpoint !== undefined || dischargeLimit !== undefined) return refused('InvalidSchedule')
      return ok({ fromMs, limit: 0, dischargeLimit: 0, setpoint: 0 })
    default:
      return refused('UnsupportedParam')
  }
}

function instant(text: string | undefined): number | null {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isFinite(at) ? at : null
}
