// A limit of the active power of one connection in one direction: LPC limits what is taken (consume), LPP what is given (produce). One set of rules for both.
import { watts, type Power } from '../units.ts'

/** `consume`: limitation of power consumption (LPC). `produce`: limitation of power production (LPP). */
export type Direction = 'consume' | 'produce'

/** What an Energy Guard writes. */
export interface LimitWrite {
  readonly isActive: boolean
  /** Domain sign, which is also that of the wire: at least 0 to consume, at most 0 to produce. Null keeps the value that stands, as a partial write does. */
  readonly value: Power | null
  /** How long it holds from its arrival, ms; null has no end. There are no absolute ends. */
  readonly durationMs: number | null
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** A heartbeat of the other side is missing from here on. [TS-028, TS-029] */
export const SILENCE_MS = 120 * SECOND_MS
/** A limit counts only this long after a heartbeat while the guard has no control yet. [TS-036] */
export const HEARTBEAT_FRESH_MS = 60 * SECOND_MS
/** How long a limit may be awaited before a device may go its own way. [TS-022/1, TS-022/2] */
export const LIMIT_AWAITED_MS = 120 * SECOND_MS
/** Least and longest failsafe duration there is. [TS-013, TS-014, TS-015] */
export const FAILSAFE_DURATION_MIN_MS = 2 * HOUR_MS
export const FAILSAFE_DURATION_MAX_MS = 24 * HOUR_MS
/** Between two of our heartbeats; both sides owe one a minute at least, so one may be lost. [TS-006, TS-007] */
export const HEARTBEAT_PERIOD_MS = 30 * SECOND_MS
/** The interval that is announced with each heartbeat of ours. */
export const HEARTBEAT_TIMEOUT_MS = MINUTE_MS

/** What a limit lets through in watts, at least 0; negative when the sign is that of the other direction. */
export function magnitudeOf(direction: Direction, value: Power): number {
  return direction === 'consume' ? value + 0 : 0 - value
}

/** The power in domain sign that lets `magnitude` watts through. */
export function powerOf(direction: Direction, magnitude: number): Power {
  return watts(direction === 'consume' ? magnitude : -magnitude)
}

/**
 * A limit in whole watts from a number on the wire: fractions are cut to the stricter side, and a sign that is wrong by less than a watt stays wrong.
 * Null for what is no number of watts (NaN, infinite, beyond whole numbers).
 */
export function limitFromWire(direction: Direction, value: number): Power | null {
  const whole = direction === 'consume' ? Math.floor(value) : Math.ceil(value)
  return Number.isSafeInteger(whole) ? watts(whole) : null
}
