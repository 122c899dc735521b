// A token bucket: so much a second for good, and what was saved at once. It may be overdrawn; then nothing is left until the debt is paid.

export interface Rate {
  readonly perSecond: number
  /** Most that is saved up, and what there is at the beginning. */
  readonly burst: number
}
export interface TokenBucket {
  readonly rate: Rate
  level: number
  /** Passed time of the clock, ms, at which `level` held; never the time of day, which may be set. */
  at: number
}

/** A full bucket. */
export function tokenBucket(rate: Rate): TokenBucket {
  return { rate, level: rate.burst, at: -Infinity }
}

/** What is there at a passed time, ms, negative while in debt. */
export function levelAt(bucket: TokenBucket, now: number): number {
  const { rate } = bucket
  if (now > bucket.at) {
    bucket.level = Math.min(rate.burst, bucket.level + (Math.min(now - bucket.at, 1e9) * rate.perSecond) / 1_000)
    bucket.at = now
  }
  return bucket.level
}

/** Takes tokens, into debt where there are not enough. */
export function spend(bucket: TokenBucket, tokens: number, now: number): void {
  bucket.level = levelAt(bucket, now) - tokens
}

/** Time until `tokens` are there, whole ms; 0 when they are. */
export function waitMs(bucket: TokenBucket, tokens: number, now: number): number {
  // A sum of small parts may miss its end by the last bit of a number.
  const missing = tokens - levelAt(bucket, now) - 1e-6
  return missing <= 0 ? 0 : Math.ceil((missing / bucket.rate.perSecond) * 1_000)
}
