// Faults that other projects had in the field with LPC and LPP, each as a test by the name of its report.
import { describe, expect, it } from 'vitest'
import { limitFromWire, powerOf } from '../../../domain/limitation/limit.ts'
import { watts } from '../../../domain/units.ts'
import { ALL_AUTONOMY, HOUR, playedPair, playedSystem, SECOND, SHEET, USE_CASES } from './played.ts'

const { limits } = SHEET
const refusedAs = (refusal: string) => ({ isAccepted: false, refusal })
const ACCEPTED = expect.objectContaining({ isAccepted: true })

describe.each(USE_CASES)('$useCase: faults of evcc', ({ direction }) => {
  it.each(['init', 'limited', 'unlimited/controlled', 'failsafe', 'unlimited/autonomous'] as const)(
    'evcc-io/evcc#25545: a limit of the wrong sign is never accepted, here in %s (F21)',
    (name) => {
      const system = playedSystem(direction, { autonomy: ALL_AUTONOMY })
      system.reach(name)
      system.heartbeat()
      expect(system.activate(-5)).toEqual(refusedAs('negative-limit'))
      expect(system.deactivate(-5)).toEqual(refusedAs('negative-limit'))
      expect(system.limit.magnitude ?? 0).toBeGreaterThanOrEqual(0)
      expect(system.ceiling.magnitude).toBeGreaterThan(5)
    },
  )

  it.each([0, 1, 4_199])(
    'evcc-io/evcc#25545: a limit of %d W, below what the law leaves, is obeyed as it was sent (F21)',
    (magnitude) => {
      const system = playedSystem(direction)
      system.reach('unlimited/controlled')
      expect(system.activate(magnitude)).toEqual(ACCEPTED)
      expect(system.ceiling).toEqual({ by: 'limit', magnitude })
    },
  )

  it('evcc-io/evcc#25545, #29705: failsafe is left as soon as heartbeat and limit are there, not after its duration, and with that limit (F22)', () => {
    const system = playedSystem(direction)
    system.reach('failsafe')
    system.wait(600 * SECOND)
    system.heartbeat()
    system.activate(limits.low)
    expect(system.ceiling).toEqual({ by: 'limit', magnitude: limits.low })
    system.wait(120 * SECOND)
    expect(system.name).toBe('failsafe')
    system.wait(3 * HOUR)
    system.heartbeat()
    system.deactivate()
    expect(system.name).toBe('unlimited/controlled')
  })

  it('evcc-io/evcc#29705: after two hours without a guard, and after a day, the failsafe limit still holds (F20)', () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.cut()
    for (const outage of [2 * HOUR, 24 * HOUR]) {
      system.wait(outage)
      expect(system.name).toBe('failsafe')
      expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: SHEET.factoryFailsafe })
    }
  })

  it('evcc-io/evcc#32492: a limit without duration has no end (F21)', () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.waitGuarded(6 * HOUR)
    expect(system.limit).toEqual({ isActive: true, magnitude: limits.middle, remainingMs: null })
    system.activate(limits.low, 60 * SECOND)
    system.activate(limits.low, null)
    system.waitGuarded(300 * SECOND)
    expect(system.ceiling).toEqual({ by: 'limit', magnitude: limits.low })
  })

  it.each(['init', 'failsafe'] as const)(
    'evcc-io/evcc#32492: %s is not left by heartbeats alone, however many come (F22)',
    (name) => {
      const system = playedSystem(direction)
      system.reach(name)
      system.waitGuarded(3 * HOUR)
      expect(system.name).toBe(name)
      expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: SHEET.factoryFailsafe })
    },
  )

  it('evcc-io/evcc#32491: a guard that wants nothing says so when it connects, and the device does not stay in init', () => {
    const pair = playedPair(direction, { device: { autonomy: ALL_AUTONOMY } })
    pair.want(false, limits.middle)
    pair.wait(30 * SECOND)
    pair.link()
    expect(pair.system.name).toBe('unlimited/controlled')
    expect(pair.system.limit.magnitude).toBe(limits.middle)
    pair.wait(HOUR)
    expect(pair.system.name).toBe('unlimited/controlled')
    expect(pair.limitsSince(0)).toHaveLength(1)
  })

  it.each([4, 10, 600])(
    'evcc-io/evcc#21642: 120 s of silence lead to failsafe, whatever interval (%d s) the heartbeat has announced (F20)',
    (announced) => {
      const system = playedSystem(direction)
      system.reach('unlimited/controlled')
      system.heartbeat(announced * SECOND)
      system.wait(120 * SECOND - 1)
      expect(system.name).toBe('unlimited/controlled')
      system.wait(1)
      expect(system.name).toBe('failsafe')
    },
  )

  it('evcc-io/evcc#21642: a device that is only just connected waits for its first heartbeat instead of missing it', () => {
    const system = playedSystem(direction)
    system.reach('init')
    system.wait(115 * SECOND)
    system.heartbeat()
    expect(system.deactivate()).toEqual(ACCEPTED)
    expect(system.changes.map(({ to }) => to)).toEqual(['unlimited/controlled'])
  })

  it('evcc-io/evcc#31561: of a double connection one goes, and heartbeats and limits over the other still count', () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    system.connect('b')
    system.cut('a')
    system.waitGuarded(HOUR)
    expect(system.name).toBe('unlimited/controlled')
    expect(system.activate(limits.low)).toEqual(ACCEPTED)
    system.cut('a')
    system.heartbeat()
    expect(system.state.heartbeat?.isOfThisConnection).toBe(true)
    expect(system.state.guard).toEqual({ id: 'guard', connections: ['b'] })
  })

  it('evcc-io/evcc#32132: heartbeats of another device do not stand for those of the guard (F20)', () => {
    const system = playedSystem(direction)
    system.reach('limited')
    system.connect('x', 'wallbox')
    for (let beats = 0; beats < 12; beats += 1) {
      system.heartbeat(4 * SECOND, 'wallbox')
      system.wait(10 * SECOND)
    }
    expect(system.name).toBe('failsafe')
    system.heartbeat(4 * SECOND, 'wallbox')
    expect(system.activate(limits.high)).toEqual(refusedAs('no-heartbeat'))
    system.heartbeat()
    expect(system.activate(limits.high, null, 'wallbox')).toEqual(refusedAs('another-guard'))
    expect(system.name).toBe('failsafe')
  })

  it('evcc-io/evcc#33286: in failsafe the failsafe limit holds, not the limit that was written last (F20)', () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    system.writeFailsafe(SHEET.failsafe)
    system.activate(0)
    system.wait(120 * SECOND)
    expect(system.ceiling).toEqual({ by: 'failsafe', magnitude: SHEET.failsafe })
  })
})

describe.each(USE_CASES)('$useCase: faults of the Go example', ({ direction }) => {
  it.each([true, false])('enbility/eebus-go example: without any heartbeat a limit (active: %s) is not accepted', (isActive) => {
    const system = playedSystem(direction)
    system.reach('init')
    system.wait(HOUR)
    expect(isActive ? system.activate(limits.low) : system.deactivate()).toEqual(refusedAs('no-heartbeat'))
    expect(system.ceiling.by).toBe('failsafe')
  })

  it('enbility/eebus-go example: a limit of the wrong sign is neither stored nor shown (F21)', () => {
    const system = playedSystem(direction)
    system.reach('unlimited/controlled')
    expect(system.activate(-5)).toEqual(refusedAs('negative-limit'))
    expect(system.limit).toEqual({ isActive: false, magnitude: limits.middle, remainingMs: null })
  })

  it.each([0, -1, Number.NaN, Infinity])(
    'enbility/eebus-go example: an active limit with a duration of %d ms is refused and never stays',
    (durationMs) => {
      const system = playedSystem(direction)
      system.reach('unlimited/controlled')
      expect(system.activate(limits.low, durationMs)).toEqual(refusedAs('no-duration-left'))
      expect(system.limit.isActive).toBe(false)
    },
  )

  it('enbility/eebus-go example: a number beyond all watts is told from one that is none, so it has an answer', () => {
    expect(limitFromWire(direction, 5 * 10 ** 300)).toBeNull()
    expect(limitFromWire(direction, Number.NaN)).toBeNull()
    expect(limitFromWire(direction, -Infinity)).toBeNull()
  })
})

it('enbility/eebus-go example: what is written for one direction never activates the other', () => {
  const [taken, given] = [playedSystem('consume'), playedSystem('produce')]
  taken.reach('unlimited/controlled')
  given.reach('unlimited/controlled')
  taken.activate(limits.middle)
  expect(given.limit.isActive).toBe(false)
  expect(given.ceiling.by).toBe('nominal-maximum')
  const across = { isActive: true, value: powerOf('consume', limits.middle), durationMs: null }
  expect(given.input({ kind: 'limit-write', guard: 'guard', write: across })).toEqual(refusedAs('negative-limit'))
})

describe('a limit in whole watts', () => {
  it.each([
    ['consume', 4_200.9, 4_200],
    ['consume', -0.4, -1],
    ['consume', 0.4, 0],
    ['produce', -4_200.9, -4_200],
    ['produce', 0.4, 1],
    ['produce', -0.4, 0],
  ] as const)('%s: %d W on the wire is %d W, never looser and never with a better sign', (direction, value, whole) => {
    expect(limitFromWire(direction, value)).toBe(watts(whole))
  })
})
