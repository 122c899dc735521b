// The clock of a station that has its time from the backend: everything it says and is told goes by it, right or wrong.

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

export interface OwnTime {
  /** A payload whose instants are true ones, as the station writes them. */
  written(payload: object): object
  /** A payload as it is read, in true instants. */
  read(payload: object): object
  /** Takes the time from an answer that carries it. `now` is the true time, epoch ms. */
  set(answer: object, now: number): void
}

/** A clock that is `aheadMs` off until it is told another time; `isFollower` false is one that nobody sets. */
export function ownTime(isFollower: boolean, aheadMs = 0): OwnTime {
  let ahead = aheadMs
  return {
    written: (payload) => (ahead === 0 ? payload : moved(payload, ahead)),
    read: (payload) => (ahead === 0 ? payload : moved(payload, -ahead)),
    set(answer, now) {
      const { currentTime } = answer as { currentTime?: string }
      if (isFollower && currentTime !== undefined) ahead = Date.parse(currentTime) - now
    },
  }
}

function moved(payload: object, by: number): object {
  return withInstants(payload, (at) => at + by)
}
/** The same payload with every instant in it changed, epoch ms to epoch ms. */
export function withInstants(payload: object, change: (at: number) => number): object {
  return JSON.parse(JSON.stringify(payload), (_, part: unknown) =>
    typeof part === 'string' && INSTANT.test(part) ? new Date(change(Date.parse(part))).toISOString() : part,
  ) as object
}
