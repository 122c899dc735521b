// Whatever comes in, in whatever order: never above the failsafe limit in init and failsafe, and never silently unlimited.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ceiling,
  failsafeLimit,
  limitData,
  nextTransition,
  startSystem,
  type ControllableSystem,
  type SystemInput,
} from '../../../domain/limitation/controllable-system.ts'
import { NO_AUTONOMY } from '../../../domain/limitation/limited-device.ts'
import { magnitudeOf, SILENCE_MS, type Direction } from '../../../domain/limitation/limit.ts'
import { stepSystem } from '../../../domain/limitation/step-system.ts'
import type { Change } from '../../../domain/limitation/transitions.ts'
import { watts } from '../../../domain/units.ts'
import { ALL_AUTONOMY, deviceOf, HOUR, SECOND, USE_CASES } from './played.ts'

const guard = fc.constantFrom('guard', 'guard', 'guard', 'stranger')
const power = fc.constantFrom(-200_000, -11_000, -4_200, -1, 0, 1, 4_200, 11_000, 200_000).map(watts)
const anyInput: fc.Arbitrary<SystemInput> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), guard, timeoutMs: fc.constant(60_000) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('limit-write' as const),
      guard,
      write: fc.record({
        isActive: fc.boolean(),
        value: fc.option(power),
        durationMs: fc.option(fc.constantFrom(0, 1, 60_000, 120_000, 600_000)),
      }),
    }),
  },
  fc.record({ kind: fc.constant('failsafe-limit-write' as const), guard, limit: power }),
  fc.record({
    kind: fc.constant('failsafe-duration-write' as const),
    guard,
    durationMs: fc.constantFrom(0, 2 * HOUR, 5 * HOUR, 30 * HOUR),
  }),
  fc.record({
    kind: fc.constantFrom('connection-made' as const, 'connection-lost' as const),
    guard,
    connection: fc.constantFrom('a', 'b'),
  }),
  fc.record({ kind: fc.constant('applicability' as const), ground: fc.constantFrom(null, null, 'law' as const) }),
  { weight: 3, arbitrary: fc.constant({ kind: 'time-passed' as const }) },
  fc.constant({ kind: 'restart' as const }),
)
const wait = fc.constantFrom(0, 1, 5 * SECOND, 30 * SECOND, 59 * SECOND, 60 * SECOND, 61 * SECOND, 120 * SECOND, HOUR, 5 * HOUR)
const story = fc.array(fc.tuple(wait, anyInput), { maxLength: 40 })
const autonomy = fc.constantFrom(NO_AUTONOMY, ALL_AUTONOMY)

describe.each(USE_CASES)('$useCase: any sequence of inputs', ({ direction }) => {
  it('never lets more through than the failsafe limit in init and failsafe, and is never silently unlimited (F20)', () => {
    fc.assert(
      fc.property(story, autonomy, (steps, may) => {
        const device = deviceOf(direction, { autonomy: may })
        let [system, now, heardAt] = [startSystem(device, 0), 0, -Infinity]
        let last: Change | null = null
        for (const [ms, input] of steps) {
          // Also between two inputs, when nobody has called yet.
          for (const at of [now + Math.floor(ms / 2), now + ms]) holds(system, at, heardAt)
          now += ms
          const before = system.standing.name
          const step = stepSystem(system, input, now)
          if (input.kind === 'restart') [last, heardAt] = [null, -Infinity]
          else chained(before, step.changes, step.state.standing.name)
          if (input.kind === 'heartbeat' && step.ignored === null) heardAt = now
          last = step.changes.at(-1) ?? last
          for (const change of step.changes) if (change.isOptional) expect(may).toBe(ALL_AUTONOMY)
          system = step.state
          holds(system, now, heardAt)
          explained(system, last)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same states to one who calls late and one who calls at every deadline', () => {
    fc.assert(
      fc.property(story, autonomy, (steps, may) => {
        const device = deviceOf(direction, { autonomy: may })
        let [late, prompt, now] = [startSystem(device, 0), startSystem(device, 0), 0]
        const [lateChanges, promptChanges]: [Change[], Change[]] = [[], []]
        for (const [ms, input] of steps) {
          now += ms
          // A restart forgets what time has not yet told.
          if (input.kind === 'restart') late = stepSystem(late, { kind: 'time-passed' }, now).state
          for (let due = dueAt(prompt); due <= now; due = dueAt(prompt)) {
            const step = stepSystem(prompt, { kind: 'time-passed' }, due)
            promptChanges.push(...step.changes)
            prompt = step.state
          }
          const [a, b] = [stepSystem(late, input, now), stepSystem(prompt, input, now)]
          ;[late, prompt] = [a.state, b.state]
          expect(a.answer).toEqual(b.answer)
          lateChanges.push(...a.changes)
          promptChanges.push(...b.changes)
          expect({ ...late, beat: null }).toEqual({ ...prompt, beat: null })
        }
        if (!steps.some(([, { kind }]) => kind === 'restart')) expect(lateChanges).toEqual(promptChanges)
      }),
      { numRuns: 200 },
    )
  })

  const dueAt = (system: ControllableSystem) => nextTransition(system)?.at ?? Infinity
  /** Compared without `expect`, which is slow: it happens a hundred thousand times. */
  function holds(system: ControllableSystem, at: number, heardAt: number): void {
    const { by, power: bound } = ceiling(system, at)
    const { isActive, value } = limitData(system, at)
    const { name } = stepSystem(system, { kind: 'time-passed' }, at).state.standing
    const magnitude = bound === null ? Infinity : magnitudeOf(direction, bound)
    const isUnlimited = by === 'none' || by === 'nominal-maximum'
    const broken = [
      isActive !== (name === 'limited') && 'active in limited and nowhere else',
      (name === 'init' || name === 'failsafe') && by !== 'failsafe' && 'the failsafe limit holds',
      by === 'failsafe' && magnitude > failsafeLimit(system) && 'not above the failsafe limit',
      name === 'limited' && (by !== 'limit' || magnitude > magnitudeOf(direction, value!)) && 'not above the limit',
      // No limit of either kind is in force only while a guard is heard, or on a permitted way that was asked for.
      isUnlimited && name !== 'unlimited/autonomous' && at - heardAt >= SILENCE_MS && 'not silently unlimited',
      !(magnitude >= 0) && 'never of the other direction',
    ].filter((one) => one !== false)
    if (broken.length > 0) throw new Error(`${broken.join(', ')}: ${JSON.stringify(system)} at ${at}`)
  }
  function chained(before: string, changes: readonly Change[], after: string): void {
    expect([before, ...changes.map(({ to }) => to)]).toEqual([...changes.map(({ from }) => from), after])
    for (const { requirement, cause } of changes) expect([requirement, cause].every((text) => text !== '')).toBe(true)
  }
  function explained({ standing }: ControllableSystem, last: Change | null): void {
    if (standing.name === 'unlimited/controlled')
      expect(['limit-deactivated', 'limit-refused', 'duration-over']).toContain(last?.cause)
    if (standing.name === 'unlimited/autonomous')
      expect(last).toEqual(expect.objectContaining({ isOptional: true, at: standing.since }))
  }
})

it('a device without autonomy is never on its own', () => {
  const directions: readonly Direction[] = ['consume', 'produce']
  fc.assert(
    fc.property(story, fc.constantFrom(...directions), (steps, direction) => {
      let [system, now] = [startSystem(deviceOf(direction), 0), 0]
      for (const [ms, input] of steps) {
        now += ms
        system = stepSystem(system, input, now).state
        expect(system.standing.name).not.toBe('unlimited/autonomous')
      }
    }),
  )
})
