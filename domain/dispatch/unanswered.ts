// Stations that give no answer to their orders, or take none: they are counted, and set aside like one that does not follow.
import type { Fact } from '../facts/fact.ts'
import type { LiveEvse } from '../live/live-fleet.ts'
import type { OrderId } from '../registry/identity.ts'
import { QUARANTINE_MS } from './judge.ts'

/** As many as looks at which a station did not follow. */
const IN_A_ROW_MAX = 3
/** Counted as far as it makes a difference to when a station is tried again. */
const COUNTED_MAX = 5

/** What is recorded when an order got no answer at an instant, epoch ms. A station that stays silent is on record once in a quarantine, and when it was its turn again, not with every order (F32). */
export function unansweredFacts(live: LiveEvse, order: OrderId, at: number): readonly Fact[] {
  const evse = live.evse.id
  const isOutOfTurn = live.retryAt !== null && at < live.retryAt
  if (isSetAside(live, at) && isOutOfTurn && live.unanswered >= COUNTED_MAX) return []
  const count = Math.min(COUNTED_MAX, live.unanswered + 1)
  const facts: Fact[] = [{ kind: 'order-unanswered', evse, order, count }]
  if (count >= IN_A_ROW_MAX && !isSetAside(live, at))
    facts.push({ kind: 'station-quarantined', evse, until: at + QUARANTINE_MS, reason: 'no-answer' })
  return facts
}

/** What is recorded beside a refusal that is on record already: of many in a row the station is set aside (F32). */
export function refusedFacts(live: LiveEvse, at: number): readonly Fact[] {
  if (live.refusals < IN_A_ROW_MAX || isSetAside(live, at)) return []
  return [{ kind: 'station-quarantined', evse: live.evse.id, until: at + QUARANTINE_MS, reason: 'refuses' }]
}

function isSetAside({ quarantinedUntil }: LiveEvse, at: number): boolean {
  return quarantinedUntil !== null && quarantinedUntil > at
}
