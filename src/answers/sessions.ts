// Answers about sessions, from the live state and behind it from the store, and takes changed wishes.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { mayKnowVehicle, type Asker } from '../../domain/registry/asker.ts'
import type { SessionId } from '../../domain/registry/identity.ts'
import type { Session, Wish } from '../../domain/registry/session.ts'
import type { NewWish, SessionAnswers, WishRefusal } from '../../domain/ports/answers/sessions.ts'
import type { SessionStore } from '../../domain/ports/stores.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { UntoldDepartureOf } from './departures.ts'
import type { Visibility } from './visibility.ts'

export interface SessionOptions {
  readonly fleet: LiveFleet
  readonly visible: Visibility
  readonly store: SessionStore
  readonly untoldDepartureOf: UntoldDepartureOf
  readonly now: () => number
  readonly changeWish: (session: SessionId, wish: NewWish) => Promise<Result<Wish, WishRefusal>>
}

/** The sessions of a live fleet and its store. */
export function sessionDesk({ fleet, visible, store, untoldDepartureOf, now, changeWish }: SessionOptions): SessionAnswers {
  const mayKnow = (asker: Asker, { evse, vehicle }: Session) => visible.evse(asker, evse) && mayKnowVehicle(asker, vehicle)
  return {
    async sessions(asker, from, until, limit, after = null) {
      const found: Session[] = []
      let position = after
      // Whoever knows of few sessions looks through those of the others, a page at a time.
      for (;;) {
        const page = await store.list(from, until, limit, position)
        found.push(...page.filter((session) => mayKnow(asker, session)))
        const last = page.at(-1)
        if (last === undefined || page.length < limit || found.length >= limit) return found.slice(0, limit)
        position = { startedAt: last.startedAt, id: last.id }
      }
    },
    async session(asker, id) {
      const found = fleet.sessions.get(id) ?? (await store.find(id))
      return found !== null && mayKnow(asker, found) ? found : null
    },
    async untoldDeparture(asker, id) {
      const known = fleet.sessions.get(id)
      if (known === undefined || known.endedAt !== null || !mayKnow(asker, known)) return null
      const live = fleet.evses.get(known.evse)
      return live?.session === id ? untoldDepartureOf(live, now()) : null
    },
    async changeWish(asker, id, wish) {
      const known = fleet.sessions.get(id)
      return known === undefined || !mayKnow(asker, known) ? refused({ kind: 'unknown-session' }) : changeWish(id, wish)
    },
  }
}
