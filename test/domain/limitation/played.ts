// A limited device and an Energy Guard on a manual clock, for LPC and LPP alike: magnitudes in watts go in and come out, the sign is added and taken off here.
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import {
  ceiling,
  failsafeDuration,
  failsafeLimit,
  limitData,
  nextDeadline,
  startSystem,
  type ControllableSystem,
  type SystemInput,
  type WriteAnswer,
} from '../../../domain/limitation/controllable-system.ts'
import {
  guardSettings,
  nextGuardDeadline,
  startGuard,
  type EnergyGuard,
  type GuardEvent,
  type GuardInput,
  type GuardSend,
  type GuardSettings,
} from '../../../domain/limitation/energy-guard.ts'
import { limitedDevice, type Autonomy, type LimitedDevice } from '../../../domain/limitation/limited-device.ts'
import { magnitudeOf, powerOf, type Direction } from '../../../domain/limitation/limit.ts'
import { stepGuard } from '../../../domain/limitation/step-guard.ts'
import { stepSystem } from '../../../domain/limitation/step-system.ts'
import type { Change, StateName } from '../../../domain/limitation/transitions.ts'
import { watts } from '../../../domain/units.ts'

export const USE_CASES = [
  { useCase: 'LPC', direction: 'consume' },
  { useCase: 'LPP', direction: 'produce' },
] as const satisfies readonly { useCase: string; direction: Direction }[]

export const SECOND = 1_000
export const HOUR = 3_600 * SECOND
export const ALL_AUTONOMY: Autonomy = { fromInit: true, afterHeartbeat: true, afterFailsafeMinimum: true }

/** What the parameter sheet of a test house would say of our device. */
export const SHEET = {
  limits: { low: 100, middle: 4_200, high: 11_000, tooLarge: 1_000_000 },
  largest: 100_000,
  nominalMax: 11_000,
  factoryFailsafe: 4_500,
  failsafe: 3_000,
  factoryDuration: 2 * HOUR,
  duration: 3 * HOUR,
  longestDuration: 12 * HOUR,
}
export const THREE_VALUES = [SHEET.limits.low, SHEET.limits.middle, SHEET.limits.high]

export function deviceOf(direction: Direction, given: Partial<LimitedDevice> = {}): LimitedDevice {
  const made = limitedDevice({
    direction,
    role: 'energy-manager',
    nominalMax: watts(SHEET.nominalMax),
    failsafeLimit: watts(SHEET.factoryFailsafe),
    failsafeDurationMs: SHEET.factoryDuration,
    failsafeDurationMaxMs: SHEET.longestDuration,
    largestLimit: watts(SHEET.largest),
    ...given,
  })
  if (!made.ok) throw new Error(made.refusal)
  return made.value
}

/** Compared without `expect`, which is slow: it happens at every step. */
function isPlainData(state: unknown): void {
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state)) throw new Error('not what JSON gives back')
}

/** A device on a clock of its own that begins at 0. */
export function playedSystem(direction: Direction, given: Partial<LimitedDevice> = {}) {
  const device = deviceOf(direction, given)
  let state: ControllableSystem = startSystem(device, 0)
  let now = 0
  const changes: Change[] = []
  const heartbeats: number[] = []

  function input(one: SystemInput): WriteAnswer | null {
    const step = stepSystem(state, one, now)
    // What is plain data comes back from JSON as it was: so it can be kept and sent.
    isPlainData(step.state)
    state = step.state
    changes.push(...step.changes)
    heartbeats.push(...step.send.map(() => now))
    return step.answer
  }
  const write = (isActive: boolean, magnitude: number | null, durationMs: number | null, guard: string) =>
    input({
      kind: 'limit-write',
      guard,
      write: { isActive, value: magnitude === null ? null : powerOf(direction, magnitude), durationMs },
    })
  const play = {
    input,
    /** Lets time pass, stopping where the device asks for it. */
    wait(ms: number) {
      const end = now + ms
      for (let due = nextDeadline(state).at; due <= end; due = nextDeadline(state).at) {
        now = Math.max(now, due)
        input({ kind: 'time-passed' })
      }
      now = end
      input({ kind: 'time-passed' })
    },
    /** Lets time pass while the guard beats, every 50 s. */
    waitGuarded(ms: number) {
      for (let left = ms; left > 0; left -= 50 * SECOND) {
        play.heartbeat()
        play.wait(Math.min(left, 50 * SECOND))
      }
    },
    connect: (connection = 'a', guard = 'guard') => input({ kind: 'connection-made', guard, connection }),
    cut: (connection = 'a', guard = 'guard') => input({ kind: 'connection-lost', guard, connection }),
    heartbeat: (timeoutMs = 60 * SECOND, guard = 'guard') => input({ kind: 'heartbeat', guard, timeoutMs }),
    /** Magnitude in W: negative is the sign of the other direction. */
    activate: (magnitude: number | null, durationMs: number | null = null, guard = 'guard') =>
      write(true, magnitude, durationMs, guard),
    deactivate: (magnitude: number | null = SHEET.limits.middle) => write(false, magnitude, null, 'guard'),
    writeFailsafe: (limit: number) => input({ kind: 'failsafe-limit-write', guard: 'guard', limit: watts(limit) }),
    writeDuration: (durationMs: number) => input({ kind: 'failsafe-duration-write', guard: 'guard', durationMs }),
    restart: () => input({ kind: 'restart' }),
    factoryReset() {
      state = startSystem(device, now)
      input({ kind: 'time-passed' })
    },
    /** Brings a fresh device into a state by the shortest way. */
    reach(name: StateName) {
      play.connect()
      if (name === 'unlimited/autonomous') play.wait(121 * SECOND)
      if (name === 'limited' || name === 'unlimited/controlled' || name === 'failsafe') play.heartbeat()
      if (name === 'limited') play.activate(SHEET.limits.middle)
      if (name === 'unlimited/controlled' || name === 'failsafe') play.deactivate()
      if (name === 'failsafe') play.wait(121 * SECOND)
      expect(state.standing.name).toBe(name)
    },
    get state() {
      return state
    },
    get now() {
      return now
    },
    get name() {
      return state.standing.name
    },
    get changes(): readonly Change[] {
      return changes
    },
    get heartbeats(): readonly number[] {
      return heartbeats
    },
    get limit() {
      const { isActive, value, remainingMs } = limitData(state, now)
      return { isActive, magnitude: value === null ? null : magnitudeOf(direction, value), remainingMs }
    },
    get ceiling() {
      const { by, power } = ceiling(state, now)
      return { by, magnitude: power === null ? null : magnitudeOf(direction, power) }
    },
    get failsafe() {
      return { limit: failsafeLimit(state) as number, durationMs: failsafeDuration(state) }
    },
    get lastChange() {
      return changes.at(-1)
    },
  }
  return play
}

/** What the guard has sent, when, and the limit without its sign. */
export type Sent = GuardSend & { readonly at: number }

/** A guard and a device that hear each other at once while the link is up. `refuse` makes the device say no. */
export function playedPair(
  direction: Direction,
  given: { readonly device?: Partial<LimitedDevice>; readonly settings?: Partial<GuardSettings> } = {},
) {
  const settings = { ...guardSettings(direction, watts(SHEET.failsafe)), ...given.settings }
  const system = playedSystem(direction, given.device)
  let guard: EnergyGuard = startGuard(settings, 0)
  let isLinked = false
  let isRefusing = false
  let links = 0
  const sent: Sent[] = []
  const events: GuardEvent[] = []
  const answers: WriteAnswer[] = []

  function input(one: GuardInput): void {
    const step = stepGuard(guard, one, system.now)
    isPlainData(step.state)
    guard = step.state
    events.push(...step.events)
    for (const message of step.send) {
      sent.push({ ...message, at: system.now })
      if (isLinked) deliver(message)
    }
  }
  function deliver(message: GuardSend): void {
    if (message.kind === 'heartbeat') return void system.heartbeat(message.timeoutMs)
    const answer = isRefusing ? ({ isAccepted: false, refusal: 'not-applicable' } as const) : applied(message)
    answers.push(answer)
    input({
      kind: 'answered',
      id: message.id,
      isAccepted: answer.isAccepted,
      reason: answer.isAccepted ? '' : answer.refusal,
    })
  }
  function applied(message: Exclude<GuardSend, { kind: 'heartbeat' }>): WriteAnswer {
    if (message.kind === 'write-failsafe-limit') return system.writeFailsafe(message.value)!
    if (message.kind === 'write-failsafe-duration') return system.writeDuration(message.value)!
    const { isActive, value, durationMs } = message
    return system.input({ kind: 'limit-write', guard: 'guard', write: { isActive, value, durationMs } })!
  }
  /** What the device notifies: its heartbeats, and the limit when its state has changed. */
  function systemWaits(ms: number): void {
    const [beats, changes] = [system.heartbeats.length, system.changes.length]
    system.wait(ms)
    if (!isLinked) return
    if (system.heartbeats.length > beats) input({ kind: 'system-heartbeat' })
    if (system.changes.length > changes && system.limit.magnitude !== null) pair.report()
  }
  const pair = {
    system,
    report() {
      const { isActive, magnitude, remainingMs } = system.limit
      input({ kind: 'limit-reported', isActive, value: powerOf(direction, magnitude!), remainingMs })
    },
    input,
    sent,
    events,
    answers,
    link() {
      isLinked = true
      links += 1
      system.connect(`link ${links}`)
      input({ kind: 'connection-made', connection: `link ${links}` })
    },
    cut() {
      isLinked = false
      system.cut(`link ${links}`)
      input({ kind: 'connection-lost', connection: `link ${links}` })
    },
    refuse(is: boolean) {
      isRefusing = is
    },
    restartGuard() {
      input({ kind: 'restart' })
    },
    want: (isActive: boolean, magnitude: number, durationMs: number | null = null) =>
      input({ kind: 'want-limit', limit: { isActive, value: powerOf(direction, magnitude), durationMs } }),
    /** Lets time pass for both, stopping where either asks for it. */
    wait(ms: number) {
      const end = system.now + ms
      let turns = 0
      for (let due = next(); due <= end; due = next()) {
        // A deadline that does not move on would be a loop that sends for ever.
        expect(turns++).toBeLessThan(100_000)
        systemWaits(Math.max(0, due - system.now))
        input({ kind: 'time-passed' })
      }
      systemWaits(end - system.now)
    },
    /** Limits written since an instant, as magnitudes. */
    limitsSince(at: number) {
      return sent.flatMap((one) =>
        one.kind === 'write-limit' && one.at >= at
          ? [
              {
                at: one.at,
                isActive: one.isActive,
                magnitude: magnitudeOf(direction, one.value),
                durationMs: one.durationMs,
              },
            ]
          : [],
      )
    },
    get guard() {
      return guard
    },
    get now() {
      return system.now
    },
  }
  const next = () => Math.min(nextGuardDeadline(guard).at, nextDeadline(system.state).at)
  return pair
}
