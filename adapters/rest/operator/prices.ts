// Day-ahead prices and what they become with fees and taxes, quarter-hour by quarter-hour. A gap is null, never zero.
import { z } from 'zod'
import { later } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'
import { ALL_ROLES, route, type Route } from '../route.ts'
import { fromStore } from './store-access.ts'
import {
  exactPrice,
  instant,
  instantOf,
  instantParameter,
  PAGE_MAX,
  price,
  priceOrNull,
  slotsOf,
  slotStart,
} from '../wire-values.ts'

const DAY_MS = 86_400_000

const answer = z
  .strictObject({
    zone: z.string(),
    market: z.string(),
    unit: z.literal('EUR/MWh'),
    feeRegime: z.string(),
    slots: z.array(
      z.strictObject({
        start: instant,
        spot: price.nullable(),
        buy: price.nullable().meta({ description: 'What a MWh from the grid costs, fees and taxes included' }),
        sell: price.nullable().meta({ description: 'What a MWh fed back earns' }),
      }),
    ),
    sources: z.array(z.strictObject({ source: z.string(), location: z.string(), fetchedAt: instant, digest: z.string() })),
  })
  .meta({ id: 'Prices' })

/** Market prices with their sources, and the tariff made of them. */
export function priceRoutes(ports: Pick<RestPorts, 'now' | 'prices'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/prices',
      access: ALL_ROLES,
      tag: 'Prices',
      summary: 'Prices by quarter-hour',
      querySchema: z.strictObject({
        from: instantParameter('Start, now if left out').optional(),
        until: instantParameter('End, not included; a day after the start if left out').optional(),
      }),
      answerSchema: answer,
      problems: ['unavailable'],
      async handle({ asker, query }) {
        const start = query.from ?? ports.now()
        const { from, until } = slotsOf(start, query.until ?? start + DAY_MS)
        if (until - from > PAGE_MAX || until <= from)
          throw problem('invalid-request', `between 1 and ${PAGE_MAX} quarter-hours can be asked for at once`, {
            errors: [{ parameter: 'until', detail: `after ${instantOf(start)} and at most ${PAGE_MAX} quarter-hours later` }],
          })
        const { zone, market, prices, sources } = await fromStore(ports.prices.prices(asker, from, until))
        const { buy, sell, regime } = ports.prices.tariff(asker, from, until)
        return {
          body: {
            zone,
            market,
            unit: 'EUR/MWh',
            feeRegime: regime,
            slots: Array.from({ length: until - from }, (_, i) => {
              const slot = later(from, i)
              return {
                start: slotStart(slot),
                spot: priceOrNull(prices.values[slot - prices.first] ?? null),
                buy: tariffText(buy.values[slot - buy.first]),
                sell: tariffText(sell.values[slot - sell.first]),
              }
            }),
            sources: sources.map(({ source, location, fetchedAt, digest }) => ({
              source,
              location,
              fetchedAt: instantOf(fetchedAt),
              digest,
            })),
          } satisfies z.output<typeof answer>,
        }
      },
    }),
  ]
}

function tariffText(ctPerMWh: number | null | undefined): string | null {
  return ctPerMWh === null || ctPerMWh === undefined ? null : exactPrice(ctPerMWh)
}
