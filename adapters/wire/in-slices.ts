// Long looks at the fleet, a slice at a time, so that no message and no signal waits for a screen.
import { setImmediate } from 'node:timers/promises'

/** So long one slice holds the loop, ms. Only how much one slice does goes by it, never what is answered. */
const SLICE_MS = 3

/** Runs work to its end; between its steps everything else has its turn as soon as a slice is over. Rejects with what a step throws. */
export async function inSlices<Value>(work: Generator<void, Value>): Promise<Value> {
  for (;;) {
    const until = performance.now() + SLICE_MS
    do {
      const step = work.next()
      if (step.done === true) return step.value
    } while (performance.now() < until)
    await setImmediate()
  }
}
