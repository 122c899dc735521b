// Heartbeats with energy managers: ours go out in turn, and whoever was not heard for 120 s is silent from then on. What a look costs is what is due, not how many there are.
import { SILENCE_MS } from '../../domain/limitation/limit.ts'
import type { Clock } from '../../domain/ports/clock.ts'

export interface PulseOptions<Key> {
  readonly clock: Clock
  /** A heartbeat of ours is due. */
  readonly beat: (key: Key) => void
  /** Nothing was heard of one for 120 s. */
  readonly silent: (key: Key) => void
}
export interface Pulse<Key> {
  /** One that is told heartbeats from now on, and is expected to be heard. */
  join(key: Key): void
  heard(key: Key): void
  isHeard(key: Key): boolean
  stop(): void
}

/** Between two heartbeats of ours for the same site. */
export const BEAT_MS = 50_000
const LOOK_MS = 1_000

/** Nobody has joined yet. */
export function pulse<Key>({ clock, beat, silent }: PulseOptions<Key>): Pulse<Key> {
  /** When each is told and was heard, those it happened to longest ago first. */
  const told = new Map<Key, number>()
  const heardAt = new Map<Key, number>()
  let cancel: (() => void) | null = null

  function look(): void {
    const now = clock.elapsed()
    for (const [key, at] of told) {
      if (at > now - BEAT_MS) break
      again(told, key, now)
      beat(key)
    }
    for (const [key, at] of heardAt) {
      if (at > now - SILENCE_MS) break
      heardAt.delete(key)
      silent(key)
    }
    cancel = clock.after(LOOK_MS, 'hems pulse', look)
  }

  return {
    join(key) {
      again(heardAt, key, clock.elapsed())
      if (!told.has(key)) {
        again(told, key, clock.elapsed())
        beat(key)
      }
      cancel ??= clock.after(LOOK_MS, 'hems pulse', look)
    },
    heard: (key) => again(heardAt, key, clock.elapsed()),
    isHeard: (key) => heardAt.has(key),
    stop() {
      cancel?.()
      told.clear()
      heardAt.clear()
    },
  }
}

function again<Key>(of: Map<Key, number>, key: Key, now: number): void {
  of.delete(key)
  of.set(key, now)
}
