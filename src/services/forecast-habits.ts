// Learns from sessions as they end when cars are usually unplugged, and gives a ready-by to those of whom no wish is known.
import { departureQuantile } from '../../domain/forecast/departure.ts'
import { emptyHistory, learnAll, type PastSession } from '../../domain/forecast/history.ts'
import type { LiveFleet } from '../../domain/fleet/live-fleet.ts'
import type { Fact } from '../../domain/ports/journal.ts'

export interface Habits {
  /** Takes notice of a fact that is about to be applied to the fleet, live or read from the journal. */
  readonly notice: (fleet: LiveFleet, fact: Fact) => void
  /** When a car that is plugged in at `at` should be ready, epoch ms; null where too few sessions of this user (vehicle, else EVSE) are known. */
  readonly usualReadyBy: (user: string, at: number) => number | null
}

/** Of ten such cars nine are still there. */
const EARLIEST_SHARE = 0.1
/** Fewer sessions of one's own say less than the usual default. */
const SESSIONS_MIN = 8
/** Nobody is promised a car within less. */
const AHEAD_MIN_MS = 1_800_000
/** Learning copies the history, so that sessions are learnt many at a time. */
const UNLEARNT_MAX = 1_000

/** Habits of nobody yet; the energies are not learnt, as facts tell registers and no sums. */
export function habits(zone: string): Habits {
  let history = emptyHistory(zone)
  let unlearnt: PastSession[] = []
  function learn(): void {
    if (unlearnt.length === 0) return
    history = learnAll(history, unlearnt)
    unlearnt = []
  }
  return {
    notice(fleet, fact) {
      if (fact.kind !== 'session-ended') return
      const session = fleet.sessions.get(fact.session)
      if (session === undefined || session.endedAt !== null || fact.endedAt < session.startedAt) return
      const { vehicle, evse, startedAt } = session
      unlearnt.push({ user: vehicle ?? evse, pluggedAt: startedAt, unpluggedAt: fact.endedAt, energy: null })
      if (unlearnt.length >= UNLEARNT_MAX) learn()
    },
    usualReadyBy(user, at) {
      learn()
      if ((history.users.get(user)?.habits.length ?? 0) < SESSIONS_MIN) return null
      return Math.max(at + AHEAD_MIN_MS, departureQuantile(history, user, at, at, EARLIEST_SHARE))
    },
  }
}
