// Names of sessions: STATION-EVSE-TRANSACTION as people read it, with the begin's instant behind it where that transaction may have had a session before.
import { createHash } from 'node:crypto'
import { evseNumber, id, stationOf, type EvseId, type SessionId } from '../registry/identity.ts'
import type { LiveFleet } from './live-fleet.ts'
import { mayBeUsed, NONE_USED } from './used-transactions.ts'

type Known = Pick<LiveFleet, 'sessions' | 'usedTransactions'>

/** Safe in a path as it stands; `~` is ours. */
const SAFE = /^[\w.-]{1,64}$/
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
/** What could be read as the number of an EVSE with more behind it: no two stations' names may read alike. */
const LIKE_EVSE = /(^|-)\d+-/
/** Longer numbers could be a part of a UUID. */
const EVSE_MAX = 999
/** 128 bits. */
const DIGEST_DIGITS = 32

/**
 * The name of the session that a transaction of an EVSE began at an instant, epoch ms: the same facts always give the same name, and no text a station
 * sends gives that of another session.
 */
export function sessionName(fleet: Known, evse: EvseId, transaction: string, startedAt: number): SessionId {
  const station = stationOf(evse)
  const number = evseNumber(evse)
  const isPlain = SAFE.test(transaction) && (UUID.test(transaction) || !LIKE_EVSE.test(transaction)) && number <= EVSE_MAX
  const place = `${SAFE.test(station) ? station : digested(station)}-${number}`
  const name = id<SessionId>(`${place}-${isPlain ? transaction : digested(transaction)}`)
  const isNew = !mayBeUsed(fleet.usedTransactions.get(station) ?? NONE_USED, transaction) && !fleet.sessions.has(name)
  return isNew ? name : id<SessionId>(`${name}~${compact(startedAt)}`)
}

function digested(text: string): string {
  return `~${createHash('sha256').update(text).digest('hex').slice(0, DIGEST_DIGITS)}`
}

/** To the millisecond, in UTC: 20260115T160000123. */
function compact(at: number): string {
  return new Date(at).toISOString().replace(/[-:.Z]/g, '')
}
