// Our heartbeat on one connection: both directions owe one, and there is one data point, whose counter rises by one each time.
import { HEARTBEAT_TIMEOUT_MS } from '../../../domain/limitation/limit.ts'
import type { HeartbeatSend } from '../../../domain/limitation/own-heartbeat.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { FeatureRef, LocalDevice } from '../spine/local-device.ts'
import { HEARTBEAT, writeHeartbeat } from './words.ts'

export interface OwnBeats {
  send(beat: HeartbeatSend): void
  /** Somebody has just begun to listen: he hears one at once. */
  greet(timeoutMs: number): void
}

/** Both directions beat in the same breath; the second says nothing new. */
const ONE_BREATH_MS = 500

/** The first is there to be read at once. */
export function ownBeats(clock: Clock, device: LocalDevice, at: FeatureRef): OwnBeats {
  device.set(at, HEARTBEAT, writeHeartbeat(clock.now(), 0, HEARTBEAT_TIMEOUT_MS))
  let counter = 1
  let saidAt = -Infinity
  function set(timeoutMs: number): void {
    saidAt = clock.elapsed()
    device.set(at, HEARTBEAT, writeHeartbeat(clock.now(), counter, timeoutMs))
    counter += 1
  }
  return {
    send({ timeoutMs }) {
      if (clock.elapsed() - saidAt >= ONE_BREATH_MS) set(timeoutMs)
    },
    greet: set,
  }
}
