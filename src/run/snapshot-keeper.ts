// Has a snapshot made whenever a segment is closed, in a thread beside the loop; one at a time, and only the newest end counts.
import type { Worker } from 'node:worker_threads'
import type { SnapshotMade, SnapshotTask } from './make-snapshot.ts'
import { startThread } from './start-thread.ts'

export interface SnapshotKeeperOptions extends Omit<SnapshotTask, 'end' | 'archive'> {
  /** Where segments go that are older than some days; left out, all stay. */
  readonly archive?: { readonly folder: string; readonly keepDays: number } | undefined
  readonly now: () => number
  readonly log: (level: 'info' | 'warn', text: string, facts?: object) => void
  readonly start?: (task: SnapshotTask) => Worker
}
export interface SnapshotKeeper {
  /** A segment is closed; this is its last entry, durable. */
  segmentEnded(end: SnapshotTask['end']): void
  /** Resolves when nothing is under way; nothing is begun any more. */
  stop(): Promise<void>
}

const DAY_MS = 86_400_000

/** Keeps the snapshots of a journal folder up to date. One that cannot be made is logged and tried again at the next end: a start reads more then. */
export function snapshotKeeper(options: SnapshotKeeperOptions): SnapshotKeeper {
  const { folder, node, version, log, start = startWorker } = options
  let wanted: SnapshotTask['end'] | null = null
  let worker: Worker | null = null
  let isStopped = false

  function next(): void {
    if (worker !== null || wanted === null || isStopped) return
    const [end, begun] = [wanted, performance.now()]
    wanted = null
    const archive =
      options.archive === undefined
        ? null
        : { folder: options.archive.folder, olderThan: options.now() - options.archive.keepDays * DAY_MS }
    const made = (worker = start({ folder, node, version, end, archive }))
    made.unref()
    made.on('message', ({ sequence, entries, bytes, ignored, tidied }: SnapshotMade) => {
      for (const detail of ignored) log('warn', 'a snapshot of the journal cannot be used', { detail })
      const seconds = Math.round(performance.now() - begun) / 1_000
      log('info', 'a snapshot stands for the journal up to here', { sequence, entries, bytes, seconds, ...tidied })
    })
    made.on('error', (error) => {
      log('warn', 'the journal could not be tidied up: a start reads more of it', {
        sequence: end.sequence,
        detail: error.message,
      })
    })
    made.on('exit', () => {
      worker = null
      next()
    })
  }

  return {
    segmentEnded(end) {
      wanted = end
      next()
    },
    async stop() {
      isStopped = true
      // What is unfinished then is removed at the next start.
      await worker?.terminate()
    },
  }
}

function startWorker(task: SnapshotTask): Worker {
  return startThread(new URL('./snapshot-worker.ts', import.meta.url), { workerData: task })
}
