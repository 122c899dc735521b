// What waits for one centre: answers of each connection, and events that survive the loss of connections. One of a centre's connections is started.
import type { Connection } from '../link/connection.ts'

export interface Outlet {
  /** A connection of this centre was made. */
  attach(connection: Connection): void
  /** It was started; any other one stands by from now on. */
  started(connection: Connection): void
  /** It is not started any more; what it has not delivered waits for the next one. */
  stopped(connection: Connection): void
  detach(connection: Connection): void
  acknowledged(connection: Connection, count: number): void
  /** Sends an answer to this connection and no other; false where too many wait already. */
  answer(connection: Connection, asdu: Buffer): boolean
  /** Tells what has happened, now or when somebody hears it; the oldest is dropped where too much waits. */
  event(asdu: Buffer): void
  /** Sends what is worth sending only until the next of its kind, in the room that answers and events leave. What had no room in this cycle comes first in the next. */
  passing(asdus: readonly Buffer[]): void
  /** Whether somebody hears what is sent. */
  isHeard(): boolean
  readonly connections: () => number
  /** Events that wait, and those that were dropped. */
  readonly waiting: () => number
  readonly dropped: () => number
}
export interface OutletBounds {
  /** Events that wait at most. */
  readonly eventsMax: number
  /** Answers that wait at most, each connection. */
  readonly answersMax: number
}

/** What a connection has sent and what waits for it. */
interface Line {
  readonly answers: Buffer[]
  /** By order of sending: an event, or null for what is not sent again. */
  sent: (Buffer | null)[]
}

/** Nobody is connected yet. */
export function outlet({ eventsMax, answersMax }: OutletBounds): Outlet {
  const lines = new Map<Connection, Line>()
  let events: Buffer[] = []
  let active: Connection | null = null
  let dropped = 0
  let cycle: readonly Buffer[] = []
  /** Which of the cycle is next, and how many of it are left. */
  let [next, left] = [0, 0]

  function drop(): void {
    const tooMany = events.length - eventsMax
    if (tooMany <= 0) return
    events.splice(0, tooMany)
    dropped += tooMany
  }
  /** Answers first, then events, then the cycle, as far as the window goes. */
  function flush(): void {
    const line = active === null ? undefined : lines.get(active)
    if (active === null || line === undefined) return
    let [answers, told] = [0, 0]
    while (answers < line.answers.length && active.offer(line.answers[answers]!)) {
      line.sent.push(null)
      answers++
    }
    if (answers > 0) line.answers.splice(0, answers)
    if (line.answers.length > 0) return
    while (told < events.length && active.offer(events[told]!)) line.sent.push(events[told++]!)
    if (told > 0) events.splice(0, told)
    for (; events.length === 0 && left > 0 && active.offer(cycle[next]!); left--) {
      line.sent.push(null)
      next = (next + 1) % cycle.length
    }
  }
  /** What was sent and not acknowledged comes first for whoever is started next. */
  function takeBack(line: Line): void {
    const unheard = line.sent.filter((asdu) => asdu !== null)
    line.sent = line.sent.map(() => null)
    line.answers.length = 0
    if (unheard.length === 0) return
    events = [...unheard, ...events]
    drop()
  }
  function stopped(connection: Connection): void {
    const line = lines.get(connection)
    if (active !== connection || line === undefined) return
    active = null
    left = 0
    takeBack(line)
  }
  return {
    attach: (connection) => void lines.set(connection, { answers: [], sent: [] }),
    started(connection) {
      if (active === connection) return
      const before = active
      if (before !== null) {
        stopped(before)
        before.standBy()
      }
      active = connection
      flush()
    },
    stopped,
    detach(connection) {
      stopped(connection)
      lines.delete(connection)
    },
    acknowledged(connection, count) {
      lines.get(connection)?.sent.splice(0, count)
      flush()
    },
    answer(connection, asdu) {
      const line = lines.get(connection)
      // Whoever is not started hears nothing: what was asked there is answered nowhere.
      if (line === undefined || connection !== active) return true
      if (line.answers.length >= answersMax) return false
      line.answers.push(asdu)
      flush()
      return true
    },
    event(asdu) {
      events.push(asdu)
      drop()
      flush()
    },
    passing(asdus) {
      cycle = asdus
      left = active === null ? 0 : asdus.length
      next = asdus.length === 0 ? 0 : next % asdus.length
      flush()
    },
    isHeard: () => active !== null,
    connections: () => lines.size,
    waiting: () => events.length,
    dropped: () => dropped,
  }
}
