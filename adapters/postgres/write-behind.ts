// Keeps the database up to date behind the application's back: it follows the journal file, one batch after the other, and waits while the database is gone.
import type { Plan } from '../../domain/planning/plan.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal, JournalEntry } from '../../domain/ports/journal.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { SessionId } from '../../domain/registry/identity.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import type { InFlight } from '../wire/in-flight.ts'

export interface WriteBehindOptions {
  readonly stores: Stores
  readonly journal: Journal
  /** Whose entries the journal holds. */
  readonly node: string
  readonly clock: Clock
  /** Called before the first round and again after a failure; while it rejects, nothing is written. */
  readonly prepare?: () => Promise<void>
  /** Plans that wait at most while the database is gone; beyond it the oldest are dropped. */
  readonly plansMax?: number
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

/** Entries and plans of one round: what fits into memory many times over. */
const ENTRIES_PER_ROUND = 500
const PLANS_PER_ROUND = 500
/** The database is back in use within 10 s of its return (F11). */
const RETRY_FIRST_MS = 500
const RETRY_MAX_MS = 5_000

/** Starts following a journal; nothing is written before `follow` is called. */
export function writeBehind(options: WriteBehindOptions): WriteBehind {
  const { stores, journal, node, clock, plansMax = 20_000 } = options
  const track: <Value>(work: Promise<Value>) => Promise<Value> = options.inFlight?.track ?? ((work) => work)
  let plans: Plan[] = []
  let dropped = 0
  let durableUntil = 0
  /** Last entry copied; null until the database has told. */
  let copied: number | null = null
  let writing: Promise<void> | null = null
  let failure: string | null = null
  let retryMs = RETRY_FIRST_MS
  let cancelRetry: (() => void) | null = null
  let closed = false

  function wake(): void {
    if (writing !== null || cancelRetry !== null || closed) return
    writing = track(write()).finally(() => {
      writing = null
      // Something may have come in after the last look.
      if (failure === null && (plans.length > 0 || (copied ?? 0) < durableUntil)) wake()
    })
  }

  /** Round after round until nothing is left; the first failure ends it and asks to be called again later. */
  async function write(): Promise<void> {
    try {
      if (copied === null) {
        await options.prepare?.()
        copied = await endOfCopy(stores, journal, node)
      }
      while (copied < durableUntil || plans.length > 0) {
        if (copied < durableUntil) copied = await copyEntries(stores, journal, copied, durableUntil)
        const some = plans.slice(0, PLANS_PER_ROUND)
        if (some.length > 0) await stores.plans.save(some)
        // While they were on their way, the queue may have dropped some of them at its front.
        const saved = new Set(some)
        plans = plans.filter((plan) => !saved.has(plan))
        retryMs = RETRY_FIRST_MS
      }
      changeState(null)
    } catch (error) {
      changeState((error as Error).message || 'the database does not answer')
      // What happened to the round is not known; the database knows best where to go on.
      copied = null
      if (!closed) retryLater()
    }
  }

  function changeState(to: string | null): void {
    const changed = (to === null) !== (failure === null)
    failure = to
    if (changed) options.onState?.(to !== null, to ?? `entry ${durableUntil} is copied`)
  }

  function retryLater(): void {
    cancelRetry = clock.after(retryMs, 'write-behind', () => {
      cancelRetry = null
      wake()
    })
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)
  }

  async function drained(): Promise<void> {
    if (writing === null) return
    await writing
    return drained()
  }

  return {
    follow(sequence) {
      durableUntil = Math.max(durableUntil, sequence)
      wake()
    },
    pushPlans(more) {
      plans.push(...more)
      const tooMany = plans.length - plansMax
      if (tooMany > 0) {
        plans = plans.slice(tooMany)
        dropped += tooMany
      }
      wake()
    },
    state: () => ({
      failure,
      lag: copied === null ? durableUntil : Math.max(0, durableUntil - copied),
      plansWaiting: plans.length,
      plansDropped: dropped,
    }),
    drained,
    async close() {
      await drained()
      cancelRetry?.()
      cancelRetry = null
      wake()
      closed = true
      await drained()
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

/**
 * Copies some entries and saves what they say. The copy comes last: when anything fails before it, the same entries are taken again, and all stores
 * leave alone what they already have. Returns the sequence number reached.
 */
async function copyEntries(stores: Stores, journal: Journal, after: number, durable: number): Promise<number> {
  const entries: JournalEntry[] = []
  for await (const entry of journal.read(after)) {
    if (entry.sequence > durable) break
    entries.push(entry)
    if (entries.length === ENTRIES_PER_ROUND) break
  }
  const last = entries.at(-1)
  if (last === undefined) throw new Error(`the journal file ends before entry ${after + 1}`)
  const { readings, curves, registry } = gather(entries)
  if (registry !== null) await stores.registry.save(registry)
  for (const curve of curves) await stores.prices.save(curve)
  await stores.sessions.save(await changedSessions(stores, entries))
  if (readings.length > 0) await stores.readings.save(readings)
  await stores.journal.copy(entries)
  return last.sequence
}

function gather(entries: readonly JournalEntry[]) {
  const readings: Reading[] = []
  const curves: PriceCurve[] = []
  let registry: Registry | null = null
  for (const { fact } of entries) {
    if (fact.kind === 'readings') for (const reading of fact.readings) readings.push(reading)
    else if (fact.kind === 'prices-received') curves.push(fact.curve)
    else if (fact.kind === 'registry-set') registry = fact.registry
  }
  return { readings, curves, registry }
}

/** Sessions after these entries, as far as the entries change them. */
async function changedSessions(stores: Stores, entries: readonly JournalEntry[]): Promise<readonly Session[]> {
  const changed = new Map<SessionId, Session>()
  async function change(session: SessionId, to: Partial<Session>): Promise<void> {
    const known = changed.get(session) ?? (await stores.sessions.find(session))
    if (known !== null) changed.set(session, { ...known, ...to })
  }
  for (const { fact } of entries) {
    if (fact.kind === 'session-started') changed.set(fact.session.id, fact.session)
    else if (fact.kind === 'session-needs') await change(fact.session, { needs: fact.needs, wish: fact.wish })
    else if (fact.kind === 'wish-changed') await change(fact.session, { wish: fact.wish })
    else if (fact.kind === 'session-ended') await change(fact.session, { endedAt: fact.endedAt })
  }
  return [...changed.values()]
}
