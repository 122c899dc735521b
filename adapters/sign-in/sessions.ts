// Who is signed in: random tokens of which only digests are kept, in memory, for some hours at most.
import { createHash, randomBytes } from 'node:crypto'
import type { Asker } from '../../domain/registry/asker.ts'

/** Begin of every token; an API key never looks like it. */
export const SESSION_PREFIX = 'gs_session_'
const SESSIONS_MAX = 10_000
/** Nobody asks for so long: the session is over. */
const IDLE_MS = 3_600_000

interface Session {
  readonly asker: Asker
  readonly endsAt: number
  usedAt: number
}
export interface Sessions {
  /** Signs somebody in for some ms; the token is told once. Of too many the one that was not used for longest ends. */
  open(asker: Asker, ms: number): { readonly token: string; readonly endsAt: number }
  /** Whoever holds a token; null once it is over, for any reason. */
  find(token: string): { readonly asker: Asker; readonly isInForce: () => boolean } | null
  end(token: string): void
}

/** Sessions on a clock, epoch ms. They end with the process. */
export function openSessions(now: () => number, most = SESSIONS_MAX): Sessions {
  /** By digest, in the order of last use. */
  const open = new Map<string, Session>()
  const isOver = ({ endsAt, usedAt }: Session, at: number) => at >= endsAt || at - usedAt >= IDLE_MS
  return {
    open(asker, ms) {
      const at = now()
      for (const [digest, session] of open) if (isOver(session, at)) open.delete(digest)
      while (open.size >= most) open.delete(open.keys().next().value!)
      const token = SESSION_PREFIX + randomBytes(32).toString('base64url')
      open.set(digestOf(token), { asker, endsAt: at + ms, usedAt: at })
      return { token, endsAt: at + ms }
    },
    find(token) {
      const digest = digestOf(token)
      const session = open.get(digest)
      if (session === undefined) return null
      open.delete(digest)
      if (isOver(session, now())) return null
      session.usedAt = now()
      open.set(digest, session)
      // A stream that stays open is a use of it.
      const isInForce = () => {
        const isOn = open.get(digest) === session && now() < session.endsAt
        if (isOn) session.usedAt = now()
        return isOn
      }
      return { asker: session.asker, isInForce }
    },
    end: (token) => void open.delete(digestOf(token)),
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
