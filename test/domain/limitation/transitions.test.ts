// The table of transitions is whole, and every one of them is walked by the machine.
import { describe, expect, it } from 'vitest'
import type { ControllableSystem } from '../../../domain/limitation/controllable-system.ts'
import { nextDeadline, nextTransition, startSystem } from '../../../domain/limitation/controllable-system.ts'
import { limitedDevice, NO_AUTONOMY } from '../../../domain/limitation/limited-device.ts'
import { refusalText, type WriteRefusal } from '../../../domain/limitation/refusal.ts'
import { stepSystem } from '../../../domain/limitation/step-system.ts'
import { changeOf, TRANSITIONS } from '../../../domain/limitation/transitions.ts'
import { watts } from '../../../domain/units.ts'
import { ALL_AUTONOMY, deviceOf, HOUR, playedSystem, SECOND, SHEET, USE_CASES } from './played.ts'

it('there are twelve, no two the same way, and three end in a state of its own', () => {
  expect(TRANSITIONS.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  expect(new Set(TRANSITIONS.map(({ from, to }) => `${from} > ${to}`)).size).toBe(12)
  expect(TRANSITIONS.filter(({ isOptional }) => isOptional).map(({ number }) => number)).toEqual([3, 10])
})

it('there is no way from limited to its own way, nor back to init', () => {
  expect(() => changeOf('limited', 'unlimited/autonomous', 'guard-silent', 0)).toThrow(/no way/)
  expect(() => changeOf('failsafe', 'init', 'guard-silent', 0)).toThrow(/no way/)
})

describe.each(USE_CASES)('$useCase: deadlines', ({ direction }) => {
  const due = (system: ControllableSystem) => nextTransition(system)

  it('say what happens next and when, in every state', () => {
    const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
    expect(due(system.state)).toEqual({ at: 120 * SECOND, why: 'nothing-heard' })
    system.connect()
    system.wait(10 * SECOND)
    system.heartbeat()
    expect(due(system.state)).toEqual({ at: 130 * SECOND, why: 'no-limit-after-heartbeat' })
    system.activate(SHEET.limits.low, 60 * SECOND)
    expect(due(system.state)).toEqual({ at: 70 * SECOND, why: 'limit-ends' })
    system.activate(SHEET.limits.low)
    expect(due(system.state)).toEqual({ at: 130 * SECOND, why: 'guard-silent' })
    system.wait(120 * SECOND)
    expect(due(system.state)).toEqual({ at: 130 * SECOND + SHEET.factoryDuration, why: 'failsafe-minimum-over' })
    system.heartbeat()
    expect(due(system.state)).toEqual({ at: 250 * SECOND, why: 'no-limit-after-heartbeat' })
    system.wait(120 * SECOND)
    expect(due(system.state)).toBeNull()
    expect(nextDeadline(system.state)).toEqual({ at: 270 * SECOND, why: 'own-heartbeat' })
  })

  it.each(['init', 'failsafe'] as const)('there is none in %s where no way out was asked for', (name) => {
    const system = playedSystem(direction)
    system.reach(name)
    system.heartbeat()
    expect(due(system.state)).toBeNull()
  })

  it('a limit that ends in the instant of silence leads to failsafe, not to freedom', () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    system.activate(SHEET.limits.low, 120 * SECOND)
    system.wait(120 * SECOND)
    expect(system.changes.slice(-2).map(({ to }) => to)).toEqual(['limited', 'failsafe'])
  })

  it('a call from the past is taken as one of now', () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.wait(100 * SECOND)
    const step = stepSystem(system.state, { kind: 'heartbeat', guard: 'guard', timeoutMs: 60 * SECOND }, 5 * SECOND)
    expect(step.state.heartbeat?.at).toBe(100 * SECOND)
    expect(step.state.at).toBe(100 * SECOND)
  })

  it('a limit sixty seconds after the heartbeat still counts, a millisecond later no more', () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.heartbeat()
    system.wait(60 * SECOND)
    const write = { kind: 'limit-write', guard: 'guard', write: { isActive: false, value: watts(0), durationMs: null } } as const
    expect(stepSystem(system.state, write, system.now).answer).toEqual(expect.objectContaining({ isAccepted: true }))
    expect(stepSystem(system.state, write, system.now + 1).answer).toEqual({ isAccepted: false, refusal: 'no-heartbeat' })
  })

  it('a heartbeat over a connection that is gone frees no limit', () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.heartbeat()
    system.cut()
    system.connect('b')
    expect(system.deactivate()).toEqual({ isAccepted: false, refusal: 'no-heartbeat' })
    system.heartbeat()
    expect(system.deactivate()).toEqual(expect.objectContaining({ isAccepted: true }))
  })

  it('another guard may come when the first is gone, and the silence goes on until it is heard', () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.cut()
    system.wait(100 * SECOND)
    system.connect('n', 'new')
    system.wait(20 * SECOND)
    expect(system.name).toBe('failsafe')
    system.heartbeat(60 * SECOND, 'new')
    expect(system.activate(SHEET.limits.low, null, 'new')).toEqual(expect.objectContaining({ isAccepted: true }))
  })

  it('a partial write keeps the value, and activates nothing where there was none', () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.heartbeat()
    expect(system.deactivate(null)).toEqual({ isAccepted: true, stored: null, isReduced: false })
    expect(system.activate(null)).toEqual({ isAccepted: false, refusal: 'no-value' })
    system.activate(SHEET.limits.low)
    system.deactivate(null)
    expect(system.activate(null)).toEqual(expect.objectContaining({ isAccepted: true }))
    expect(system.ceiling).toEqual({ by: 'limit', magnitude: SHEET.limits.low })
  })

  it('a limit that holds goes on when a ground comes up, and the next is refused', () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.input({ kind: 'applicability', ground: 'safety' })
    expect(system.limit.isActive).toBe(true)
    expect(system.activate(SHEET.limits.low)).toEqual({ isAccepted: false, refusal: 'not-applicable' })
    expect(system.ceiling).toEqual({ by: 'limit', magnitude: SHEET.limits.middle })
  })

  it('the duration written through the other direction holds here too', () => {
    const system = playedSystem(direction)
    system.input({ kind: 'failsafe-duration-shared', durationMs: 5 * HOUR })
    expect(system.failsafe.durationMs).toBe(5 * HOUR)
    system.input({ kind: 'failsafe-duration-shared', durationMs: 24 * HOUR })
    expect(system.failsafe.durationMs).toBe(SHEET.longestDuration)
  })
})

describe('a device', () => {
  it('takes no permitted way out unless asked to', () => {
    const made = limitedDevice({ direction: 'consume', role: 'device', nominalMax: null, failsafeLimit: watts(4_200) })
    expect(made.ok && made.value.autonomy).toEqual(NO_AUTONOMY)
    expect(made.ok && nextTransition(startSystem(made.value, 0))).toBeNull()
  })

  it.each([
    [{ nominalMax: watts(-1) }, /nominal maximum is -1 W/],
    [{ failsafeLimit: watts(-1) }, /failsafe limit is -1 W/],
    [{ largestLimit: watts(-1) }, /largest limit is -1 W/],
    [{ failsafeDurationMs: 2 * HOUR - 1 }, /2 to 24 hours/],
    [{ failsafeDurationMs: Number.NaN }, /2 to 24 hours/],
    [{ failsafeDurationMaxMs: 25 * HOUR }, /at most 24 hours/],
    [{ failsafeDurationMs: 5 * HOUR, failsafeDurationMaxMs: 4 * HOUR }, /at least that of the factory/],
  ])('is not made with %j', (given, message) => {
    expect(() => deviceOf('consume', given)).toThrow(message)
  })
})

it('every refusal has a sentence', () => {
  const names: readonly WriteRefusal[] = [
    'negative-limit',
    'no-heartbeat',
    'no-duration-left',
    'no-value',
    'not-applicable',
    'another-guard',
    'not-yet-writable',
    'negative-failsafe-limit',
    'failsafe-duration-out-of-range',
  ]
  const sentences = names.map(refusalText)
  expect(new Set(sentences).size).toBe(names.length)
})
