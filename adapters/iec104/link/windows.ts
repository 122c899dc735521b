// The numbers of a connection: what was sent and is not acknowledged, what was received and is owed an acknowledgement.
import { NUMBERS } from '../codec/apci.ts'

export interface SendWindow {
  /** Takes the next number N(S) at an instant. */
  take(now: number): number
  /** Takes N(R): how many of the oldest are acknowledged by it; null where it cannot be. */
  acknowledge(received: number): number | null
  readonly outstanding: () => number
  /** When the oldest that is not acknowledged was sent; infinite for none. */
  readonly oldestSentAt: () => number
}
export interface ReceiveWindow {
  /** Takes N(S) at an instant; false where it is not the next. */
  take(sent: number, now: number): boolean
  /** N(R): the number that is expected next. With it everything is acknowledged. */
  settle(): number
  readonly owed: () => number
  /** Since when an acknowledgement is owed; infinite for none. */
  readonly owedSince: () => number
}

/** A window of at most k frames. */
export function sendWindow(k: number): SendWindow {
  let next = 0
  let first = 0
  /** When each was sent: a ring whose oldest is the first that is not acknowledged. */
  const sentAt = new Float64Array(k)
  let oldest = 0
  const outstanding = () => (next - first + NUMBERS) % NUMBERS
  return {
    take(now) {
      const number = next
      sentAt[(oldest + outstanding()) % k] = now
      next = (next + 1) % NUMBERS
      return number
    },
    acknowledge(received) {
      const count = (received - first + NUMBERS) % NUMBERS
      if (count > outstanding()) return null
      first = received
      oldest = (oldest + count) % k
      return count
    },
    outstanding,
    oldestSentAt: () => (first === next ? Infinity : sentAt[oldest]!),
  }
}

/** Nothing was received yet. */
export function receiveWindow(): ReceiveWindow {
  let next = 0
  let owed = 0
  let since = Infinity
  return {
    take(sent, now) {
      if (sent !== next) return false
      next = (next + 1) % NUMBERS
      if (owed++ === 0) since = now
      return true
    },
    settle() {
      owed = 0
      since = Infinity
      return next
    },
    owed: () => owed,
    owedSince: () => since,
  }
}
