// The clocks the application can run on: the wall clock, a faster or slower one, and a manual one that jumps to the next due event.
import { performance } from 'node:perf_hooks'
import type { Clock } from '../domain/ports/clock.ts'

interface Due {
  readonly instant: number
  readonly key: string
  readonly number: number
  readonly run: () => void
  cancelled: boolean
}

/** The longest a single timer of the runtime sleeps before it looks at the clock again. */
const SLEEP_MAX_MS = 60_000

export interface RunningClock extends Clock {
  readonly speed: number
  stop(): void
}
/** A clock that runs by itself from an instant, `speed` times as fast as the wall clock. Monotonic: a jump of the host's clock does not move it. */
export function runningClock(start: number = Date.now(), speed = 1): RunningClock {
  const origin = performance.now()
  const queue = dueQueue()
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  function now(): number {
    return Math.floor(start + (performance.now() - origin) * speed)
  }
  function arm(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const first = queue.peek()
    if (first === undefined || stopped) return
    const wait = Math.min(SLEEP_MAX_MS, Math.max(0, (first.instant - now()) / speed))
    timer = setTimeout(fire, wait)
  }
  function fire(): void {
    // Only what was due at the beginning: work that keeps asking for "now" must not starve the sockets.
    const due = queue.takeUntil(now())
    for (const item of due) if (!item.cancelled && !stopped) item.run()
    arm()
  }
  return {
    now,
    speed,
    at(instant, key, run) {
      const item = queue.add(instant, key, run)
      if (queue.peek() === item) arm()
      return () => void (item.cancelled = true)
    },
    stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

export interface ManualClock extends Clock {
  /**
   * Runs everything due up to and including `end`, instant by instant in the order of (instant, key, request). After each wave of calls it waits for
   * `settle`, so that time moves only when nothing is under way.
   */
  runUntil(end: number, settle: () => Promise<void>): Promise<void>
}
/** A clock that stands still until it is told to run. */
export function manualClock(start: number): ManualClock {
  const queue = dueQueue()
  let instant = start
  return {
    now: () => instant,
    at(when, key, run) {
      const item = queue.add(Math.max(when, instant), key, run)
      return () => void (item.cancelled = true)
    },
    async runUntil(end, settle) {
      await settle()
      for (let first = queue.peek(); first !== undefined && first.instant <= end; first = queue.peek()) {
        instant = first.instant
        let ran = false
        for (const item of queue.takeUntil(instant))
          if (!item.cancelled) {
            item.run()
            ran = true
          }
        if (ran) await settle()
      }
      instant = end
    },
  }
}

/** A binary heap by (instant, key, number). */
function dueQueue() {
  const heap: Due[] = []
  let count = 0
  function before(a: Due, b: Due): boolean {
    if (a.instant !== b.instant) return a.instant < b.instant
    if (a.key !== b.key) return a.key < b.key
    return a.number < b.number
  }
  function swap(i: number, j: number): void {
    ;[heap[i], heap[j]] = [heap[j]!, heap[i]!]
  }
  function pop(): Due | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || first === last) return first
    heap[0] = last
    for (let i = 0; ;) {
      const left = 2 * i + 1
      const right = left + 1
      let least = i
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && before(heap[right]!, heap[least]!)) least = right
      if (least === i) return first
      swap(i, least)
      i = least
    }
  }
  function peek(): Due | undefined {
    while (heap[0]?.cancelled) pop()
    return heap[0]
  }
  return {
    add(instant: number, key: string, run: () => void): Due {
      const item = { instant, key, number: count++, run, cancelled: false }
      heap.push(item)
      for (let i = heap.length - 1; i > 0;) {
        const parent = (i - 1) >> 1
        if (!before(heap[i]!, heap[parent]!)) break
        swap(i, parent)
        i = parent
      }
      return item
    },
    peek,
    takeUntil(instant: number): Due[] {
      const due: Due[] = []
      for (let first = peek(); first !== undefined && first.instant <= instant; first = peek()) due.push(pop()!)
      return due
    },
  }
}
