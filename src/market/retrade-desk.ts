// Values the fleet of a portfolio anew against what a market offers, and proposes what to trade: bought and sold in thought only, nothing is sent to any market.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { withSoftRow, type Coupling, type SoftChange } from '../../domain/planning/fleet/coupling.ts'
import { createWork, type FleetWork } from '../../domain/planning/fleet/team.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { RetradeDesk, RetradeRefusal } from '../../domain/ports/trading-desk.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { later, SLOT_HOURS, type Slot } from '../../domain/time/slot.ts'
import { judgeQuotes, type Quote, type Quotes } from '../../domain/trading/quotes.ts'
import { changesCarried, changesInLots, proposedTrades, spreadCost, type RetradeProposal } from '../../domain/trading/retrade.ts'
import { isClosed } from '../../domain/trading/schedule-book.ts'
import { isSamePortfolio, portfolioKey, type Portfolio } from '../../domain/trading/schedule.ts'
import { microCents, type Energy, type Price } from '../../domain/units.ts'
import type { FleetPlanned, FleetPlanners } from '../coordination/workers/open-fleet-planners.ts'
import type { CarProblemOptions } from '../../domain/problems/car-problem.ts'
import { plannedCars } from '../coordination/planned-cars.ts'
import { inTurns } from '../run/turns.ts'
import type { ImbalancePrices } from '../../domain/problems/coupling-rows.ts'
import { isOf, portfoliosOf } from '../../domain/live/portfolios.ts'
import { tyingFleets, type ExpectedOf, type PositionOf, type TiedFleet } from '../../domain/problems/tied-fleets.ts'
import type { PricesOf } from './tariff-in-force.ts'

export interface RetradeDeskOptions {
  readonly fleet: LiveFleet
  readonly now: () => number
  readonly gateMs: number
  /** Size of a lot where nobody asks for another. */
  readonly lot: Energy
  readonly keep: (fact: Fact) => Promise<void>
  readonly planners: FleetPlanners
  readonly car: Omit<CarProblemOptions, 'prices'>
  /** Prices of the tariff in force over a market's prices of its own. */
  readonly pricesOver: () => PricesOf
  readonly positionOf: PositionOf
  readonly imbalance: ImbalancePrices
  readonly expectedOf: ExpectedOf
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}

const SEED = 1

interface Solved {
  readonly work: FleetWork
  readonly planned: FleetPlanned
}

type Answer = Result<RetradeProposal, RetradeRefusal>

/** Questions that may wait; whoever comes then is told to ask again. */
const WAITING_MAX = 8

/** A desk over the live fleet. Proposals are made one after the other; the same question asked meanwhile gets the same answer. */
export function retradeDesk(options: RetradeDeskOptions): RetradeDesk {
  const { fleet, now, keep, track, log } = options
  const underWay = new Map<string, Promise<Answer>>()
  let last: Promise<unknown> = Promise.resolve()

  async function propose(portfolio: Portfolio, market: string, lot: Energy): Promise<Answer> {
    const quotes = fleet.quotes.get(market)
    if (!portfoliosOf(fleet).some((known) => isSamePortfolio(portfolio, known))) return refused({ kind: 'unknown-portfolio' })
    if (quotes === undefined) return refused({ kind: 'no-quotes' })
    const key = JSON.stringify([portfolioKey(portfolio), market, quotes.asOf, lot])
    const same = underWay.get(key)
    if (same !== undefined) return same
    if (underWay.size >= WAITING_MAX) return refused({ kind: 'busy' })
    const answer = track(last.then(() => valuedAnew(options, portfolio, quotes, lot)))
      .catch((error: Error): Answer => refused({ kind: 'failed', detail: error.message }))
      .finally(() => underWay.delete(key))
    underWay.set(key, answer)
    last = answer
    return answer
  }

  /** Markets whose newest quotes still have to be looked at, and what is being made durable. */
  const toLookAt = new Set<string>()
  let isLooking = false
  let recorded: Promise<void> = Promise.resolve()

  /** One look after the other, each at the newest quotes there are then. */
  async function lookAtNew(market: string): Promise<void> {
    toLookAt.add(market)
    if (isLooking) return
    isLooking = true
    try {
      for (const next of toLookAt) {
        toLookAt.delete(next)
        await lookAtAll(next)
      }
    } finally {
      isLooking = false
    }
  }

  /** New quotes are looked at for every portfolio; what is worth something is put on record, so that whoever listens is told. */
  async function lookAtAll(market: string): Promise<void> {
    for (const portfolio of portfoliosOf(fleet)) {
      const proposed = await propose(portfolio, market, options.lot)
      if (proposed.ok && proposed.value.gain > 0) await keep({ kind: 'retrade-proposed', proposal: proposed.value })
      else if (!proposed.ok && (proposed.refusal.kind === 'failed' || proposed.refusal.kind === 'busy'))
        log('warn', 'a portfolio could not be valued anew', { ...portfolio, ...proposed.refusal })
    }
  }

  return {
    lot: options.lot,
    quotes: (market) => fleet.quotes.get(market) ?? null,
    propose,
    async submitQuotes(quotes) {
      const judged = judgeQuotes(fleet.quotes, quotes, now())
      if (!judged.ok) return judged
      // A repeated message is acknowledged no earlier than the first one.
      if (!judged.value.isRepeated) recorded = keep({ kind: 'quotes-received', quotes })
      await recorded
      if (judged.value.isRepeated) return judged
      lookAtNew(quotes.market).catch((error: Error) =>
        log('warn', 'a proposal could not be put on record', { detail: error.message }),
      )
      return judged
    },
  }
}

/**
 * The cost of the fleet with its position as it is, with trades of any size, and with trades in lots. One moment and one problem for all of them: only where the position lies and
 * what it costs to be off it differ, so what trades of any size would cost at least bounds all others.
 */
async function valuedAnew(options: RetradeDeskOptions, portfolio: Portfolio, quotes: Quotes, lot: Energy): Promise<Answer> {
  const now = options.now()
  const quoteOf = (slot: Slot): Quote | null =>
    isClosed(slot, now, options.gateMs) ? null : (quotes.quotes[slot - quotes.first] ?? null)
  const tied = await tiedAt(options, now, portfolio, pricesAt(options.fleet, options.pricesOver(), quotes, quoteOf))
  if (tied === null) return refused({ kind: 'nothing-to-trade' })
  const { first, sold } = tied
  const offered = sold.map((energy, t) => (energy === null ? null : quoteOf(later(first, t))))
  if (offered.every((quote) => quote === null)) return refused({ kind: 'nothing-to-trade' })
  const solve = (change: SoftChange) => solved(options.planners, tied, withSoftRow(tied.coupling, 'position', change))
  const free = await solve(atSpread(tied, offered))
  if (!free.ok) return free
  const kept = await solve({})
  if (!kept.ok) return kept
  // Whether it is better to leave a lot out or to take it a quarter-hour later only the plans know.
  const beyond = beyondPosition(free.value)
  let best: { readonly changes: Float64Array; readonly gain: number; readonly plan: Solved } = {
    changes: new Float64Array(offered.length),
    gain: 0,
    plan: kept.value,
  }
  for (const round of [changesInLots, changesCarried]) {
    const changes = round(beyond, offered, lot)
    if (changes.every((change, t) => change === best.changes[t])) continue
    const traded = await solve({ at: moved(tied, changes) })
    if (!traded.ok) return traded
    const cost = traded.value.planned.value + traded.value.planned.rounding + spreadCost(changes, offered)
    const gain = kept.value.planned.value - cost
    // What is gained by breaking a bound or leaving a driver short is no gain.
    const isSound = traded.value.planned.broken <= kept.value.planned.broken
    if (isSound && gain > best.gain) best = { changes, gain, plan: traded.value }
  }
  const most = kept.value.planned.value + kept.value.planned.broken - free.value.planned.bound
  return ok({
    portfolio,
    at: now,
    quotesAsOf: quotes.asOf,
    market: quotes.market,
    lot,
    trades: proposedTrades(first, best.changes, sold, offered, worths(best.plan, offered)),
    gain: microCents(best.gain),
    gainMax: microCents(Math.max(0, most)),
    cars: tied.cars.length,
  })
}

/** What ties the cars of a portfolio at an instant, with what is sold to them; null where nothing is. */
async function tiedAt(
  { fleet, car, positionOf, imbalance, expectedOf, log }: RetradeDeskOptions,
  now: number,
  portfolio: Portfolio,
  prices: PricesOf,
): Promise<TiedFleet | null> {
  const { cars, unread } = await plannedCars(
    fleet,
    now,
    { ...car, prices },
    (live) => isOf(fleet, live, portfolio),
    (session, error) => log('error', 'a car cannot be valued', { session, detail: error.message }),
  )
  const [tied] = await inTurns(tyingFleets(fleet, cars, { now, positionOf, imbalanceOf: () => imbalance, expectedOf, unread }))
  return tied === undefined || !tied.coupling.names.includes('position') ? null : tied
}

/**
 * Being off the position costs what trading costs. Where a quote's spread is wider than the price of imbalance nobody trades for less: any trade and what is then left of
 * the imbalance cost no less than this.
 */
function atSpread({ columns: { steps }, coupling }: TiedFleet, offered: readonly (Quote | null)[]): SoftChange {
  const row = coupling.names.indexOf('position')
  const within = (side: 1 | -1) =>
    Float64Array.from(offered, (quote, t) => {
      const price = coupling.half[row * steps + t]! + side * coupling.middle[row * steps + t]!
      return quote === null ? price : Math.min((quote.ask - quote.bid) / 2, price)
    })
  return { above: within(1), below: within(-1) }
}

/** Where the position lies after trades, W by step. */
function moved({ columns: { steps }, coupling }: TiedFleet, changes: Float64Array): Float64Array {
  const row = coupling.names.indexOf('position')
  return Float64Array.from(changes, (change, t) => coupling.at[row * steps + t]! + change / SLOT_HOURS)
}

/** Prices for cars: the middle of the quote where there is one, the price of the day elsewhere. */
function pricesAt(
  fleet: LiveFleet,
  pricesOf: PricesOf,
  { first, quotes }: Quotes,
  quoteOf: (slot: Slot) => Quote | null,
): PricesOf {
  const prices = new Map(fleet.prices)
  for (let t = 0; t < quotes.length; t++) {
    const quote = quoteOf(later(first, t))
    if (quote !== null) prices.set(later(first, t), middleOf(quote) as Price)
  }
  return (_, from, slots) => pricesOf({ ...fleet, prices }, from, slots)
}

function middleOf({ bid, ask }: Quote): number {
  return (bid + ask) / 2
}

async function solved(
  planners: FleetPlanners,
  { columns }: TiedFleet,
  coupling: Coupling,
): Promise<Result<Solved, RetradeRefusal>> {
  const work = createWork(columns, coupling)
  const planned = await planners.coordinate(work, { seed: SEED, warm: false })
  if (planned.ok) return ok({ work, planned: planned.value })
  return refused(planned.refusal.kind === 'busy' ? { kind: 'busy' } : { kind: 'failed', detail: planned.refusal.kind })
}

/** By how much the fleet takes more than its position, W by step. */
function beyondPosition({ work: { fleet, coupling, schedule } }: Solved): Float64Array {
  const { cars, steps } = fleet
  const row = coupling.names.indexOf('position')
  const beyond = coupling.at.slice(row * steps, (row + 1) * steps).map((power) => -power)
  for (let car = 0; car < cars; car++) for (let t = 0; t < steps; t++) beyond[t]! += schedule[car * steps + t]!
  return beyond
}

/** What a MWh more of position would save, ct/MWh by step: the middle of the quote and what the fleet puts on its row. */
function worths({ work: { coupling, prices } }: Solved, offered: readonly (Quote | null)[]): Float64Array {
  const row = coupling.names.indexOf('position')
  return Float64Array.from(offered, (quote, t) => (quote === null ? 0 : middleOf(quote) + prices[row * coupling.steps + t]!))
}
