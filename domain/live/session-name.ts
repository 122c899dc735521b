// Names of sessions: a digest of what makes a session the one it is, so that no text a station sends can be the name of another station's session.
import { createHash } from 'node:crypto'
import { id, type EvseId, type SessionId } from '../registry/identity.ts'

/** 132 bits. */
const CHARACTERS = 22

/**
 * The name of the session that a transaction of an EVSE began at an instant, epoch ms: the same facts always give the same name. Joined texts would not
 * do: station `S` with transaction `1-X` and station `S-1` with transaction `X` read alike.
 */
export function sessionName(evse: EvseId, transaction: string, startedAt: number): SessionId {
  const digest = createHash('sha256')
    .update(JSON.stringify([evse, transaction, startedAt]))
    .digest('base64url')
  return id<SessionId>(`s-${digest.slice(0, CHARACTERS)}`)
}
