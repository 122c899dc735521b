// What a device that can be limited is made with: its role, what it may take or give, and what holds when nobody guides it.
import { ok, refused, type Result } from '../result.ts'
import type { Power } from '../units.ts'
import { FAILSAFE_DURATION_MAX_MS, FAILSAFE_DURATION_MIN_MS, type Direction } from './limit.ts'

/**
 * Which permitted ways into unlimited/autonomous a device takes. All three are optional [TS-022], and there the failsafe limit no longer holds: after an
 * outage of two hours a whole street would draw what it likes. So none is taken unless an operator asks for it by name; without, init and failsafe last
 * until heartbeat and limit have come.
 */
export interface Autonomy {
  /** From init, when no heartbeat, or none followed by a limit, has come for 120 s. [TS-022/1] */
  readonly fromInit: boolean
  /** From failsafe, when a heartbeat has come and no limit within 120 s. [TS-022/2] */
  readonly afterHeartbeat: boolean
  /** From failsafe, when its minimum duration is over. [TS-022/3] */
  readonly afterFailsafeMinimum: boolean
}
export const NO_AUTONOMY: Autonomy = { fromInit: false, afterHeartbeat: false, afterFailsafeMinimum: false }

/** Plain data; made by `limitedDevice`, which checks it. */
export interface LimitedDevice {
  readonly direction: Direction
  /** An energy manager publishes what its contract allows, a device what it is built for; never both. [TS-039, TS-040] */
  readonly role: 'energy-manager' | 'device'
  /** At least 0 in both directions [TS-038]; null publishes none. */
  readonly nominalMax: Power | null
  /** Of the factory, until a guard writes another; at least 0 in both directions. [TS-011, TS-038] */
  readonly failsafeLimit: Power
  /** Of the factory, until a guard writes another; 2 to 24 h. [TS-013] */
  readonly failsafeDurationMs: number
  /** The longest it takes; from the one of the factory to 24 h. [TS-014] */
  readonly failsafeDurationMaxMs: number
  /** A larger limit is stored as this magnitude in W; null stores every one as it was sent. [TS-035/4] */
  readonly largestLimit: Power | null
  readonly autonomy: Autonomy
}

/** What a configuration has to say; the rest has defaults: failsafe for 2 h and up to 24 h, no reduction, no autonomy. */
export type NewLimitedDevice = Pick<LimitedDevice, 'direction' | 'role' | 'nominalMax' | 'failsafeLimit'> & Partial<LimitedDevice>

/** Checks a configuration; the refusal says what is wrong in a sentence. */
export function limitedDevice(given: NewLimitedDevice): Result<LimitedDevice, string> {
  const device: LimitedDevice = {
    failsafeDurationMs: FAILSAFE_DURATION_MIN_MS,
    failsafeDurationMaxMs: FAILSAFE_DURATION_MAX_MS,
    largestLimit: null,
    autonomy: NO_AUTONOMY,
    ...given,
  }
  const { nominalMax, failsafeLimit, failsafeDurationMs, failsafeDurationMaxMs, largestLimit } = device
  if (nominalMax !== null && !(nominalMax >= 0)) return refused(`the nominal maximum is ${nominalMax} W; it is never below 0`)
  if (!(failsafeLimit >= 0)) return refused(`the failsafe limit is ${failsafeLimit} W; it is never below 0`)
  if (largestLimit !== null && !(largestLimit >= 0)) return refused(`the largest limit is ${largestLimit} W; it is never below 0`)
  if (!(failsafeDurationMs >= FAILSAFE_DURATION_MIN_MS && failsafeDurationMs <= FAILSAFE_DURATION_MAX_MS))
    return refused(`the failsafe duration is ${failsafeDurationMs} ms; it is 2 to 24 hours`)
  if (!(failsafeDurationMaxMs >= failsafeDurationMs && failsafeDurationMaxMs <= FAILSAFE_DURATION_MAX_MS))
    return refused(
      `the longest failsafe duration is ${failsafeDurationMaxMs} ms; it is at least that of the factory and at most 24 hours`,
    )
  return ok(device)
}

export type NominalMaxName =
  | 'contractualConsumptionNominalMax'
  | 'powerConsumptionNominalMax'
  | 'contractualProductionNominalMax'
  | 'powerProductionNominalMax'

/** The one maximum that a device publishes, under its name on the wire; null when it publishes none. [TS-010/1, TS-010/3, TS-039, TS-040] */
export function publishedMax(device: LimitedDevice): { readonly name: NominalMaxName; readonly power: Power } | null {
  if (device.nominalMax === null) return null
  const kind = device.role === 'energy-manager' ? 'contractual' : 'power'
  const way = device.direction === 'consume' ? 'Consumption' : 'Production'
  return { name: `${kind}${way}NominalMax`, power: device.nominalMax }
}
