// Takes entries out of the journal file in batches that fit into memory many times over, and in slices that never hold the event loop for long.
import { setImmediate } from 'node:timers/promises'
import type { Journal, JournalEntry } from '../../domain/ports/journal.ts'

/** Entries of one batch at most. */
export const ENTRIES_PER_BATCH = 2_000
/** Readings of one batch, about: the entry that reaches it is the last one. */
const READINGS_PER_BATCH = 10_000
/** The loop belongs to the stations: after so much reading in one go it gets a turn. */
const SLICE_MS = 3

export interface JournalBatches {
  /** The entries behind the batch before up to a durable one, at least one and at most a batch. Rejects when the file ends before them. */
  next(durable: number): Promise<readonly JournalEntry[]>
  /** Lets go of the file. */
  close(): void
}

/** Reads a journal after a sequence number. Far behind its end one file stays open; near it every batch looks anew, for what is not durable may still be replaced. */
export function journalBatches(journal: Journal, after: number): JournalBatches {
  let reached = after
  let open: AsyncIterator<JournalEntry> | null = null

  function close(): void {
    void open?.return?.().then(undefined, () => {})
    open = null
  }

  async function fill(durable: number): Promise<readonly JournalEntry[]> {
    const batch: JournalEntry[] = []
    let readings = 0
    const pause = slices()
    open ??= journal.read(reached)[Symbol.asyncIterator]()
    while (reached < durable) {
      const { done = false, value } = await open.next()
      if (done || value.sequence > durable) {
        close()
        break
      }
      batch.push(value)
      reached = value.sequence
      if (value.fact.kind === 'readings') readings += value.fact.readings.length
      // A registry may be as large as a whole batch of anything else.
      if (batch.length >= ENTRIES_PER_BATCH || readings >= READINGS_PER_BATCH || value.fact.kind === 'registry-set') break
      await pause()
    }
    return batch
  }

  return {
    async next(durable) {
      let batch = await fill(durable)
      // What was open may have ended where the file did then; it has grown since.
      if (batch.length === 0) batch = await fill(durable)
      if (batch.length === 0) throw new Error(`the journal file ends before entry ${reached + 1}`)
      return batch
    },
    close,
  }
}

function slices(): () => Promise<void> {
  let began = performance.now()
  return async () => {
    if (performance.now() - began < SLICE_MS) return
    await setImmediate()
    began = performance.now()
  }
}
