// How long will a car stay that is plugged in now? A probability for every quarter-hour of the next three days, from several views that are trusted by how well they have foretold.
//
// Each view weighs past sessions: one's own at a like hour of a like day, with a like energy wanted or without, one's own of any hour, those of the pool. Where few of one's own are
// known the pool helps out, so that a new car is foretold like all. Short stops and nights are told apart by hour and energy. What comes out is calibrated: where departures
// have fallen in what was foretold before corrects what is foretold now.
import { DAY_MS, wallTime, type WallTime } from '../time/wall-clock.ts'
import { CALIBRATION_BINS, clockDistance, DAY_CLASSES, dayClass, hourOf, minuteOf, type Habit, type History } from './history.ts'
import {
  CALIBRATION_SESSIONS,
  CLOSE_MINUTES,
  CLOSE_ROOT_KWH,
  HALF_LIFE_DAYS,
  LIKE_MINUTES,
  LIKE_ROOT_KWH,
  OTHER_DAY,
  OWN_BLUR,
  POOL_BLUR,
  POOL_SESSIONS,
  UNKNOWN_STAY_HOURS,
} from './tuning.ts'

/** A car that is plugged in. */
export interface Arrival {
  readonly user: string
  /** Epoch ms. */
  readonly pluggedAt: number
  /** Energy it wants, Wh; null where nobody knows. */
  readonly need: number | null
}

/** What is foretold of one stay. */
export interface Stay {
  readonly zone: string
  readonly plugged: WallTime
  /** Probability of leaving in each quarter-hour on the wall clock since plugging in, and of leaving later than in all of them. */
  readonly chances: Float64Array
}

/** Quarter-hours that are told apart: three days. */
export const STAY_BINS = 3 * 96
const BIN_MINUTES = 15
const HOURS_REACH = 4
/** Less than this is no likeness. */
const LIKENESS_MIN = 0.003

/** The bin of a stay, minutes; not bounded. */
export function stayBin(minutes: number): number {
  return Math.floor(minutes / BIN_MINUTES)
}

/** What is foretold of a car, from the history it is given alone; always has an answer. */
export function stayAt(history: History, arrival: Arrival): Stay {
  const { raw } = stayForecast(history, arrival)
  return { zone: history.zone, plugged: wallTime(arrival.pluggedAt, history.zone), chances: calibrated(history, raw) }
}

/** Of one arrival: the views, what each of them is trusted with (to be added to), and their mixture before calibration. */
export function stayForecast(
  history: History,
  arrival: Arrival,
): { readonly views: readonly Float64Array[]; readonly trust: Float64Array; readonly raw: Float64Array } {
  const plugged = wallTime(arrival.pluggedAt, history.zone)
  const { sameHour, sameNeed } = poolViews(history, plugged, arrival.need)
  const own = ownSessions(history, arrival.user, plugged, arrival.need)
  const views = [
    blurred(own.close, OWN, sameNeed),
    blurred(own.hour, OWN, sameHour),
    blurred(own.hourAndNeed, OWN, sameNeed),
    blurred(own.any, OWN, sameNeed),
    sameHour,
    sameNeed,
    UNKNOWN,
  ]
  const trust = history.trust[acquaintance(own.hour.weight)]!
  const total = trust.reduce((sum, each) => sum + each, 0)
  const raw = new Float64Array(STAY_BINS + 1)
  for (const [i, view] of views.entries()) {
    const share = trust[i]! / total
    for (let bin = 0; bin <= STAY_BINS; bin++) raw[bin]! += share * view[bin]!
  }
  return { views, trust, raw }
}

/** How well a user is known, by the weight of sessions that are like the one asked for. */
function acquaintance(weight: number): number {
  return weight < 0.3 ? 0 : weight < 1 ? 1 : weight < 3 ? 2 : weight < 8 ? 3 : 4
}

/** Weighted departures by quarter-hour since plugging in. */
interface Counts {
  readonly bins: Float64Array
  weight: number
}

function counts(): Counts {
  return { bins: new Float64Array(STAY_BINS + 1), weight: 0 }
}

/** Whoever would have left before the car came tells nothing. */
function add(to: Counts, minutes: number, weight: number): void {
  if (minutes < 0) return
  to.bins[Math.min(STAY_BINS, stayBin(minutes))]! += weight
  to.weight += weight
}

function poolViews(
  history: History,
  plugged: WallTime,
  need: number | null,
): { readonly sameHour: Float64Array; readonly sameNeed: Float64Array } {
  const [hour, minute, own] = [hourOf(plugged), minuteOf(plugged), dayClass(plugged)]
  const [all, wanted] = [counts(), counts()]
  for (let day = 0; day < DAY_CLASSES; day++) {
    for (let away = -HOURS_REACH; away <= HOURS_REACH; away++) {
      for (const habit of history.recent[day * 24 + ((hour + away + 24) % 24)]!) {
        const shift = clockDistance(minute, minuteOf(habit.plugged))
        const like = normal(shift / LIKE_MINUTES) * (day === own ? 1 : OTHER_DAY)
        if (like < LIKENESS_MIN) continue
        add(all, shift + habit.stay, like)
        add(wanted, shift + habit.stay, like * needLikeness(habit, need, LIKE_ROOT_KWH))
      }
    }
  }
  const sameHour = blurred(all, POOL, UNKNOWN)
  return { sameHour, sameNeed: blurred(wanted, POOL, sameHour, 1) }
}

function ownSessions(history: History, user: string, plugged: WallTime, need: number | null) {
  const found = { close: counts(), hour: counts(), hourAndNeed: counts(), any: counts() }
  const [minute, own] = [minuteOf(plugged), dayClass(plugged)]
  for (const habit of history.users.get(user)?.habits ?? []) {
    const shift = clockDistance(minute, minuteOf(habit.plugged))
    const recent = 2 ** (-Math.max(0, plugged - habit.plugged) / DAY_MS / HALF_LIFE_DAYS)
    const day = recent * (dayClass(habit.plugged) === own ? 1 : OTHER_DAY)
    const wanted = needLikeness(habit, need, LIKE_ROOT_KWH)
    const hour = normal(shift / LIKE_MINUTES) * day
    add(found.close, shift + habit.stay, normal(shift / CLOSE_MINUTES) * day * needLikeness(habit, need, CLOSE_ROOT_KWH))
    add(found.hour, shift + habit.stay, hour)
    add(found.hourAndNeed, shift + habit.stay, hour * wanted)
    // Whoever came at another hour stayed as long, not until the same time.
    add(found.any, habit.stay, recent * wanted)
  }
  return found
}

/** How much a session tells of one that wants so much energy, as far as both are known. */
function needLikeness({ energy }: Habit, need: number | null, width: number): number {
  if (energy === null || need === null) return 1
  return normal((Math.sqrt(Math.max(0, energy) / 1_000) - Math.sqrt(Math.max(0, need) / 1_000)) / width)
}

function normal(apart: number): number {
  return Math.exp(-0.5 * apart * apart)
}

/** Counts blurred and shrunk towards what is known otherwise, as a distribution. */
function blurred(
  { bins, weight }: Counts,
  kernel: readonly number[],
  otherwise: Float64Array,
  sessions = POOL_SESSIONS,
): Float64Array {
  const reach = kernel.length >> 1
  const spread = new Float64Array(STAY_BINS + 1)
  for (let bin = 0; bin < STAY_BINS; bin++) {
    const here = bins[bin]!
    if (here === 0) continue
    for (let i = -reach; i <= reach; i++) {
      const to = bin + i < 0 ? -1 - bin - i : Math.min(STAY_BINS - 1, bin + i)
      spread[to]! += here * kernel[i + reach]!
    }
  }
  spread[STAY_BINS] = bins[STAY_BINS]!
  for (let bin = 0; bin <= STAY_BINS; bin++) spread[bin] = (spread[bin]! + sessions * otherwise[bin]!) / (weight + sessions)
  return spread
}

function blurOf(quarterHours: number): readonly number[] {
  const reach = Math.ceil(2.5 * quarterHours)
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => normal((i - reach) / quarterHours))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}
const OWN = blurOf(OWN_BLUR)
const POOL = blurOf(POOL_BLUR)

/** Leaving at no time in particular. */
const UNKNOWN = (() => {
  const left = (bin: number) => Math.exp((-bin * BIN_MINUTES) / 60 / UNKNOWN_STAY_HOURS)
  return Float64Array.from({ length: STAY_BINS + 1 }, (_, bin) => left(bin) - (bin === STAY_BINS ? 0 : left(bin + 1)))
})()

/** Stretches the distribution so that departures so far would have fallen evenly in it. */
function calibrated({ calibration }: History, raw: Float64Array): Float64Array {
  const even = CALIBRATION_SESSIONS / CALIBRATION_BINS
  const reached = new Float64Array(CALIBRATION_BINS + 1)
  for (let i = 0; i < CALIBRATION_BINS; i++) reached[i + 1] = reached[i]! + calibration[i]! + even
  const total = reached[CALIBRATION_BINS]!
  const chances = new Float64Array(raw.length)
  let [sum, before] = [0, 0]
  for (let bin = 0; bin < raw.length; bin++) {
    sum += raw[bin]!
    const at = Math.min(1, sum) * CALIBRATION_BINS
    const i = Math.min(CALIBRATION_BINS - 1, Math.floor(at))
    const left = bin === raw.length - 1 ? 1 : (reached[i]! + (reached[i + 1]! - reached[i]!) * (at - i)) / total
    chances[bin] = left - before
    before = left
  }
  return chances
}
