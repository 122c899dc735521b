// Charging stations and their EVSEs as they are now: connection, car, power ordered and measured, and why.
import { z } from 'zod'
import type { Asker } from '../../../domain/registry/asker.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { ODDITY_KINDS } from '../../../domain/registry/station-oddity.ts'
import type { EvseView, StationView, Why } from '../../../domain/ports/answers/stations.ts'
import { RANKS } from '../../../domain/signals/envelope.ts'
import { problem } from '../../wire/problem.ts'
import { cursorParameter } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { OPERATORS, route, type Route } from '../route.ts'
import { abilities, abilitiesBody, formBody, profileForm } from './abilities.ts'
import { stationPath } from './station-commands.ts'
import { instant, instantOf, instantOrNull, limitParameter, power, share, wattsOrNull } from '../wire-values.ts'

const dialect = z.enum(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1', 'hems-mqtt']).nullable()
const rank = z.enum(RANKS).meta({ id: 'Rank', description: 'Authority by precedence, strictest first' })

const why = z
  .strictObject({
    rule: rank,
    sentence: z.string(),
    ladder: z.array(
      z.strictObject({
        rank,
        authority: z.string(),
        minW: power.nullable(),
        maxW: power.nullable(),
        wantedW: power.nullable(),
        decides: z.boolean(),
        overruled: z.boolean(),
      }),
    ),
    endsAt: instant.nullable(),
  })
  .meta({
    id: 'Why',
    description: 'Why a power is what it is: one sentence and the authorities behind it in order of precedence',
  })

const order = z
  .strictObject({
    id: z.string(),
    state: z.enum(['issued', 'confirmed', 'followed', 'ended']),
    outcome: z.enum(['done', 'refused', 'expired', 'superseded']).nullable(),
    detail: z.string().nullable(),
    setpointW: power.nullable(),
    reason: z.string(),
    issuedAt: instant,
    stateAt: instant.nullable(),
    leaseUntil: instant,
  })
  .meta({ id: 'Order', description: 'The order in force at an EVSE; it ends by itself when its lease runs out' })

export const evse = z
  .strictObject({
    id: z.string(),
    station: z.string(),
    connected: z.boolean(),
    dialect,
    status: z.enum(['available', 'occupied', 'reserved', 'unavailable', 'faulted', 'offline']),
    session: z.string().nullable(),
    vehicle: z.string().nullable(),
    bidirectional: z.boolean(),
    orderedW: power.nullable(),
    measuredW: power.nullable(),
    measuredAt: instant.nullable(),
    soc: share.nullable(),
    socEstimated: z.boolean(),
    minimumSoc: share.nullable(),
    targetSoc: share.nullable(),
    readyBy: instant.nullable(),
    chargeMaxW: power,
    dischargeMaxW: power,
    why: why.nullable(),
    order: order.nullable(),
    alarms: z.array(z.string()),
  })
  .meta({ id: 'Evse' })

const station = z
  .strictObject({
    id: z.string(),
    connected: z.boolean(),
    dialect,
    vendor: z.string().nullable(),
    model: z.string().nullable(),
    firmware: z.string().nullable(),
    lastSeenAt: instant.nullable(),
    abilities: abilities.nullable(),
    form: profileForm.nullable(),
    alarms: z
      .array(z.string())
      .meta({ description: 'What the station as a whole does wrong; it stands at each of its EVSEs as well' }),
    oddities: z
      .array(z.strictObject({ kind: z.enum(ODDITY_KINDS), count: z.number().int(), lastAt: instant, where: z.string() }))
      .meta({
        description:
          'What the station writes otherwise than its protocol has it and what was taken all the same, by kind: the messages with it since the start of this process, and the place in the newest of them',
      }),
    evses: z.array(evse),
  })
  .meta({ id: 'Station' })

const frames = z.strictObject({
  frames: z.array(z.strictObject({ at: instant, direction: z.enum(['in', 'out']), text: z.string() })),
})

const stationsQuery = z.strictObject({
  connected: z.enum(['true', 'false']).optional().meta({ description: 'Only stations that are, or are not, connected' }),
  limit: limitParameter(),
  cursor: cursorParameter(),
})

/** Stations with their EVSEs, reasons and last frames. */
export function stationRoutes(ports: Pick<RestPorts, 'stations'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/stations',
      access: OPERATORS,
      tag: 'Stations',
      summary: 'All stations by identity',
      querySchema: stationsQuery,
      answerSchema: z.strictObject({ stations: z.array(station) }),
      answerHeaders: ['Link'],
      handle({ asker, query, position, nextPage }) {
        const after = position(z.string())
        const found = ports.stations.stations(asker, {
          connected: query.connected === undefined ? null : query.connected === 'true',
          after: after === null ? null : id<StationId>(after),
          limit: query.limit + 1,
        })
        const page = found.slice(0, query.limit)
        const body = { stations: page.map(stationBody) }
        const last = page.at(-1)
        return last === undefined || found.length === page.length ? { body } : { body, headers: nextPage(last.station) }
      },
    }),
    route({
      method: 'get',
      path: '/v1/stations/{station}',
      access: OPERATORS,
      tag: 'Stations',
      summary: 'One station with its EVSEs and the reasons for their power',
      pathSchema: stationPath,
      answerSchema: station,
      problems: ['not-found'],
      handle: ({ asker, path }) => ({ body: stationBody(knownStation(ports, asker, path.station)) }),
    }),
    route({
      method: 'get',
      path: '/v1/stations/{station}/frames',
      access: ['dispatcher', 'admin'],
      tag: 'Stations',
      summary: 'The last protocol frames exchanged with a station, newest last',
      pathSchema: stationPath,
      answerSchema: frames,
      problems: ['not-found'],
      handle({ asker, path }) {
        const { station } = knownStation(ports, asker, path.station)
        return {
          body: {
            frames: ports.stations
              .frames(asker, station)
              .map(({ at, direction, text }) => ({ at: instantOf(at), direction, text })),
          },
        }
      },
    }),
  ]
}

/** The station of an identity; throws the problem `not-found`. */
export function knownStation(ports: Pick<RestPorts, 'stations'>, asker: Asker, identity: string): StationView {
  const found = ports.stations.station(asker, id<StationId>(identity))
  if (found === null) throw problem('not-found', `there is no station ${identity}`)
  return found
}

function stationBody(of: StationView): z.output<typeof station> {
  return {
    id: of.station,
    connected: of.connected,
    dialect: of.dialect,
    vendor: of.vendor,
    model: of.model,
    firmware: of.firmware,
    lastSeenAt: instantOrNull(of.lastSeenAt),
    abilities: of.abilities === null ? null : abilitiesBody(of.abilities),
    form: of.form === null ? null : formBody(of.form),
    alarms: [...of.alarms],
    oddities: of.oddities.map(({ lastAt, ...rest }) => ({ ...rest, lastAt: instantOf(lastAt) })),
    evses: of.evses.map(evseBody),
  }
}

function evseBody(of: EvseView): z.output<typeof evse> {
  return {
    id: of.evse,
    station: of.station,
    connected: of.connected,
    dialect: of.dialect,
    status: of.status,
    session: of.session,
    vehicle: of.vehicle,
    bidirectional: of.bidirectional,
    orderedW: wattsOrNull(of.ordered),
    measuredW: wattsOrNull(of.measured),
    measuredAt: instantOrNull(of.measuredAt),
    soc: of.soc,
    socEstimated: of.socEstimated,
    minimumSoc: of.minimumSoc,
    targetSoc: of.targetSoc,
    readyBy: instantOrNull(of.readyBy),
    chargeMaxW: of.chargeMax,
    dischargeMaxW: of.dischargeMax,
    why: of.why === null ? null : whyBody(of.why),
    order: of.order === null ? null : orderBody(of.order),
    alarms: [...of.alarms],
  }
}

function whyBody({ rule, sentence, ladder, endsAt }: Why): z.output<typeof why> {
  return {
    rule,
    sentence,
    ladder: ladder.map(({ rank, authority, min, max, wanted, decides, overruled }) => ({
      rank,
      authority,
      minW: wattsOrNull(min),
      maxW: wattsOrNull(max),
      wantedW: wattsOrNull(wanted),
      decides,
      overruled,
    })),
    endsAt: instantOrNull(endsAt),
  }
}

function orderBody({ content, state, leaseUntil }: NonNullable<EvseView['order']>): z.output<typeof order> {
  return {
    id: content.id,
    state: state.kind,
    outcome: state.kind === 'ended' ? state.outcome : null,
    detail: state.kind === 'ended' ? state.detail : null,
    setpointW: wattsOrNull(content.setpoint),
    reason: content.reason,
    issuedAt: instantOf(content.issuedAt),
    stateAt: state.kind === 'issued' ? null : instantOf(state.at),
    leaseUntil: instantOf(leaseUntil),
  }
}
