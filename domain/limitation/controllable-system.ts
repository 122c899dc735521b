// The Controllable System of LPC and LPP: a device that an Energy Guard limits, and what holds while no guard is heard. Pure: instants come in, changes go out.
import { unreachable } from '../result.ts'
import type { Power } from '../units.ts'
import { LIMIT_AWAITED_MS, magnitudeOf, powerOf, SILENCE_MS, type LimitWrite } from './limit.ts'
import type { LimitedDevice } from './limited-device.ts'
import { startBeating, type HeartbeatSend, type OwnHeartbeat } from './own-heartbeat.ts'
import type { Ground, WriteRefusal } from './refusal.ts'
import { changeOf, type Cause, type Change, type StateName } from './transitions.ts'

/** Where it stands. `heardAt` is the first heartbeat since then: from it on a limit is awaited. */
export type Standing =
  | { readonly name: 'init' | 'failsafe'; readonly since: number; readonly heardAt: number | null }
  /** `until` is exclusive; null has no end. */
  | { readonly name: 'limited'; readonly since: number; readonly until: number | null }
  | { readonly name: 'unlimited/controlled'; readonly since: number }
  | { readonly name: 'unlimited/autonomous'; readonly since: number }

/** What a guard has written and what survives a restart [TS-044]; null where the value of the factory holds. */
export interface WrittenFailsafe {
  readonly limit: Power | null
  readonly durationMs: number | null
}

/** Plain data, as JSON holds it. All instants are ms of one clock that only goes forward. */
export interface ControllableSystem {
  readonly device: LimitedDevice
  /** The latest instant it has heard of. */
  readonly at: number
  readonly standing: Standing
  /** The value of the limit as it was last taken over, also while it is not active; null when there never was one. */
  readonly limit: Power | null
  readonly written: WrittenFailsafe
  /** Who guides it, and over which connections: two for a moment while both sides open one. */
  readonly guard: { readonly id: string; readonly connections: readonly string[] } | null
  /** The guard's latest heartbeat; one from a connection that is gone frees no limit. The interval it announced changes no time limit. */
  readonly heartbeat: { readonly at: number; readonly timeoutMs: number; readonly isOfThisConnection: boolean } | null
  /** Why no limit can be followed at present. */
  readonly ground: Ground | null
  readonly beat: OwnHeartbeat
}

/** What happens to it. `guard` names the sender, by its SKI for instance. */
export type SystemInput =
  | { readonly kind: 'connection-made' | 'connection-lost'; readonly guard: string; readonly connection: string }
  | { readonly kind: 'heartbeat'; readonly guard: string; readonly timeoutMs: number }
  | { readonly kind: 'limit-write'; readonly guard: string; readonly write: LimitWrite }
  /** `limit` is at least 0 in both directions. */
  | { readonly kind: 'failsafe-limit-write'; readonly guard: string; readonly limit: Power }
  | { readonly kind: 'failsafe-duration-write'; readonly guard: string; readonly durationMs: number }
  /** The same data point was written through the use case of the other direction. [TS-041] */
  | { readonly kind: 'failsafe-duration-shared'; readonly durationMs: number }
  /** Whether limits can be followed: a ground while they cannot. A limit that holds goes on. [TS-035/2, TS-035/3, TS-045] */
  | { readonly kind: 'applicability'; readonly ground: Ground | null }
  | { readonly kind: 'restart' }
  | { readonly kind: 'time-passed' }

/** The answer to a write, ACK or NACK on the wire. */
export type WriteAnswer =
  | {
      readonly isAccepted: true
      /** What is stored now: W, or ms for a duration. */
      readonly stored: number | null
      /** A limit larger than can be stored was stored as the largest. [TS-035/4] */
      readonly isReduced: boolean
    }
  | { readonly isAccepted: false; readonly refusal: WriteRefusal }

export interface SystemStep {
  readonly state: ControllableSystem
  /** Null for what is no write. */
  readonly answer: WriteAnswer | null
  /** Every state that was left, in order, those whose time had come before the input first. A restart is no change of these. */
  readonly changes: readonly Change[]
  readonly send: readonly HeartbeatSend[]
  /** Why the input had no effect. */
  readonly ignored: 'another-guard' | 'unknown-connection' | 'ground-not-permitted' | null
}

export type SystemDeadline =
  'limit-ends' | 'guard-silent' | 'nothing-heard' | 'no-limit-after-heartbeat' | 'failsafe-minimum-over' | 'own-heartbeat'
export interface Deadline<Why extends string> {
  readonly at: number
  readonly why: Why
}

/** What bounds the power: the limit, the failsafe limit, else what the device publishes as its maximum, else nothing. */
export interface Ceiling {
  readonly by: 'limit' | 'failsafe' | 'nominal-maximum' | 'none'
  /** Domain sign: not above it to consume, not below it to produce. */
  readonly power: Power | null
}

/** Fresh from a start: in init, the limit deactivated [TS-009/2, TS-017]. `written` is what was kept of the time before; without it the factory's values hold [TS-019]. */
export function startSystem(
  device: LimitedDevice,
  at: number,
  written: WrittenFailsafe = { limit: null, durationMs: null },
): ControllableSystem {
  return {
    device,
    at,
    standing: { name: 'init', since: at, heardAt: null },
    limit: null,
    written,
    guard: null,
    heartbeat: null,
    ground: null,
    beat: startBeating(at),
  }
}

/** The failsafe limit that holds, at least 0. [TS-011, TS-019] */
export function failsafeLimit({ device, written }: ControllableSystem): Power {
  return written.limit ?? device.failsafeLimit
}

/** The failsafe duration that holds, ms; a device that was configured anew never has more than its maximum. [TS-013, TS-014] */
export function failsafeDuration({ device, written }: ControllableSystem): number {
  return Math.min(written.durationMs ?? device.failsafeDurationMs, device.failsafeDurationMaxMs)
}

/** What bounds the power at an instant, also when nobody has called since. */
export function ceiling(system: ControllableSystem, at: number): Ceiling {
  const now = passTime(system, at).system
  const { device, standing, limit } = now
  const nominal = device.nominalMax
  const within = (by: Ceiling['by'], magnitude: number): Ceiling => ({
    by,
    power: powerOf(device.direction, nominal === null ? magnitude : Math.min(magnitude, nominal)),
  })
  switch (standing.name) {
    case 'init':
    case 'failsafe':
      return within('failsafe', failsafeLimit(now))
    case 'limited':
      return within('limit', magnitudeOf(device.direction, limit!))
    case 'unlimited/controlled':
    case 'unlimited/autonomous':
      return nominal === null ? { by: 'none', power: null } : within('nominal-maximum', nominal)
    default:
      return unreachable(standing)
  }
}

/** The data point of the limit as a guard reads it: active in `limited` and nowhere else. [TS-009] */
export function limitData(
  system: ControllableSystem,
  at: number,
): { readonly isActive: boolean; readonly value: Power | null; readonly remainingMs: number | null } {
  const { standing, limit } = passTime(system, at).system
  if (standing.name !== 'limited') return { isActive: false, value: limit, remainingMs: null }
  return { isActive: true, value: limit, remainingMs: standing.until === null ? null : standing.until - at }
}

/** When the state changes next if nothing comes in; null when it stays. Silence goes first where two fall together. */
export function nextTransition(system: ControllableSystem): Deadline<Exclude<SystemDeadline, 'own-heartbeat'>> | null {
  const { standing, heartbeat, device } = system
  const silent = { at: (heartbeat?.at ?? standing.since) + SILENCE_MS, why: 'guard-silent' } as const
  switch (standing.name) {
    case 'limited': {
      const { until } = standing
      return until !== null && until < silent.at ? { at: until, why: 'limit-ends' } : silent
    }
    case 'unlimited/controlled':
      return silent
    case 'init': {
      if (!device.autonomy.fromInit) return null
      const { since, heardAt } = standing
      return { at: (heardAt ?? since) + LIMIT_AWAITED_MS, why: heardAt === null ? 'nothing-heard' : 'no-limit-after-heartbeat' }
    }
    case 'failsafe': {
      const { since, heardAt } = standing
      const { afterHeartbeat, afterFailsafeMinimum } = device.autonomy
      const unanswered = afterHeartbeat && heardAt !== null ? heardAt + LIMIT_AWAITED_MS : Infinity
      const minimum = afterFailsafeMinimum ? since + failsafeDuration(system) : Infinity
      if (Math.min(unanswered, minimum) === Infinity) return null
      return unanswered <= minimum
        ? { at: unanswered, why: 'no-limit-after-heartbeat' }
        : { at: minimum, why: 'failsafe-minimum-over' }
    }
    case 'unlimited/autonomous':
      return null
    default:
      return unreachable(standing)
  }
}

/** When `step` has to be called next at the latest, and why. */
export function nextDeadline(system: ControllableSystem): Deadline<SystemDeadline> {
  const change = nextTransition(system)
  const own = { at: system.beat.nextAt, why: 'own-heartbeat' } as const
  return change !== null && change.at <= own.at ? change : own
}

/** Lets time pass: what has become due happens at its own instant. At most three states are left: limited, unlimited/controlled, failsafe. */
export function passTime(
  from: ControllableSystem,
  at: number,
): { readonly system: ControllableSystem; readonly changes: readonly Change[] } {
  let system: ControllableSystem = { ...from, at: Math.max(at, from.at) }
  const changes: Change[] = []
  for (let due = nextTransition(system); due !== null && due.at <= at; due = nextTransition(system)) {
    const cause: Cause = due.why === 'limit-ends' ? 'duration-over' : due.why
    const name = NEXT_IN_TIME[due.why]
    changes.push(changeOf(system.standing.name, name, cause, due.at))
    system = { ...system, standing: standingOf(name, due.at) }
  }
  return { system, changes }
}

const NEXT_IN_TIME = {
  'limit-ends': 'unlimited/controlled',
  'guard-silent': 'failsafe',
  'nothing-heard': 'unlimited/autonomous',
  'no-limit-after-heartbeat': 'unlimited/autonomous',
  'failsafe-minimum-over': 'unlimited/autonomous',
} as const

/** A state as it begins. */
export function standingOf(name: StateName, since: number, until: number | null = null): Standing {
  if (name === 'limited') return { name, since, until }
  return name === 'init' || name === 'failsafe' ? { name, since, heardAt: null } : { name, since }
}
