// Answers that take a look at everything, shared by all who ask at about the same time.
import { inSlices } from '../../adapters/wire/in-slices.ts'

/** A look of more steps is kept for a while; a shorter one costs little and is made anew every time, so that it is never old. */
const KEPT_FROM_STEPS = 2_000

/** One look under way for each key at a time: whoever asks meanwhile gets the same answer. What is kept is kept for `keepMs` of real time. */
export function sharedAnswers<Key, Value>(
  keepMs: number,
  make: (key: Key) => Generator<void, Value>,
): (key: Key) => Promise<Value> {
  const known = new Map<Key, { readonly answer: Promise<Value>; until: number }>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined && performance.now() < found.until) return found.answer
    const steps = counted(make(key))
    const entry = { answer: inSlices(steps.work), until: Infinity }
    known.set(key, entry)
    const settle = (isKept: boolean) => {
      if (isKept && steps.count() >= KEPT_FROM_STEPS) entry.until = performance.now() + keepMs
      else if (known.get(key) === entry) known.delete(key)
    }
    entry.answer.then(
      () => settle(true),
      () => settle(false),
    )
    return entry.answer
  }
}

function counted<Value>(work: Generator<void, Value>): { readonly work: Generator<void, Value>; count(): number } {
  let count = 0
  function* steps(): Generator<void, Value> {
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
      count++
      yield
    }
  }
  return { work: steps(), count: () => count }
}
