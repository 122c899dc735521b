// The abstract test cases of the Energy Guard for LPC and LPP: guard and device talk to each other on one manual clock.
import { describe, expect, it } from 'vitest'
import { limitDueAt, startGuard } from '../../../domain/limitation/energy-guard.ts'
import { stepGuard } from '../../../domain/limitation/step-guard.ts'
import { watts } from '../../../domain/units.ts'
import { HOUR, playedPair, SECOND, SHEET, THREE_VALUES, USE_CASES } from './played.ts'

const { limits } = SHEET
const MINUTE = 60 * SECOND

describe.each(USE_CASES)('$useCase: cases of the Energy Guard', ({ useCase, direction }) => {
  function linked() {
    const pair = playedPair(direction)
    pair.want(false, limits.middle)
    pair.link()
    expect(pair.system.name).toBe('unlimited/controlled')
    return pair
  }
  /** Whether a heartbeat and then a limit have left within a minute from an instant on. */
  function expectContact(pair: ReturnType<typeof playedPair>, since: number): void {
    const kinds = pair.sent.filter(({ at }) => at >= since && at <= since + MINUTE).map(({ kind }) => kind)
    expect(kinds).toContain('heartbeat')
    expect(kinds).toContain('write-limit')
    expect(kinds.indexOf('heartbeat')).toBeLessThan(kinds.indexOf('write-limit'))
  }

  it(`ATC_${useCase}_COM_PT_EGHeartbeat_001: no gap between two of its heartbeats is longer than a minute`, () => {
    const pair = linked()
    pair.wait(360 * SECOND)
    const beats = pair.sent.filter(({ kind }) => kind === 'heartbeat').map(({ at }) => at)
    expect(beats.length).toBeGreaterThanOrEqual(7)
    expect(Math.max(...beats.slice(1).map((at, i) => at - beats[i]!), pair.now - beats.at(-1)!)).toBeLessThanOrEqual(MINUTE)
    expect(pair.system.name).toBe('unlimited/controlled')
  })

  it(`ATC_${useCase}_COM_PT_EGConnection_001: after its reboot heartbeat and limit reach the device within 60 s`, () => {
    const pair = linked()
    pair.want(true, limits.middle)
    pair.cut()
    pair.restartGuard()
    pair.wait(150 * SECOND)
    expect(pair.system.name).toBe('failsafe')
    const since = pair.now
    pair.link()
    pair.wait(10 * SECOND)
    pair.want(true, limits.low)
    pair.wait(MINUTE)
    expectContact(pair, since)
    expect(pair.system.ceiling).toEqual({ by: 'limit', magnitude: limits.low })
  })

  it(`ATC_${useCase}_COM_PT_EGConnection_001: rebooted and told nothing, it holds what held before within 60 s`, () => {
    const pair = linked()
    pair.want(true, limits.low)
    pair.cut()
    pair.restartGuard()
    pair.wait(150 * SECOND)
    const since = pair.now
    pair.link()
    pair.wait(MINUTE)
    expectContact(pair, since)
    expect(pair.system.ceiling).toEqual({ by: 'limit', magnitude: limits.low })
  })

  it.each([30 * SECOND, 150 * SECOND])(
    `ATC_${useCase}_COM_PT_EGConnection_002: the link is cut for %d ms and healed, and heartbeat and limit follow within 60 s`,
    (outage) => {
      const pair = linked()
      pair.want(true, limits.middle)
      pair.cut()
      pair.wait(outage)
      const since = pair.now
      pair.link()
      expectContact(pair, since)
      expect(pair.system.ceiling).toEqual({ by: 'limit', magnitude: limits.middle })
    },
  )

  it.each(THREE_VALUES)(
    `ATC_${useCase}_COM_PT_EGMessages_001: a stimulus from outside makes it write an active limit of %d W without duration`,
    (magnitude) => {
      const pair = linked()
      pair.wait(10 * SECOND)
      const since = pair.now
      pair.want(true, magnitude)
      expect(pair.limitsSince(since)).toEqual([{ at: since, isActive: true, magnitude, durationMs: null }])
      expect(pair.system.limit).toEqual({ isActive: true, magnitude, remainingMs: null })
      expect(pair.system.name).toBe('limited')
    },
  )

  it(`ATC_${useCase}_COM_PT_EGMessages_002: refused once, it sends heartbeat and another limit after a minute`, () => {
    const pair = linked()
    pair.wait(10 * SECOND)
    pair.refuse(true)
    const since = pair.now
    pair.want(true, limits.middle)
    expect(pair.events.at(-1)).toEqual(expect.objectContaining({ kind: 'limit-refused', reason: 'not-applicable' }))
    pair.refuse(false)
    pair.wait(MINUTE - 1)
    expect(pair.limitsSince(since)).toHaveLength(1)
    pair.wait(1)
    expectContact(pair, since + MINUTE)
    expect(pair.limitsSince(since)).toHaveLength(2)
    expect(pair.system.ceiling).toEqual({ by: 'limit', magnitude: limits.middle })
  })

  it(`ATC_${useCase}_COM_PT_EGMessages_003: in 25 rounds of limits with a duration and deactivations each write is well formed and taken`, () => {
    const pair = linked()
    pair.wait(SECOND)
    const since = pair.now
    for (let round = 0; round < 25; round += 1) {
      pair.want(true, limits.middle + round, 10 * MINUTE)
      pair.wait(MINUTE)
      expect(pair.system.limit).toEqual({ isActive: true, magnitude: limits.middle + round, remainingMs: 9 * MINUTE })
      pair.want(false, limits.middle)
      pair.wait(5 * MINUTE)
      expect(pair.system.name).toBe('unlimited/controlled')
    }
    const written = pair.limitsSince(since)
    expect(written).toHaveLength(50)
    expect(written.every(({ magnitude, durationMs }) => magnitude >= 0 && (durationMs === null || durationMs > 0))).toBe(true)
    expect(pair.answers.every(({ isAccepted }) => isAccepted)).toBe(true)
    const ids = pair.sent.flatMap((one) => (one.kind === 'heartbeat' ? [] : [one.id]))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it(`ATC_${useCase}_COM_PT_EGMessages_004: failsafe values written again and again are all taken`, () => {
    const pair = linked()
    for (let round = 0; round < 5; round += 1) {
      const [limit, durationMs] = [SHEET.failsafe + round, (2 + round) * HOUR]
      pair.input({ kind: 'want-failsafe', limit: watts(limit), durationMs })
      expect(pair.system.failsafe).toEqual({ limit, durationMs })
      pair.wait(MINUTE)
    }
    expect(pair.events.filter(({ kind }) => kind === 'failsafe-accepted')).toHaveLength(10)
    expect(pair.answers.every(({ isAccepted }) => isAccepted)).toBe(true)
  })
})

describe.each(USE_CASES)('$useCase: what the guide of installations asks of a guard', ({ direction }) => {
  it('opens with a deactivation when it meets a device for the first time and the grid needs nothing', () => {
    const pair = playedPair(direction)
    pair.want(false, limits.middle)
    pair.link()
    expect(pair.limitsSince(0).map(({ isActive }) => isActive)).toEqual([false])
  })

  it.each([
    { nominalMax: SHEET.nominalMax, first: SHEET.nominalMax },
    { nominalMax: null, first: SHEET.failsafe },
  ])(
    'never begins with a deactivation after a reconnection: an active limit of $first W goes first, maximum known: $nominalMax',
    ({ nominalMax, first }) => {
      const pair = playedPair(direction)
      pair.want(false, limits.middle)
      pair.link()
      if (nominalMax !== null) pair.input({ kind: 'maximum-reported', nominalMax: watts(nominalMax) })
      pair.cut()
      pair.wait(150 * SECOND)
      const since = pair.now
      pair.link()
      expect(pair.limitsSince(since).map(({ isActive, magnitude }) => ({ isActive, magnitude }))).toEqual([
        { isActive: true, magnitude: first },
        { isActive: false, magnitude: limits.middle },
      ])
      expect(pair.system.name).toBe('unlimited/controlled')
    },
  )

  it.each([
    { how: 'comes again before the old connection is missed', isCut: false, isRefusing: false },
    { how: 'has refused everything before', isCut: true, isRefusing: true },
  ])('never begins with a deactivation towards a device that $how', ({ isCut, isRefusing }) => {
    const pair = playedPair(direction)
    pair.refuse(isRefusing)
    pair.want(false, limits.middle)
    pair.link()
    if (isCut) pair.cut()
    pair.refuse(false)
    pair.wait(10 * SECOND)
    const since = pair.now
    pair.link()
    expect(pair.limitsSince(since).map(({ isActive }) => isActive)).toEqual([true, false])
  })

  it('asks to be called when a limit ends that another is to follow', () => {
    const pair = playedPair(direction)
    pair.want(true, 3_000, 2 * MINUTE)
    pair.link()
    pair.wait(SECOND)
    pair.want(true, 2_000, 2 * MINUTE)
    pair.want(true, 4_000)
    expect(limitDueAt(pair.guard)).toBe(SECOND + 2 * MINUTE)
  })

  it('writes at most once in five minutes what is not stricter, and then the newest', () => {
    const pair = playedPair(direction)
    pair.want(false, limits.middle)
    pair.link()
    pair.wait(SECOND)
    pair.want(true, 3_000)
    const since = pair.now
    for (const magnitude of [4_000, 5_000, 6_000]) {
      pair.wait(30 * SECOND)
      pair.want(true, magnitude)
    }
    pair.wait(300 * SECOND)
    expect(pair.limitsSince(since).map(({ at, magnitude }) => [at - since, magnitude])).toEqual([
      [0, 3_000],
      [300 * SECOND, 6_000],
    ])
  })

  it('writes at once what is stricter, or what follows a limit that ends', () => {
    const pair = playedPair(direction)
    pair.want(false, limits.middle)
    pair.link()
    pair.wait(SECOND)
    const since = pair.now
    pair.want(true, 5_000, 2 * MINUTE)
    pair.wait(10 * SECOND)
    pair.want(true, 3_000, 2 * MINUTE)
    pair.wait(10 * SECOND)
    pair.want(true, 4_000)
    pair.wait(10 * MINUTE)
    expect(pair.limitsSince(since).map(({ at, magnitude }) => [at - since, magnitude])).toEqual([
      [0, 5_000],
      [10 * SECOND, 3_000],
      [130 * SECOND, 4_000],
    ])
    expect(pair.system.ceiling).toEqual({ by: 'limit', magnitude: 4_000 })
  })

  it('keeps the distance also for what is stricter where its settings ask for it', () => {
    const pair = playedPair(direction, { settings: { isStricterAtOnce: false } })
    pair.want(false, limits.middle)
    pair.link()
    pair.wait(SECOND)
    pair.want(true, 5_000)
    const since = pair.now
    pair.wait(10 * SECOND)
    pair.want(true, 3_000)
    pair.wait(300 * SECOND)
    expect(pair.limitsSince(since).map(({ at, magnitude }) => [at - since, magnitude])).toEqual([
      [0, 5_000],
      [300 * SECOND, 3_000],
    ])
  })

  it('a stricter limit overtakes one that has no answer yet, whose answer then counts for nothing', () => {
    const settings = { direction, holdLimit: watts(SHEET.failsafe), isStricterAtOnce: true }
    const sign = direction === 'consume' ? 1 : -1
    const want = (magnitude: number) =>
      ({ kind: 'want-limit', limit: { isActive: true, value: watts(sign * magnitude), durationMs: null } }) as const
    const answer = (id: number) => ({ kind: 'answered', id, isAccepted: true, reason: '' }) as const
    let guard = stepGuard(startGuard(settings, 0), want(5_000), 0).state
    guard = stepGuard(guard, { kind: 'connection-made', connection: 'a' }, 0).state
    const stricter = stepGuard(guard, want(3_000), 1)
    expect(stricter.send.map(({ kind }) => kind)).toEqual(['heartbeat', 'write-limit'])
    expect(stepGuard(stricter.state, answer(1), 2)).toEqual(expect.objectContaining({ ignored: 'unknown-write', send: [] }))
    expect(stepGuard(stricter.state, answer(2), 2).state.standing?.value).toBe(sign * 3_000)
  })

  it('counts a write without answer as refused after 10 s and tries again after a minute', () => {
    const settings = { direction, holdLimit: watts(SHEET.failsafe), isStricterAtOnce: true }
    let guard = startGuard(settings, 0)
    guard = stepGuard(guard, { kind: 'want-limit', limit: { isActive: false, value: watts(0), durationMs: null } }, 0).state
    guard = stepGuard(guard, { kind: 'connection-made', connection: 'a' }, 0).state
    const overdue = stepGuard(guard, { kind: 'time-passed' }, 10 * SECOND)
    expect(overdue.events).toEqual([expect.objectContaining({ kind: 'limit-refused', reason: 'no answer' })])
    expect(stepGuard(overdue.state, { kind: 'time-passed' }, 69 * SECOND).send.map(({ kind }) => kind)).toEqual(['heartbeat'])
    expect(stepGuard(overdue.state, { kind: 'time-passed' }, 70 * SECOND).send.map(({ kind }) => kind)).toEqual([
      'heartbeat',
      'write-limit',
    ])
  })

  it('tells a device that has given up its limit again, no faster than once a minute', () => {
    const pair = playedPair(direction)
    pair.want(true, limits.middle)
    pair.link()
    const since = pair.now
    for (let turn = 0; turn < 5; turn += 1) {
      pair.system.deactivate()
      pair.report()
      pair.wait(20 * SECOND)
    }
    expect(pair.limitsSince(since).map(({ at }) => at - since)).toEqual([0, 60 * SECOND])
    pair.wait(MINUTE)
    expect(pair.system.name).toBe('limited')
  })

  it('takes a limit that the device has reduced to what it can store as the one it wrote', () => {
    const pair = playedPair(direction)
    pair.want(true, limits.tooLarge)
    pair.link()
    pair.report()
    pair.wait(10 * MINUTE)
    expect(pair.limitsSince(0)).toHaveLength(1)
  })

  it('watches the heartbeat of the device and goes on all the same (F20)', () => {
    const pair = playedPair(direction)
    pair.want(true, limits.middle)
    pair.link()
    pair.wait(300 * SECOND)
    expect(pair.events.map(({ kind }) => kind)).toEqual(['limit-accepted'])
    let guard = stepGuard(pair.guard, { kind: 'system-heartbeat' }, pair.now).state
    const silent = stepGuard(guard, { kind: 'time-passed' }, pair.now + 120 * SECOND)
    expect(silent.events).toEqual([{ kind: 'system-silent', at: pair.now + 120 * SECOND }])
    expect(silent.send.map(({ kind }) => kind)).toEqual(['heartbeat'])
    guard = silent.state
    expect(stepGuard(guard, { kind: 'system-heartbeat' }, pair.now + 130 * SECOND).events).toEqual([
      { kind: 'system-heard', at: pair.now + 130 * SECOND },
    ])
  })

  it('writes failsafe values only when the limit was taken, tries a refused one three times, and reports each', () => {
    const pair = playedPair(direction, { device: { failsafeDurationMaxMs: 3 * HOUR } })
    pair.input({ kind: 'want-failsafe', limit: watts(SHEET.failsafe), durationMs: 24 * HOUR })
    pair.link()
    expect(pair.sent.filter(({ kind }) => kind.startsWith('write-failsafe'))).toEqual([])
    pair.want(false, limits.middle)
    pair.wait(5 * MINUTE)
    expect(pair.events.flatMap((event) => (event.kind === 'failsafe-refused' ? [event.retryAt] : []))).toEqual([
      MINUTE,
      2 * MINUTE,
      null,
    ])
    expect(pair.system.failsafe).toEqual({ limit: SHEET.failsafe, durationMs: 3 * HOUR })
  })

  it.each([
    [{ kind: 'want-limit', limit: { isActive: true, value: -1, durationMs: null } }, 'negative-limit'],
    [{ kind: 'want-limit', limit: { isActive: true, value: 1, durationMs: 0 } }, 'no-duration-left'],
    [{ kind: 'want-failsafe', limit: -1, durationMs: null }, 'negative-failsafe-limit'],
    [{ kind: 'want-failsafe', limit: null, durationMs: 1.9 * HOUR }, 'failsafe-duration-out-of-range'],
    [{ kind: 'want-failsafe', limit: null, durationMs: 25 * HOUR }, 'failsafe-duration-out-of-range'],
  ] as const)('never sends what a device would have to refuse: %j', (input, ignored) => {
    const pair = playedPair(direction)
    pair.want(false, limits.middle)
    pair.link()
    const sign = direction === 'consume' ? 1 : -1
    const signed =
      input.kind === 'want-limit'
        ? { ...input, limit: { ...input.limit, value: watts(sign * input.limit.value) } }
        : { ...input, limit: input.limit === null ? null : watts(input.limit) }
    const step = stepGuard(pair.guard, signed, pair.now)
    expect(step.ignored).toBe(ignored)
    expect(step.send).toEqual([])
  })
})
