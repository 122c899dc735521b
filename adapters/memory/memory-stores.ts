// The stores in memory: the shortest way to say what the database adapters must do, and enough for tests and a passing demo.
import type { JournalEntry } from '../../domain/ports/journal.ts'
import {
  rowsAtMost,
  type JournalCopy,
  type PlanStore,
  type PriceStore,
  type ReadingPosition,
  type ReadingStore,
  type RegistryStore,
  type SessionPosition,
  type SessionStore,
  type Stores,
} from '../../domain/ports/stores.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { EMPTY_REGISTRY, type Registry } from '../../domain/registry/registry.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import { series, valueAt } from '../../domain/time/series.ts'
import { later } from '../../domain/time/slot.ts'

/** All stores in memory: the reference of the contract suite. */
export function memoryStores(): Stores {
  return {
    journal: journalCopy(),
    registry: registryStore(),
    sessions: sessionStore(),
    plans: planStore(),
    readings: readingStore(),
    prices: priceStore(),
    async check() {},
    async close() {},
  }
}

function journalCopy(): JournalCopy {
  const nodes = new Map<string, Map<number, JournalEntry>>()
  return {
    async copy(entries) {
      for (const { node, sequence, hash } of entries) {
        const known = nodes.get(node)?.get(sequence)
        if (known !== undefined && known.hash !== hash)
          throw new Error(`journal entry ${sequence} of ${node} is there with another hash`)
      }
      for (const entry of entries) {
        const chain = nodes.get(entry.node) ?? new Map<number, JournalEntry>()
        nodes.set(entry.node, chain)
        if (!chain.has(entry.sequence)) chain.set(entry.sequence, entry)
      }
    },
    async lastCopied(node) {
      return Math.max(0, ...(nodes.get(node)?.keys() ?? []))
    },
    async entries(node, after, limit) {
      const chain = [...(nodes.get(node)?.values() ?? [])].filter((entry) => entry.sequence > after)
      return chain.sort((a, b) => a.sequence - b.sequence).slice(0, rowsAtMost(limit))
    },
  }
}

function registryStore(): RegistryStore {
  let saved: Registry = EMPTY_REGISTRY
  return {
    async save(registry) {
      saved = registry
    },
    async load() {
      return saved
    },
  }
}

function sessionStore(): SessionStore {
  const saved = new Map<string, Session>()
  return {
    async save(sessions) {
      for (const session of sessions) saved.set(session.id, session)
    },
    async find(session) {
      return saved.get(session) ?? null
    },
    async findAll(sessions) {
      return sessions.flatMap((session) => saved.get(session) ?? [])
    },
    async list(from, until, limit, after = null) {
      const newestFirst = (a: SessionPosition, b: SessionPosition) => b.startedAt - a.startedAt || -byBytes(a.id, b.id)
      return [...saved.values()]
        .filter((session) => session.startedAt < until && (session.endedAt === null || session.endedAt > from))
        .filter((session) => after === null || newestFirst(after, session) < 0)
        .sort(newestFirst)
        .slice(0, rowsAtMost(limit))
    },
  }
}

function planStore(): PlanStore {
  const saved = new Map<string, Plan>()
  const key = (plan: Plan) => `${plan.session} ${plan.issuedAt} ${plan.inputHash}`
  async function history(session: string, limit: number): Promise<readonly Plan[]> {
    // The map keeps the order of saving; the sort is stable, so of two plans of one instant the one saved last comes first.
    const versions = [...saved.values()].filter((plan) => plan.session === session).reverse()
    return versions.sort((a, b) => b.issuedAt - a.issuedAt).slice(0, rowsAtMost(limit))
  }
  return {
    async save(plans) {
      for (const plan of plans) {
        saved.delete(key(plan))
        saved.set(key(plan), plan)
      }
    },
    async latest(session) {
      return (await history(session, 1))[0] ?? null
    },
    history,
  }
}

function readingStore(): ReadingStore {
  const saved = new Map<string, Reading>()
  return {
    async save(readings) {
      for (const reading of readings) {
        const { evse, transaction, sampledAt, imported, exported, power, soc } = reading
        const key = JSON.stringify([evse, transaction, sampledAt, imported, exported, power, soc])
        if (!saved.has(key)) saved.set(key, reading)
      }
    },
    async list(evse, from, until, limit, after = null) {
      return [...saved.values()]
        .filter((reading) => reading.evse === evse && reading.sampledAt >= from && reading.sampledAt < until)
        .filter((reading) => after === null || oldestFirst(after, reading) < 0)
        .sort(oldestFirst)
        .slice(0, rowsAtMost(limit))
    },
    async forget(before) {
      for (const [key, reading] of saved) if (reading.sampledAt < before) saved.delete(key)
    },
  }
}

function oldestFirst(a: ReadingPosition, b: ReadingPosition): number {
  if (a.sampledAt !== b.sampledAt) return a.sampledAt - b.sampledAt
  if (a.transaction !== b.transaction) {
    if (a.transaction === null || b.transaction === null) return a.transaction === null ? -1 : 1
    return byBytes(a.transaction, b.transaction)
  }
  for (const what of ['imported', 'exported', 'power', 'soc'] as const)
    if (a[what] !== b[what]) return (a[what] ?? -Infinity) < (b[what] ?? -Infinity) ? -1 : 1
  return 0
}
/** The order of the databases (collation "C"): by the bytes of UTF-8, whatever the language of the machine. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function priceStore(): PriceStore {
  const saved = new Map<string, PriceCurve>()
  /** Newest first: by the time it was fetched, then by the order of saving. */
  function versions(zone: string, market: string): PriceCurve[] {
    return [...saved.values()]
      .filter((curve) => curve.zone === zone && curve.market === market)
      .reverse()
      .sort((a, b) => b.provenance.fetchedAt - a.provenance.fetchedAt)
  }
  return {
    async save(curve) {
      const { source, location, fetchedAt, digest } = curve.provenance
      const key = JSON.stringify([curve.zone, curve.market, source, location, fetchedAt, digest, curve.prices.first])
      if (!saved.has(key)) saved.set(key, curve)
    },
    async prices(zone, market, from, until) {
      const newest = versions(zone, market)
      const slots = Array.from({ length: Math.max(0, until - from) }, (_, i) => later(from, i))
      return series(
        from,
        slots.map((slot) => newest.map((curve) => valueAt(curve.prices, slot) ?? null).find((price) => price !== null) ?? null),
      )
    },
    async sources(zone, market, limit) {
      return versions(zone, market)
        .slice(0, rowsAtMost(limit))
        .map((curve) => curve.provenance)
    },
  }
}
