// What the meter of an EVSE counted, by quarter-hour, with how sure that is and how often it was changed afterwards.
import { z } from 'zod'
import { evseId } from '../../../domain/registry/identity.ts'
import { later, slotAt, slotFrom } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'
import { OPERATORS, route, type Route } from '../route.ts'
import { knownStation } from './stations.ts'
import { energy, energyOf, instant, instantParameter, slotQuality, slotRevision, slotStart } from '../wire-values.ts'

const DAY_SLOTS = 96
/** A fortnight: more than what is open. */
const SLOTS_MAX = 14 * DAY_SLOTS

/** Metered energy of an EVSE. */
export function energyRoutes(ports: Pick<RestPorts, 'now' | 'readings' | 'stations'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/stations/{station}/evses/{evse}/energy',
      access: OPERATORS,
      tag: 'Readings',
      summary: 'Energy of an EVSE by quarter-hour, at most a fortnight',
      description:
        'Quarter-hours nobody counted are left out. Readings that come late change those of the last 12 days, and `revision` says so.',
      pathSchema: z.strictObject({
        station: z.string().min(1).max(255),
        evse: z.coerce.number().int().min(1).max(999).meta({ description: 'Number of the EVSE at its station' }),
      }),
      querySchema: z.strictObject({
        from: instantParameter('Start, a day before the end if left out').optional(),
        until: instantParameter('End, not included; now if left out').optional(),
      }),
      answerSchema: z.strictObject({
        evse: z.string(),
        slots: z.array(
          z.strictObject({
            start: instant,
            importedWh: energy,
            exportedWh: energy,
            quality: slotQuality,
            revision: slotRevision,
          }),
        ),
      }),
      problems: ['not-found'],
      handle({ asker, path, query }) {
        const { station, evses } = knownStation(ports, asker, path.station)
        const evse = evseId(station, path.evse)
        if (evses.every((one) => one.evse !== evse))
          throw problem('not-found', `station ${path.station} has no EVSE ${path.evse}`)
        const until = slotFrom(query.until ?? ports.now() + 1)
        const from = query.from === undefined ? later(until, -DAY_SLOTS) : slotAt(query.from)
        if (until - from > SLOTS_MAX) throw problem('invalid-request', 'at most a fortnight can be asked for at once')
        const slots = ports.readings.energy(asker, evse, from, until).map(({ slot, imported, exported, quality, revision }) => ({
          start: slotStart(slot),
          importedWh: energyOf(imported),
          exportedWh: energyOf(exported),
          quality,
          revision,
        }))
        return { body: { evse, slots } }
      },
    }),
  ]
}
