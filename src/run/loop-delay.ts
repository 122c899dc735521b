// How late the event loop is: whoever waits in this process, a station or a signal, waits at least that long.
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The loop is looked at this often; the time between two looks is no delay. */
const RESOLUTION_MS = 10
const NS_PER_S = 1e9

export interface LoopDelay {
  /** Seconds by quantile since the last call, by name of the metric. */
  figures(): Readonly<Record<string, number>>
  stop(): void
}

/** Watches the loop of this process from now on. */
export function loopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  const seconds = (ns: number) => (Number.isFinite(ns) ? Math.max(0, ns / NS_PER_S - RESOLUTION_MS / 1_000) : 0)
  return {
    figures() {
      const figures = {
        gegenstrom_event_loop_delay_p50_seconds: seconds(histogram.percentile(50)),
        gegenstrom_event_loop_delay_p99_seconds: seconds(histogram.percentile(99)),
        gegenstrom_event_loop_delay_p999_seconds: seconds(histogram.percentile(99.9)),
        gegenstrom_event_loop_delay_max_seconds: histogram.count === 0 ? 0 : seconds(histogram.max),
      }
      histogram.reset()
      return figures
    },
    stop: () => void histogram.disable(),
  }
}
