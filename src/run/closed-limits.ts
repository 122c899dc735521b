// Which limits are compensated already, and up to which version: rebuilt from the record, so that none is told twice.
import type { Fact } from '../../domain/facts/fact.ts'
import { portfolioKey } from '../../domain/trading/schedule.ts'

/** The version up to which a limit is compensated, the one before it, and the portfolios that are told of it. */
export interface ClosedLimit {
  readonly version: number
  /** -1 for none. */
  readonly behind: number
  readonly portfolios: readonly string[]
}
export interface ClosedLimits {
  notice(fact: Fact): void
  of(id: string): ClosedLimit | null
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** Beyond these the oldest are forgotten: they are over for longer than signals are known. */
const CLOSED_MAX = 50_000

export function closedLimits(): ClosedLimits {
  const closed = new Map<string, ClosedLimit>()
  return {
    notice(fact) {
      if (fact.kind !== 'limit-compensated') return
      const { signal, version } = fact
      const known = closed.get(signal)
      const isBegun = known?.version === version
      const behind = (isBegun ? known.behind : known?.version) ?? -1
      closed.delete(signal)
      closed.set(signal, { version, behind, portfolios: [...(isBegun ? known.portfolios : []), portfolioKey(fact)] })
      if (closed.size > CLOSED_MAX) closed.delete(closed.keys().next().value!)
    },
    of: (id) => closed.get(id) ?? null,
    freeze: () => closed,
    thaw(frozen) {
      closed.clear()
      for (const [id, known] of frozen as typeof closed) closed.set(id, known)
    },
  }
}
