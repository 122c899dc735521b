// What may happen is a value: a `Result` carries either the answer or the refusal with the facts needed to act on it.

export type Result<Value, Refusal> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: Refusal }

/** Wraps an answer. */
export function ok<Value>(value: Value): Result<Value, never> {
  return { ok: true, value }
}

/** Wraps a refusal. */
export function refused<Refusal>(refusal: Refusal): Result<never, Refusal> {
  return { ok: false, refusal }
}

/** What must not happen throws at once. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`)
}

/** Marks a branch that the types rule out; removing a case of the union makes the call a compile error. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
