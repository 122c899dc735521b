// Learning from sessions that are over: what was foretold of them is weighed first, then they are remembered.
import { assert } from '../result.ts'
import { wallDay, wallTime } from '../time/wall-clock.ts'
import {
  CALIBRATION_BINS,
  CELL_MAX,
  dayClass,
  ENERGY_STEP,
  HABITS_MAX,
  hourOf,
  type Habit,
  type History,
  type PastSession,
  type UserHistory,
} from './history.ts'
import { stayForecast, STAY_BINS, stayBin } from './stay.ts'
import { CALIBRATION_KEPT } from './tuning.ts'

const USERS_MAX = 100_000
/** A cell of the pool's counts of energy remembers about so many sessions. */
const CELL_MEMORY = 400

/** The history with one more session that is over. Sessions come in the order of their ends. */
export function learn(history: History, session: PastSession): History {
  return learnAll(history, [session])
}

/** The history with more sessions; for many at once, as it copies what it keeps only once. */
export function learnAll(history: History, sessions: readonly PastSession[]): History {
  const users = new Map(history.users)
  const recent = [...history.recent]
  const energies = history.energies.map((counts) => counts.slice())
  const trust = history.trust.map((counts) => counts.slice())
  const calibration = history.calibration.slice()
  const next: History = { zone: history.zone, users, recent, energies, trust, calibration }
  for (const session of sessions) {
    assert(session.unpluggedAt >= session.pluggedAt, `session of ${session.user} ends before it starts`)
    const plugged = wallTime(session.pluggedAt, history.zone)
    const stay = Math.max(0, wallTime(session.unpluggedAt, history.zone) - plugged) / 60_000
    const habit: Habit = { plugged, stay, energy: session.energy }
    weigh(next, session, stay)
    remember(users, session.user, habit)
    const cell = dayClass(plugged) * 24 + hourOf(plugged)
    recent[cell] = [...recent[cell]!.slice(-(CELL_MAX - 1)), habit]
    if (habit.energy !== null) count(energies[dayClass(plugged)]!, habit.energy / ENERGY_STEP)
  }
  return next
}

/** Trusts each view by its part in what came, and notes where the departure fell in what was foretold. */
function weigh(history: History, session: PastSession, stay: number): void {
  const { calibration } = history
  const { views, trust, raw } = stayForecast(history, { ...session, need: session.energy })
  const bin = Math.min(STAY_BINS, stayBin(stay))
  let sum = 0
  for (const [i, view] of views.entries()) sum += trust[i]! * view[bin]!
  for (const [i, view] of views.entries()) trust[i]! += (trust[i]! * view[bin]!) / sum
  let low = 0
  for (let i = 0; i < bin; i++) low += raw[i]!
  const high = low + raw[bin]!
  for (let i = 0; i < CALIBRATION_BINS; i++) {
    const [from, until] = [i / CALIBRATION_BINS, (i + 1) / CALIBRATION_BINS]
    const share = Math.max(0, Math.min(high, until) - Math.max(low, from)) / (high - low)
    calibration[i] = calibration[i]! * CALIBRATION_KEPT + share
  }
}

function remember(users: Map<string, UserHistory>, user: string, habit: Habit): void {
  const known = users.get(user)
  if (known === undefined) {
    // The oldest acquaintance goes when there are too many; a map keeps the order of insertion.
    if (users.size >= USERS_MAX) users.delete(users.keys().next().value!)
    users.set(user, { since: wallDay(habit.plugged), habits: [habit] })
    return
  }
  const isFull = known.habits.length >= HABITS_MAX
  const habits = [...(isFull ? known.habits.slice(1) : known.habits), habit]
  users.set(user, { since: isFull ? wallDay(habits[0]!.plugged) : known.since, habits })
}

function count(counts: Float64Array, bin: number): void {
  for (let i = 0; i < counts.length; i++) counts[i]! *= 1 - 1 / CELL_MEMORY
  counts[Math.min(counts.length - 1, Math.floor(bin))]! += 1
}
