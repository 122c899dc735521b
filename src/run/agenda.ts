// What a clock has been asked to call, and when: by the calendar or after a wait, in one order that depends on nothing but time, key and request.

export interface Due {
  /** Epoch ms for the calendar, elapsed ms for a wait. */
  readonly due: number
  readonly key: string
  readonly number: number
  readonly run: () => void
  isCancelled: boolean
}

/** `ahead` is what the wall shows beyond the elapsed time: a step changes it, and with it when the calendar is due. */
export interface Agenda {
  at(instant: number, key: string, run: () => void): Due
  after(elapsed: number, key: string, run: () => void): Due
  /** What is due first, and at which elapsed time. */
  first(ahead: number): { readonly item: Due; readonly elapsed: number } | null
  /** Takes everything due at an elapsed time. */
  takeDue(elapsed: number, ahead: number): readonly Due[]
}

/** An agenda with nothing on it. */
export function agenda(): Agenda {
  const calendar = heap()
  const waits = heap()
  let count = 0
  function first(ahead: number): ReturnType<Agenda['first']> {
    const [inCalendar, waiting] = [calendar.peek(), waits.peek()]
    if (inCalendar === undefined) return waiting === undefined ? null : { item: waiting, elapsed: waiting.due }
    const elapsed = inCalendar.due - ahead
    if (waiting === undefined || isBefore(elapsed, inCalendar, waiting.due, waiting)) return { item: inCalendar, elapsed }
    return { item: waiting, elapsed: waiting.due }
  }
  function item(due: number, key: string, run: () => void): Due {
    return { due, key, number: count++, run, isCancelled: false }
  }
  return {
    at: (instant, key, run) => calendar.push(item(instant, key, run)),
    after: (elapsed, key, run) => waits.push(item(elapsed, key, run)),
    first,
    takeDue(elapsed, ahead) {
      const due: Due[] = []
      for (let next = first(ahead); next !== null && next.elapsed <= elapsed; next = first(ahead)) {
        due.push(next.item)
        ;(next.item === calendar.peek() ? calendar : waits).pop()
      }
      return due
    },
  }
}

function isBefore(dueA: number, a: Due, dueB: number, b: Due): boolean {
  if (dueA !== dueB) return dueA < dueB
  if (a.key !== b.key) return a.key < b.key
  return a.number < b.number
}

/** A binary heap by (due, key, number). */
function heap() {
  const items: Due[] = []
  const before = (a: Due, b: Due) => isBefore(a.due, a, b.due, b)
  function swap(i: number, j: number): void {
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  function pop(): void {
    const last = items.pop()
    if (last === undefined || items.length === 0) return
    items[0] = last
    for (let i = 0; ;) {
      const left = 2 * i + 1
      const right = left + 1
      let least = i
      if (left < items.length && before(items[left]!, items[least]!)) least = left
      if (right < items.length && before(items[right]!, items[least]!)) least = right
      if (least === i) return
      swap(i, least)
      i = least
    }
  }
  return {
    push(item: Due): Due {
      items.push(item)
      for (let i = items.length - 1; i > 0;) {
        const parent = (i - 1) >> 1
        if (!before(items[i]!, items[parent]!)) break
        swap(i, parent)
        i = parent
      }
      return item
    },
    pop,
    peek(): Due | undefined {
      while (items[0]?.isCancelled) pop()
      return items[0]
    },
  }
}
