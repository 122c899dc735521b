// Long work that can be interrupted: it yields where something else may have its turn, and is the same work when nobody interrupts it.

export type InPieces<Result> = Generator<void, Result, void>

/** Runs it to its end without a break. */
export function atOnce<Result>(work: InPieces<Result>): Result {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}
