// The abstract test cases of the Controllable System for LPC and LPP, on a manual clock: both use cases run through the same lines.
import { describe, expect, it } from 'vitest'
import { publishedMax } from '../../../domain/limitation/limited-device.ts'
import { watts } from '../../../domain/units.ts'
import { ALL_AUTONOMY, HOUR, playedSystem, SECOND, SHEET, THREE_VALUES, USE_CASES } from './played.ts'

const ACCEPTED = expect.objectContaining({ isAccepted: true })
const refusedAs = (refusal: string) => ({ isAccepted: false, refusal })
const { limits } = SHEET

describe.each(USE_CASES)('$useCase: heartbeats and first contact', ({ useCase, direction }) => {
  it(`ATC_${useCase}_COM_PT_CSHeartbeat_001: no gap between two of its heartbeats is longer than a minute`, () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    system.waitGuarded(360 * SECOND)
    const gaps = system.heartbeats.slice(1).map((at, i) => at - system.heartbeats[i]!)
    expect(system.heartbeats.length).toBeGreaterThanOrEqual(7)
    expect(Math.max(...gaps, system.now - system.heartbeats.at(-1)!)).toBeLessThanOrEqual(60 * SECOND)
  })

  it.each([true, false])(
    `ATC_${useCase}_COM_NT_CSConnection_001: in init a limit (active: %s) without heartbeat is refused, after one it is taken`,
    (isActive) => {
      const system = playedSystem(direction)
      system.reach('init')
      const write = () => (isActive ? system.activate(limits.middle) : system.deactivate())
      expect(write()).toEqual(refusedAs('no-heartbeat'))
      expect(system.name).toBe('init')
      system.heartbeat()
      expect(write()).toEqual(ACCEPTED)
      expect(system.name).toBe(isActive ? 'limited' : 'unlimited/controlled')
    },
  )

  it(`ATC_${useCase}_COM_PT_CSConnection_002: in init the failsafe limit is refused until heartbeat and limit have come`, () => {
    const system = playedSystem(direction)
    system.reach('init')
    expect(system.writeFailsafe(SHEET.failsafe)).toEqual(refusedAs('not-yet-writable'))
    system.heartbeat()
    expect(system.writeFailsafe(SHEET.failsafe)).toEqual(refusedAs('not-yet-writable'))
    expect(system.failsafe.limit).toBe(SHEET.factoryFailsafe)
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.writeFailsafe(SHEET.failsafe)).toEqual(ACCEPTED)
    expect(system.failsafe.limit).toBe(SHEET.failsafe)
  })

  it(`ATC_${useCase}_COM_PT_CSConnection_003: limits of the wrong sign are refused, and control begins all the same`, () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.heartbeat()
    expect(system.activate(-limits.middle)).toEqual(refusedAs('negative-limit'))
    expect(system.name).toBe('unlimited/controlled')
    expect(system.writeFailsafe(-SHEET.failsafe)).toEqual(refusedAs('negative-failsafe-limit'))
    expect(system.failsafe.limit).toBe(SHEET.factoryFailsafe)
    expect(system.writeFailsafe(SHEET.failsafe)).toEqual(ACCEPTED)
    expect(system.failsafe.limit).toBe(SHEET.failsafe)
  })

  it(`ATC_${useCase}_COM_PT_CSConnection_004: in init the failsafe duration is refused until heartbeat and limit have come`, () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.heartbeat()
    expect(system.writeDuration(SHEET.duration)).toEqual(refusedAs('not-yet-writable'))
    expect(system.failsafe.durationMs).toBe(SHEET.factoryDuration)
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.writeDuration(SHEET.duration)).toEqual(ACCEPTED)
    expect(system.failsafe.durationMs).toBe(SHEET.duration)
  })

  it(`ATC_${useCase}_COM_PT_CSConnection_005: a failsafe duration beyond its maximum is refused, and its maximum is stored`, () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    expect(system.writeDuration(SHEET.longestDuration + 1)).toEqual(refusedAs('failsafe-duration-out-of-range'))
    expect(system.failsafe.durationMs).toBe(SHEET.longestDuration)
  })

  it(`ATC_${useCase}_COM_PT_CSConnection_006: a limit beyond what it can represent is acknowledged and stored as the largest`, () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.heartbeat()
    expect(system.activate(limits.tooLarge)).toEqual(expect.objectContaining({ isAccepted: true, isReduced: true }))
    expect(system.name).toBe('limited')
    expect(system.limit).toEqual({ isActive: true, magnitude: SHEET.largest, remainingMs: null })
  })

  it.each([0, limits.low, limits.middle, limits.high, SHEET.largest, limits.tooLarge])(
    `ATC_${useCase}_COM_PT_CSConnection_007: a limit of %d W is acknowledged, stored and in force`,
    (magnitude) => {
      const system = playedSystem(direction)
      system.reach('unlimited/controlled')
      expect(system.activate(magnitude)).toEqual(ACCEPTED)
      expect(system.name).toBe('limited')
      expect(system.limit).toEqual({ isActive: true, magnitude: Math.min(magnitude, SHEET.largest), remainingMs: null })
      expect(system.ceiling).toEqual({ by: 'limit', magnitude: Math.min(magnitude, SHEET.nominalMax) })
    },
  )

  it.each([0, limits.low, SHEET.failsafe, limits.high, SHEET.largest])(
    `ATC_${useCase}_COM_PT_CSConnection_008: a failsafe limit of %d W is stored; durations by their range`,
    (limit) => {
      const system = playedSystem(direction)
      system.reach('unlimited/controlled')
      expect(system.writeFailsafe(limit)).toEqual({ isAccepted: true, stored: limit, isReduced: false })
      expect(system.writeDuration(1.9 * HOUR)).toEqual(refusedAs('failsafe-duration-out-of-range'))
      expect(system.failsafe).toEqual({ limit, durationMs: SHEET.factoryDuration })
      for (const durationMs of [2 * HOUR, SHEET.duration, SHEET.longestDuration]) {
        expect(system.writeDuration(durationMs)).toEqual(ACCEPTED)
        expect(system.failsafe).toEqual({ limit, durationMs })
      }
      expect(system.writeDuration(SHEET.duration)).toEqual(ACCEPTED)
      expect(system.writeDuration(24 * HOUR)).toEqual(refusedAs('failsafe-duration-out-of-range'))
      expect(system.failsafe.durationMs).toBe(SHEET.longestDuration)
    },
  )
})

describe.each(USE_CASES)('$useCase: each state by itself', ({ useCase, direction }) => {
  it(`ATC_${useCase}_COM_PT_CSInit_001: fresh from a start it holds the failsafe limit, and its limit reads inactive`, () => {
    const system = playedSystem(direction)
    system.factoryReset()
    expect(system.name).toBe('init')
    expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: SHEET.factoryFailsafe })
    expect(system.limit).toEqual({ isActive: false, magnitude: null, remainingMs: null })
  })

  it(`ATC_${useCase}_COM_PT_CSInit_002: a factory reset brings the declared failsafe values back, the limit inactive`, () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.writeFailsafe(SHEET.failsafe)
    system.writeDuration(SHEET.duration)
    system.factoryReset()
    system.heartbeat()
    expect(system.limit.isActive).toBe(false)
    expect(system.failsafe).toEqual({ limit: SHEET.factoryFailsafe, durationMs: SHEET.factoryDuration })
  })

  it(`ATC_${useCase}_COM_PT_CSInit_003: failsafe values written before are there after a reboot into init`, () => {
    const system = playedSystem(direction)
    system.reach('limited')
    expect(system.writeFailsafe(SHEET.failsafe)).toEqual(ACCEPTED)
    expect(system.writeDuration(SHEET.duration)).toEqual(ACCEPTED)
    system.restart()
    expect(system.name).toBe('init')
    expect(system.limit.isActive).toBe(false)
    expect(system.failsafe).toEqual({ limit: SHEET.failsafe, durationMs: SHEET.duration })
    expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: SHEET.failsafe })
  })

  it(`ATC_${useCase}_COM_NT_CSLimited_001: while limited a limit of the wrong sign is refused, the old one stays in force`, () => {
    const system = playedSystem(direction)
    system.reach('limited')
    expect(system.activate(-limits.low)).toEqual(refusedAs('negative-limit'))
    expect(system.name).toBe('limited')
    expect(system.limit).toEqual({ isActive: true, magnitude: limits.middle, remainingMs: null })
  })

  it(`ATC_${useCase}_COM_PT_CSLimited_002: 90 s without heartbeat are tolerated while limited`, () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.heartbeat()
    system.wait(90 * SECOND)
    expect(system.activate(limits.low)).toEqual(ACCEPTED)
    system.heartbeat()
    expect(system.name).toBe('limited')
    expect(system.limit.magnitude).toBe(limits.low)
    expect(system.changes).toHaveLength(1)
  })

  it(`ATC_${useCase}_COM_NT_CSUnlCntrl_001: under control without limit one of the wrong sign is refused and changes nothing`, () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    expect(system.activate(-limits.low)).toEqual(refusedAs('negative-limit'))
    expect(system.name).toBe('unlimited/controlled')
    expect(system.limit.isActive).toBe(false)
  })

  it(`ATC_${useCase}_COM_PT_CSUnlCntrl_002: an energy manager publishes its contractual maximum and no other`, () => {
    const system = playedSystem(direction, { role: 'energy-manager' })
    system.reach('unlimited/controlled')
    expect(publishedMax(system.state.device)).toEqual({
      name: direction === 'consume' ? 'contractualConsumptionNominalMax' : 'contractualProductionNominalMax',
      power: SHEET.nominalMax,
    })
  })

  it(`ATC_${useCase}_COM_PT_CSUnlCntrl_003: a plain device publishes its nominal maximum and no other`, () => {
    const system = playedSystem(direction, { role: 'device' })
    system.reach('unlimited/controlled')
    expect(publishedMax(system.state.device)).toEqual({
      name: direction === 'consume' ? 'powerConsumptionNominalMax' : 'powerProductionNominalMax',
      power: SHEET.nominalMax,
    })
  })

  it.each(['failsafe limit', 'failsafe duration'])(
    `ATC_${useCase}_COM_PT_CSFS_001: in failsafe a limit 90 s after a heartbeat and the %s are refused; heartbeat and deactivation free them`,
    (other) => {
      const system = playedSystem(direction)
      system.reach('failsafe')
      staleThenFresh(system, other)
    },
  )

  it.each([ALL_AUTONOMY, undefined])(
    `ATC_${useCase}_COM_PT_CSFS_002: without contact failsafe lasts its minimum duration at least (%j)`,
    (autonomy) => {
      const system = playedSystem(direction, autonomy === undefined ? {} : { autonomy })
      system.reach('unlimited/controlled')
      system.writeDuration(SHEET.duration)
      system.wait(120 * SECOND)
      expect(system.name).toBe('failsafe')
      system.cut()
      system.wait(SHEET.duration - 1)
      expect(system.name).toBe('failsafe')
      expect(system.ceiling.by).toBe('failsafe')
      system.wait(1)
      expect(system.name).toBe(autonomy === undefined ? 'failsafe' : 'unlimited/autonomous')
    },
  )

  it(`ATC_${useCase}_COM_PT_CSFS_003: in failsafe the limit reads inactive, and a duration after a heartbeat alone is refused`, () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.wait(120 * SECOND)
    expect(system.name).toBe('failsafe')
    expect(system.limit).toEqual({ isActive: false, magnitude: limits.middle, remainingMs: null })
    system.heartbeat()
    expect(system.writeDuration(SHEET.duration)).toEqual(refusedAs('not-yet-writable'))
    expect(system.name).toBe('failsafe')
    expect(system.failsafe.durationMs).toBe(SHEET.factoryDuration)
  })

  it.each(['failsafe limit', 'failsafe duration'])(
    `ATC_${useCase}_COM_NT_CSUnlAuto_001: on its own a stale limit and the %s are refused until heartbeat and limit arrive in time`,
    (other) => {
      const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
      system.reach('unlimited/autonomous')
      staleThenFresh(system, other)
    },
  )

  it(`ATC_${useCase}_COM_PT_CSUnlAuto_002: on its own a load that wants more draws the published maximum, and the limit reads inactive`, () => {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    system.reach('unlimited/autonomous')
    const measured = Math.min(2 * SHEET.nominalMax, system.ceiling.magnitude ?? Infinity)
    expect(measured).toBe(publishedMax(system.state.device)!.power)
    expect(system.ceiling.by).toBe('nominal-maximum')
    expect(system.limit.isActive).toBe(false)
  })

  function staleThenFresh(system: ReturnType<typeof playedSystem>, other: string): void {
    const before = system.name
    const write = () => (other === 'failsafe limit' ? system.writeFailsafe(SHEET.failsafe) : system.writeDuration(SHEET.duration))
    system.heartbeat()
    system.wait(90 * SECOND)
    expect(system.deactivate()).toEqual(refusedAs('no-heartbeat'))
    expect(system.name).toBe(before)
    expect(write()).toEqual(refusedAs('not-yet-writable'))
    expect(system.name).toBe(before)
    system.heartbeat()
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.name).toBe('unlimited/controlled')
    expect(write()).toEqual(ACCEPTED)
    expect(system.failsafe).toEqual(
      other === 'failsafe limit'
        ? { limit: SHEET.failsafe, durationMs: SHEET.factoryDuration }
        : { limit: SHEET.factoryFailsafe, durationMs: SHEET.duration },
    )
  }
})

describe.each(USE_CASES)('$useCase: refusals on permitted grounds', ({ useCase, direction }) => {
  it.each(['self-protection', 'safety', 'law', 'uncontrollable-loads'] as const)(
    `ATC_${useCase}_INS1_PT_CSTransition1_001: an energy manager refuses a valid limit for %s, after a deactivation was taken`,
    (ground) => {
      const system = playedSystem(direction, { role: 'energy-manager' })
      system.reach('init')
      system.heartbeat()
      expect(system.deactivate()).toEqual(ACCEPTED)
      system.input({ kind: 'applicability', ground })
      expect(system.activate(limits.middle)).toEqual(refusedAs('not-applicable'))
      expect(system.name).toBe('unlimited/controlled')
      system.input({ kind: 'applicability', ground: null })
      expect(system.activate(limits.middle)).toEqual(ACCEPTED)
    },
  )

  it.each(['self-protection', 'safety', 'law'] as const)(
    `ATC_${useCase}_INS2_PT_CSTransition1_001: a single device refuses a valid limit for %s, after a deactivation was taken`,
    (ground) => {
      const system = playedSystem(direction, { role: 'device', nominalMax: watts(SHEET.nominalMax) })
      system.reach('init')
      system.heartbeat()
      expect(system.deactivate()).toEqual(ACCEPTED)
      system.input({ kind: 'applicability', ground: 'uncontrollable-loads' })
      expect(system.activate(limits.middle)).toEqual(ACCEPTED)
      expect(system.deactivate()).toEqual(ACCEPTED)
      system.input({ kind: 'applicability', ground })
      expect(system.activate(limits.middle)).toEqual(refusedAs('not-applicable'))
      expect(system.name).toBe('unlimited/controlled')
    },
  )
})

describe.each(USE_CASES)('$useCase: the twelve transitions', ({ useCase, direction }) => {
  const change = (transition: number, requirement: string) => expect.objectContaining({ transition, requirement })
  /** Brings a device into a state it may leave on its own and lets it hear a heartbeat. */
  function heardIn(name: Parameters<ReturnType<typeof playedSystem>['reach']>[0]) {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    system.reach(name)
    system.heartbeat()
    return system
  }

  it(`ATC_${useCase}_COM_PT_CSTransition1_001: init ends with an active limit that has to be refused`, () => {
    const system = heardIn('init')
    expect(system.activate(-limits.middle)).toEqual(refusedAs('negative-limit'))
    expect(system.name).toBe('unlimited/controlled')
    expect(system.lastChange).toEqual(change(1, '018'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition1_002: init ends with a deactivated limit`, () => {
    const system = heardIn('init')
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.name).toBe('unlimited/controlled')
    expect(system.lastChange).toEqual(change(1, '021'))
  })

  it.each(THREE_VALUES)(`ATC_${useCase}_COM_PT_CSTransition2_001: init ends with an active limit of %d W`, (magnitude) => {
    const system = heardIn('init')
    expect(system.activate(magnitude)).toEqual(ACCEPTED)
    expect(system.name).toBe('limited')
    expect(system.ceiling).toEqual({ by: 'limit', magnitude })
    expect(system.lastChange).toEqual(change(2, '020'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition3_001: nothing heard in init for 120 s, and it goes its own way where it may`, () => {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    system.reach('init')
    system.wait(120 * SECOND - 1)
    expect(system.name).toBe('init')
    system.wait(1)
    expect(system.name).toBe('unlimited/autonomous')
    expect(system.lastChange).toEqual({
      at: 120 * SECOND,
      from: 'init',
      to: 'unlimited/autonomous',
      transition: 3,
      requirement: '022/1',
      isOptional: true,
      cause: 'nothing-heard',
    })
  })

  it(`ATC_${useCase}_COM_PT_CSTransition3_002: a heartbeat in init and no limit for 120 s, and it goes its own way where it may`, () => {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    system.reach('init')
    system.wait(100 * SECOND)
    system.waitGuarded(120 * SECOND - 1)
    expect(system.name).toBe('init')
    system.wait(1)
    expect(system.name).toBe('unlimited/autonomous')
    expect(system.lastChange).toEqual(expect.objectContaining({ transition: 3, cause: 'no-limit-after-heartbeat' }))
  })

  it.each(THREE_VALUES)(
    `ATC_${useCase}_COM_PT_CSTransition4_001: under control an active limit of %d W takes effect`,
    (magnitude) => {
      const system = playedSystem(direction)
      system.reach('unlimited/controlled')
      expect(system.activate(magnitude)).toEqual(ACCEPTED)
      expect(system.ceiling).toEqual({ by: 'limit', magnitude })
      expect(system.lastChange).toEqual(change(4, '027'))
    },
  )

  it(`ATC_${useCase}_COM_PT_CSTransition5_001: under control the heartbeat is missing for 120 s`, () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    system.wait(120 * SECOND - 1)
    expect(system.name).toBe('unlimited/controlled')
    system.wait(1)
    expect(system.name).toBe('failsafe')
    expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: SHEET.factoryFailsafe })
    expect(system.lastChange).toEqual(change(5, '028'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition6_001: the duration of 60 s elapses`, () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    expect(system.activate(limits.middle, 60 * SECOND)).toEqual(ACCEPTED)
    system.wait(59 * SECOND)
    expect(system.limit).toEqual({ isActive: true, magnitude: limits.middle, remainingMs: SECOND })
    system.heartbeat()
    system.wait(SECOND)
    expect(system.name).toBe('unlimited/controlled')
    expect(system.limit).toEqual({ isActive: false, magnitude: limits.middle, remainingMs: null })
    expect(system.lastChange).toEqual(change(6, '025'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition6_002: the guard switches the limit off`, () => {
    const system = playedSystem(direction)
    system.reach('limited')
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.name).toBe('unlimited/controlled')
    expect(system.limit.isActive).toBe(false)
    expect(system.lastChange).toEqual(change(6, '026'))
  })

  it.each([500, SHEET.failsafe, 9_000])(
    `ATC_${useCase}_COM_PT_CSTransition7_001: the connection is cut, and from 120 s on the failsafe limit of %d W governs (F20)`,
    (failsafe) => {
      const system = playedSystem(direction)
      system.reach('limited')
      expect(system.writeFailsafe(failsafe)).toEqual(ACCEPTED)
      system.cut()
      system.wait(120 * SECOND - 1)
      expect(system.ceiling.by).toBe('limit')
      system.wait(1)
      expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: failsafe })
      expect(system.lastChange).toEqual(change(7, '029'))
    },
  )

  it(`ATC_${useCase}_COM_PT_CSTransition8_001: failsafe ends with heartbeat and a limit that has to be refused (F22)`, () => {
    const system = heardIn('failsafe')
    expect(system.activate(-limits.middle)).toEqual(refusedAs('negative-limit'))
    expect(system.name).toBe('unlimited/controlled')
    expect(system.lastChange).toEqual(change(8, '031'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition8_002: failsafe ends with heartbeat and a deactivated limit (F22)`, () => {
    const system = heardIn('failsafe')
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.name).toBe('unlimited/controlled')
    expect(system.lastChange).toEqual(change(8, '033'))
  })

  it.each(THREE_VALUES)(
    `ATC_${useCase}_COM_PT_CSTransition9_001: failsafe ends with heartbeat and an active limit of %d W (F22)`,
    (magnitude) => {
      const system = heardIn('failsafe')
      expect(system.activate(magnitude)).toEqual(ACCEPTED)
      expect(system.ceiling).toEqual({ by: 'limit', magnitude })
      expect(system.lastChange).toEqual(change(9, '032'))
    },
  )

  it(`ATC_${useCase}_COM_PT_CSTransition10_001: the written minimum of failsafe has passed, and it goes its own way where it may`, () => {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    system.reach('unlimited/controlled')
    expect(system.writeDuration(SHEET.duration)).toEqual(ACCEPTED)
    system.wait(120 * SECOND + SHEET.duration - 1)
    expect(system.name).toBe('failsafe')
    system.wait(1)
    expect(system.name).toBe('unlimited/autonomous')
    expect(system.lastChange).toEqual(change(10, '022/3'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition10_002: the heartbeat comes again without a limit for 120 s, and it goes its own way where it may`, () => {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    system.reach('failsafe')
    system.waitGuarded(120 * SECOND - 1)
    expect(system.name).toBe('failsafe')
    system.wait(1)
    expect(system.name).toBe('unlimited/autonomous')
    expect(system.lastChange).toEqual(change(10, '022/2'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition11_001: its own way ends with heartbeat and a limit that has to be refused`, () => {
    const system = heardIn('unlimited/autonomous')
    expect(system.activate(-limits.middle)).toEqual(refusedAs('negative-limit'))
    expect(system.name).toBe('unlimited/controlled')
    expect(system.lastChange).toEqual(change(11, '031'))
  })

  it(`ATC_${useCase}_COM_PT_CSTransition11_002: its own way ends with heartbeat and a deactivated limit`, () => {
    const system = heardIn('unlimited/autonomous')
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.name).toBe('unlimited/controlled')
    expect(system.lastChange).toEqual(change(11, '033'))
  })

  it.each(THREE_VALUES)(
    `ATC_${useCase}_COM_PT_CSTransition12_001: its own way ends with heartbeat and an active limit of %d W`,
    (magnitude) => {
      const system = heardIn('unlimited/autonomous')
      expect(system.activate(magnitude)).toEqual(ACCEPTED)
      expect(system.ceiling).toEqual({ by: 'limit', magnitude })
      expect(system.lastChange).toEqual(change(12, '032'))
    },
  )
})
