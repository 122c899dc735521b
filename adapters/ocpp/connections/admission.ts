// Who may open a connection, and how often: the right password always counts, wrong ones are few a minute, and reconnecting without end is slowed down.
import type { IncomingMessage } from 'node:http'
import type { StationId } from '../../../domain/registry/identity.ts'
import { basicCredentials, checkAnyPassword, type StoredCredential } from '../credentials.ts'

export interface PasswordGateOptions {
  /** The stored passwords of a station, its own first; none for an unknown one. */
  readonly credentials: (station: StationId) => readonly StoredCredential[]
  readonly pepper: string
  /** Stations without a credential come in without one. */
  readonly lab: boolean
  readonly addressOf: (request: IncomingMessage) => string
}

const WRONG_PER_MINUTE_MAX = 10
const MINUTE_MS = 60_000
/** Pairs of station and address whose wrong tries are counted; of more, those that tried longest ago are forgotten. */
const COUNTED_MAX = 100_000

/** Judges the password of a request at a passed time, ms. */
export type PasswordGate = (station: StationId, request: IncomingMessage, now: number) => 'yes' | 'no' | 'later'

/**
 * Checks the password of a request. Secrets have 160 bits and the check costs microseconds, so it is always done: nobody locks a station out by wrong tries
 * under its name, from its own address neither. Whoever tries more than ten wrong ones a minute is told to wait; unknown stations are treated alike (S5).
 */
export function passwordGate(options: PasswordGateOptions): PasswordGate {
  const wrong = new Map<string, { count: number; readonly since: number }>()
  return (station, request, now) => {
    const given = basicCredentials(request.headers, station)
    const stored = options.credentials(station)
    if (options.lab && stored.length === 0 && given === null) return 'yes'
    const matches = checkAnyPassword(given, stored, options.pepper)
    if (matches && given?.user === station) return 'yes'
    const key = `${station} ${options.addressOf(request)}`
    const before = wrong.get(key)
    const tries = before === undefined || now - before.since >= MINUTE_MS ? { count: 0, since: now } : before
    tries.count++
    wrong.delete(key)
    wrong.set(key, tries)
    if (wrong.size > COUNTED_MAX) {
      const [oldest] = wrong.keys()
      wrong.delete(oldest!)
    }
    return tries.count > WRONG_PER_MINUTE_MAX ? 'later' : 'no'
  }
}

/** Beyond this many reconnects within an hour a station is let in once a minute (F29). */
const RECONNECTS_AN_HOUR = 60
const HOUR_MS = 3_600_000
const APART_MS = 60_000
/** Where something urgent waits it comes in at once, and when it used that up as well, once in this time. */
const URGENT_AN_HOUR = 3 * RECONNECTS_AN_HOUR
const URGENT_APART_MS = 10_000

/** The connections of the last hour, oldest first. */
export function lastHour(connections: readonly number[], now: number): readonly number[] {
  return connections.filter((at) => at > now - HOUR_MS)
}

/** Whether a station with these connections in the last hour reconnects too often. */
export function reconnectsTooOften(connections: readonly number[]): boolean {
  return connections.length > RECONNECTS_AN_HOUR
}

/** Time a station has to wait for its next connection, ms; `connections` as of `lastHour`. */
export function reconnectWaitMs(connections: readonly number[], isUrgent: () => boolean, now: number): number {
  const last = connections.at(-1)
  if (last === undefined || !reconnectsTooOften(connections) || now - last >= APART_MS) return 0
  if (!isUrgent()) return last + APART_MS - now
  return connections.length > URGENT_AN_HOUR ? Math.max(0, last + URGENT_APART_MS - now) : 0
}
