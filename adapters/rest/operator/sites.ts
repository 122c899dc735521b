// The house behind a site's meter, as its energy manager foresees it.
import { z } from 'zod'
import { CONTROLLED_KINDS } from '../../../domain/dimming/minimum-power.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import type { SiteLoadRefusal } from '../../../domain/ports/answers/sites.ts'
import { inWatts } from '../../../domain/units.ts'
import { slotAt, startOf } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import { name } from '../trader/portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { DISPATCHERS, GRID_OPERATORS_AND_VIEWERS, OPERATORS, route, type Route } from '../route.ts'
import { assertWritable, fromJournal } from './store-access.ts'
import { instant, instantOf, instantParameter, power, slotStart } from '../wire-values.ts'

/** Four days. */
const SLOTS_MAX = 400
const sitePath = z.object({ site: name.meta({ description: 'Id of the site in the registry' }) })
const meanPower = power.min(-1_000_000).max(1_000_000)

const minimumPower = z
  .strictObject({
    site: z.string(),
    powerW: power,
    control: z.enum(['direct', 'ems']),
    counting: z.enum(['each', 'group']),
    count: z.int().meta({ description: 'Devices that count' }),
    factor: z.number().meta({ description: 'Simultaneity factor for so many' }),
    heatPumpsW: power.meta({ description: 'Sum that 0.4 is taken of; 0 where none exceeds 11 kW' }),
    airConditioningW: power,
    formula: z.string(),
    exempt: z.array(z.strictObject({ kind: z.enum(CONTROLLED_KINDS), powerW: power, why: z.enum(['public', 'small']) })),
    preventiveMinutes: z.number().meta({ description: 'Dimmed by way of precaution today' }),
    preventiveMinutesMax: z.int(),
  })
  .meta({ id: 'MinimumPower' })

/** Routes of sites. */
export function siteRoutes(ports: Pick<RestPorts, 'health' | 'sites'>): readonly Route[] {
  return [
    route({
      method: 'put',
      path: '/v1/sites/{site}/load',
      access: DISPATCHERS,
      tag: 'Sites',
      summary: 'Tell what the house behind the meter will take beside the cars',
      description:
        'Mean power by quarter-hour of everything but the cars: household, heat pump, stationary battery, and the sun as a negative part. The cars of the site are planned with one meter from then on, anew at once. Tell it again whenever it changes; quarter-hours after the last one count as 0.',
      pathSchema: sitePath,
      bodySchema: z
        .strictObject({
          asOf: instantParameter('When it was foreseen; a newer one replaces all older ones'),
          start: instantParameter('First quarter-hour'),
          powerW: z.array(meanPower).min(1).max(SLOTS_MAX),
        })
        .meta({ id: 'NewSiteLoad' }),
      answerSchema: z.strictObject({ isRepeated: z.boolean() }),
      problems: ['not-found', 'version-conflict', 'changed-meanwhile', 'not-possible', 'unavailable'],
      async handle({ asker, path, body }) {
        assertWritable(ports)
        if (body.start !== startOf(slotAt(body.start)))
          throw problem('not-possible', 'the series begins with a quarter-hour', {
            errors: [{ pointer: '/start', detail: 'not the start of a quarter-hour' }],
          })
        const load = { site: id<SiteId>(path.site), asOf: body.asOf, first: slotAt(body.start), power: body.powerW }
        const told = await fromJournal(ports.sites.tellSiteLoad(asker, load))
        if (told.ok) return { body: told.value }
        throw siteLoadProblem(told.refusal, path.site)
      },
    }),
    route({
      method: 'get',
      path: '/v1/sites/{site}/load',
      access: OPERATORS,
      tag: 'Sites',
      summary: 'What the house behind the meter is foreseen to take, as last told',
      pathSchema: sitePath,
      answerSchema: z
        .strictObject({ site: z.string(), asOf: instant, start: instant, powerW: z.array(meanPower) })
        .meta({ id: 'SiteLoad' }),
      problems: ['not-found'],
      handle({ asker, path }) {
        const load = ports.sites.siteLoad(asker, id<SiteId>(path.site))
        if (load === null) throw problem('not-found', `nobody has told of a house at ${path.site}`)
        return {
          body: { site: load.site, asOf: instantOf(load.asOf), start: slotStart(load.first), powerW: [...load.power] },
        }
      },
    }),
    route({
      method: 'get',
      path: '/v1/sites/{site}/minimum-power',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Sites',
      summary: 'What has to be left to a connection when it is dimmed (§14a EnWG), with the calculation',
      description:
        'Private charge points of the registry above 4.2 kW, and the heat pumps, air conditioning and storages of its dimming contract. It raises no limit: one below is obeyed as sent and has the alarm `limit_below_pmin14a`.',
      pathSchema: sitePath,
      answerSchema: minimumPower,
      problems: ['not-found'],
      handle({ asker, path }) {
        const found = ports.sites.minimumPower(asker, id<SiteId>(path.site))
        if (found === null) throw problem('not-found', `there is no site ${path.site}`)
        const { power: least, heatPumps, airConditioning, exempt, preventiveMinutes, ...rest } = found
        return {
          body: {
            site: path.site,
            powerW: inWatts(least),
            heatPumpsW: inWatts(heatPumps),
            airConditioningW: inWatts(airConditioning),
            exempt: exempt.map(({ device, why }) => ({ kind: device.kind, powerW: inWatts(device.power), why })),
            preventiveMinutes: Math.round(preventiveMinutes * 100) / 100,
            ...rest,
          },
        }
      },
    }),
  ]
}

function siteLoadProblem(refusal: SiteLoadRefusal, site: string): Error {
  switch (refusal.kind) {
    case 'unknown-site':
      return problem('not-found', `there is no site ${site}`)
    case 'conflict':
      return problem('version-conflict', 'a foresight of this instant is known with another content')
    case 'from-the-future':
      return problem('not-possible', 'it is dated in the future', {
        errors: [{ pointer: '/asOf', detail: 'more than 5 min ahead of this server’s clock' }],
      })
    case 'outdated':
      return problem('changed-meanwhile', `a foresight as of ${instantOf(refusal.current)} is known already`)
  }
}
