// Who is there: an end tells the session it has drawn, and its last will that there is none any more.
import { SESSION } from './topics.ts'

/** What an end says of itself; null for gone. */
export function writePresence(session: string | null): string {
  return JSON.stringify({ session })
}

/** The session somebody tells; null for gone, undefined for what is no presence. */
export function readPresence(payload: Buffer): string | null | undefined {
  if (payload.length > 1_024) return undefined
  try {
    const { session } = JSON.parse(payload.toString('utf8')) as { session?: unknown }
    if (session === null) return null
    return typeof session === 'string' && SESSION.test(session) ? session : undefined
  } catch {
    return undefined
  }
}
