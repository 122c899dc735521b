// In what order the frames of a day arrive: the link is lost for a while, what waited comes in any order, some frames twice and some never.
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { HOUR_MS, MINUTE_MS, statusesAt, type Day, type Frame } from './day.ts'

export interface Arrival {
  readonly frame: Frame
  readonly at: number
  readonly isOffline: boolean
}
export interface Variant {
  readonly arrivals: readonly Arrival[]
  /** Frames that never arrive. */
  readonly lost: ReadonlySet<Frame>
}

const LOST_SHARE = 0.08
const REPEATED_SHARE = 0.15
const JITTER_MS = 4_000

/** One of many ways in which a day is told. 1.6 has no number for a transaction before its start was answered, so there that comes first. */
export function makeVariant(dialect: Dialect, day: Day, random: () => number): Variant {
  const from = day.frames[0]!.at
  const cutAt = from + random() * 6 * HOUR_MS
  const backAt = cutAt + 30 * MINUTE_MS + random() * 3 * HOUR_MS
  const losesTransactions = random() < 0.5
  const lost = new Set(
    day.frames.filter(({ what }) => {
      if (what === 'status') return random() < LOST_SHARE
      if (!losesTransactions || (dialect === 'ocpp1.6' && what === 'start')) return false
      return random() < LOST_SHARE
    }),
  )
  const arrivals: Arrival[] = []
  const startedAt = new Map<number, number>()
  for (const frame of day.frames) {
    const isOffline = frame.at > cutAt && frame.at < backAt
    // What stands where is not kept without a link; what happened is.
    if (lost.has(frame) || (isOffline && frame.what === 'status')) continue
    const soonest = isOffline ? backAt + random() * 2 * MINUTE_MS : frame.at + random() * JITTER_MS
    const after =
      dialect === 'ocpp1.6' && frame.stay !== null && frame.what !== 'start' ? (startedAt.get(frame.stay) ?? 0) + 1 : 0
    const at = Math.max(soonest, frame.what === 'status' ? 0 : after)
    if (frame.what === 'start') startedAt.set(frame.stay!, at)
    arrivals.push({ frame, at, isOffline })
    if (random() < REPEATED_SHARE && frame.what !== 'status')
      arrivals.push({ frame, at: at + random() * 30 * MINUTE_MS, isOffline })
  }
  for (const frame of statusesAt(dialect, day, backAt)) arrivals.push({ frame, at: backAt, isOffline: false })
  return { arrivals: arrivals.sort((a, b) => a.at - b.at), lost }
}
