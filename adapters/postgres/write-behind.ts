// Keeps the database up to date behind the application's back: it follows the journal file, one batch after the other, and waits while the database is gone.
import type { Plan } from '../../domain/planning/plan.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { ENTRIES_PER_BATCH, journalBatches, type JournalBatches } from './journal-batches.ts'
import { saveEntries } from './save-entries.ts'

export interface WriteBehindOptions {
  readonly stores: Stores
  readonly journal: Journal
  /** Whose entries the journal holds. */
  readonly node: string
  readonly clock: Clock
  /** Called before the first round and again after a failure; while it rejects, nothing is written. */
  readonly prepare?: () => Promise<void>
  /** How long a few entries wait for more to share their statements; 0 takes them at once. Whoever waits in `drained` or `close` is not kept waiting. */
  readonly gatherMs?: number
  /** Plans that wait at most while the database is gone; beyond it the oldest are dropped. */
  readonly plansMax?: number
  /** Readings sampled longer ago than so many days are dropped, once a day; left out: all are kept. */
  readonly readingDays?: number
  /** Keeps a manual clock from moving while a round is under way. */
  readonly inFlight?: InFlight
  /** Called when the database stops to take what it is given (with the reason), and when it does again. */
  readonly onState?: (degraded: boolean, detail: string) => void
}
export interface WriteBehindState {
  /** Why the last attempt failed; null while the database takes what it is given. */
  readonly failure: string | null
  /** Durable entries that are not copied yet. */
  readonly lag: number
  /** How long the oldest of them has waited, ms by the clock on the wall; 0 when there is none. */
  readonly lagMs: number
  /** Entries copied since the start. */
  readonly copied: number
  /** The last batch that was taken: how many entries, and how long the database took for it. */
  readonly batch: { readonly entries: number; readonly ms: number }
  readonly plansWaiting: number
  readonly plansDropped: number
}
export interface WriteBehind {
  /** Entries up to this sequence number are durable and may be copied. Call it once after the start, too: it finds what an earlier life left behind. */
  follow(sequence: number): void
  /** Plans hold more than the journal says about them, so they are handed over. */
  pushPlans(plans: readonly Plan[]): void
  state(): WriteBehindState
  /** Resolves when everything handed over so far is in the database, or when an attempt has failed. */
  drained(): Promise<void>
  /** Makes a last attempt and ends. */
  close(): Promise<void>
}

const PLANS_PER_ROUND = 500
const DAY_MS = 86_400_000
/** The database is back in use within 10 s of its return (F11). */
const RETRY_FIRST_MS = 500
const RETRY_MAX_MS = 5_000

/** Starts following a journal; nothing is written before `follow` is called. */
export function writeBehind(options: WriteBehindOptions): WriteBehind {
  const { stores, journal, node, clock, gatherMs = 0 } = options
  const track: <Value>(work: Promise<Value>) => Promise<Value> = options.inFlight?.track ?? ((work) => work)
  const plans = planQueue(options.plansMax ?? 20_000)
  let durableUntil = 0
  /** Last entry copied; null until the database has told. */
  let copied: number | null = null
  /** When the oldest entry that is not copied was appended, or became known, epoch ms; null when there is none. */
  let behindSince: number | null = null
  let total = 0
  let lastBatch = { entries: 0, ms: 0 }
  let writing: Promise<void> | null = null
  let failure: string | null = null
  let retryMs = RETRY_FIRST_MS
  let cancelRetry: (() => void) | null = null
  let cancelGather: (() => void) | null = null
  /** How many wait for everything to be written. */
  let draining = 0
  let forgottenOn: number | null = null
  let closed = false

  const lag = () => Math.max(0, durableUntil - (copied ?? 0))
  const isWork = () => lag() > 0 || plans.waiting() > 0
  /** Whether to write now, or to wait for more. */
  const isWorthARound = () => gatherMs === 0 || draining > 0 || lag() >= ENTRIES_PER_BATCH || plans.waiting() >= PLANS_PER_ROUND

  function wake(): void {
    if (writing !== null || cancelRetry !== null || closed) return
    if (isWorthARound()) begin()
    else cancelGather ??= clock.after(gatherMs, 'write-behind', begin)
  }

  function begin(): void {
    cancelGather?.()
    cancelGather = null
    writing = track(write()).finally(() => {
      writing = null
      // Something may have come in after the last look.
      if (failure === null && isWork()) wake()
    })
  }

  /** Round after round until little or nothing is left; the first failure ends it and asks to be called again later. */
  async function write(): Promise<void> {
    let batches: JournalBatches | null = null
    try {
      if (copied === null) {
        await options.prepare?.()
        copied = await endOfCopy(stores, journal, node)
      }
      batches = journalBatches(journal, copied)
      do {
        await copyAll(batches)
        await forget()
        await plans.save(stores)
        retryMs = RETRY_FIRST_MS
      } while (isWork() && isWorthARound())
      changeState(null)
    } catch (error) {
      changeState((error as Error).message || 'the database does not answer')
      // What happened to the round is not known; the database knows best where to go on.
      copied = null
      if (!closed) retryLater()
    } finally {
      batches?.close()
    }
  }

  /** Copies what is durable by now, or until plans wait. While the database takes one batch, the next one is read. */
  async function copyAll(batches: JournalBatches): Promise<void> {
    const read = (after: number) => {
      const isWorthIt = after === copied || gatherMs === 0 || draining > 0 || durableUntil - after >= ENTRIES_PER_BATCH
      const reading = after < durableUntil && isWorthIt ? batches.next(durableUntil) : null
      // When the batch before fails, nobody asks for this one any more.
      reading?.catch(() => {})
      return reading
    }
    for (let reading = read(copied!); reading !== null;) {
      const entries = await reading
      const last = entries.at(-1)!.sequence
      behindSince = entries[0]!.at
      const isPlansTurn = plans.waiting() > 0
      reading = isPlansTurn ? null : read(last)
      const began = clock.elapsed()
      await saveEntries(stores, entries)
      lastBatch = { entries: entries.length, ms: clock.elapsed() - began }
      total += entries.length
      copied = last
      if (lag() === 0) behindSince = null
    }
  }

  async function forget(): Promise<void> {
    const today = Math.floor(clock.now() / DAY_MS)
    if (options.readingDays === undefined || today === forgottenOn) return
    await stores.readings.forget((today - options.readingDays) * DAY_MS)
    forgottenOn = today
  }

  function changeState(to: string | null): void {
    const changed = (to === null) !== (failure === null)
    failure = to
    if (changed) options.onState?.(to !== null, to ?? `entry ${durableUntil} is copied`)
  }

  function retryLater(): void {
    cancelRetry = clock.after(retryMs, 'write-behind', () => {
      cancelRetry = null
      begin()
    })
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)
  }

  async function drained(): Promise<void> {
    draining++
    try {
      if (cancelGather !== null) begin()
      for (let round = writing; round !== null; round = writing) await round
    } finally {
      draining--
    }
  }

  return {
    follow(sequence) {
      durableUntil = Math.max(durableUntil, sequence)
      if (lag() > 0) behindSince ??= clock.now()
      wake()
    },
    pushPlans(more) {
      plans.push(more)
      wake()
    },
    state: () => ({
      failure,
      lag: lag(),
      lagMs: behindSince === null ? 0 : Math.max(0, clock.now() - behindSince),
      copied: total,
      batch: lastBatch,
      plansWaiting: plans.waiting(),
      plansDropped: plans.dropped(),
    }),
    drained,
    async close() {
      await drained()
      cancelRetry?.()
      cancelRetry = null
      if (isWork() || failure !== null) begin()
      closed = true
      await drained()
    },
  }
}

/** Plans in the order they came; beyond a number the oldest are dropped. */
function planQueue(max: number) {
  let waiting: Plan[] = []
  let dropped = 0
  return {
    waiting: () => waiting.length,
    dropped: () => dropped,
    push(more: readonly Plan[]) {
      waiting.push(...more)
      const tooMany = waiting.length - max
      if (tooMany <= 0) return
      waiting = waiting.slice(tooMany)
      dropped += tooMany
    },
    async save(stores: Stores): Promise<void> {
      const some = waiting.slice(0, PLANS_PER_ROUND)
      if (some.length === 0) return
      await stores.plans.save(some)
      // While they were on their way, the queue may have dropped some of them at its front.
      const saved = new Set(some)
      waiting = waiting.filter((plan) => !saved.has(plan))
    },
  }
}

/** Where the copy ends. Rejects when the file does not have the same entry there: then one of the two belongs to another past. */
async function endOfCopy(stores: Stores, journal: Journal, node: string): Promise<number> {
  const last = await stores.journal.lastCopied(node)
  if (last === 0) return 0
  const [copy] = await stores.journal.entries(node, last - 1, 1)
  for await (const entry of journal.read(last - 1)) {
    if (entry.hash === copy?.hash) return last
    break
  }
  throw new Error(`journal file and copy disagree at entry ${last} of ${node}: one of them was replaced`)
}
