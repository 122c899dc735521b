// Answers that take a look at everything, shared by all who ask at about the same time.
import { inSlices, SLICE_MS } from '../../adapters/wire/in-slices.ts'

/**
 * One look under way for each key at a time: whoever asks meanwhile gets the same answer. One that took more than a slice is kept for `keepMs` of real time; a
 * small one is made anew every time, so that it is never old.
 */
export function sharedAnswers<Key, Value>(
  keepMs: number,
  make: (key: Key) => Generator<void, Value>,
): (key: Key) => Promise<Value> {
  const known = new Map<Key, { readonly answer: Promise<Value>; until: number }>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined && performance.now() < found.until) return found.answer
    const begun = performance.now()
    const answer = inSlices(make(key))
    const entry = { answer, until: Infinity }
    known.set(key, entry)
    const settle = (isKept: boolean) => {
      const now = performance.now()
      if (isKept && now - begun > SLICE_MS) entry.until = now + keepMs
      else if (known.get(key) === entry) known.delete(key)
    }
    answer.then(
      () => settle(true),
      () => settle(false),
    )
    return answer
  }
}
