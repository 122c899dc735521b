// Trading again before delivery: what was dealt so far, what the market offers now, and what the fleet would rather have.
import { z } from 'zod'
import type { RetradeRefusal } from '../../../domain/ports/trading-desk.ts'
import { later, slotAt, startOf } from '../../../domain/time/slot.ts'
import type { Quotes, QuotesRefusal } from '../../../domain/trading/quotes.ts'
import type { RetradeProposal } from '../../../domain/trading/retrade.ts'
import { eurPerMWh, wattHours, type Energy } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { CONTROL_AREAS, dayPath, knownPortfolio, placeOf, portfolioPath } from './portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS, TRADERS_AND_VIEWERS, type Route } from '../route.ts'
import { assertWritable, fromJournal } from '../operator/store-access.ts'
import {
  energy,
  energyOf,
  exactPrice,
  instant,
  instantOf,
  instantParameter,
  money,
  moneyOf,
  price,
  priceOf,
  slotStart,
} from '../wire-values.ts'

/** Two days. */
const QUOTES_MAX = 200
const USUAL_MARKET = 'intraday'
const market = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens, at most 32')
  .meta({ description: 'Your name of the market', example: USUAL_MARKET })
const eurPerMWhValue = z.number().min(-9_999).max(9_999)
const newQuotes = z
  .strictObject({
    asOf: instantParameter('When the market said so; newer quotes replace all older ones'),
    start: instantParameter('First quarter-hour of delivery'),
    quotes: z
      .array(z.strictObject({ bidEurPerMWh: eurPerMWhValue, askEurPerMWh: eurPerMWhValue }).nullable())
      .min(1)
      .max(QUOTES_MAX)
      .meta({ description: 'By quarter-hour: at the bid you can sell, at the ask you can buy; null where nothing is offered' }),
  })
  .meta({ id: 'NewQuotes' })
const knownQuotes = z
  .strictObject({
    market: z.string(),
    asOf: instant,
    slots: z.array(z.strictObject({ start: instant, bidEurPerMWh: price, askEurPerMWh: price })),
  })
  .meta({ id: 'Quotes' })
const proposal = z
  .strictObject({
    balanceGroup: z.string(),
    controlArea: z.enum(CONTROL_AREAS),
    computedAt: instant,
    market: z.string(),
    quotesAsOf: instant,
    lotWh: energy,
    cars: z.int(),
    gain: money.meta({ description: 'What the trades save: both plans are real ones, spreads included' }),
    gainMax: money.meta({ description: 'Certified: no trades at these quotes save more' }),
    slots: z.array(
      z.strictObject({
        start: instant,
        positionWh: energy.meta({ description: 'What is sold to the cars now' }),
        changeWh: energy.meta({ description: 'What to buy (positive) or sell (negative), whole lots; 0 for nothing' }),
        energyWh: energy.meta({ description: 'The schedule after the trade' }),
        priceEurPerMWh: price.nullable().meta({ description: 'Quote the trade was reckoned with; null without a trade' }),
        worthEurPerMWh: price.meta({ description: 'What a MWh more would be worth after it: buy below, sell above' }),
      }),
    ),
  })
  .meta({ id: 'RetradeProposal' })
const positions = z
  .strictObject({
    day: z.string(),
    slots: z.array(
      z.strictObject({
        position: z.int(),
        start: instant,
        dayAheadWh: energy.nullable(),
        intradayWh: energy.nullable(),
        sumWh: energy.nullable(),
        scheduleWh: energy.nullable().meta({ description: 'The schedule in force' }),
      }),
    ),
  })
  .meta({ id: 'Positions' })

/** Routes for positions, quotes and proposals to trade again. */
export function retradeRoutes(ports: Pick<RestPorts, 'health' | 'retrading' | 'trading'>): readonly Route[] {
  return [getPositions(ports), putQuotes(ports), getQuotes(ports), getRetrade(ports)]
}

/** What was dealt, by market. */
function getPositions(ports: Pick<RestPorts, 'trading'>): Route {
  return route({
    method: 'get',
    path: '/v1/positions/{balanceGroup}/{controlArea}/{day}',
    access: TRADERS_AND_VIEWERS,
    tag: 'Market',
    summary: 'What was dealt day-ahead and intraday, by quarter-hour, beside the schedule',
    pathSchema: dayPath,
    answerSchema: positions,
    problems: ['not-found'],
    handle({ asker, path }) {
      const { day } = placeOf(path)
      const portfolio = knownPortfolio(ports, asker, path)
      const [ahead, intraday] = (['day-ahead', 'intraday'] as const).map((on) => ports.trading.traded(asker, portfolio, day, on))
      const scheduled = ports.trading.position(asker, portfolio, day.first, day.slots)
      const slots = scheduled.map((scheduleWh, i) => {
        const [dayAheadWh, intradayWh] = [ahead![i] ?? null, intraday![i] ?? null]
        return {
          position: i + 1,
          start: slotStart(later(day.first, i)),
          dayAheadWh,
          intradayWh,
          sumWh: dayAheadWh === null && intradayWh === null ? null : (dayAheadWh ?? 0) + (intradayWh ?? 0),
          scheduleWh,
        }
      })
      return { body: { day: day.date, slots } satisfies z.output<typeof positions> }
    },
  })
}

/** Takes what a market offers. */
function putQuotes(ports: Pick<RestPorts, 'health' | 'retrading'>): Route {
  return route({
    method: 'put',
    path: '/v1/quotes/{market}',
    access: TRADERS,
    tag: 'Market',
    summary: 'What a market offers right now; proposals to trade again follow by themselves',
    pathSchema: z.object({ market }),
    bodySchema: newQuotes,
    answerSchema: z.strictObject({ isRepeated: z.boolean() }),
    problems: ['version-conflict', 'changed-meanwhile', 'not-possible', 'unavailable'],
    async handle({ asker, path, body }) {
      assertWritable(ports)
      if (body.start !== startOf(slotAt(body.start)))
        throw problem('not-possible', 'deliveries begin with a quarter-hour', {
          errors: [{ pointer: '/start', detail: 'not the start of a quarter-hour' }],
        })
      const sent: Quotes = {
        market: path.market,
        asOf: body.asOf,
        first: slotAt(body.start),
        quotes: body.quotes.map((quote) => quote && { bid: eurPerMWh(quote.bidEurPerMWh), ask: eurPerMWh(quote.askEurPerMWh) }),
      }
      const answer = await fromJournal(ports.retrading.submitQuotes(asker, sent))
      if (!answer.ok) throw quotesProblem(answer.refusal)
      return { body: answer.value }
    },
  })
}

/** The newest quotes. */
function getQuotes(ports: Pick<RestPorts, 'retrading'>): Route {
  return route({
    method: 'get',
    path: '/v1/quotes/{market}',
    access: TRADERS_AND_VIEWERS,
    tag: 'Market',
    summary: 'The newest quotes of a market',
    pathSchema: z.object({ market }),
    answerSchema: knownQuotes,
    problems: ['not-found'],
    handle({ asker, path }) {
      const known = ports.retrading.quotes(asker, path.market)
      if (known === null) throw problem('not-found', `no quotes of ${path.market} are known`)
      const slots = known.quotes.flatMap((quote, i) =>
        quote === null
          ? []
          : [
              {
                start: slotStart(later(known.first, i)),
                bidEurPerMWh: priceOf(quote.bid),
                askEurPerMWh: priceOf(quote.ask),
              },
            ],
      )
      return { body: { market: known.market, asOf: instantOf(known.asOf), slots } }
    },
  })
}

/** A proposal to trade again. */
function getRetrade(ports: Pick<RestPorts, 'retrading' | 'trading'>): Route {
  return route({
    method: 'get',
    path: '/v1/retrade/{balanceGroup}/{controlArea}',
    access: TRADERS_AND_VIEWERS,
    tag: 'Market',
    summary: 'What to buy and sell so that the fleet does best at the newest quotes',
    description:
      'The fleet is planned anew against the quotes; only quarter-hours that are open, quoted and in the schedule are touched. Nothing is traded by it: send the deals and the new schedule when you have them.',
    pathSchema: portfolioPath,
    querySchema: z.strictObject({
      market: market.default(USUAL_MARKET),
      lotWh: z.coerce
        .number()
        .multipleOf(0.25)
        .min(0.25)
        .max(1e9)
        .optional()
        .meta({ description: 'Trades come in whole lots of this energy; TRADE_LOT_KWH where it is left out' }),
    }),
    answerSchema: proposal,
    problems: ['not-found', 'not-possible', 'busy'],
    async handle({ asker, path, query }) {
      const portfolio = knownPortfolio(ports, asker, path)
      const proposed = await ports.retrading.propose(
        asker,
        portfolio,
        query.market,
        query.lotWh === undefined ? ports.retrading.lot : wattHours(query.lotWh),
      )
      if (!proposed.ok) throw retradeProblem(proposed.refusal, query.market)
      return { body: proposalBody(proposed.value) }
    },
  })
}

function proposalBody({
  portfolio,
  at,
  quotesAsOf,
  lot,
  trades,
  gain,
  gainMax,
  ...rest
}: RetradeProposal): z.output<typeof proposal> {
  return {
    ...portfolio,
    computedAt: instantOf(at),
    market: rest.market,
    quotesAsOf: instantOf(quotesAsOf),
    lotWh: energyOf(lot),
    cars: rest.cars,
    gain: moneyOf(gain),
    gainMax: moneyOf(gainMax),
    slots: trades.map(({ slot, position, change, quote, worth }) => ({
      start: slotStart(slot),
      positionWh: energyOf(position),
      changeWh: energyOf(change),
      energyWh: energyOf((position + change) as Energy),
      priceEurPerMWh: change === 0 ? null : priceOf(change > 0 ? quote.ask : quote.bid),
      worthEurPerMWh: exactPrice(worth),
    })),
  }
}

function quotesProblem(refusal: QuotesRefusal): Error {
  switch (refusal.kind) {
    case 'outdated':
      return problem('changed-meanwhile', `quotes as of ${instantOf(refusal.current)} are known; older ones never replace them`)
    case 'conflict':
      return problem('version-conflict', 'quotes of this instant are known with another content')
    case 'from-the-future':
      return problem('not-possible', 'the quotes are dated in the future', {
        errors: [{ pointer: '/asOf', detail: 'more than 5 min ahead of this server’s clock' }],
      })
    case 'crossed':
      return problem('not-possible', 'an ask is never below its bid', {
        errors: refusal.positions.slice(0, 100).map((i) => ({ pointer: `/quotes/${i}`, detail: 'the bid lies above the ask' })),
      })
    case 'too-many-markets':
      return problem('not-possible', `quotes of at most ${refusal.most} markets are kept`)
  }
}

function retradeProblem(refusal: RetradeRefusal, of: string): Error {
  switch (refusal.kind) {
    case 'unknown-portfolio':
      return problem('not-found', 'no station belongs to this balance group in this control area')
    case 'no-quotes':
      return problem('not-possible', `no quotes of ${of} are known; send them with PUT /v1/quotes/${of}`)
    case 'nothing-to-trade':
      return problem('not-possible', 'no quarter-hour is open, quoted, in the schedule and has cars that could follow')
    case 'busy':
      return problem('busy', 'another proposal is being made; ask again in some seconds', { retryAfter: 5 })
    case 'failed':
      return problem('internal', `the fleet could not be valued: ${refusal.detail}`)
  }
}
