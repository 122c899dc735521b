// Stations by hand: added, removed, given passwords, and let in where they wait for a yes.
import { z } from 'zod'
import type {
  AddRefusal,
  PendingStation,
  RemoveRefusal,
  StationAdded,
  WantedStation,
} from '../../../domain/ports/answers/by-hand.ts'
import { evseId, id, type SiteId, type StationId } from '../../../domain/registry/identity.ts'
import type { Evse } from '../../../domain/registry/registry.ts'
import { watts } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'
import { DISPATCHERS, route, type Access, type Route } from '../route.ts'
import { instant, instantOf, instantOrNull, instantParameter, power } from '../wire-values.ts'
import { reason, sharedStation, stationPath, tooManyChanges, unknownStation } from './station-commands.ts'
import { assertWritable, fromJournal } from './store-access.ts'

/** Who may say which stations there are. */
const ADMINS: Access = ['admin']
const EVSES_MAX = 64
/** What can stand in the address a station connects to. */
const IDENTITY = /^[A-Za-z0-9*_=:+|@.-]{1,48}$/
const date = instantParameter('Without all three dates in the past an EVSE does not discharge').nullable().default(null)
const newEvse = z
  .strictObject({
    number: z.int().min(1).max(999),
    phases: z
      .array(z.enum(['L1', 'L2', 'L3']))
      .max(3)
      .default(['L1', 'L2', 'L3']),
    chargeMinW: power.min(0).max(1_000_000).default(1_380),
    chargeMaxW: power.min(1).max(1_000_000),
    dischargeMaxW: power.min(-1_000_000).max(0).default(0),
    gridCodeCertifiedAt: date,
    operatorRegisteredAt: date,
    masterDataRegisteredAt: date,
  })
  .refine(({ chargeMinW, chargeMaxW }) => chargeMinW <= chargeMaxW, {
    error: 'the least power lies above the most',
    path: ['chargeMinW'],
  })
const newStation = z
  .strictObject({
    site: z.string().min(1).max(64).meta({ description: 'Id of a site of the registry' }),
    evses: z
      .array(newEvse)
      .min(1)
      .max(EVSES_MAX)
      .refine((evses) => new Set(evses.map(({ number }) => number)).size === evses.length, {
        error: 'a number stands there twice',
      }),
    reason,
  })
  .meta({ id: 'NewStation' })
const added = z
  .strictObject({
    station: z.string(),
    password: z
      .string()
      .nullable()
      .meta({ description: 'Shown this once; null where it keeps the one it came with, or was known already' }),
    isRepeated: z.boolean(),
  })
  .meta({ id: 'StationAdded' })
const pendingStation = z
  .strictObject({
    station: z.string(),
    dialect: z.enum(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1', 'hems-mqtt']),
    address: z.string(),
    vendor: z.string().nullable(),
    model: z.string().nullable(),
    serial: z.string().nullable(),
    firmware: z.string().nullable(),
    connected: z.boolean(),
    bringsPassword: z.boolean().meta({ description: 'It is let in with the password it came with' }),
    firstSeenAt: instant,
    lastSeenAt: instant,
  })
  .meta({ id: 'PendingStation', description: 'A station nobody knows; what it tells of itself is its own word' })

/** Routes of stations by hand. */
export function stationRegistryRoutes(ports: Pick<RestPorts, 'health' | 'byHand'>): readonly Route[] {
  return [putStation(ports), deleteStation(ports), putPassword(ports), listPending(ports), putPending(ports)]
}

/** Adds a station. */
function putStation(ports: Pick<RestPorts, 'health' | 'byHand'>): Route {
  return route({
    method: 'put',
    path: '/v1/stations/{station}',
    access: ADMINS,
    tag: 'Stations',
    summary: 'Add a station beside the registry file; sent twice it is one',
    description: 'It is served at once and after every restart. Its password is answered once and kept as a keyed hash.',
    pathSchema: stationPath,
    bodySchema: newStation,
    answerSchema: added,
    problems: ['not-found', 'not-possible', 'version-conflict', 'unavailable'],
    async handle({ asker, path, body }) {
      assertWritable(ports)
      return addedAnswer(path.station, await fromJournal(ports.byHand.add(asker, wantedOf(path.station, body))))
    },
  })
}

/** Removes a station. */
function deleteStation(ports: Pick<RestPorts, 'health' | 'byHand'>): Route {
  return route({
    method: 'delete',
    path: '/v1/stations/{station}',
    access: ADMINS,
    tag: 'Stations',
    summary: 'Remove a station, also one of the registry file; it is not let in any more',
    description: 'A station with an open session stays, unless `force` says so: the session ends in the journal then.',
    pathSchema: stationPath,
    querySchema: z.strictObject({ reason, force: z.enum(['true', 'false']).default('false') }),
    answerSchema: null,
    answerStatuses: [204],
    problems: ['not-found', 'not-possible', 'unavailable'],
    async handle({ asker, path, query }) {
      assertWritable(ports)
      const how = { force: query.force === 'true', reason: query.reason }
      const removed = await fromJournal(ports.byHand.remove(asker, id<StationId>(path.station), how))
      if (!removed.ok) throw removeProblem(removed.refusal, path.station)
      return { status: 204 }
    },
  })
}

/** Makes a password. */
function putPassword(ports: Pick<RestPorts, 'health' | 'byHand'>): Route {
  return route({
    method: 'put',
    path: '/v1/stations/{station}/password',
    access: ADMINS,
    tag: 'Stations',
    summary: 'Make a new password for a station; it is answered once',
    description:
      'The one before is let in for 10 minutes more. With `tell` the station is told as well (A01): both are let in until it has answered, and the one before counts on where it refuses.',
    pathSchema: stationPath,
    bodySchema: z.strictObject({ tell: z.boolean().default(false), reason }).meta({ id: 'NewStationPassword' }),
    answerSchema: z
      .strictObject({
        password: z.string().nullable().meta({ description: 'Shown this once; null where the station did not take it' }),
        olderUntil: instant
          .nullable()
          .meta({ description: 'Until then the one before is let in; null without an end, or where there was none' }),
        told: z
          .strictObject({ outcome: z.enum(['accepted', 'rejected', 'no-answer', 'unsupported']), detail: z.string() })
          .nullable(),
      })
      .meta({ id: 'StationPassword' }),
    problems: ['not-found', 'not-possible', 'unavailable'],
    async handle({ asker, path, body }) {
      assertWritable(ports)
      const set = await fromJournal(ports.byHand.setPassword(asker, id<StationId>(path.station), body))
      if (!set.ok) throw removeProblem(set.refusal, path.station)
      const { password, olderUntil, told } = set.value
      return { body: { password, olderUntil: instantOrNull(olderUntil), told } }
    },
  })
}

/** Stations that wait. */
function listPending(ports: Pick<RestPorts, 'byHand'>): Route {
  return route({
    method: 'get',
    path: '/v1/pending-stations',
    access: DISPATCHERS,
    tag: 'Stations',
    summary: 'Stations nobody knows that wait for a yes (PENDING_STATIONS); the operator of the installation alone sees them',
    answerSchema: z.strictObject({ stations: z.array(pendingStation) }),
    handle: ({ asker }) => ({ body: { stations: ports.byHand.pending(asker).map(pendingBody) } }),
  })
}

/** Lets one in. */
function putPending(ports: Pick<RestPorts, 'health' | 'byHand'>): Route {
  return route({
    method: 'put',
    path: '/v1/pending-stations/{station}',
    access: ADMINS,
    tag: 'Stations',
    summary: 'Accept a station that waits: it is added, connects again, and is served',
    pathSchema: stationPath,
    bodySchema: newStation,
    answerSchema: added,
    problems: ['not-found', 'not-possible', 'version-conflict', 'unavailable'],
    async handle({ asker, path, body }) {
      assertWritable(ports)
      return addedAnswer(path.station, await fromJournal(ports.byHand.accept(asker, wantedOf(path.station, body))))
    },
  })
}

function wantedOf(identity: string, { site, evses, reason: why }: z.output<typeof newStation>): WantedStation {
  // A registry file may name a station so; a name that is made here would be read as two parts by a proxy.
  if (identity.includes('/')) throw problem('not-found', 'there is nothing under this address: no new name holds a slash')
  if (!IDENTITY.test(identity))
    throw problem('not-possible', `${identity} is no name a station can connect with: up to 48 letters, digits and *_=:+|@.-`)
  const station = id<StationId>(identity)
  return {
    station,
    reason: why,
    evses: evses.map(({ number, chargeMinW, chargeMaxW, dischargeMaxW, ...rest }): Evse => ({
      id: evseId(station, number),
      station,
      site: id<SiteId>(site),
      phases: rest.phases,
      chargeMin: watts(chargeMinW),
      chargeMax: watts(chargeMaxW),
      dischargeMax: watts(dischargeMaxW),
      gridCodeCertifiedAt: rest.gridCodeCertifiedAt,
      operatorRegisteredAt: rest.operatorRegisteredAt,
      masterDataRegisteredAt: rest.masterDataRegisteredAt,
    })),
  }
}

function addedAnswer(
  station: string,
  answer: { readonly ok: true; readonly value: StationAdded } | { readonly ok: false; readonly refusal: AddRefusal },
): { readonly body: z.output<typeof added> } {
  if (!answer.ok) throw addProblem(answer.refusal, station)
  return { body: { station, ...answer.value } }
}

function pendingBody({ isConnected, firstSeenAt, lastSeenAt, ...of }: PendingStation): z.output<typeof pendingStation> {
  return { ...of, connected: isConnected, firstSeenAt: instantOf(firstSeenAt), lastSeenAt: instantOf(lastSeenAt) }
}

function addProblem(refusal: AddRefusal, station: string): Error {
  switch (refusal.kind) {
    case 'unknown-site':
      return problem('not-possible', `the registry has no site ${refusal.site}`, {
        errors: [{ pointer: '/site', detail: 'not one you may know of' }],
      })
    case 'in-registry-file':
      return problem('version-conflict', `${station} stands in the registry already: change it there, or remove it first`)
    case 'known-otherwise':
      return problem('version-conflict', `${station} is known with another content: remove it first`)
    case 'too-many-stations':
      return problem('not-possible', `at most ${refusal.most} stations are added by hand: write them into the registry file`)
    case 'not-pending':
      return problem('not-found', `no station ${station} waits`)
    case 'too-many':
      return tooManyChanges(refusal.afterMs)
  }
}

function removeProblem(refusal: RemoveRefusal, station: string): Error {
  switch (refusal.kind) {
    case 'unknown-station':
      return unknownStation(station)
    case 'shared':
      return sharedStation(station)
    case 'open-session':
      return problem('not-possible', `a session is open at ${station}/${refusal.evse}: stop it first, or remove with force`)
    case 'too-many':
      return tooManyChanges(refusal.afterMs)
  }
}
