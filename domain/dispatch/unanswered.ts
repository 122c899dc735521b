// A station that takes orders and gives no answer: it is counted, and set aside like one that does not follow.
import type { Fact } from '../facts/fact.ts'
import type { LiveEvse } from '../live/live-fleet.ts'
import type { OrderId } from '../registry/identity.ts'
import { QUARANTINE_MS } from './judge.ts'

/** As many as looks at which a station did not follow. */
const UNANSWERED_MAX = 3

/** What is recorded when an order got no answer at an instant, epoch ms. A station that stays silent is on record once in a quarantine, not with every order (F32). */
export function unansweredFacts(live: LiveEvse, order: OrderId, at: number): readonly Fact[] {
  const evse = live.evse.id
  const isSetAside = live.quarantinedUntil !== null && live.quarantinedUntil > at
  if (isSetAside && live.unanswered >= UNANSWERED_MAX) return []
  const count = Math.min(UNANSWERED_MAX, live.unanswered + 1)
  const facts: Fact[] = [{ kind: 'order-unanswered', evse, order, count }]
  if (count === UNANSWERED_MAX && !isSetAside)
    facts.push({ kind: 'station-quarantined', evse, until: at + QUARANTINE_MS, reason: 'no-answer' })
  return facts
}
