// Whose schedules can be sent here: the balance groups and control areas that have stations.
import { z } from 'zod'
import { CONTROL_AREAS } from './portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS_AND_VIEWERS, type Route } from '../route.ts'

const portfolios = z.strictObject({
  items: z.array(
    z.strictObject({
      balanceGroup: z.string(),
      controlArea: z.enum(CONTROL_AREAS),
      place: z.string().meta({ description: 'As it stands in addresses', example: 'my-group/TenneT' }),
    }),
  ),
})

/** The list of portfolios. */
export function portfolioRoutes(ports: Pick<RestPorts, 'trading'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/portfolios',
      access: TRADERS_AND_VIEWERS,
      tag: 'Market',
      summary: 'The portfolios that have stations',
      answerSchema: portfolios,
      handle: ({ asker }) => ({
        body: {
          items: ports.trading.portfolios(asker).map(({ balanceGroup, controlArea }) => ({
            balanceGroup,
            controlArea,
            place: `${encodeURIComponent(balanceGroup)}/${controlArea}`,
          })),
        } satisfies z.output<typeof portfolios>,
      }),
    }),
  ]
}
