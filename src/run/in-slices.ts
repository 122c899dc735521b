// Long work in slices: the first at once, the others in turns of their own, so that whoever waits for an answer never waits for all of it.
import type { Clock } from '../../domain/ports/clock.ts'

export interface SlicesOptions<Item> {
  readonly clock: Pick<Clock, 'after'>
  readonly key: string
  /** What a slice may cost; counted, not measured, so that the same data always give the same slices. */
  readonly costMax: number
  /** Works on one item; answers what it cost. */
  readonly run: (item: Item) => number
  /** Ends each slice, with the items that were in it. */
  readonly end: (items: readonly Item[]) => void
}

/** Works through the items in order. Returns a way to leave out what has not begun. */
export function inSlices<Item>(items: readonly Item[], { clock, key, costMax, run, end }: SlicesOptions<Item>): () => void {
  let next = 0
  let cancel = () => {}
  function slice(): void {
    const from = next
    for (let cost = 0; next < items.length && cost < costMax;) cost += run(items[next++]!)
    end(items.slice(from, next))
    if (next < items.length) cancel = clock.after(0, key, slice)
  }
  slice()
  return () => {
    next = items.length
    cancel()
  }
}
