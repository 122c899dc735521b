// Sites that a guard may limit (LPC, LPP): how they stand, and what a guard says that speaks over this API instead of EEBUS.
import { z } from 'zod'
import { refusalText, type WriteRefusal } from '../../../domain/limitation/refusal.ts'
import type { Guided } from '../../../domain/ports/answers/limitations.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import { watts } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { fromJournal } from '../operator/store-access.ts'
import { cursorParameter } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { GRID_OPERATORS, GRID_OPERATORS_AND_VIEWERS, route, type Route } from '../route.ts'
import { limitParameter, wattsOrNull } from '../wire-values.ts'
import {
  acknowledged,
  directionPath,
  heartbeat,
  limitation,
  limitationBody,
  newFailsafe,
  newLimit,
  sitePath,
} from './limitation-schema.ts'

type Ports = Pick<RestPorts, 'limitations' | 'now'>

const OF_GUARD =
  'The name of the key has to be that of the guard in the registry. What is refused is a problem whose `reason` is a code, and changes nothing else.'

/** Routes of limited sites. */
export function limitationRoutes(ports: Ports): readonly Route[] {
  return [...seenRoutes(ports), ...heartbeatRoutes(ports), ...writeRoutes(ports)]
}

function seenRoutes(ports: Ports): readonly Route[] {
  const body = (of: Parameters<typeof limitationBody>[0]) => limitationBody(of, ports.now())
  return [
    route({
      method: 'get',
      path: '/v1/limitations',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Limitation',
      summary: 'All limited directions of sites: LPC ones first, by site',
      querySchema: z.strictObject({ limit: limitParameter(), cursor: cursorParameter() }),
      answerSchema: z.strictObject({ limitations: z.array(limitation) }),
      answerHeaders: ['Link'],
      handle({ query, asker, position, nextPage }) {
        const found = ports.limitations.limitations(asker, { after: position(z.string()), limit: query.limit + 1 })
        const shown = found.slice(0, query.limit)
        const answer = { body: { limitations: shown.map(body) } }
        return found.length > query.limit ? { ...answer, headers: nextPage(shown.at(-1)!.name) } : answer
      },
    }),
    route({
      method: 'get',
      path: '/v1/sites/{site}/limitations',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Limitation',
      summary: 'How the limited directions of a site stand, what holds, and what became of them lately',
      pathSchema: sitePath,
      answerSchema: z.strictObject({ limitations: z.array(limitation) }),
      problems: ['not-found'],
      handle({ path, asker }) {
        const found = ports.limitations.ofSite(asker, id<SiteId>(path.site))
        if (found === null) throw problem('not-found', `there is no site ${path.site}`)
        return { body: { limitations: found.map(body) } }
      },
    }),
  ]
}

function heartbeatRoutes(ports: Ports): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/limitations/heartbeats',
      access: GRID_OPERATORS,
      tag: 'Limitation',
      summary: 'One heartbeat of a guard for all sites and directions that it guides',
      bodySchema: heartbeat,
      answerSchema: z.strictObject({ heard: z.int().meta({ description: 'Limited directions that this key guides' }) }),
      async handle({ asker, body: { timeoutSeconds } }) {
        return { body: { heard: await ports.limitations.heartbeatOfAll(asker, timeoutSeconds * 1_000) } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/sites/{site}/limitations/{direction}/heartbeats',
      access: GRID_OPERATORS,
      tag: 'Limitation',
      summary: 'A heartbeat of the guard: at least one a minute; after 120 s without one the failsafe limit holds',
      description: `A heartbeat alone ends no failsafe: a limit has to follow within 60 s. ${OF_GUARD}`,
      pathSchema: directionPath,
      bodySchema: heartbeat,
      answerSchema: acknowledged,
      problems: ['not-allowed', 'not-found', 'unavailable'],
      async handle({ path, asker, body: { timeoutSeconds } }) {
        return {
          body: await guided(
            ports,
            ports.limitations.heartbeat(asker, id<SiteId>(path.site), path.direction, timeoutSeconds * 1_000),
          ),
        }
      },
    }),
  ]
}

function writeRoutes(ports: Ports): readonly Route[] {
  return [
    route({
      method: 'put',
      path: '/v1/sites/{site}/limitations/{direction}/limit',
      access: GRID_OPERATORS,
      tag: 'Limitation',
      summary: 'The limit of the guard: activated, changed or deactivated',
      description: `The answer is the confirmation: the limit is durable and its orders are leaving. It is obeyed as sent, 0 W included. ${OF_GUARD}`,
      pathSchema: directionPath,
      bodySchema: newLimit,
      answerSchema: acknowledged,
      problems: ['not-allowed', 'not-found', 'not-possible', 'unavailable'],
      async handle({ path, asker, body: { isActive, powerW, durationSeconds } }) {
        const write = { isActive, value: wattsOf(powerW), durationMs: msOf(durationSeconds) }
        return { body: await guided(ports, ports.limitations.writeLimit(asker, id<SiteId>(path.site), path.direction, write)) }
      },
    }),
    route({
      method: 'put',
      path: '/v1/sites/{site}/limitations/{direction}/failsafe',
      access: GRID_OPERATORS,
      tag: 'Limitation',
      summary: 'The failsafe values: what holds in silence, and for how long at least',
      description: `They outlive every restart, and are taken only while the guard has control. ${OF_GUARD}`,
      pathSchema: directionPath,
      bodySchema: newFailsafe,
      answerSchema: acknowledged,
      problems: ['not-allowed', 'not-found', 'not-possible', 'unavailable'],
      async handle({ path, asker, body: { powerW, durationSeconds } }) {
        const write = { limit: wattsOf(powerW), durationMs: msOf(durationSeconds) }
        return { body: await guided(ports, ports.limitations.writeFailsafe(asker, id<SiteId>(path.site), path.direction, write)) }
      },
    }),
  ]
}

/** The answer to a guard; a problem where it is no. */
async function guided(ports: Ports, change: Promise<Guided>): Promise<z.output<typeof acknowledged>> {
  const told = await fromJournal(change)
  if (!told.ok) {
    if (told.refusal.kind === 'unknown') throw problem('not-found', 'no guard limits this direction of such a site')
    throw problem('not-allowed', 'this key is not that of its guard', { reason: 'another-guard' })
  }
  const { answer, view } = told.value
  if (answer?.isAccepted === false) throw refusalProblem(answer.refusal)
  return { ...limitationBody(view, ports.now()), storedW: wattsOrNull(view.stands.limit), isReduced: answer?.isReduced ?? false }
}

function wattsOf(value: number | null) {
  return value === null ? null : watts(value)
}
function msOf(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1_000)
}

const POINTERS: Partial<Record<WriteRefusal, string>> = {
  'negative-limit': '/powerW',
  'no-value': '/powerW',
  'negative-failsafe-limit': '/powerW',
  'no-duration-left': '/durationSeconds',
  'failsafe-duration-out-of-range': '/durationSeconds',
}

function refusalProblem(refusal: WriteRefusal): Error {
  const [detail, pointer] = [refusalText(refusal), POINTERS[refusal]]
  const errors = pointer === undefined ? {} : { errors: [{ pointer, detail }] }
  return problem(refusal === 'another-guard' ? 'not-allowed' : 'not-possible', detail, { reason: refusal, ...errors })
}
