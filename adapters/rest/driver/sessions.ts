// Sessions: one car plugged in at one EVSE, what it needs and what its driver wants. The wish is the one thing that can be changed here.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Asker } from '../../../domain/registry/asker.ts'
import { id, type SessionId } from '../../../domain/registry/identity.ts'
import type { UntoldDeparture } from '../../../domain/ports/answers/sessions.ts'
import type { Session, Wish } from '../../../domain/registry/session.ts'
import { share as soc } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { cursorParameter } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { DISPATCHERS_AND_DRIVERS, OPERATORS, OPERATORS_AND_DRIVERS, route, type Route } from '../route.ts'
import { assertWritable, fromJournal, fromStore } from '../operator/store-access.ts'
import {
  energy,
  instant,
  instantOf,
  instantOrNull,
  instantParameter,
  limitParameter,
  money,
  moneyOf,
  power,
  share,
  wattsOrNull,
} from '../wire-values.ts'

const wish = z
  .strictObject({
    readyBy: instant,
    targetSoc: share,
    minimumSoc: share,
    by: z.enum(['driver', 'standing-wish', 'car', 'default']),
  })
  .meta({
    id: 'Wish',
    description: 'What the driver wants: charged to the target by then, never below the minimum through our discharge',
  })

const newWish = z
  .strictObject({
    readyBy: instantParameter('When the car has to be ready'),
    targetSoc: z.number().min(0).max(1).meta({ description: 'Share of the capacity to be reached', example: 0.8 }),
    minimumSoc: z.number().min(0).max(1).meta({ description: 'Discharge never goes below it', example: 0.3 }),
  })
  .refine(({ targetSoc, minimumSoc }) => minimumSoc <= targetSoc, {
    path: ['minimumSoc'],
    message: 'the minimum may not be above the target',
  })
  .meta({ id: 'NewWish' })

const session = z
  .strictObject({
    id: z.string(),
    evse: z.string(),
    vehicle: z.string().nullable(),
    transaction: z.string(),
    startedAt: instant,
    endedAt: instant.nullable(),
    eventsMissed: z
      .int()
      .min(0)
      .meta({ description: 'Events its station numbered that never came, known once it has ended; what they told is missing' }),
    wish,
    needs: z
      .strictObject({
        departure: instant.nullable(),
        capacityWh: energy.nullable(),
        soc: share.nullable(),
        targetSoc: share.nullable(),
        minimumSoc: share.nullable(),
        chargeMinW: power.nullable(),
        chargeMaxW: power.nullable(),
        dischargeMaxW: power.nullable(),
        bidirectional: z.boolean(),
        phases: z.int().min(1).max(3),
        dischargeMinW: power.nullable().meta({ description: 'The least power it gives, if it gives any; at most 0' }),
        energyMinWh: energy
          .nullable()
          .meta({ description: 'Energy until the least it wants to hold; below 0 where it holds more' }),
        energyMaxWh: energy.nullable(),
        cycleEnergyMinWh: energy
          .nullable()
          .meta({ description: 'Energy until the least at which it gives back; below 0 it may give so much' }),
        cycleEnergyMaxWh: energy.nullable(),
        control: z.enum(['scheduled', 'dynamic']).nullable(),
        scheduleTuplesMax: z.int().nullable().meta({ description: 'Periods it can hold of a schedule' }),
      })
      .nullable(),
  })
  .meta({ id: 'Session' })

const departureForecast = z.strictObject({
  early: instant.meta({ description: 'One such car in ten leaves before it' }),
  middle: instant.meta({ description: 'Half of them do' }),
  late: instant.meta({ description: 'Nine in ten do' }),
  worth: money.meta({ description: 'What it would save to know the departure of this session' }),
  worthAMonth: money.meta({ description: 'The same for as many sessions as this car usually has in a month' }),
})
const departure = z
  .strictObject({
    session: z.string(),
    isAsked: z.boolean().meta({ description: 'Nobody told the departure yet' }),
    forecast: departureForecast.nullable(),
  })
  .meta({ id: 'Departure' })

export const sessionPath = z.strictObject({ session: z.string().min(1).max(255).meta({ description: 'Id of the session' }) })
const DAY_MS = 86_400_000
const position = z.tuple([z.number(), z.string()])

/** Sessions and the wish of their drivers. */
export function sessionRoutes(ports: Pick<RestPorts, 'health' | 'now' | 'sessions'>): readonly Route[] {
  return [listSessions(ports), getSession(ports), getDeparture(ports), putWish(ports)]
}

/** Sessions of a time, page by page. */
function listSessions(ports: Pick<RestPorts, 'now' | 'sessions'>): Route {
  return route({
    method: 'get',
    path: '/v1/sessions',
    access: OPERATORS,
    tag: 'Sessions',
    summary: 'Sessions that overlap a time, newest first',
    querySchema: z.strictObject({
      from: instantParameter('Start of the time, a day ago if left out').optional(),
      until: instantParameter('End of the time, not included; now if left out').optional(),
      limit: limitParameter(),
      cursor: cursorParameter(),
    }),
    answerSchema: z.strictObject({ sessions: z.array(session) }),
    answerHeaders: ['Link'],
    problems: ['unavailable'],
    async handle({ asker, query, position: where, nextPage }) {
      const until = query.until ?? ports.now() + 1
      const from = query.from ?? until - DAY_MS
      const behind = where(position)
      const after = behind === null ? null : { startedAt: behind[0], id: id<SessionId>(behind[1]) }
      const found = await fromStore(ports.sessions.sessions(asker, from, until, query.limit + 1, after))
      const page = found.slice(0, query.limit)
      const body = { sessions: page.map(sessionBody) }
      const last = page.at(-1)
      if (last === undefined || found.length === page.length) return { body }
      return { body, headers: nextPage([last.startedAt, last.id], { from: instantOf(from), until: instantOf(until) }) }
    },
  })
}

/** One session. */
function getSession(ports: Pick<RestPorts, 'sessions'>): Route {
  return route({
    method: 'get',
    path: '/v1/sessions/{session}',
    access: OPERATORS_AND_DRIVERS,
    tag: 'Sessions',
    summary: 'One session; its ETag is the version of the wish',
    pathSchema: sessionPath,
    answerSchema: session,
    answerHeaders: ['ETag'],
    problems: ['not-found', 'unavailable'],
    async handle({ asker, path, ifNoneMatch }) {
      const found = await knownSession(ports, asker, path.session)
      const version = versionOf(found)
      if (ifNoneMatch !== null && matches(ifNoneMatch, version)) return { status: 304, headers: { ETag: version } }
      return { body: sessionBody(found), headers: { ETag: version } }
    },
  })
}

/** The one question that is worth asking. */
function getDeparture(ports: Pick<RestPorts, 'sessions'>): Route {
  return route({
    method: 'get',
    path: '/v1/sessions/{session}/departure',
    access: OPERATORS_AND_DRIVERS,
    tag: 'Sessions',
    summary: 'When the car is likely to leave if nobody told, and what it would be worth to know',
    description: 'The answer to the question is a wish: `PUT /v1/sessions/{session}/wish`.',
    pathSchema: sessionPath,
    answerSchema: departure,
    problems: ['not-found', 'unavailable'],
    async handle({ asker, path }) {
      const { id } = await knownSession(ports, asker, path.session)
      const untold = await fromStore(ports.sessions.untoldDeparture(asker, id))
      return { body: { session: id, isAsked: untold !== null, forecast: untold === null ? null : forecastBody(untold) } }
    },
  })
}

function forecastBody({ early, middle, late, worth, worthAMonth }: UntoldDeparture): z.output<typeof departureForecast> {
  return {
    early: instantOf(early),
    middle: instantOf(middle),
    late: instantOf(late),
    worth: moneyOf(worth),
    worthAMonth: moneyOf(worthAMonth),
  }
}

/** Changes a wish. */
function putWish(ports: Pick<RestPorts, 'health' | 'sessions'>): Route {
  // One change of a session at a time, so that two changes cannot both be based on the same version.
  const changing = new Set<string>()
  return route({
    method: 'put',
    path: '/v1/sessions/{session}/wish',
    access: DISPATCHERS_AND_DRIVERS,
    tag: 'Sessions',
    summary: 'Change the wish; the car is planned anew at once',
    description: 'Needs `If-Match` with the ETag of the session, or `If-Match: *` to change whatever is there.',
    pathSchema: sessionPath,
    bodySchema: newWish,
    answerSchema: wish,
    answerHeaders: ['ETag'],
    problems: ['not-found', 'busy', 'already-over', 'changed-meanwhile', 'not-possible', 'precondition-needed', 'unavailable'],
    async handle({ asker, path, body, ifMatch }) {
      assertWritable(ports)
      if (ifMatch === null)
        throw problem('precondition-needed', 'send If-Match with the ETag of the session, or * for whatever is there')
      if (changing.has(path.session))
        throw problem('busy', 'the wish of this session is being changed right now', { retryAfter: 1 })
      changing.add(path.session)
      try {
        const before = await knownSession(ports, asker, path.session)
        if (!matches(ifMatch, versionOf(before)))
          throw problem('changed-meanwhile', 'the wish is not the one you saw; read the session again')
        const changed = await fromJournal(
          ports.sessions.changeWish(asker, before.id, {
            readyBy: body.readyBy,
            targetSoc: soc(body.targetSoc),
            minimumSoc: soc(body.minimumSoc),
          }),
        )
        if (changed.ok) return { body: wishBody(changed.value), headers: { ETag: versionOf({ ...before, wish: changed.value }) } }
        switch (changed.refusal.kind) {
          case 'unknown-session':
            throw problem('not-found', `there is no session ${path.session}`)
          case 'ended':
            throw problem('already-over', 'the session has ended')
          case 'invalid':
            throw problem('not-possible', changed.refusal.detail)
        }
      } finally {
        changing.delete(path.session)
      }
    },
  })
}

/** The session of an id, as far as the asker may know of it; throws the problem `not-found`. */
export async function knownSession(ports: Pick<RestPorts, 'sessions'>, asker: Asker, session: string): Promise<Session> {
  const found = await fromStore(ports.sessions.session(asker, id<SessionId>(session)))
  if (found === null) throw problem('not-found', `there is no session ${session}`)
  return found
}

function versionOf({ id, wish, endedAt }: Session): string {
  const text = JSON.stringify([id, wish.readyBy, wish.targetSoc, wish.minimumSoc, wish.by, endedAt])
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}

function matches(header: string, version: string): boolean {
  return header.trim() === '*' || header.split(',').some((one) => one.trim() === version)
}

function wishBody({ readyBy, targetSoc, minimumSoc, by }: Wish): z.output<typeof wish> {
  return { readyBy: instantOf(readyBy), targetSoc, minimumSoc, by }
}

function sessionBody(of: Session): z.output<typeof session> {
  const needs = of.needs
  return {
    id: of.id,
    evse: of.evse,
    vehicle: of.vehicle,
    transaction: of.transaction,
    startedAt: instantOf(of.startedAt),
    endedAt: instantOrNull(of.endedAt),
    eventsMissed: of.eventsMissed ?? 0,
    wish: wishBody(of.wish),
    needs:
      needs === null
        ? null
        : {
            departure: instantOrNull(needs.departure),
            capacityWh: needs.capacity,
            soc: needs.soc,
            targetSoc: needs.targetSoc,
            minimumSoc: needs.minimumSoc,
            chargeMinW: wattsOrNull(needs.chargeMin),
            chargeMaxW: wattsOrNull(needs.chargeMax),
            dischargeMaxW: wattsOrNull(needs.dischargeMax),
            bidirectional: needs.bidirectional,
            phases: needs.phases,
            dischargeMinW: wattsOrNull(needs.dischargeMin ?? null),
            energyMinWh: needs.energyMin ?? null,
            energyMaxWh: needs.energyMax ?? null,
            cycleEnergyMinWh: needs.cycleEnergyMin ?? null,
            cycleEnergyMaxWh: needs.cycleEnergyMax ?? null,
            control: needs.control ?? null,
            scheduleTuplesMax: needs.scheduleTuplesMax ?? null,
          },
  }
}
