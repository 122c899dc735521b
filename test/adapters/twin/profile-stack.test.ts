import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileOf16, profileOf2, type ProfileContext, type StationProfile } from '../../../adapters/twin/charging-profile.ts'
import {
  askedAt,
  backOnline,
  clear,
  composite,
  endTransaction,
  install,
  nextChange,
  update,
  type ProfileStack,
  type StackContext,
} from '../../../adapters/twin/profile-stack.ts'

const T0 = Date.parse('2026-05-05T18:00:00Z')
const SECOND = 1_000
const context: ProfileContext = {
  now: T0,
  transaction: 'tx-1',
  bidirectional: true,
  phases: 3,
  current: 'AC',
  dynamicProfiles: true,
}
const online: StackContext = { transaction: 'tx-1', startedAt: T0, offlineSince: null }

function course(limits: readonly number[], more: object = {}, schedule: object = {}) {
  return {
    id: 11,
    stackLevel: 1,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Absolute',
    transactionId: 'tx-1',
    chargingSchedule: [
      {
        id: 11,
        startSchedule: new Date(T0).toISOString(),
        duration: limits.length * 900,
        chargingRateUnit: 'W' as const,
        chargingSchedulePeriod: limits.map((limit, i) => ({ startPeriod: i * 900, limit })),
        ...schedule,
      },
    ],
    ...more,
  }
}
function setpoint(watts: number, more: object = {}, period: object = {}) {
  return {
    id: 12,
    stackLevel: 2,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Dynamic',
    transactionId: 'tx-1',
    maxOfflineDuration: 300,
    invalidAfterOfflineDuration: false,
    dynUpdateInterval: 60,
    chargingSchedule: [
      {
        id: 12,
        duration: 300,
        chargingRateUnit: 'W' as const,
        chargingSchedulePeriod: [{ startPeriod: 0, operationMode: 'CentralSetpoint', setpoint: watts, ...period }],
      },
    ],
    ...more,
  }
}
function fallback(limit: number) {
  return {
    id: 10,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: [{ id: 10, chargingRateUnit: 'W' as const, chargingSchedulePeriod: [{ startPeriod: 0, limit }] }],
  }
}
function read(profile: Parameters<typeof profileOf2>[0], evse = 1, of = context): StationProfile {
  const result = profileOf2(profile, evse, of)
  if (!result.ok) throw new Error(result.refusal)
  return result.value
}
function refusal(profile: Parameters<typeof profileOf2>[0], evse = 1, of = context): string {
  const result = profileOf2(profile, evse, of)
  return result.ok ? 'accepted' : result.refusal
}
function stackOf(...profiles: readonly Parameters<typeof profileOf2>[0][]): ProfileStack {
  let stack: ProfileStack = []
  for (const profile of profiles) {
    const next = install(stack, read(profile), false)
    if (!next.ok) throw new Error(next.refusal)
    stack = next.value
  }
  return stack
}
const power = (stack: ProfileStack, at: number, of = online) => {
  const { limit, setpoint } = askedAt(stack, of, at)
  return setpoint ?? limit
}

describe('stack of charging profiles', () => {
  const stack = stackOf(fallback(4_140), course([7_000, 0, 11_000]), setpoint(-8_000))

  it('Q11: without any profile charging is unlimited and discharging never happens', () => {
    expect(askedAt([], online, T0)).toEqual({ profile: null, limit: Infinity, setpoint: null })
  })

  it('lets the highest valid level win', () => {
    expect(power(stack, T0)).toBe(-8_000)
    expect(power(stackOf(fallback(4_140), course([7_000])), T0)).toBe(7_000)
    expect(power(stackOf(fallback(4_140)), T0)).toBe(4_140)
    expect(power(stack, T0, { ...online, transaction: 'tx-2' })).toBe(4_140)
  })

  it('K28.FR.13, K28.FR.15: past its duration since the last update a dynamic profile counts no more', () => {
    expect(power(stack, T0 + 299 * SECOND)).toBe(-8_000)
    expect(power(stack, T0 + 300 * SECOND)).toBe(7_000)
    expect(power(stack, T0 + 901 * SECOND)).toBe(0)
    expect(power(stack, T0 + 2_700 * SECOND)).toBe(4_140)
  })

  it('K28.FR.09, K28.FR.14: an update starts the duration anew, also after it had run out', () => {
    const updated = update(stack, 12, { setpoint: 3_000 }, T0 + 400 * SECOND, true)
    expect(updated.ok && power(updated.value, T0 + 699 * SECOND)).toBe(3_000)
    expect(updated.ok && power(updated.value, T0 + 700 * SECOND)).toBe(7_000)
  })

  it('K28.FR.11: only dynamic profiles can be updated; V2X.05 holds for updates too', () => {
    expect(update(stack, 11, { setpoint: 1 }, T0, true)).toEqual({ ok: false, refusal: 'InvalidProfile' })
    expect(update(stack, 99, { setpoint: 1 }, T0, true)).toEqual({ ok: false, refusal: 'InvalidProfile' })
    expect(update(stack, 12, { setpoint: -1 }, T0, false)).toEqual({ ok: false, refusal: 'InvalidSchedule' })
    const bounded = stackOf(setpoint(-2_000, {}, { limit: 5_000, dischargeLimit: -3_000 }))
    expect(update(bounded, 12, { setpoint: -3_001 }, T0, true)).toEqual({ ok: false, refusal: 'InvalidSchedule' })
    expect(update(bounded, 12, { setpoint: 5_000 }, T0, true).ok).toBe(true)
  })

  it('K01.FR.101, K01.FR.103: offline for longer than allowed the next level takes over; without a bound nothing changes', () => {
    const offline = { ...online, offlineSince: T0 - 200 * SECOND }
    expect(power(stack, T0 + 99 * SECOND, offline)).toBe(-8_000)
    expect(power(stack, T0 + 100 * SECOND, offline)).toBe(7_000)
    expect(nextChange(stack, offline, T0)).toBe(T0 + 100 * SECOND)
    expect(power(stackOf(course([7_000])), T0 + 800 * SECOND, { ...online, offlineSince: 0 })).toBe(7_000)
  })

  it('K01.FR.102: back online it counts again, unless it said otherwise', () => {
    const once = stackOf(setpoint(-8_000, { invalidAfterOfflineDuration: true }))
    expect(backOnline(once, T0, T0 + 301 * SECOND)).toEqual([])
    expect(backOnline(once, T0, T0 + 299 * SECOND)).toHaveLength(1)
    expect(backOnline(stackOf(setpoint(-8_000)), T0, T0 + 900 * SECOND)).toHaveLength(1)
  })

  it('puts the ceiling of the station above everything', () => {
    const ceiling = { ...fallback(5_000), id: 1, chargingProfilePurpose: 'ChargingStationMaxProfile' }
    const result = install(stackOf(setpoint(9_000)), read(ceiling, 0), false)
    expect(result.ok && power(result.value, T0)).toBe(5_000)
    expect(askedAt(result.ok ? result.value : [], online, T0 + 400 * SECOND).limit).toBe(5_000)
  })

  it('clears by id and by criteria, and profiles of a transaction end with it', () => {
    expect(clear(stack, { id: 12 }).map((profile) => profile.id)).toEqual([10, 11])
    expect(clear(stack, { purpose: 'TxProfile', stackLevel: 1 }).map((profile) => profile.id)).toEqual([10, 12])
    expect(clear(stack, { evse: 0 })).toHaveLength(3)
    expect(clear(stack, {})).toEqual([])
    expect(endTransaction(stack).map((profile) => profile.id)).toEqual([10])
  })

  it('replaces by id; another id in the same place is refused by 2.x and taken by 1.6', () => {
    const again = read(course([1_500]))
    expect(install(stack, again, false).ok).toBe(true)
    const rival = { ...again, id: 77 }
    expect(install(stack, rival, false)).toEqual({ ok: false, refusal: 'DuplicateProfile' })
    const taken = install(stack, rival, true)
    expect(taken.ok && taken.value.map((profile) => profile.id)).toEqual([10, 12, 77])
  })

  it('composes what it would do by itself, and that is what it does', () => {
    const periods = composite(stack, online, T0, 3_600 * SECOND)
    expect(periods.map(({ fromMs, limit, setpoint: held }) => [fromMs / SECOND, held ?? limit])).toEqual([
      [0, -8_000],
      [300, 7_000],
      [900, 0],
      [1_800, 11_000],
      [2_700, 4_140],
    ])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_599_999 }), (offset) => {
        const part = periods.findLast((period) => period.fromMs <= offset)!
        expect(power(stack, T0 + offset)).toBe(part.setpoint ?? part.limit)
      }),
    )
  })

  it('never discharges without a living lease, however profiles, updates and gaps fall', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: -11_000, max: 11_000 })), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(steps, fc.option(fc.integer({ min: 0, max: 3_600 })), (updates, offlineAfter) => {
        let current = stackOf(fallback(4_140), course([7_000, 0, 11_000]), setpoint(-5_000))
        let at = T0
        let renewedAt = T0
        for (const [gap, watts] of updates) {
          at += gap * SECOND
          const next = update(current, 12, { setpoint: watts }, at, true)
          if (next.ok) [current, renewedAt] = [next.value, at]
        }
        const of = { ...online, offlineSince: offlineAfter === null ? null : T0 + offlineAfter * SECOND }
        for (let later = at; later < at + 1_200 * SECOND; later += 7 * SECOND)
          if (power(current, later, of) < 0) {
            expect(later - renewedAt).toBeLessThan(300 * SECOND)
            if (of.offlineSince !== null) expect(later - of.offlineSince).toBeLessThan(300 * SECOND)
          }
      }),
    )
  })
})

describe('profiles a station refuses', () => {
  it('K28.FR.01 to K28.FR.04: dynamic profiles of another shape, intervals elsewhere', () => {
    const two = [
      { startPeriod: 0, operationMode: 'CentralSetpoint', setpoint: 1_000 },
      { startPeriod: 60, operationMode: 'CentralSetpoint', setpoint: 2_000 },
    ]
    const [schedule] = setpoint(1_000).chargingSchedule
    expect(refusal({ ...setpoint(1_000), chargingSchedule: [{ ...schedule!, chargingSchedulePeriod: two }] })).toBe(
      'InvalidSchedule',
    )
    expect(refusal({ ...setpoint(1_000), chargingSchedule: [schedule!, schedule!] })).toBe('InvalidSchedule')
    expect(refusal(setpoint(1_000, {}, { startPeriod: 5 }))).toBe('InvalidSchedule')
    expect(refusal(course([1_000], { dynUpdateInterval: 60 }))).toBe('InvalidProfile')
    expect(refusal(setpoint(1_000), 1, { ...context, dynamicProfiles: false })).toBe('InvalidSchedule')
  })

  it('V2X.05: a set-point outside of its bounds, or below zero without a car for it', () => {
    expect(refusal(setpoint(6_000, {}, { limit: 5_000 }))).toBe('InvalidSchedule')
    expect(refusal(setpoint(-6_000, {}, { dischargeLimit: -5_000 }))).toBe('InvalidSchedule')
    expect(refusal(setpoint(-5_000, {}, { dischargeLimit: -5_000 }))).toBe('accepted')
    expect(refusal(setpoint(-1), 1, { ...context, bidirectional: false })).toBe('InvalidSchedule')
    expect(refusal(setpoint(0), 1, { ...context, bidirectional: false })).toBe('accepted')
  })

  it('V2X.10: values of single phases, which no car here reports', () => {
    expect(refusal(setpoint(-3_000, {}, { setpoint_L2: -3_000 }))).toBe('PhaseConflict')
  })

  it('Q02.FR.02, Q10.FR.01: charging only and idle carry nothing else; unknown modes', () => {
    const [schedule] = course([1_000]).chargingSchedule
    const withPeriod = (period: object) => ({
      ...course([1_000]),
      chargingSchedule: [{ ...schedule!, chargingSchedulePeriod: [{ startPeriod: 0, ...period }] }],
    })
    expect(refusal(withPeriod({ operationMode: 'ChargingOnly', limit: 1_000, dischargeLimit: -5 }))).toBe('InvalidSchedule')
    expect(refusal(withPeriod({ limit: -1 }))).toBe('InvalidSchedule')
    expect(refusal(withPeriod({}))).toBe('InvalidSchedule')
    expect(refusal(withPeriod({ operationMode: 'Idle', limit: 1_000 }))).toBe('InvalidSchedule')
    expect(refusal(withPeriod({ operationMode: 'Idle' }))).toBe('accepted')
    expect(refusal(withPeriod({ operationMode: 'CentralSetpoint' }))).toBe('InvalidSchedule')
    expect(refusal(withPeriod({ operationMode: 'LocalLoadBalancing', limit: 1 }))).toBe('UnsupportedParam')
  })

  it('other transactions, other EVSEs, past and empty times, periods out of order', () => {
    expect(refusal(course([1_000], { transactionId: 'tx-2' }))).toBe('TxNotFound')
    expect(refusal(course([1_000], { transactionId: undefined }))).toBe('MissingParam')
    expect(refusal(course([1_000]), 1, { ...context, transaction: null })).toBe('TxNotFound')
    expect(refusal(course([1_000]), 0)).toBe('InvalidProfile')
    expect(refusal(course([1_000]), 2)).toBe('UnknownEvse')
    expect(refusal({ ...fallback(1_000), transactionId: 'tx-1' })).toBe('InvalidProfile')
    expect(refusal(course([1_000], { validTo: new Date(T0).toISOString() }))).toBe('InvalidProfile')
    expect(refusal(course([1_000], { chargingProfileKind: 'Recurring' }))).toBe('InvalidProfile')
    expect(refusal(course([1_000], {}, { duration: 0 }))).toBe('InvalidSchedule')
    expect(refusal(course([1_000, 2_000], {}, { duration: 900 }))).toBe('InvalidSchedule')
    const [schedule] = course([1_000, 2_000, 3_000]).chargingSchedule
    const backwards = [0, 2, 1].map((i) => schedule!.chargingSchedulePeriod[i]!)
    expect(refusal(course([1_000], {}, { chargingSchedulePeriod: backwards, duration: 2_700 }))).toBe('InvalidSchedule')
  })

  it('amperes become watts over the phases in use, never at a direct-current station', () => {
    const amps = course([16], {}, { chargingRateUnit: 'A' as const })
    expect(read(amps).periods[0]!.limit).toBe(16 * 230 * 3)
    expect(refusal(amps, 1, { ...context, current: 'DC' })).toBe('UnsupportedRateUnit')
  })

  it('1.6: a schedule of the running transaction, by its number or without', () => {
    const profile = {
      chargingProfileId: 11,
      transactionId: 5,
      stackLevel: 1,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: {
        duration: 900,
        startSchedule: new Date(T0).toISOString(),
        chargingRateUnit: 'W' as const,
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 6_000 }],
      },
    }
    const of16 = { ...context, transaction: '5', bidirectional: false, dynamicProfiles: false }
    expect(profileOf16(profile, 1, of16).ok).toBe(true)
    expect(profileOf16(profile, 1, { ...of16, transaction: '6' })).toEqual({ ok: false, refusal: 'TxNotFound' })
    const { transactionId: _, ...without } = profile
    expect(profileOf16(without, 1, of16).ok).toBe(true)
  })
})
