// Limits that others have set on the station itself (K11 to K14); 2.0.1 and 2.1. Messages of 1.6 do not tell of any.
import { LIMIT_SOURCES, type LimitSource, type ToldPeriod, type ToldPower } from '../../../domain/signals/external-limit.ts'
import { CURRENT_RANGE, POWER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import { plain, type InboundHandler } from '../inbound.ts'
import { instantOr } from '../instant.ts'
import { possibleNumbers, type Impossible } from '../possible-number.ts'

interface WirePeriod {
  readonly startPeriod: number
  readonly limit?: number
  readonly numberPhases?: number
  /** 2.1: the base field is that of L1 where these stand beside it. */
  readonly limit_L2?: number
  readonly limit_L3?: number
  /** 2.1; at most 0. */
  readonly dischargeLimit?: number
  readonly dischargeLimit_L2?: number
  readonly dischargeLimit_L3?: number
}
interface WireSchedule {
  readonly startSchedule?: string
  readonly duration?: number
  readonly chargingRateUnit: 'W' | 'A'
  readonly chargingSchedulePeriod: readonly WirePeriod[]
}

/** Of one limit so many periods are looked at, as many as a profile of ours has. */
const PERIODS_MAX = 96

/** K11.FR.02, K12.FR.02: the station keeps the limit by itself; it is told so that nobody plans beyond it. */
export const notifyChargingLimit: InboundHandler = (payload, { now, impossible }) => {
  const told = payload as {
    readonly evseId?: number
    readonly chargingLimit: {
      readonly chargingLimitSource: string
      readonly isGridCritical?: boolean
      readonly isLocalGeneration?: boolean
    }
    readonly chargingSchedule?: readonly WireSchedule[]
  }
  const { chargingLimitSource, isGridCritical, isLocalGeneration } = told.chargingLimit
  // What local generation adds is no limit.
  if (isLocalGeneration === true) return plain([])
  const periods = (told.chargingSchedule ?? []).flatMap((schedule) => periodsOf(schedule, now, impossible))
  return plain([
    {
      kind: 'external-limit',
      evse: told.evseId ?? 0,
      source: sourceOf(chargingLimitSource),
      isGridCritical: isGridCritical === true,
      periods: periods.slice(0, PERIODS_MAX),
    },
  ])
}

/** K13.FR.02. Without an EVSE it is that of the station and all its EVSEs. */
export const clearedChargingLimit: InboundHandler = (payload) => {
  const { evseId, chargingLimitSource } = payload as { readonly evseId?: number; readonly chargingLimitSource: string }
  return plain([{ kind: 'external-limit-cleared', evse: evseId ?? 0, source: sourceOf(chargingLimitSource) }])
}

function sourceOf(told: string): LimitSource {
  return LIMIT_SOURCES.find((source) => source === told) ?? 'Other'
}

function periodsOf(schedule: WireSchedule, now: number, impossible: Impossible): readonly ToldPeriod[] {
  const { chargingRateUnit: unit, duration, chargingSchedulePeriod: own } = schedule
  const start = instantOr(schedule.startSchedule, now)
  const end = duration === undefined ? null : start + duration * 1_000
  const sorted = own.toSorted((a, b) => a.startPeriod - b.startPeriod)
  return sorted.flatMap((period, i): readonly ToldPeriod[] => {
    const from = start + period.startPeriod * 1_000
    const next = sorted[i + 1]
    const until = next === undefined ? end : earliest(start + next.startPeriod * 1_000, end)
    if (until !== null && (until <= now || until <= from)) return []
    return [{ from, until, ...boundsOf(period, unit, impossible) }]
  })
}

function earliest(instant: number, end: number | null): number {
  return end === null ? instant : Math.min(instant, end)
}

/** Of old a limit below 0 was one of what may be given: then nothing is taken. */
function boundsOf(period: WirePeriod, unit: 'W' | 'A', impossible: Impossible): Pick<ToldPeriod, 'max' | 'min'> {
  const told = possibleNumbers(impossible)
  const range = unit === 'W' ? POWER_RANGE : CURRENT_RANGE
  const most = inAll(
    told('limit', period.limit, range),
    told('limit_L2', period.limit_L2, range),
    told('limit_L3', period.limit_L3, range),
  )
  const least = inAll(
    told('dischargeLimit', period.dischargeLimit, range),
    told('dischargeLimit_L2', period.dischargeLimit_L2, range),
    told('dischargeLimit_L3', period.dischargeLimit_L3, range),
  )
  const power = ({ value, isSum }: InAll): ToldPower =>
    unit === 'W' ? { watts: value } : { amps: value, phases: isSum ? 1 : (period.numberPhases ?? null) }
  const given = most !== null && most.value < 0 ? most : least === null ? null : { ...least, value: Math.min(0, least.value) }
  return {
    max: most === null ? null : power({ ...most, value: Math.max(0, most.value) }),
    min: given === null ? null : power(given),
  }
}

interface InAll {
  readonly value: number
  readonly isSum: boolean
}

function inAll(base: number | null, second: number | null, third: number | null): InAll | null {
  if (base === null) return null
  return { value: base + (second ?? 0) + (third ?? 0), isSum: second !== null || third !== null }
}
