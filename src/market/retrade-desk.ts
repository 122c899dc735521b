// Values the fleet of a portfolio anew against what a market offers, and proposes what to trade: bought and sold in thought only, nothing is sent to any market.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { createWork, type FleetWork } from '../../domain/planning/fleet/team.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { RetradeDesk, RetradeRefusal } from '../../domain/ports/trading-desk.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { later, type Slot } from '../../domain/time/slot.ts'
import { judgeQuotes, type Quote, type Quotes } from '../../domain/trading/quotes.ts'
import { changesCarried, changesInLots, proposedTrades, spreadCost, type RetradeProposal } from '../../domain/trading/retrade.ts'
import { isClosed } from '../../domain/trading/schedule-book.ts'
import { isSamePortfolio, portfolioKey, type Portfolio } from '../../domain/trading/schedule.ts'
import { microCents, type Energy, type Price } from '../../domain/units.ts'
import type { FleetPlanned, FleetPlanners } from '../coordination/workers/open-fleet-planners.ts'
import type { CarProblemOptions } from '../../domain/problems/car-problem.ts'
import { plannedCars } from '../coordination/planned-cars.ts'
import { inTurns } from '../run/turns.ts'
import type { ImbalanceOf, ImbalancePrices, PlannedCar } from '../../domain/problems/coupling-rows.ts'
import { isOf, portfoliosOf } from '../../domain/live/portfolios.ts'
import { tyingFleets, type ExpectedOf, type PositionOf, type Terms, type TiedFleet } from '../../domain/problems/tied-fleets.ts'
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
  readonly tied: TiedFleet
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

/** The cost of the fleet with its position as it is, with trades of any size, and with trades in lots. */
async function valuedAnew(options: RetradeDeskOptions, portfolio: Portfolio, quotes: Quotes, lot: Energy): Promise<Answer> {
  const { fleet, gateMs, positionOf, imbalance } = options
  const now = options.now()
  const quoteOf = (slot: Slot): Quote | null =>
    isClosed(slot, now, gateMs) ? null : (quotes.quotes[slot - quotes.first] ?? null)
  const read = await plannedCars(
    fleet,
    now,
    { ...options.car, prices: pricesAt(fleet, options.pricesOver(), quotes, quoteOf) },
    (live) => isOf(fleet, live, portfolio),
    (session, error) => options.log('error', 'a car cannot be valued', { session, detail: error.message }),
  )
  const solve = (imbalanceOf: ImbalanceOf, position: PositionOf) =>
    solved(options, read.cars, { now, positionOf: position, imbalanceOf, expectedOf: options.expectedOf, unread: read.unread })
  const atSpread: ImbalanceOf = (slot) => {
    const quote = quoteOf(slot)
    if (quote === null) return imbalance
    const half = ((quote.ask - quote.bid) / 2) as Price
    return { above: half, below: half }
  }
  const free = await solve(atSpread, positionOf)
  if (!free.ok) return free
  const { first, steps } = spanOf(free.value)
  const position = positionOf(portfolio, first, steps)
  const offered = position.map((energy, t) => (energy === null ? null : quoteOf(later(first, t))))
  if (offered.every((quote) => quote === null)) return refused({ kind: 'nothing-to-trade' })
  const kept = await solve(() => imbalance, positionOf)
  if (!kept.ok) return kept
  // Whether it is better to leave a lot out or to take it a quarter-hour later only the plans know.
  const beyond = beyondPosition(free.value)
  let best: { readonly changes: Float64Array; readonly gain: number; readonly plan: Solved } = {
    changes: new Float64Array(steps),
    gain: 0,
    plan: kept.value,
  }
  for (const round of [changesInLots, changesCarried]) {
    const changes = round(beyond, offered, lot)
    if (changes.every((change, t) => change === best.changes[t])) continue
    const traded = await solve(() => imbalance, changed(positionOf, first, changes))
    if (!traded.ok) return traded
    const gain = kept.value.planned.value - traded.value.planned.value - spreadCost(changes, offered)
    if (gain > best.gain) best = { changes, gain, plan: traded.value }
  }
  return ok({
    portfolio,
    at: now,
    quotesAsOf: quotes.asOf,
    market: quotes.market,
    lot,
    trades: proposedTrades(first, best.changes, position, offered, worths(best.plan, offered)),
    gain: microCents(best.gain),
    gainMax: microCents(Math.max(0, kept.value.planned.value - free.value.planned.bound)),
    cars: free.value.tied.cars.length,
  })
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
  { fleet, planners }: RetradeDeskOptions,
  cars: readonly PlannedCar[],
  terms: Terms,
): Promise<Result<Solved, RetradeRefusal>> {
  const [tied] = await inTurns(tyingFleets(fleet, cars, terms))
  if (tied === undefined || !tied.coupling.names.includes('position')) return refused({ kind: 'nothing-to-trade' })
  const work = createWork(tied.columns, tied.coupling)
  const planned = await planners.coordinate(work, { seed: SEED, warm: false })
  if (planned.ok) return ok({ tied, work, planned: planned.value })
  return refused(planned.refusal.kind === 'busy' ? { kind: 'busy' } : { kind: 'failed', detail: planned.refusal.kind })
}

function spanOf({ tied }: Solved): { readonly first: Slot; readonly steps: number } {
  return { first: tied.first, steps: tied.columns.steps }
}

/** By how much the fleet takes more than its position, W by step. */
function beyondPosition({ tied: { columns, coupling }, work: { schedule } }: Solved): Float64Array {
  const row = coupling.names.indexOf('position')
  const beyond = coupling.at.slice(row * columns.steps, (row + 1) * columns.steps).map((power) => -power)
  for (let car = 0; car < columns.cars; car++)
    for (let t = 0; t < columns.steps; t++) beyond[t]! += schedule[car * columns.steps + t]!
  return beyond
}

function changed(positionOf: PositionOf, begin: Slot, changes: Float64Array): PositionOf {
  return (portfolio, first, slots) =>
    positionOf(portfolio, first, slots).map((energy, t) => (energy === null ? null : energy + (changes[first + t - begin] ?? 0)))
}

/** What a MWh more of position would save, ct/MWh by step: the middle of the quote and what the fleet puts on its row. */
function worths({ tied: { columns, coupling }, work: { prices } }: Solved, offered: readonly (Quote | null)[]): Float64Array {
  const row = coupling.names.indexOf('position')
  return Float64Array.from({ length: columns.steps }, (_, t) => {
    const quote = offered[t] ?? null
    return quote === null ? 0 : middleOf(quote) + prices[row * columns.steps + t]!
  })
}
