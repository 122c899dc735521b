// Our own heartbeats towards the other side: both a guard and a limited device owe one a minute at least. [TS-006, TS-007]
import { HEARTBEAT_PERIOD_MS, HEARTBEAT_TIMEOUT_MS } from './limit.ts'

/** Plain data. */
export interface OwnHeartbeat {
  readonly nextAt: number
  /** Of the next one; rises by one with each. */
  readonly counter: number
}

/** A heartbeat to be sent now. */
export interface HeartbeatSend {
  readonly kind: 'heartbeat'
  readonly counter: number
  /** To announce with it. */
  readonly timeoutMs: number
}

/** The first is due at once. */
export function startBeating(at: number): OwnHeartbeat {
  return { nextAt: at, counter: 0 }
}

/** A heartbeat now, due or not; those that a late call has missed are not made up for. */
export function beat({ counter }: OwnHeartbeat, at: number): { readonly next: OwnHeartbeat; readonly send: HeartbeatSend } {
  return {
    next: { nextAt: at + HEARTBEAT_PERIOD_MS, counter: counter + 1 },
    send: { kind: 'heartbeat', counter, timeoutMs: HEARTBEAT_TIMEOUT_MS },
  }
}
