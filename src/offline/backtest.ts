// Replays recorded charging sessions as they would have been lived: every decision knows only what was known at its moment.
//
// Known are: at plug-in the state of charge, the target and, unless they are forecast, the time of leaving; prices of the running local day, and of the next one from 13:00
// on. Beyond that a price is taken to be the mean of the same quarter-hour on the last days known; after a day left out nothing is counted on. Each car is planned at plug-in and again whenever prices have come; what
// was decided is carried out until the next decision and paid at the real price.
import { storedChange } from '../../domain/planning/car/outcome.ts'
import { createPlanner, planVehicle, type Planner } from '../../domain/planning/car/plan-vehicle.ts'
import { vehicleProblem, type VehicleProblem } from '../../domain/planning/problem.ts'
import { ok, type Result } from '../../domain/result.ts'
import { dayOf, localHour, nextDay, nextLocalTime } from '../../domain/time/delivery-day.ts'
import { daysBefore } from '../../domain/time/wall-clock.ts'
import { valueAt, type Series } from '../../domain/time/series.ts'
import { endOf, later, overlap, slotAt, slotFrom, startOf, type Slot } from '../../domain/time/slot.ts'
import {
  addUp,
  planOffline,
  STRATEGIES,
  type ByStrategy,
  type MissingPrices,
  type OfflinePlan,
  type OfflineSession,
  type OfflineSettings,
  type PlannedSession,
  type StrategySums,
} from './plan-offline.ts'

/** When the prices of the next local day become known. */
const PRICES_AT_HOUR = 13
/** Days that an unknown price is the mean of. */
const LIKE_DAYS = 5
const LIKE_DAYS_MAX = 21
/** Nothing known at all: 100 EUR/MWh. */
const PRICE_GUESS = 10_000
/** With forecast departures a car is looked at again every hour: that it still is there says something. */
const LOOK_MS = 3_600_000
/** Rounding of the planner stays below it, Wh. */
const NEGLIGIBLE_WH = 1e-3

/** When a car will leave, as far as anybody can say at `now`: epoch ms, after `now`. Knows no session that was not over at plug-in. */
export type ForecastDeparture = (session: OfflineSession, now: number) => number

export interface BacktestSettings extends OfflineSettings {
  /** Departures are forecast with it in a second replay; left out, there is none. */
  readonly forecast?: (sessions: readonly OfflineSession[]) => ForecastDeparture
  /** What a kWh costs that a car misses because it left earlier than forecast, ct/MWh: it is charged somewhere else. */
  readonly missingPrice: number
}

/** One session as it was lived. */
export interface ReplayedSession {
  readonly session: OfflineSession
  readonly sums: StrategySums
  /** Energy missing to what was in reach at departure, Wh. */
  readonly missing: number
  /** Plans made. */
  readonly decisions: number
}
export interface Replay {
  readonly sessions: readonly ReplayedSession[]
  readonly totals: StrategySums
  readonly missedDepartures: number
  /** Share of the saving that perfect foresight makes against charging at once which is lost, money plus wear. */
  readonly regret: number
  /** Power of all cars by slot, W. */
  readonly power: Series<number>
}
export interface BacktestDay {
  /** Local day of plugging in. */
  readonly date: string
  readonly sessions: number
  /** Money plus wear, micro-cents. */
  readonly cost: ByStrategy<number> & { readonly replay: number }
  /** Null on days without anything to save. */
  readonly regret: number | null
}
export interface Backtest {
  /** The same sessions planned with perfect foresight, at once, and smart. */
  readonly foresight: OfflinePlan
  readonly replay: Replay
  /** With departures forecast; what is missing then is paid at the missing price in its regret, not in its totals. */
  readonly forecast: Replay | null
  readonly days: readonly BacktestDay[]
}

/** Replays the sessions. Refuses when prices are missing while a car is plugged in, unless gaps are allowed: then there is no power in them. */
export function backtest(sessions: readonly OfflineSession[], settings: BacktestSettings): Result<Backtest, MissingPrices> {
  const foresight = planOffline(sessions, { ...settings, onProgress: () => {} })
  if (!foresight.ok) return foresight
  const planner = createPlanner(longestStay(sessions))
  const lived = replayAll(sessions, foresight.value, planner, settings, null)
  const forecast =
    settings.forecast === undefined ? null : replayAll(sessions, foresight.value, planner, settings, settings.forecast(sessions))
  return ok({ foresight: foresight.value, replay: lived, forecast, days: daysOf(foresight.value, lived) })
}

function replayAll(
  sessions: readonly OfflineSession[],
  foresight: OfflinePlan,
  planner: Planner,
  settings: BacktestSettings,
  departure: ForecastDeparture | null,
): Replay {
  const known = knowledgeOf(settings)
  const first = Math.min(...foresight.sessions.map(({ session }) => slotAt(session.pluggedAt)))
  const end = Math.max(...foresight.sessions.map(({ session }) => slotFrom(session.unpluggedAt) + 1))
  const power = new Float64Array(Math.max(0, end - first))
  const replayed = sessions.map((session, i) => {
    const one = replaySession(session, planner, settings, known, departure, (slot, watts) => (power[slot - first]! += watts))
    settings.onProgress?.(i + 1)
    return one
  })
  const totals = addUp(replayed.map(({ sums }) => sums))
  const missing = replayed.reduce((sum, one) => sum + one.missing, 0)
  const paid = totals.cost + totals.wear + (departure === null ? 0 : missing * settings.missingPrice)
  return {
    sessions: replayed,
    totals,
    missedDepartures: replayed.filter((one) => one.missing > NEGLIGIBLE_WH).length,
    regret: regretOf(worthOf(foresight.totals.immediate), worthOf(foresight.totals.bidirectional), paid),
    power: { first: (sessions.length === 0 ? 0 : first) as Slot, values: Array.from(power) },
  }
}

/** What is known of prices at a moment, and what is assumed beyond it. */
interface Knowledge {
  /** The first slot without a published price at `now`, epoch ms. */
  readonly until: (now: number) => Slot
  /** The price a plan made at `now` counts with; null where the market has published that there is none. */
  readonly price: (side: 'buy' | 'sell', at: Slot, until: Slot) => number | null
}

function knowledgeOf({ buy, sell }: OfflineSettings): Knowledge {
  const series = { buy, sell }
  const guesses = new Map<string, number>()
  function guess(side: 'buy' | 'sell', at: Slot, until: Slot): number {
    const key = `${side} ${at} ${until}`
    const before = guesses.get(key)
    if (before !== undefined) return before
    const like: number[] = []
    for (let days = 1; days <= LIKE_DAYS_MAX && like.length < LIKE_DAYS; days++) {
      const earlier = daysBefore(at, days)
      const price = earlier < until ? (valueAt(series[side], earlier) ?? null) : null
      if (price !== null) like.push(price)
    }
    const found = like.length === 0 ? PRICE_GUESS : like.reduce((a, b) => a + b, 0) / like.length
    guesses.set(key, found)
    return found
  }
  return {
    until(now) {
      const today = dayOf(slotAt(now))
      const last = localHour(slotAt(now)) >= PRICES_AT_HOUR ? nextDay(today) : today
      return later(last.first, last.slots)
    },
    price(side, at, until) {
      if (at < until) return valueAt(series[side], at) ?? null
      // Where the market has just left a day out, nobody counts on the days after it: a car is charged while there is a price.
      return (valueAt(series[side], later(until, -1)) ?? null) === null ? null : guess(side, at, until)
    },
  }
}

function replaySession(
  session: OfflineSession,
  planner: Planner,
  settings: BacktestSettings,
  known: Knowledge,
  departure: ForecastDeparture | null,
  onPower: (slot: Slot, watts: number) => void,
): ReplayedSession {
  const sums = { cost: 0, wear: 0, bought: 0, sold: 0, charged: 0, discharged: 0 }
  let energy = session.start
  let decisions = 0
  for (let now = session.pluggedAt; now < session.unpluggedAt; decisions++) {
    const leaves = departure === null ? session.unpluggedAt : departure(session, now)
    const next = Math.min(nextLook(now, departure !== null), session.unpluggedAt)
    const problem = problemAt(session, now, leaves, energy, settings, known)
    const outcome = planVehicle(planner, problem, 'bidirectional')
    for (let t = 0; t < problem.steps && startOf(later(problem.first, t)) < next; t++) {
      const at = later(problem.first, t)
      // A decision in the middle of a slot ends the one before it there; what has not happened is not paid.
      const planned = overlap(at, Math.max(now, startOf(at)), Math.min(leaves, endOf(at)))
      const lived = overlap(at, now, Math.min(next, leaves))
      if (planned === 0 || lived === 0) continue
      const watts = outcome.power[t]! * (lived / planned)
      energy += settle(sums, problem, watts, { buy: valueAt(settings.buy, at) ?? 0, sell: valueAt(settings.sell, at) ?? 0 })
      onPower(at, watts)
    }
    now = next
  }
  return { session, sums, missing: Math.max(0, inReach(session, settings) - energy), decisions }
}

/** The next moment something may have become known: the prices of tomorrow, or with forecast departures an hour in which the car has not left. */
function nextLook(now: number, hourly: boolean): number {
  const prices = nextLocalTime(now, PRICES_AT_HOUR, 0)
  return hourly ? Math.min(prices, now + LOOK_MS) : prices
}

function problemAt(
  session: OfflineSession,
  now: number,
  leaves: number,
  energy: number,
  { efficiency, wear, terminal }: OfflineSettings,
  known: Knowledge,
): VehicleProblem {
  const first = slotAt(now)
  const steps = Math.max(1, slotFrom(leaves) - first)
  const until = known.until(now)
  const array = () => new Float64Array(steps)
  const [buy, sell, powerMin, powerMax] = [array(), array(), array(), array()]
  for (let t = 0; t < steps; t++) {
    const at = later(first, t)
    const [cost, gain] = [known.price('buy', at, until), known.price('sell', at, until)]
    if (cost === null || gain === null) continue
    buy[t] = cost
    sell[t] = gain
    const there = overlap(at, now, leaves)
    powerMax[t] = session.maxCharge * there
    powerMin[t] = -session.maxDischarge * there
  }
  return vehicleProblem({
    first,
    buy,
    sell,
    efficiencyCharge: efficiency,
    efficiencyDischarge: efficiency,
    wear,
    powerMin,
    powerMax,
    energyMin: array(),
    energyMax: array().fill(session.capacity),
    minimum: session.minimum,
    targets: [{ step: steps - 1, energy: session.target }],
    terminalPrice: terminal,
    start: energy,
  })
}

/** Adds what a mean power over a slot costs, and returns what it does to the battery, Wh. */
function settle(
  sums: { -readonly [Key in keyof StrategySums]: StrategySums[Key] },
  problem: VehicleProblem,
  watts: number,
  price: { readonly buy: number; readonly sell: number },
): number {
  const drawn = watts * problem.stepHours
  const moved = storedChange(watts, problem)
  if (drawn > 0) {
    sums.charged += drawn
    sums.bought += drawn * price.buy
  } else {
    sums.discharged -= drawn
    sums.sold -= drawn * price.sell
  }
  sums.cost = sums.bought - sums.sold
  sums.wear += (Math.abs(moved) * problem.wear) / 2
  return moved
}

/** The target, or what full power in every slot with a price could have reached, Wh. */
function inReach(session: OfflineSession, { buy, sell, efficiency }: OfflineSettings): number {
  let most = session.start
  for (let at = slotAt(session.pluggedAt); startOf(at) < session.unpluggedAt; at = later(at, 1)) {
    if ((valueAt(buy, at) ?? null) === null || (valueAt(sell, at) ?? null) === null) continue
    most += session.maxCharge * overlap(at, session.pluggedAt, session.unpluggedAt) * 0.25 * efficiency
  }
  return Math.min(session.target, most)
}

/** Money plus wear. */
export function worthOf({ cost, wear }: StrategySums): number {
  return cost + wear
}

function regretOf(immediate: number, perfect: number, lived: number): number {
  return immediate - perfect > 0 ? (lived - perfect) / (immediate - perfect) : 0
}

function daysOf({ sessions }: OfflinePlan, lived: Replay): readonly BacktestDay[] {
  const days = new Map<string, { sessions: number; cost: Record<keyof BacktestDay['cost'], number> }>()
  sessions.forEach((planned: PlannedSession, i) => {
    const { date } = dayOf(slotAt(planned.session.pluggedAt))
    const day = days.get(date) ?? { sessions: 0, cost: { immediate: 0, smart: 0, bidirectional: 0, replay: 0 } }
    day.sessions++
    for (const strategy of STRATEGIES) day.cost[strategy] += worthOf(planned.sums[strategy])
    day.cost.replay += worthOf(lived.sessions[i]!.sums)
    days.set(date, day)
  })
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, { sessions: count, cost }]) => {
      const saving = cost.immediate - cost.bidirectional
      return { date, sessions: count, cost, regret: saving > 0 ? (cost.replay - cost.bidirectional) / saving : null }
    })
}

function longestStay(sessions: readonly OfflineSession[]): number {
  // A forecast may see a car stay longer than it does.
  return Math.max(1_344, ...sessions.map(({ pluggedAt, unpluggedAt }) => slotFrom(unpluggedAt) - slotAt(pluggedAt) + 1))
}
