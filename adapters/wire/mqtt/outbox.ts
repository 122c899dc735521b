// What waits for a broker: receipts in a line of their own, of each state the newest, both bounded.

export interface Outgoing {
  readonly topic: string
  readonly payload: string
  /** Left out: 1. */
  readonly qos?: 0 | 1
  /** Echoed to whoever asked over MQTT 5. */
  readonly correlationData?: Buffer
  /** After this the broker forgets it, where it speaks MQTT 5. */
  readonly expirySeconds?: number
}
export interface Outbox {
  /** Adds a message that leaves before everything that is retained; beyond 1,000 the oldest goes, and that is told. */
  add(message: Outgoing): void
  /** Adds a retained one; it replaces one for the same topic that waits. False where 1,000 wait already: it was not taken. */
  addRetained(message: Outgoing): boolean
  /** What leaves next; null where nothing waits. */
  take(): (Outgoing & { readonly retain: boolean }) | null
  /** Messages that were given up because too many waited. */
  dropped(): number
  /** Some were given up, and not all that waited behind them have left yet. */
  isLosing(): boolean
}

const WAITING_MAX = 1_000

/** An outbox in which nothing waits. */
export function outbox(log: (level: 'warn', text: string, facts?: object) => void): Outbox {
  const waiting: Outgoing[] = []
  /** By topic. */
  const retained = new Map<string, Outgoing>()
  let [dropped, droppedBefore] = [0, 0]

  return {
    add(message) {
      waiting.push(message)
      if (waiting.length <= WAITING_MAX) return
      waiting.shift()
      if (dropped === droppedBefore) log('warn', 'too many messages wait for the MQTT broker; the oldest are given up')
      dropped++
    },
    addRetained(message) {
      if (retained.size >= WAITING_MAX && !retained.has(message.topic)) return false
      retained.set(message.topic, message)
      return true
    },
    take() {
      const first = waiting.shift()
      if (waiting.length === 0 && dropped > droppedBefore) {
        log('warn', 'messages for the MQTT broker were given up, as too many waited', { count: dropped - droppedBefore })
        droppedBefore = dropped
      }
      if (first !== undefined) return { ...first, retain: false }
      const [next] = retained.values()
      if (next === undefined) return null
      retained.delete(next.topic)
      return { ...next, retain: true }
    },
    dropped: () => dropped,
    isLosing: () => dropped > droppedBefore,
  }
}
