// How much one site may say: a bucket that fills again by itself, so that one that floods takes nothing from the others.
export interface Intake {
  /** Whether one more message of a site is looked at, at an instant of passed time, ms. */
  takes(site: string, elapsed: number): boolean
}

/** Messages of a site in a second in the long run, and at once after a rest. */
export const PER_SECOND = 10
export const AT_ONCE = 200
/** Sites whose buckets are held; the one used longest ago is forgotten, as it is full again by then. */
const SITES_MAX = 20_000

/** Buckets that are all full. */
export function intake(): Intake {
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    takes(site, elapsed) {
      const known = buckets.get(site)
      const bucket = known ?? { left: AT_ONCE, at: elapsed }
      buckets.delete(site)
      buckets.set(site, bucket)
      if (buckets.size > SITES_MAX) buckets.delete(buckets.keys().next().value!)
      bucket.left = Math.min(AT_ONCE, bucket.left + ((elapsed - bucket.at) / 1_000) * PER_SECOND)
      bucket.at = elapsed
      if (bucket.left < 1) return false
      bucket.left--
      return true
    },
  }
}
