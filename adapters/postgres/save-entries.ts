// What journal entries mean for the stores: registry, prices, sessions and readings as the entries say, and last the entries themselves.
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { SessionId } from '../../domain/registry/identity.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'

/**
 * Saves what some entries say and copies them. The copy comes last: when anything fails before it, the same entries are taken again, and all stores
 * leave alone what they already have.
 */
export async function saveEntries(stores: Stores, entries: readonly JournalEntry[]): Promise<void> {
  const { readings, curves, registry } = gather(entries)
  if (registry !== null) await stores.registry.save(registry)
  for (const curve of curves) await stores.prices.save(curve)
  const sessions = await changedSessions(stores, entries)
  if (sessions.length > 0) await stores.sessions.save(sessions)
  if (readings.length > 0) await stores.readings.save(readings)
  await stores.journal.copy(entries)
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
  const changed = await knownBefore(stores, entries)
  function change(session: SessionId, to: Partial<Session>): void {
    const known = changed.get(session)
    if (known !== undefined) changed.set(session, { ...known, ...to })
  }
  for (const { fact } of entries) {
    if (fact.kind === 'session-started') changed.set(fact.session.id, fact.session)
    else if (fact.kind === 'session-needs') change(fact.session, { needs: fact.needs, wish: fact.wish })
    else if (fact.kind === 'wish-changed') change(fact.session, { wish: fact.wish })
    else if (fact.kind === 'session-changed') change(fact.session, fact.changes)
    else if (fact.kind === 'session-reopened') change(fact.session, { endedAt: null })
    else if (fact.kind === 'session-ended') {
      const { endedAt, missed } = fact
      change(fact.session, { endedAt, ...(missed === undefined ? {} : { eventsMissed: missed }) })
    }
  }
  return [...changed.values()]
}

const CHANGING: ReadonlySet<JournalEntry['fact']['kind']> = new Set([
  'session-changed',
  'session-reopened',
  'session-needs',
  'wish-changed',
  'session-ended',
])

/** Sessions that entries change and that began before them, as the database has them: one question for all. */
async function knownBefore(stores: Stores, entries: readonly JournalEntry[]): Promise<Map<SessionId, Session>> {
  const begun = new Set<SessionId>()
  const before = new Set<SessionId>()
  for (const { fact } of entries)
    if (fact.kind === 'session-started') begun.add(fact.session.id)
    else if (CHANGING.has(fact.kind)) {
      const { session } = fact as { readonly session: SessionId }
      if (!begun.has(session)) before.add(session)
    }
  const known = before.size === 0 ? [] : await stores.sessions.findAll([...before])
  return new Map(known.map((session) => [session.id, session]))
}
