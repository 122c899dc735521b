// Time as the application sees it: an instant and a way to be called at one. Runs on the wall clock, a faster one, or a manual one.

export interface Clock {
  /** Epoch ms. */
  now(): number
  /** Calls `run` once at an instant (or as soon as possible after it). `key` orders calls due at the same instant. Returns a cancel function. */
  at(instant: number, key: string, run: () => void): () => void
}
