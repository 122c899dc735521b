// What an input makes of a Controllable System: connections, heartbeats and the writes of its guard.
import { unreachable } from '../result.ts'
import {
  passTime,
  standingOf,
  startSystem,
  type ControllableSystem,
  type SystemInput,
  type SystemStep,
} from './controllable-system.ts'
import { FAILSAFE_DURATION_MIN_MS, HEARTBEAT_FRESH_MS, magnitudeOf, powerOf, type LimitWrite } from './limit.ts'
import { beat } from './own-heartbeat.ts'
import type { FailsafeRefusal, LimitRefusal, WriteRefusal } from './refusal.ts'
import { changeOf, type Cause, type StateName } from './transitions.ts'

/** More than two connections of one guard are those of one that forgets to close; the oldest are forgotten. */
const CONNECTIONS_MAX = 4

/**
 * What an input makes of it at an instant, ms of the clock that only goes forward; one from before the latest is taken as the latest. What has become
 * due until then happens first and at its own instant, so a late call gives the same states as a prompt one.
 */
export function stepSystem(before: ControllableSystem, input: SystemInput, at: number): SystemStep {
  const now = Math.max(at, before.at)
  if (input.kind === 'restart') return withBeat({ ...still(startSystem(before.device, now, before.written)) }, false)
  const { system, changes } = passTime(before, now)
  const done = take(system, input)
  return withBeat({ ...done, changes: [...changes, ...done.changes] }, input.kind === 'connection-made')
}

/** An input at the instant of the system. */
function take(system: ControllableSystem, input: Exclude<SystemInput, { kind: 'restart' }>): SystemStep {
  switch (input.kind) {
    case 'connection-made':
    case 'connection-lost':
      return takeConnection(system, input)
    case 'heartbeat':
      return takeHeartbeat(system, input)
    case 'limit-write':
      return takeLimit(system, input)
    case 'failsafe-limit-write':
      return takeFailsafeLimit(system, input)
    case 'failsafe-duration-write':
      return takeFailsafeDuration(system, input)
    case 'failsafe-duration-shared':
      return still({ ...system, written: { ...system.written, durationMs: input.durationMs } })
    case 'applicability':
      // The loads of a device are its own: only what manages others can have some it does not control.
      if (input.ground === 'uncontrollable-loads' && system.device.role !== 'energy-manager')
        return { ...still(system), ignored: 'ground-not-permitted' }
      return still({ ...system, ground: input.ground })
    case 'time-passed':
      return still(system)
    default:
      return unreachable(input)
  }
}

/** A lost connection changes no state: silence does, 120 s after the last heartbeat. The loss of one of two is none. */
function takeConnection(
  system: ControllableSystem,
  { kind, guard, connection }: Extract<SystemInput, { kind: 'connection-made' | 'connection-lost' }>,
): SystemStep {
  const known = system.guard
  const isGuard = known?.id === guard
  if (kind === 'connection-made') {
    if (known !== null && !isGuard && known.connections.length > 0) return { ...still(system), ignored: 'another-guard' }
    const others = isGuard ? known.connections.filter((one) => one !== connection) : []
    const connections = [...others, connection].slice(-CONNECTIONS_MAX)
    return still({ ...(others.length > 0 ? system : severed(system)), guard: { id: guard, connections } })
  }
  if (!isGuard || !known.connections.includes(connection)) return { ...still(system), ignored: 'unknown-connection' }
  const connections = known.connections.filter((one) => one !== connection)
  return still({ ...(connections.length > 0 ? system : severed(system)), guard: { id: guard, connections } })
}

function severed(system: ControllableSystem): ControllableSystem {
  const { heartbeat } = system
  return heartbeat === null ? system : { ...system, heartbeat: { ...heartbeat, isOfThisConnection: false } }
}

/** A heartbeat alone leads out of no state [TS-012, TS-033]; it opens the time in which a limit counts. */
function takeHeartbeat(
  system: ControllableSystem,
  { guard, timeoutMs }: Extract<SystemInput, { kind: 'heartbeat' }>,
): SystemStep {
  if (system.guard !== null && system.guard.id !== guard) return { ...still(system), ignored: 'another-guard' }
  const { at, standing } = system
  return still({
    ...system,
    // Where a transport knows of no connections, the first that is heard is the guard.
    guard: system.guard ?? { id: guard, connections: [] },
    heartbeat: { at, timeoutMs, isOfThisConnection: true },
    standing:
      standing.name === 'init' || standing.name === 'failsafe' ? { ...standing, heardAt: standing.heardAt ?? at } : standing,
  })
}

function takeLimit(system: ControllableSystem, { guard, write }: Extract<SystemInput, { kind: 'limit-write' }>): SystemStep {
  const { at, standing, device } = system
  const value = write.value ?? system.limit
  const refusal = limitRefusal(system, guard, write)
  if (refusal !== null) {
    const step = refuse(system, refusal)
    // Whoever refuses an active limit has heard the guard: control is restored [TS-018, TS-031]. In the controlled states nothing changes [TS-023, TS-024].
    const isContact = write.isActive && refusal !== 'another-guard' && refusal !== 'no-heartbeat'
    return isContact && !isControlled(system) ? move(step, 'unlimited/controlled', 'limit-refused') : step
  }
  const largest = device.largestLimit
  const isReduced = value !== null && largest !== null && magnitudeOf(device.direction, value) > largest
  const stored = isReduced ? powerOf(device.direction, largest) : value
  const step: SystemStep = {
    ...still({ ...system, limit: stored }),
    answer: { isAccepted: true, stored, isReduced },
  }
  if (write.isActive) {
    const until = write.durationMs === null ? null : at + write.durationMs
    if (standing.name === 'limited') return { ...step, state: { ...step.state, standing: { ...standing, until } } }
    return move(step, 'limited', 'limit-accepted', until)
  }
  return standing.name === 'unlimited/controlled' ? step : move(step, 'unlimited/controlled', 'limit-deactivated')
}

function limitRefusal(system: ControllableSystem, guard: string, write: LimitWrite): LimitRefusal | null {
  const { device, heartbeat, at, ground } = system
  if (system.guard !== null && system.guard.id !== guard) return 'another-guard'
  if (!isControlled(system)) {
    const isFresh = heartbeat !== null && heartbeat.isOfThisConnection && at - heartbeat.at <= HEARTBEAT_FRESH_MS
    if (!isFresh) return 'no-heartbeat'
  }
  if (write.value !== null && !(magnitudeOf(device.direction, write.value) >= 0)) return 'negative-limit'
  if (!write.isActive) return null
  if (write.durationMs !== null && !(write.durationMs > 0 && Number.isFinite(write.durationMs))) return 'no-duration-left'
  if (write.value === null && system.limit === null) return 'no-value'
  return ground === null ? null : 'not-applicable'
}

function takeFailsafeLimit(
  system: ControllableSystem,
  { guard, limit }: Extract<SystemInput, { kind: 'failsafe-limit-write' }>,
): SystemStep {
  const refusal = failsafeRefusal(system, guard)
  if (refusal !== null) return refuse(system, refusal)
  if (!(limit >= 0)) return refuse(system, 'negative-failsafe-limit')
  return {
    ...still({ ...system, written: { ...system.written, limit } }),
    answer: { isAccepted: true, stored: limit, isReduced: false },
  }
}

function takeFailsafeDuration(
  system: ControllableSystem,
  { guard, durationMs }: Extract<SystemInput, { kind: 'failsafe-duration-write' }>,
): SystemStep {
  const refusal = failsafeRefusal(system, guard)
  if (refusal !== null) return refuse(system, refusal)
  const longest = system.device.failsafeDurationMaxMs
  if (!(durationMs >= FAILSAFE_DURATION_MIN_MS)) return refuse(system, 'failsafe-duration-out-of-range')
  if (durationMs > longest)
    // Refused, and yet the longest there is holds from now on. [TS-015/1, TS-016]
    return refuse({ ...system, written: { ...system.written, durationMs: longest } }, 'failsafe-duration-out-of-range')
  return {
    ...still({ ...system, written: { ...system.written, durationMs } }),
    answer: { isAccepted: true, stored: durationMs, isReduced: false },
  }
}

/** [TS-037] */
function failsafeRefusal(system: ControllableSystem, guard: string): FailsafeRefusal | null {
  if (system.guard !== null && system.guard.id !== guard) return 'another-guard'
  return isControlled(system) ? null : 'not-yet-writable'
}

function isControlled({ standing }: ControllableSystem): boolean {
  return standing.name === 'limited' || standing.name === 'unlimited/controlled'
}

function still(state: ControllableSystem): SystemStep {
  return { state, answer: null, changes: [], send: [], ignored: null }
}

function refuse(state: ControllableSystem, refusal: WriteRefusal): SystemStep {
  return { ...still(state), answer: { isAccepted: false, refusal } }
}

function move(step: SystemStep, to: StateName, cause: Cause, until: number | null = null): SystemStep {
  const { state, changes } = step
  const change = changeOf(state.standing.name, to, cause, state.at)
  return { ...step, state: { ...state, standing: standingOf(to, state.at, until) }, changes: [...changes, change] }
}

/** Our own heartbeat, when it is due or when somebody new is there to hear it. */
function withBeat(step: SystemStep, isWanted: boolean): SystemStep {
  const { state } = step
  if (!isWanted && state.beat.nextAt > state.at) return step
  const { next, send } = beat(state.beat, state.at)
  return { ...step, state: { ...state, beat: next }, send: [...step.send, send] }
}
