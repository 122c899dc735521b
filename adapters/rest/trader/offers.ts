// What a commercial aggregator can bid: by quarter-hour, how much more or less the cars would take at which price.
import { z } from 'zod'
import type { Offer } from '../../../domain/ports/answers/offers.ts'
import { startOf } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import { knownPortfolio, portfolioPath } from './portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS_AND_VIEWERS, type Route } from '../route.ts'
import { energy, energyOf, instant, instantOf, instantParameter, price, priceOf, slotStart } from '../wire-values.ts'

const rung = z.strictObject({
  energyWh: energy.meta({ description: 'Cumulated from the plan outwards, positive in both directions' }),
  priceEurPerMWh: price.meta({ description: 'All of the energy up to here is worth it at this price' }),
})
const offers = z
  .strictObject({
    balanceGroup: z.string(),
    controlArea: z.string(),
    computedAt: instant,
    slots: z.array(
      z.strictObject({
        start: instant,
        plannedWh: energy,
        priceEurPerMWh: price.meta({
          description: 'What the next MWh is worth now: price of the day and what the sold position adds',
        }),
        up: z.array(rung).meta({ description: 'Taking more: buy at this price or less; falling' }),
        down: z.array(rung).meta({ description: 'Taking less or giving: sell at this price or more; rising' }),
      }),
    ),
  })
  .meta({ id: 'Offers' })
const span = z.strictObject({
  from: instantParameter('Quarter-hours from here on').optional(),
  until: instantParameter('Quarter-hours before').optional(),
})
const description =
  'From the exact demand curve of every car, fees and taxes of the tariff in force deducted. What a rung takes in one quarter-hour the cars do without in others, reckoned at the prices shown there: where those are sold to the last Wh, trade them too (see /v1/retrade), or it is paid for as imbalance. Take a rung, send the new schedule, and ask again. Only open quarter-hours with a known price are offered; departures, driver’s minimum and all limits are inside.'

/** The ladders of bids. */
export function offerRoutes(ports: Pick<RestPorts, 'now' | 'offers' | 'trading'>): readonly Route[] {
  return (['', '/csv'] as const).map((format) =>
    route({
      method: 'get',
      path: `/v1/offers/{balanceGroup}/{controlArea}${format}`,
      access: TRADERS_AND_VIEWERS,
      tag: 'Market',
      summary:
        format === ''
          ? 'What the next MWh up or down costs in every open quarter-hour, ready to bid'
          : 'The same as CSV, one row a rung',
      description,
      pathSchema: portfolioPath,
      querySchema: span,
      answerSchema: format === '' ? offers : null,
      ...(format === '' ? {} : { answerType: 'text/csv' }),
      problems: ['not-found'],
      async handle({ asker, path, query: { from = 0, until = Infinity } }) {
        const portfolio = knownPortfolio(ports, asker, path)
        const now = ports.now()
        const found = await ports.offers.offers(asker, portfolio, now)
        if (found === null) throw problem('not-found', `no station belongs to ${path.balanceGroup} in ${path.controlArea}`)
        const wanted = found.filter(({ slot }) => startOf(slot) >= from && startOf(slot) < until)
        if (format !== '') return { body: csvOf(wanted), type: 'text/csv' }
        return { body: { ...portfolio, computedAt: instantOf(now), slots: wanted.map(bodyOf) } satisfies z.output<typeof offers> }
      },
    }),
  )
}

function bodyOf({ slot, planned, price: now, up, down }: Offer): z.output<typeof offers>['slots'][number] {
  const rungOf = (of: Offer['up'][number]) => ({ energyWh: energyOf(of.energy), priceEurPerMWh: priceOf(of.price) })
  return {
    start: slotStart(slot),
    plannedWh: energyOf(planned),
    priceEurPerMWh: priceOf(now),
    up: up.map(rungOf),
    down: down.map(rungOf),
  }
}

function csvOf(found: readonly Offer[]): string {
  const rows = found.flatMap(({ slot, up, down }) =>
    [...up.map((of) => ['up', of] as const), ...down.map((of) => ['down', of] as const)].map(
      ([direction, of]) => `${slotStart(slot)};${direction};${energyOf(of.energy)};${priceOf(of.price)}`,
    ),
  )
  return ['start;direction;energy_wh;price_eur_per_mwh', ...rows, ''].join('\r\n')
}
