// The house behind a site's meter, as its energy manager foresees it.
import { z } from 'zod'
import { CONTROLLED_KINDS } from '../../../domain/dimming/minimum-power.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import type { MeasuredHouse, SiteLoadRefusal } from '../../../domain/ports/answers/sites.ts'
import { inWatts } from '../../../domain/units.ts'
import { slotAt, startOf } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import { name } from '../trader/portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { DISPATCHERS, GRID_OPERATORS_AND_VIEWERS, OPERATORS, route, type Route } from '../route.ts'
import { assertWritable, fromJournal } from './store-access.ts'
import { instant, instantOf, instantOrNull, instantParameter, power, slotStart, wattsOrNull } from '../wire-values.ts'

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

const ageSeconds = z.int().min(0)
const measuredLoad = z
  .strictObject({
    site: z.string(),
    state: z.enum(['measured', 'held', 'none']).meta({
      description:
        'What plans count with: what is measured, the worst of the last day where nothing counts for 5 min, or nothing because nothing ever has',
    }),
    reason: z
      .enum(['measured', 'not-connected', 'no-power', 'out-of-range', 'error', 'unreadable', 'cars-unmeasured'])
      .meta({ description: 'Why what is told now counts or does not' }),
    powerW: power.nullable().meta({ description: 'Beside the cars led from here; null where it is held' }),
    mostW: power.nullable().meta({ description: 'Of the last day' }),
    leastW: power.nullable(),
    at: instant.nullable().meta({ description: 'When the value was heard that it rests on' }),
    ageSeconds: ageSeconds.nullable(),
    by: z.string().nullable().meta({ description: 'Who measured it; in EEBUS an SKI' }),
    now: z
      .strictObject({
        by: z.string(),
        at: instant.nullable(),
        ageSeconds: ageSeconds.nullable(),
        stamp: instant.nullable().meta({ description: 'The instant the meter gives it; its clock may be wrong' }),
        connectionW: power.nullable(),
        carsW: power.nullable().meta({ description: 'Of it, what the cars led from here took' }),
        parts: z.array(z.strictObject({ place: z.string(), kind: z.string(), powerW: power, at: instant })),
        cars: z.array(
          z.strictObject({
            place: z.string(),
            powerW: power.nullable(),
            soc: z.number().min(0).max(1).nullable(),
            socAgeSeconds: ageSeconds.nullable(),
            capacityWh: z.number().nullable(),
            charging: z.enum(['active', 'paused', 'finished', 'failure']).nullable(),
          }),
        ),
      })
      .nullable()
      .meta({ description: 'What is told at present; null where nobody is connected' }),
  })
  .meta({ id: 'MeasuredLoad' })

/** Routes of sites. */
export function siteRoutes(ports: Pick<RestPorts, 'health' | 'sites' | 'now'>): readonly Route[] {
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
      path: '/v1/sites/{site}/measured-load',
      access: OPERATORS,
      tag: 'Sites',
      summary: 'What the house behind the meter takes beside the cars, as its energy manager or meter tells it',
      description:
        'From EEBUS (MGCP, else the sum of what MPC tells of its parts). It counts in plans for the hour that it was measured in, before what was foreseen; where nothing counts for 5 min, the worst of the last day is held. `now` is what is told at present, its cars included.',
      pathSchema: sitePath,
      answerSchema: measuredLoad,
      problems: ['not-found'],
      handle({ asker, path }) {
        const found = ports.sites.measuredLoad(asker, id<SiteId>(path.site))
        if (found === null) throw problem('not-found', `nobody has told of a meter at ${path.site}`)
        return { body: measuredBody(path.site, found, ports.now()) }
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

function measuredBody(site: string, { load, reason, by, reading, cars }: MeasuredHouse, now: number) {
  const ageOf = (at: number | null) => (at === null ? null : Math.max(0, Math.round((now - at) / 1_000)))
  const state = load === null ? ('none' as const) : load.power === null ? ('held' as const) : ('measured' as const)
  const told =
    by === null || reading === null
      ? null
      : {
          by,
          at: instantOrNull(reading.at),
          ageSeconds: ageOf(reading.at),
          stamp: instantOrNull(reading.measuredAt),
          connectionW: wattsOrNull(reading.connection),
          carsW: wattsOrNull(cars),
          parts: reading.parts.map((part) => ({
            place: part.place,
            kind: part.kind,
            powerW: inWatts(part.power),
            at: instantOf(part.at),
          })),
          cars: reading.cars.map((car) => ({
            place: car.place,
            powerW: wattsOrNull(car.power),
            soc: car.soc,
            socAgeSeconds: ageOf(car.socAt),
            capacityWh: car.capacity,
            charging: car.charging,
          })),
        }
  return {
    site,
    state,
    reason,
    powerW: wattsOrNull(load?.power ?? null),
    mostW: wattsOrNull(load?.most ?? null),
    leastW: wattsOrNull(load?.least ?? null),
    at: instantOrNull(load?.at ?? null),
    ageSeconds: ageOf(load?.at ?? null),
    by: load?.by ?? null,
    now: told,
  }
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
