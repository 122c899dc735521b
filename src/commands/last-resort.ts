// The net under everything: what nobody caught is noted and told by readiness, and the process goes on; cars would wait longer for a restart than for the next message.
import type { Troubles } from '../run/troubles.ts'

/** A process that fails this often in a minute is no help to anybody; whoever keeps it running starts it anew. */
const FAILURES_PER_MINUTE_MAX = 60
const MINUTE_MS = 60_000

/** Takes what reaches the top of the process, until the function it returns is called. */
export function lastResort(troubles: Pick<Troubles, 'note'>): () => void {
  let recent: number[] = []
  const take = (error: unknown) => {
    const now = performance.now()
    recent = [...recent.filter((at) => at > now - MINUTE_MS), now]
    if (recent.length > FAILURES_PER_MINUTE_MAX) process.exit(1)
    troubles.note('internal', error)
  }
  process.on('uncaughtException', take)
  process.on('unhandledRejection', take)
  return () => {
    process.off('uncaughtException', take)
    process.off('unhandledRejection', take)
  }
}
