// Learns from sessions as they end when cars usually come and go: gives a ready-by to those of whom no wish is known, and says who is expected.
import { expectedArrivals, type ExpectedArrivals } from './arrivals.ts'
import { chanceOfStaying, departureQuantile } from './departure.ts'
import { emptyHistory, type History, type PastSession } from './history.ts'
import { learnAll } from './learn.ts'
import { stayAt, type Stay } from './stay.ts'
import type { EvseId, SessionId } from '../registry/identity.ts'
import type { Session } from '../registry/session.ts'
import { efficiencyOf } from '../live/stored-energy.ts'
import type { LiveFleet } from '../live/live-fleet.ts'
import type { Fact } from '../facts/fact.ts'
import { later, startOf, type Slot } from '../time/slot.ts'
import { DAY_MS, wallDay, wallTime } from '../time/wall-clock.ts'
import { wattHours } from '../units.ts'

export interface Habits {
  /** Takes notice of a fact that is about to be applied to the fleet, live or read from the journal. */
  readonly notice: (fleet: LiveFleet, fact: Fact) => void
  /** When a car that is plugged in at `at` should be ready, epoch ms; null where too few sessions of this user (vehicle, else EVSE) are known. */
  readonly usualReadyBy: (user: string, at: number) => number | null
  /**
   * How long a car will stay that is plugged in, `need` the energy it wanted when it came, Wh, where that is known. Of a car nobody
   * knows that is what the others do, and of the first of all cars little. Asked again it says the same until the session is over.
   */
  readonly stayOf: (session: Session, need: number | null) => Stay
  /** What was foretold of a session that is open; null where nobody asked yet. */
  readonly foretoldOf: (session: Session) => Stay | null
  /** How often a user is plugged in within 30 days, as the last ones tell; of a new one since it came. */
  readonly visitsAMonth: (user: string, at: number) => number
  /** Cars that are away and usually are plugged in at one of these EVSEs, from slot `first` on; null where too little is known of them. */
  readonly expectedAt: (fleet: LiveFleet, isOwn: (evse: EvseId) => boolean, first: Slot, steps: number) => ExpectedCars | null
  /** All that was learnt, to be taken up again by `thaw` in place of the sessions it was learnt from. */
  readonly freeze: () => unknown
  readonly thaw: (frozen: unknown) => void
}

/** Who is expected, by slot, and how long cars stay (see expected-arrivals.ts of the planner). */
export interface ExpectedCars extends ExpectedArrivals {
  readonly staying: Float64Array
}

/** Of ten such cars nine are still there. */
const EARLIEST_SHARE = 0.1
/** Fewer sessions of one's own say less than the usual default. */
const SESSIONS_MIN = 8
/** Stays remembered; whoever is beyond is foretold anew each time. */
const STAYS_MAX = 20_000
/** Nobody is promised a car within less. */
const AHEAD_MIN_MS = 1_800_000
/** Learning copies the history, so that sessions are learnt many at a time. */
const UNLEARNT_MAX = 1_000
/** So many users stand for all of them: every one takes some tens of microseconds. */
const SAMPLE_MAX = 400
const MONTH_DAYS = 30
/** Fewer cars than this are not worth a place in a plan. */
const EXPECTED_MIN = 0.5

interface Learnt {
  readonly history: History
  readonly unlearnt: readonly PastSession[]
  readonly places: ReadonlyMap<string, EvseId>
}

/** Habits of nobody yet. */
export function habits(zone: string): Habits {
  let history = emptyHistory(zone)
  let unlearnt: PastSession[] = []
  /** Where each user was plugged in last. */
  const places = new Map<string, EvseId>()
  function learn(): void {
    if (unlearnt.length === 0) return
    history = learnAll(history, unlearnt)
    unlearnt = []
  }
  /** What was foretold of sessions that are open. */
  const stays = new Map<SessionId, { readonly startedAt: number; readonly user: string; readonly stay: Stay }>()
  const isKnown = (user: string) => (history.users.get(user)?.habits.length ?? 0) >= SESSIONS_MIN
  return {
    notice(fleet, fact) {
      if (fact.kind !== 'session-ended') return
      const session = fleet.sessions.get(fact.session)
      if (session === undefined || session.endedAt !== null || fact.endedAt < session.startedAt) return
      stays.delete(session.id)
      const { vehicle, evse, startedAt } = session
      const live = fleet.evses.get(evse)
      const efficiency = efficiencyOf(fleet, session)
      // In the battery: what it gave back it had to take again.
      const stored = live === undefined ? 0 : live.chargedWh * efficiency - live.dischargedWh / efficiency
      const charged = live?.session === session.id ? wattHours(Math.max(0, stored)) : null
      places.set(vehicle ?? evse, evse)
      unlearnt.push({ user: vehicle ?? evse, pluggedAt: startedAt, unpluggedAt: fact.endedAt, energy: charged })
      if (unlearnt.length >= UNLEARNT_MAX) learn()
    },
    usualReadyBy(user, at) {
      learn()
      if (!isKnown(user)) return null
      return Math.max(
        at + AHEAD_MIN_MS,
        departureQuantile(stayAt(history, { user, pluggedAt: at, need: null }), at, EARLIEST_SHARE),
      )
    },
    stayOf({ id, vehicle, evse, startedAt }, need) {
      const user = vehicle ?? evse
      const before = stays.get(id)
      if (before !== undefined && before.user === user && before.startedAt === startedAt) return before.stay
      learn()
      const stay = stayAt(history, { user, pluggedAt: startedAt, need })
      if (stays.size < STAYS_MAX) stays.set(id, { startedAt, user, stay })
      return stay
    },
    foretoldOf: ({ id }) => stays.get(id)?.stay ?? null,
    visitsAMonth(user, at) {
      learn()
      const known = history.users.get(user)
      const wall = wallTime(at, zone)
      const watched = Math.min(MONTH_DAYS, Math.max(7, known === undefined ? 0 : wallDay(wall) - known.since))
      const visits = (known?.habits ?? []).filter(({ plugged }) => plugged > wall - watched * DAY_MS).length
      return (Math.max(1, visits) * MONTH_DAYS) / watched
    },
    expectedAt(fleet, isOwn, first, steps) {
      learn()
      const here = new Set<string>()
      for (const { evse, session } of fleet.evses.values())
        if (session !== null) here.add(fleet.sessions.get(session)?.vehicle ?? evse.id)
      const away = [...places].flatMap(([user, evse]) => (here.has(user) || !isOwn(evse) || !isKnown(user) ? [] : [user]))
      if (away.length === 0) return null
      const every = Math.ceil(away.length / SAMPLE_MAX)
      const sample = away.filter((_, i) => i % every === 0)
      const arrivals = expectedArrivals(history, sample, first, steps)
      const weight = away.length / sample.length
      const count = arrivals.count.map((number) => number * weight)
      if (count.reduce((sum, number) => sum + number, 0) < EXPECTED_MIN) return null
      // How long those stay who come when most do.
      const busiest = later(first, count.indexOf(Math.max(...count)))
      const coming = startOf(busiest)
      const staying = chanceOfStaying(stayAt(history, { user: '', pluggedAt: coming, need: null }), coming, busiest, steps)
      return { first, count, energy: arrivals.energy.map((energy) => energy * weight), staying }
    },
    freeze: (): Learnt => ({ history, unlearnt, places }),
    thaw(frozen) {
      const learnt = frozen as Learnt
      history = learnt.history
      stays.clear()
      unlearnt = [...learnt.unlearnt]
      places.clear()
      for (const [user, evse] of learnt.places) places.set(user, evse)
    },
  }
}
