// Replays recorded charging sessions as they would have been lived: every decision knows only what was known at its moment.
//
// Known are: at plug-in the state of charge, the target and, unless they are forecast, the time of leaving; prices of the running local day, and of the next one from 13:00
// on. Beyond that a price is taken to be the mean of the same quarter-hour on the last days known; after a day left out nothing is counted on. Each car is planned at plug-in and again whenever prices have come; what
// was decided is carried out until the next decision and paid at the real price.
//
// Where departures are forecast there are two policies side by side: every car is planned with the chance that it is still there, or, as was done before, as if it left for
// certain at an instant by which one in ten has left.
import { departureQuantile, departureQuantiles, stayingAhead } from '../../domain/forecast/departure.ts'
import type { Stay } from '../../domain/forecast/stay.ts'
import { MISSING_WEIGHT } from '../../domain/forecast/tuning.ts'
import { storedChange } from '../../domain/planning/car/outcome.ts'
import { createPlanner, planVehicle, type Planner } from '../../domain/planning/car/plan-vehicle.ts'
import { vehicleProblem, type VehicleProblem } from '../../domain/planning/problem.ts'
import { ok, type Result } from '../../domain/result.ts'
import { dayOf, localHour, nextDay, nextLocalTime } from '../../domain/time/delivery-day.ts'
import { DAY_MS, daysBefore, wallDay, wallTime } from '../../domain/time/wall-clock.ts'
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

/** A forecast departure is taken for certain at the instant by which the car has left in one case out of ten: earlier would cost money, later the driver's trust. */
const DEPARTURE_SHARE = 0.1

/** How long a car will stay, as far as anybody can say when it is plugged in. Knows no session that was not over by then. */
export type ForecastStay = (session: OfflineSession) => Stay

export interface BacktestSettings extends OfflineSettings {
  /** Departures are forecast with it in a second replay; left out, there is none. */
  readonly forecast?: (sessions: readonly OfflineSession[]) => ForecastStay
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
/** Departures forecast, by policy; what is missing is paid at the missing price in their regrets, not in their totals. */
export interface ForecastReplays {
  /** Planned with the chance of still being there. */
  readonly chance: Replay
  /** Planned with one quantile as if it were certain. */
  readonly quantile: Replay
  readonly weeks: readonly BacktestWeek[]
  readonly reliability: Reliability
  readonly causes: Causes
}
/** Where the regret of planning with chances comes from; the parts add up to it. */
export interface Causes {
  /** Prices that were not known yet, with departures told. */
  readonly price: number
  /** Departures that nobody told: energy bought at worse times, */
  readonly timing: number
  /** and energy that was missing when a car left. */
  readonly missing: number
  /** Cars that were not there yet: nothing, for every car is planned by itself. */
  readonly arrival: 0
}
export interface BacktestWeek {
  /** Its first local day of plugging in, and seven days. */
  readonly date: string
  readonly sessions: number
  /** Null in weeks without anything to save. */
  readonly regret: { readonly chance: number | null; readonly quantile: number | null }
}
/** What was foretold at plug-in against what came. */
export interface Reliability {
  /** For each probability the share of cars that had left by the instant foretold with it. */
  readonly left: readonly { readonly share: number; readonly came: number }[]
  /** Share of departures between the 10 % and the 90 % instant; 0.8 is right. */
  readonly within80: number
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
  readonly forecast: ForecastReplays | null
  readonly days: readonly BacktestDay[]
}

/** Replays the sessions. Refuses when prices are missing while a car is plugged in, unless gaps are allowed: then there is no power in them. */
export function backtest(sessions: readonly OfflineSession[], settings: BacktestSettings): Result<Backtest, MissingPrices> {
  const foresight = planOffline(sessions, { ...settings, onProgress: () => {} })
  if (!foresight.ok) return foresight
  const planner = createPlanner(longestStay(sessions))
  const lived = replayAll(sessions, foresight.value, planner, settings, TOLD)
  const forecast =
    settings.forecast === undefined
      ? null
      : forecastReplays(sessions, foresight.value, planner, settings, settings.forecast(sessions), lived.regret)
  return ok({ foresight: foresight.value, replay: lived, forecast, days: daysOf(foresight.value, lived) })
}

function forecastReplays(
  sessions: readonly OfflineSession[],
  foresight: OfflinePlan,
  planner: Planner,
  settings: BacktestSettings,
  forecast: ForecastStay,
  regretTold: number,
): ForecastReplays {
  const stays = new Map(sessions.map((session) => [session, forecast(session)]))
  const of = (kind: 'chance' | 'quantile') =>
    replayAll(sessions, foresight, planner, settings, { kind, stayOf: (session) => stays.get(session)! })
  const [chance, quantile] = [of('chance'), of('quantile')]
  return {
    chance,
    quantile,
    weeks: weeksOf(foresight, chance, quantile, settings.missingPrice),
    reliability: reliabilityOf(sessions, (session) => stays.get(session)!),
    causes: causesOf(foresight, chance, settings.missingPrice, regretTold),
  }
}

function causesOf({ totals }: OfflinePlan, { sessions, regret }: Replay, missingPrice: number, price: number): Causes {
  const saving = worthOf(totals.immediate) - worthOf(totals.bidirectional)
  const paid = sessions.reduce((sum, one) => sum + one.missing, 0) * missingPrice
  const missing = saving > 0 ? paid / saving : 0
  return { price, timing: regret - price - missing, missing, arrival: 0 }
}

/** What is known of departures. */
type Departures =
  { readonly kind: 'told' } | { readonly kind: 'chance' | 'quantile'; readonly stayOf: (session: OfflineSession) => Stay }

const TOLD: Departures = { kind: 'told' }

function replayAll(
  sessions: readonly OfflineSession[],
  foresight: OfflinePlan,
  planner: Planner,
  settings: BacktestSettings,
  departures: Departures,
): Replay {
  const known = knowledgeOf(settings)
  const first = Math.min(...foresight.sessions.map(({ session }) => slotAt(session.pluggedAt)))
  const end = Math.max(...foresight.sessions.map(({ session }) => slotFrom(session.unpluggedAt) + 1))
  const power = new Float64Array(Math.max(0, end - first))
  const replayed = sessions.map((session, i) => {
    const one = replaySession(session, planner, settings, known, departures, (slot, watts) => (power[slot - first]! += watts))
    settings.onProgress?.(i + 1)
    return one
  })
  const totals = addUp(replayed.map(({ sums }) => sums))
  const missing = replayed.reduce((sum, one) => sum + one.missing, 0)
  const paid = totals.cost + totals.wear + (departures.kind === 'told' ? 0 : missing * settings.missingPrice)
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
  departures: Departures,
  onPower: (slot: Slot, watts: number) => void,
): ReplayedSession {
  const sums = { cost: 0, wear: 0, bought: 0, sold: 0, charged: 0, discharged: 0 }
  let energy = session.start
  let decisions = 0
  for (let now = session.pluggedAt; now < session.unpluggedAt; decisions++) {
    const next = Math.min(nextLook(now, departures.kind !== 'told'), session.unpluggedAt)
    const { problem, leaves } = problemAt(session, now, energy, settings, known, departures)
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

/** The problem of a moment, and until when a plan made from it holds. */
function problemAt(
  session: OfflineSession,
  now: number,
  energy: number,
  { efficiency, wear, terminal, missingPrice }: BacktestSettings,
  known: Knowledge,
  departures: Departures,
): { readonly problem: VehicleProblem; readonly leaves: number } {
  const first = slotAt(now)
  const { leaves, staying } = horizonAt(session, now, first, departures)
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
  const problem = vehicleProblem({
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
    targets: staying === null ? [{ step: steps - 1, energy: session.target }] : [],
    departure: staying === null ? null : { staying, energy: session.target, missingPrice: missingPrice * MISSING_WEIGHT },
    terminalPrice: terminal,
    start: energy,
  })
  return { problem, leaves }
}

/** Until when a car is planned, and the chance that it is still there by step; null where that is taken for certain. */
function horizonAt(
  session: OfflineSession,
  now: number,
  first: Slot,
  departures: Departures,
): { readonly leaves: number; readonly staying: Float64Array | null } {
  if (departures.kind === 'told') return { leaves: session.unpluggedAt, staying: null }
  const stay = departures.stayOf(session)
  if (departures.kind === 'quantile') return { leaves: departureQuantile(stay, now, DEPARTURE_SHARE), staying: null }
  const staying = stayingAhead(stay, now, first)
  return { leaves: startOf(later(first, staying.length)), staying }
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

const SHARES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]

function reliabilityOf(sessions: readonly OfflineSession[], stayOf: (session: OfflineSession) => Stay): Reliability {
  const left = SHARES.map(() => 0)
  let within = 0
  for (const session of sessions) {
    const { pluggedAt, unpluggedAt } = session
    const instants = departureQuantiles(stayOf(session), pluggedAt, SHARES)
    for (const [i, instant] of instants.entries()) if (unpluggedAt <= instant) left[i]!++
    if (instants[SHARES.indexOf(0.1)]! < unpluggedAt && unpluggedAt <= instants[SHARES.indexOf(0.9)]!) within++
  }
  const count = Math.max(1, sessions.length)
  return { left: SHARES.map((share, i) => ({ share, came: left[i]! / count })), within80: within / count }
}

function weeksOf({ sessions }: OfflinePlan, chance: Replay, quantile: Replay, missingPrice: number): readonly BacktestWeek[] {
  const dayNumber = ({ session }: PlannedSession) => wallDay(wallTime(session.pluggedAt))
  const first = sessions.reduce((least, planned) => Math.min(least, dayNumber(planned)), Infinity)
  const weeks = new Map<number, { sessions: number; immediate: number; perfect: number; chance: number; quantile: number }>()
  const paid = ({ sums, missing }: ReplayedSession) => worthOf(sums) + missing * missingPrice
  for (const [i, planned] of sessions.entries()) {
    const number = Math.floor((dayNumber(planned) - first) / 7)
    const week = weeks.get(number) ?? { sessions: 0, immediate: 0, perfect: 0, chance: 0, quantile: 0 }
    week.sessions++
    week.immediate += worthOf(planned.sums.immediate)
    week.perfect += worthOf(planned.sums.bidirectional)
    week.chance += paid(chance.sessions[i]!)
    week.quantile += paid(quantile.sessions[i]!)
    weeks.set(number, week)
  }
  return [...weeks]
    .sort(([a], [b]) => a - b)
    .map(([number, { sessions: count, immediate, perfect, ...lived }]) => {
      const saving = immediate - perfect
      const regret = (cost: number) => (saving > 0 ? (cost - perfect) / saving : null)
      const date = new Date((first + 7 * number) * DAY_MS).toISOString().slice(0, 10)
      return { date, sessions: count, regret: { chance: regret(lived.chance), quantile: regret(lived.quantile) } }
    })
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
