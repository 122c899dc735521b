// What a car, a site, a pool or a portfolio can do by quarter-hour, from this instant on.
import { z } from 'zod'
import { later } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS_AND_VIEWERS, type Route } from '../route.ts'
import { energy, instant, instantOf, power, slotStart } from '../wire-values.ts'

const flexibility = z
  .strictObject({
    subject: z.string(),
    computedAt: instant,
    isDeliverable: z.boolean().meta({
      description:
        'Both offered courses can be carried out; false where a bound on several cars had to cut their sum, and where no car is counted on',
    }),
    slots: z.array(
      z.strictObject({
        start: instant,
        pMinW: power.meta({ description: 'Least mean power that can be asked in this quarter-hour alone' }),
        pMaxW: power.meta({ description: 'Most mean power that can be asked in this quarter-hour alone' }),
        eMinWh: energy.meta({ description: 'No plan has taken less from now to the end of this quarter-hour' }),
        eMaxWh: energy.meta({ description: 'No plan has taken more from now to the end of this quarter-hour' }),
        offerMinWh: energy.meta({ description: 'Taken until then by charging as late and giving as early as can be' }),
        offerMaxWh: energy.meta({ description: 'Taken until then by charging as early as can be' }),
      }),
    ),
  })
  .meta({ id: 'Flexibility' })

/** The bands of flexibility. */
export function flexibilityRoutes(ports: Pick<RestPorts, 'flexibility' | 'now'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/flexibility',
      access: TRADERS_AND_VIEWERS,
      tag: 'Plans',
      summary: 'What can be asked of a car, a site, a pool or a portfolio',
      description:
        'By quarter-hour until the last car leaves; the running one counts with what is left of it. eMin and eMax enclose every plan, but not every course between them is one; the offered courses are.',
      querySchema: z.strictObject({
        subject: z
          .string()
          .max(200)
          .regex(/^(?:evse|site|pool|portfolio):./, 'evse:ID, site:ID, pool:ID or portfolio:GROUP/AREA')
          .meta({ description: 'evse:ID, site:ID, pool:ID or portfolio:GROUP/AREA', example: 'pool:Hunte' }),
      }),
      answerSchema: flexibility,
      problems: ['not-found'],
      async handle({ asker, query: { subject } }) {
        const now = ports.now()
        const band = await ports.flexibility.flexibility(asker, subject, now)
        if (band === null) throw problem('not-found', `nothing is known as ${subject}`)
        return {
          body: {
            subject,
            computedAt: instantOf(now),
            isDeliverable: band.isDeliverable,
            slots: Array.from(band.powerMin, (least, t) => ({
              start: slotStart(later(band.first, t)),
              pMinW: up(least),
              pMaxW: Math.max(up(least), down(band.powerMax[t]!)),
              eMinWh: quarters(band.energyMin[t]!, down),
              eMaxWh: quarters(band.energyMax[t]!, up),
              offerMinWh: quarters(band.offerMin[t]!, Math.round),
              offerMaxWh: quarters(band.offerMax[t]!, Math.round),
            })),
          } satisfies z.output<typeof flexibility>,
        }
      },
    }),
  ]
}

// What can be asked is rounded inwards, what encloses all plans outwards; what comes from computing alone does not move it.
const ROUNDING = 1e-6
function up(value: number): number {
  return Math.ceil(value - ROUNDING) + 0
}
function down(value: number): number {
  return Math.floor(value + ROUNDING) + 0
}
function quarters(wattHours: number, rounded: (value: number) => number): number {
  return rounded(wattHours * 4) / 4 + 0
}
