// What the meter of an EVSE and the car behind it reported, by the instant it was sampled.
import { z } from 'zod'
import { evseId } from '../../../domain/registry/identity.ts'
import type { ReadingPosition } from '../../../domain/ports/stores.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { problem } from '../../wire/problem.ts'
import { cursorParameter } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { OPERATORS, route, type Route } from '../route.ts'
import { knownStation } from './stations.ts'
import { fromStore } from './store-access.ts'
import { energy, instant, instantOf, instantParameter, limitParameter, power, share, wattsOrNull } from '../wire-values.ts'

const HOUR_MS = 3_600_000
const figure = z.number().nullable()
const position = z.tuple([z.number(), z.string().nullable(), figure, figure, figure, figure])

const reading = z
  .strictObject({
    sampledAt: instant,
    arrivedAt: instant,
    transaction: z.string().nullable(),
    powerW: power.nullable(),
    importedWh: energy.nullable().meta({ description: 'Register: total energy taken from the grid' }),
    exportedWh: energy.nullable().meta({ description: 'Register: total energy given' }),
    soc: share.nullable(),
    phasesW: z.array(power).length(3).nullable(),
    quality: z.enum(['measured', 'estimated', 'late', 'suspect']),
    toldAt: instant
      .nullable()
      .meta({ description: 'The instant by the clock of the station, where that is wrong and was put right' }),
    edge: z.enum(['begin', 'end']).nullable().meta({ description: 'Registers at the begin or end of a transaction' }),
    location: z
      .int()
      .nullable()
      .meta({ description: 'Where it was measured, if not at the outlet: 1 cable, 2 inlet, 3 the car' }),
    intervalImportedWh: energy
      .nullable()
      .meta({ description: 'Energy since the value before, of a meter that tells no register' }),
    intervalExportedWh: energy.nullable(),
  })
  .meta({ id: 'Reading' })

/** Readings of an EVSE by sampling time. */
export function readingRoutes(ports: Pick<RestPorts, 'now' | 'readings' | 'stations'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/stations/{station}/evses/{evse}/readings',
      access: OPERATORS,
      tag: 'Readings',
      summary: 'Readings of an EVSE, oldest first',
      pathSchema: z.strictObject({
        station: z.string().min(1).max(255),
        evse: z.coerce.number().int().min(1).max(999).meta({ description: 'Number of the EVSE at its station' }),
      }),
      querySchema: z.strictObject({
        from: instantParameter('Start, an hour ago if left out').optional(),
        until: instantParameter('End, not included; now if left out').optional(),
        limit: limitParameter(),
        cursor: cursorParameter(),
      }),
      answerSchema: z.strictObject({ evse: z.string(), readings: z.array(reading) }),
      answerHeaders: ['Link'],
      problems: ['not-found', 'unavailable'],
      async handle({ asker, path, query, position: where, nextPage }) {
        const { station, evses } = knownStation(ports, asker, path.station)
        const evse = evseId(station, path.evse)
        if (evses.every((one) => one.evse !== evse))
          throw problem('not-found', `station ${path.station} has no EVSE ${path.evse}`)
        const until = query.until ?? ports.now() + 1
        const from = query.from ?? until - HOUR_MS
        const behind = where(position)
        const after = behind === null ? null : positionFrom(behind)
        const found = await fromStore(ports.readings.readings(asker, evse, from, until, query.limit + 1, after))
        const page = found.slice(0, query.limit)
        const body = { evse, readings: page.map(readingBody) }
        const last = page.at(-1)
        if (last === undefined || found.length === page.length) return { body }
        return { body, headers: nextPage(positionOf(last), { from: instantOf(from), until: instantOf(until) }) }
      },
    }),
  ]
}

function positionOf({ sampledAt, transaction, imported, exported, power, soc }: Reading): z.output<typeof position> {
  return [sampledAt, transaction, imported, exported, power, soc]
}

function positionFrom([sampledAt, transaction, imported, exported, power, soc]: z.output<typeof position>): ReadingPosition {
  return { sampledAt, transaction, imported, exported, power, soc } as ReadingPosition
}

function readingBody(of: Reading): z.output<typeof reading> {
  return {
    sampledAt: instantOf(of.sampledAt),
    arrivedAt: instantOf(of.arrivedAt),
    transaction: of.transaction,
    powerW: wattsOrNull(of.power),
    importedWh: of.imported,
    exportedWh: of.exported,
    soc: of.soc,
    phasesW: of.phases === null ? null : [...of.phases],
    quality: of.quality,
    toldAt: of.origin?.toldAt === undefined ? null : instantOf(of.origin.toldAt),
    edge: of.origin?.edge ?? null,
    location: of.origin?.location ?? null,
    intervalImportedWh: of.origin?.interval?.importedWh ?? null,
    intervalExportedWh: of.origin?.interval?.exportedWh ?? null,
  }
}
