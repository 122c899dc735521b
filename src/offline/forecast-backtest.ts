// Walks through past sessions day by day and forecasts each day from what was over before it began, beside baselines that anybody could write down.
import { expectedArrivals } from '../../domain/forecast/arrivals.ts'
import { chanceOfQuarterHour, departureQuantiles } from '../../domain/forecast/departure.ts'
import { energyDistribution } from '../../domain/forecast/energy-need.ts'
import { emptyHistory, type History, type PastSession } from '../../domain/forecast/history.ts'
import { learnAll } from '../../domain/forecast/learn.ts'
import { stayAt } from '../../domain/forecast/stay.ts'
import { scoreOf, type Score, type ScoredCase } from '../../domain/forecast/score.ts'
import { quantile, QUANTILES, weighted, type Weighted } from '../../domain/forecast/weighted.ts'
import { dayOf, nextDay, type DeliveryDay } from '../../domain/time/delivery-day.ts'
import { later, slotAt, startOf } from '../../domain/time/slot.ts'

export interface BacktestSettings {
  readonly zone: string
  /** Days at the beginning that are learnt from but not scored. */
  readonly warmUpDays: number
  /** Called with the number of sessions done. */
  readonly onProgress?: (done: number) => void
  /** Called with every scored case, by day and session, for a closer look. */
  readonly onCase?: (question: Question, method: Method, scored: ScoredCase) => void
}
export type Question = 'departure when plugged in' | 'departure after an hour' | 'energy' | 'arrivals per hour'
export type Method =
  'forecast' | 'energy known' | 'last session' | 'pool mean' | 'pool quantiles' | 'own quantiles' | 'week before'
export interface MethodScore extends Score {
  readonly method: Method
  /** A point has no band, so its coverage means nothing. */
  readonly isPoint: boolean
}
export interface BacktestQuestion {
  readonly question: Question
  readonly unit: 'min' | 'kWh' | 'cars'
  readonly cases: number
  /** The forecast first, then the baselines. */
  readonly scores: readonly MethodScore[]
}
export interface Backtest {
  readonly sessions: number
  readonly users: number
  readonly scoredSessions: number
  /** Local dates, both included; null when nothing was scored. */
  readonly scoredFrom: string | null
  readonly scoredTo: string | null
  readonly questions: readonly BacktestQuestion[]
}

const HOUR_MS = 3_600_000
interface Asked {
  readonly cases: Map<Method, ScoredCase[]>
  readonly onCase: (method: Method, scored: ScoredCase) => void
}

/**
 * Scores all questions on sessions in any order. A session is forecast from sessions that ended before its local day began; of sessions of
 * users never seen before that the pool alone tells, and the baseline `last session` then falls back to the pool's mean.
 */
export function backtestForecasts(sessions: readonly PastSession[], settings: BacktestSettings): Backtest {
  const byStart = sessions.toSorted((a, b) => a.pluggedAt - b.pluggedAt)
  const byEnd = sessions.toSorted((a, b) => a.unpluggedAt - b.unpluggedAt)
  const asked = (question: Question): Asked => ({
    cases: new Map(),
    onCase: (method, scored) => settings.onCase?.(question, method, scored),
  })
  const cases = {
    departure: asked('departure when plugged in'),
    hour: asked('departure after an hour'),
    energy: asked('energy'),
    arrivals: asked('arrivals per hour'),
  }
  let history = emptyHistory(settings.zone)
  let [ended, started, scored] = [0, 0, 0]
  let [scoredFrom, scoredTo]: (string | null)[] = [null, null]
  const firstDay = byStart.length === 0 ? null : dayOf(slotAt(byStart[0]!.pluggedAt), settings.zone)
  const past = newPast()
  const counts: number[][] = []
  let day = firstDay
  for (let index = 0; day !== null && started < byStart.length; index++, day = nextDay(day)) {
    const [from, until] = [startOf(day.first), startOf(later(day.first, day.slots))]
    const before = ended
    while (ended < byEnd.length && byEnd[ended]!.unpluggedAt <= from) ended++
    if (ended > before) {
      const over = byEnd.slice(before, ended)
      history = learnAll(history, over)
      past.add(over)
    }
    const today: PastSession[] = []
    for (; started < byStart.length && byStart[started]!.pluggedAt < until; started++) today.push(byStart[started]!)
    const isScored = index >= settings.warmUpDays && past.count() > 0
    if (isScored) {
      scoredFrom ??= day.date
      scoredTo = day.date
      scored += today.length
      for (const session of today) scoreSession(history, past, session, cases)
      scoreArrivals(history, day, today, counts, cases.arrivals)
    }
    counts.push(hourly(day, today))
    settings.onProgress?.(started)
  }
  return {
    sessions: sessions.length,
    users: new Set(sessions.map(({ user }) => user)).size,
    scoredSessions: scored,
    scoredFrom,
    scoredTo,
    questions: [
      question('departure when plugged in', 'min', cases.departure),
      question('departure after an hour', 'min', cases.hour),
      question('energy', 'kWh', cases.energy),
      question('arrivals per hour', 'cars', cases.arrivals),
    ],
  }
}

/** What the baselines know: all stays and energies so far, and the last of each user. */
interface Past {
  readonly add: (sessions: readonly PastSession[]) => void
  readonly count: () => number
  readonly last: (user: string) => PastSession | undefined
  /** All sessions of a user so far. */
  readonly own: (user: string) => readonly PastSession[]
  /** Stays in minutes longer than a bound, and energies in kWh. */
  readonly stays: (longerThan: number) => Weighted
  readonly energies: () => Weighted
}

function newPast(): Past {
  const stays: number[] = []
  const energies: number[] = []
  const own = new Map<string, PastSession[]>()
  const cache = new Map<string, Weighted>()
  const kept = (name: string, of: () => readonly number[]) => {
    const found = cache.get(name) ?? plain(of())
    cache.set(name, found)
    return found
  }
  return {
    add(sessions) {
      cache.clear()
      for (const session of sessions) {
        stays.push(minutes(session.unpluggedAt - session.pluggedAt))
        if (session.energy !== null) energies.push(session.energy / 1_000)
        const known = own.get(session.user)
        if (known === undefined) own.set(session.user, [session])
        else known.push(session)
      }
    },
    count: () => stays.length,
    last: (user) => own.get(user)?.at(-1),
    own: (user) => own.get(user) ?? [],
    stays: (longerThan) => kept(`stays ${longerThan}`, () => stays.filter((stay) => stay > longerThan)),
    energies: () => kept('energies', () => energies),
  }
}

function scoreSession(
  history: History,
  past: Past,
  session: PastSession,
  cases: Record<'departure' | 'hour' | 'energy', Asked>,
): void {
  const { user, pluggedAt, unpluggedAt } = session
  const stay = minutes(unpluggedAt - pluggedAt)
  const last = past.last(user)
  for (const [of, asked] of [
    [cases.departure, 0],
    [cases.hour, 60],
  ] as const) {
    if (stay <= asked && asked > 0) continue
    const pool = past.stays(asked)
    if (pool.values.length === 0) continue
    const lastStay = last === undefined ? mean(pool) : Math.max(asked, minutes(last.unpluggedAt - last.pluggedAt))
    for (const [method, need] of [
      ['forecast', null],
      ['energy known', session.energy],
    ] as const) {
      const foretold = stayAt(history, { user, pluggedAt, need })
      const now = pluggedAt + asked * 60_000
      const departures = departureQuantiles(foretold, now, [...QUANTILES, 0.1, 0.9]).map((instant) =>
        minutes(instant - pluggedAt),
      )
      const band80 = [departures[QUANTILES.length]!, departures[QUANTILES.length + 1]!] as const
      put(of, method, departures.slice(0, QUANTILES.length), stay, {
        chance: chanceOfQuarterHour(foretold, now, unpluggedAt),
        band80,
      })
    }
    put(of, 'last session', pointAt(lastStay), stay)
    put(of, 'pool mean', pointAt(mean(pool)), stay)
    put(of, 'pool quantiles', fiveOf(pool), stay)
    const own = past
      .own(user)
      .map((one) => minutes(one.unpluggedAt - one.pluggedAt))
      .filter((one) => one > asked)
    put(of, 'own quantiles', fiveOf(own.length === 0 ? pool : plain(own)), stay)
  }
  const energies = energyDistribution(history, user, pluggedAt)
  const pool = past.energies()
  if (session.energy === null || energies.values.length === 0 || pool.values.length === 0) return
  const actual = session.energy / 1_000
  put(
    cases.energy,
    'forecast',
    fiveOf(energies).map((energy) => energy / 1_000),
    actual,
  )
  put(cases.energy, 'last session', pointAt(last?.energy == null ? mean(pool) : last.energy / 1_000), actual)
  put(cases.energy, 'pool mean', pointAt(mean(pool)), actual)
  put(cases.energy, 'pool quantiles', fiveOf(pool), actual)
  const own = past.own(user).flatMap(({ energy }) => (energy === null ? [] : [energy / 1_000]))
  put(cases.energy, 'own quantiles', fiveOf(own.length === 0 ? pool : plain(own)), actual)
}

function scoreArrivals(
  history: History,
  day: DeliveryDay,
  today: readonly PastSession[],
  counts: readonly (readonly number[])[],
  cases: Asked,
): void {
  const expected = expectedArrivals(history, [...history.users.keys()], day.first, day.slots)
  const weekBefore = counts.at(-7)
  hourly(day, today).forEach((actual, hour) => {
    const mean = expected.count.slice(hour * 4, hour * 4 + 4).reduce((a, b) => a + b, 0)
    put(
      cases,
      'forecast',
      QUANTILES.map((share) => poissonQuantile(mean, share)),
      actual,
    )
    const seen = weighted(counts.map((hours): [number, number] => [hours[hour] ?? 0, 1]))
    put(cases, 'week before', pointAt(weekBefore?.[hour] ?? 0), actual)
    put(cases, 'pool quantiles', fiveOf(seen), actual)
  })
}

/** Arrivals by hour of the delivery day; 23, 24 or 25 of them. */
function hourly(day: DeliveryDay, sessions: readonly PastSession[]): number[] {
  const hours = new Array<number>(day.slots / 4).fill(0)
  for (const { pluggedAt } of sessions) hours[Math.floor((pluggedAt - startOf(day.first)) / HOUR_MS)]!++
  return hours
}

function question(name: Question, unit: BacktestQuestion['unit'], { cases }: Asked): BacktestQuestion {
  const scores: MethodScore[] = []
  for (const [method, of] of cases) {
    const score = scoreOf(of)
    if (score !== null) scores.push({ method, isPoint: POINTS.has(method), ...score })
  }
  return { question: name, unit, cases: cases.get('forecast')?.length ?? 0, scores }
}

const POINTS: ReadonlySet<Method> = new Set(['last session', 'pool mean', 'week before'])

function put(
  { cases, onCase }: Asked,
  method: Method,
  quantiles: readonly number[],
  actual: number,
  more: Pick<ScoredCase, 'chance' | 'band80'> = {},
): void {
  const scored: ScoredCase = { quantiles, actual, ...more }
  const of = cases.get(method)
  if (of === undefined) cases.set(method, [scored])
  else of.push(scored)
  onCase(method, scored)
}
function fiveOf(points: Weighted): number[] {
  return QUANTILES.map((share) => quantile(points, share))
}
function plain(values: readonly number[]): Weighted {
  return weighted(values.map((value) => [value, 1]))
}
function pointAt(value: number): number[] {
  return QUANTILES.map(() => value)
}
function mean({ values, weights }: Weighted): number {
  return values.reduce((sum, value, i) => sum + value * weights[i]!, 0)
}
function minutes(ms: number): number {
  return ms / 60_000
}
/** Cars that come one by one: the smallest count that is reached with a probability of `share`. */
function poissonQuantile(mean: number, share: number): number {
  let [count, term] = [0, Math.exp(-mean)]
  for (let sum = term; sum < share && count < 10_000; sum += term) term *= mean / ++count
  return count
}
