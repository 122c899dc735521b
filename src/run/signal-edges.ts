// A limit acts at its first millisecond and ends at its last: the edges of all signals on the clock, whatever is done to that clock (F36).
import type { Clock } from '../../domain/ports/clock.ts'
import type { Signal } from '../../domain/signals/signal.ts'

export interface SignalEdges {
  /** Puts the beginning and end of a signal on the clock, as far as they lie after the instant it was looked at, epoch ms; one that has passed since is called at once. What stood there under its id is taken off. */
  arm(signal: Pick<Signal, 'id' | 'from' | 'until'>, since?: number): void
  disarm(id: string): void
  stop(): void
}

/** Calls `onEdge` with everything that begins or ends in one millisecond. */
export function signalEdges(clock: Clock, onEdge: (ids: readonly string[]) => void): SignalEdges {
  const byInstant = new Map<number, { readonly ids: Set<string>; readonly cancel: () => void }>()
  const byId = new Map<string, readonly number[]>()

  function add(instant: number, id: string): void {
    const known = byInstant.get(instant)
    if (known !== undefined) return void known.ids.add(id)
    byInstant.set(instant, { ids: new Set([id]), cancel: clock.at(instant, 'a-signal', () => fire(instant)) })
  }
  function fire(instant: number): void {
    const ids = [...(byInstant.get(instant)?.ids ?? [])]
    byInstant.delete(instant)
    onEdge(ids)
  }
  function disarm(id: string): void {
    for (const instant of byId.get(id) ?? []) {
      const edge = byInstant.get(instant)
      if (edge === undefined || !edge.ids.delete(id) || edge.ids.size > 0) continue
      edge.cancel()
      byInstant.delete(instant)
    }
    byId.delete(id)
  }
  return {
    arm({ id, from, until }, since = clock.now()) {
      disarm(id)
      const edges = [from, ...(until === null ? [] : [until])].filter((instant) => instant > since)
      if (edges.length > 0) byId.set(id, edges)
      for (const instant of edges) add(instant, id)
    },
    disarm,
    stop() {
      for (const { cancel } of byInstant.values()) cancel()
      byInstant.clear()
      byId.clear()
    },
  }
}
