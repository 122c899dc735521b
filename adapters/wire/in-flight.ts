// Counts what is under way between two ends in one process, so that a manual clock moves only when everything has arrived.
import { setImmediate } from 'node:timers/promises'

/** One connection's share: both ends in this process count on the same channel. */
export interface Channel {
  sent(): void
  handled(): void
  /** The connection is gone, and with it whatever was under way on it. */
  closed(): void
}
export interface InFlight {
  /** The channel of a name; both ends use the same name. */
  channel(name: string): Channel
  /** Counts other work (a file, a database, a handshake) as under way until it settles. */
  track<Value>(work: Promise<Value>): Promise<Value>
  /** Resolves when nothing is under way and the event loop had two turns without news. */
  idle(): Promise<void>
}

/** A fresh count; share it between both ends. */
export function inFlight(): InFlight {
  let total = 0
  let news = 0
  const open = new Map<string, number>()
  function move(name: string, by: number): void {
    open.set(name, (open.get(name) ?? 0) + by)
    total += by
    news++
  }
  return {
    channel: (name) => ({
      sent: () => move(name, 1),
      handled: () => move(name, -1),
      closed: () => move(name, -(open.get(name) ?? 0)),
    }),
    async track(work) {
      move('work', 1)
      try {
        return await work
      } finally {
        move('work', -1)
      }
    },
    async idle() {
      for (let quiet = 0; quiet < 2;) {
        const before = news
        await setImmediate()
        quiet = total === 0 && news === before ? quiet + 1 : 0
      }
    },
  }
}
