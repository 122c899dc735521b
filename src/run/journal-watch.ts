// Whether things can be recorded at the moment: while they cannot, nothing is done; once they can again, somebody is told, so that what was missed is made up for (F12).
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'

export interface JournalWatchOptions {
  readonly journal: Journal
  readonly clock: Clock
  /** Called in a turn of its own when the journal can be written again. */
  readonly onHealed: () => void
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'error', text: string, facts?: object) => void
}
export interface JournalWatch {
  /** Why nothing is acknowledged or ordered at the moment; null while all is well. */
  failure(): string | null
  /** Whether something may be done. Where not, the journal is looked at from now on. */
  mayRecord(): boolean
  /** A commit came through. */
  committed(): void
  /** A commit failed or took too long. */
  missed(error: Error): void
  stop(): void
}

/** A journal that could not be written is looked at this often. */
const LOOK_MS = 1_000

/** Watches one journal; nothing is under way while it works. */
export function journalWatch({ journal, clock, onHealed, track, log }: JournalWatchOptions): JournalWatch {
  /** Why the last commit failed though the journal has not: a disk that only was slow heals with the next one. */
  let late: string | null = null
  let isPaused = false
  let isStopped = false
  let cancel = () => {}
  const failure = () => journal.failure()?.message ?? late

  function pause(detail: string): void {
    if (isPaused) return
    isPaused = true
    log('error', 'the journal cannot be written; nothing is acknowledged or ordered', { detail })
    lookAgain()
  }
  function lookAgain(): void {
    if (!isStopped) cancel = clock.after(LOOK_MS, 'healing', look)
  }
  function look(): void {
    if (journal.failure() !== null) return lookAgain()
    track(journal.durable(journal.head().sequence)).then(() => void clock.after(0, 'healed', heal), lookAgain)
  }
  function heal(): void {
    if (isStopped) return
    late = null
    isPaused = false
    log('info', 'the journal can be written again')
    onHealed()
  }

  return {
    failure,
    mayRecord() {
      const reason = failure()
      if (reason !== null) pause(reason)
      return reason === null
    },
    committed: () => void (late = null),
    missed(error) {
      // A journal that has failed tells by itself when it works again.
      if (journal.failure() === null) late = error.message
      pause(error.message)
    },
    stop() {
      isStopped = true
      cancel()
    },
  }
}
