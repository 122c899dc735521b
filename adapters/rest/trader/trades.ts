// Deals of the commercial aggregator on a market, under its own names.
import { z } from 'zod'
import { slotAt, startOf } from '../../../domain/time/slot.ts'
import type { TradeRefusal } from '../../../domain/trading/schedule-book.ts'
import { eurPerMWh, wattHours } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { CONTROL_AREAS, name, portfolioFrom } from './portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS, type Route } from '../route.ts'
import { assertWritable, fromStore } from '../operator/store-access.ts'
import { instantParameter, wholeQuarters } from '../wire-values.ts'

const newTrade = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
    market: z.enum(['day-ahead', 'intraday']),
    balanceGroup: name,
    controlArea: z.enum(CONTROL_AREAS),
    start: instantParameter('First quarter-hour of delivery'),
    energyWh: z.array(wholeQuarters).max(100).meta({ description: 'By quarter-hour; positive was bought for the cars' }),
    priceEurPerMWh: z.number().min(-9_999).max(9_999),
  })
  .meta({ id: 'NewTrade' })

/** Routes of deals. */
export function tradeRoutes(ports: Pick<RestPorts, 'health' | 'trading'>): readonly Route[] {
  return [
    route({
      method: 'put',
      path: '/v1/trades/{trade}',
      access: TRADERS,
      tag: 'Market',
      summary: 'A deal on a market, under the sender’s own name; a newer version replaces it',
      pathSchema: z.object({ trade: name }),
      bodySchema: newTrade,
      answerSchema: z.strictObject({ isRepeated: z.boolean() }),
      problems: ['not-found', 'version-conflict', 'changed-meanwhile', 'not-possible', 'unavailable'],
      async handle({ asker, path, body }) {
        assertWritable(ports)
        if (body.start !== startOf(slotAt(body.start)))
          throw problem('not-possible', 'deliveries begin with a quarter-hour', {
            errors: [{ pointer: '/start', detail: 'not the start of a quarter-hour' }],
          })
        const answer = await fromStore(
          ports.trading.submitTrade(asker, {
            portfolio: portfolioFrom(body),
            id: path.trade,
            version: body.version,
            market: body.market,
            first: slotAt(body.start),
            energy: body.energyWh.map(wattHours),
            price: eurPerMWh(body.priceEurPerMWh),
          }),
        )
        if (!answer.ok) throw tradeProblem(answer.refusal)
        return { body: answer.value }
      },
    }),
  ]
}

function tradeProblem(refusal: TradeRefusal): Error {
  switch (refusal.kind) {
    case 'unknown-portfolio':
      return problem('not-found', 'no station belongs to this balance group in this control area')
    case 'version-outdated':
      return problem('changed-meanwhile', `version ${refusal.current} of this deal is known; an older one never replaces it`)
    case 'version-conflict':
      return problem('version-conflict', `version ${refusal.version} of this deal is known with another content`)
    case 'book-full':
      return problem('not-possible', `at most ${refusal.most} deals are kept`)
  }
}
