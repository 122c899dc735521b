// How often one client may ask: a fixed number of points a minute by address.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

export interface Allowance {
  readonly allowed: boolean
  readonly remaining: number
  /** Seconds until the window starts anew. */
  readonly resetSeconds: number
}
export interface RateLimit {
  readonly perMinute: number
  take(client: string): Promise<Allowance>
  /** Whether nothing is left, without taking anything. */
  isSpent(client: string): Promise<boolean>
}

/** A limit of `perMinute` points by client; each client's window is one minute from its first request. */
export function rateLimit(name: string, perMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points: perMinute, duration: 60 })
  return {
    perMinute,
    async take(client) {
      try {
        return allowance(await limiter.consume(client), true)
      } catch (error) {
        if (error instanceof RateLimiterRes) return allowance(error, false)
        throw error
      }
    },
    async isSpent(client) {
      const state = await limiter.get(client)
      return state !== null && state.consumedPoints >= perMinute
    },
  }
}

function allowance(state: RateLimiterRes, allowed: boolean): Allowance {
  return { allowed, remaining: Math.max(0, state.remainingPoints), resetSeconds: Math.ceil(state.msBeforeNext / 1000) }
}
