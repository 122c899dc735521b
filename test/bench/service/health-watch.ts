// Asks a server for its health ten times a second and keeps how long each answer took.
import type { Ask } from './server-process.ts'

const EVERY_MS = 100

export interface HealthWatch {
  /** Times of the answers since the last call, ms, ascending; one that failed counts as endless. */
  take(): readonly number[]
  stop(): void
}

/** Begins at once. A question does not wait for the answer to the one before. */
export function healthWatch(ask: Ask): HealthWatch {
  let times: number[] = []
  const timer = setInterval(() => {
    ask('/healthz').then(
      ({ status, ms }) => void times.push(status === 200 ? ms : Infinity),
      () => void times.push(Infinity),
    )
  }, EVERY_MS)
  return {
    take() {
      const taken = times.sort((a, b) => a - b)
      times = []
      return taken
    },
    stop: () => clearInterval(timer),
  }
}
