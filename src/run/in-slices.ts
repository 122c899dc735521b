// Long work in slices: the first at once, the others in turns of their own, so that whoever waits for an answer never waits for all of it.
import type { Clock } from '../../domain/ports/clock.ts'
import type { Pace } from './pace.ts'

export interface SlicesOptions<Item> {
  readonly clock: Pick<Clock, 'after'>
  readonly pace: Pace
  readonly key: string
  /** Between two slices, ms of passed time; 0 for the next turn. */
  readonly pauseMs: number
  readonly run: (item: Item) => void
  /** What each slice is worked through in; left out for nothing. */
  readonly within?: (work: () => void) => void
  /** Ends each slice, with the items that were in it. */
  readonly end: (items: readonly Item[]) => void
}

/** Works through the items in order. Returns a way to leave out what has not begun. */
export function inSlices<Item>(items: readonly Item[], options: SlicesOptions<Item>): () => void {
  let next = 0
  let cancel = () => {}
  function slice(): void {
    const from = next
    const hasRoom = options.pace.slice()
    const work = () => {
      while (next < items.length && (next === from || hasRoom())) options.run(items[next++]!)
    }
    try {
      if (options.within === undefined) work()
      else options.within(work)
      options.end(items.slice(from, next))
    } finally {
      if (next < items.length) cancel = options.clock.after(options.pauseMs, options.key, slice)
    }
  }
  slice()
  return () => {
    next = items.length
    cancel()
  }
}
