// Sites that a guard may limit (LPC, LPP): how they stand, and what a guard says that speaks over this API instead of EEBUS.
import { z } from 'zod'
import { DIRECTIONS, GUARD_DOORS, useCaseOf } from '../../../domain/limitation/limitation-contract.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import { refusalText, type WriteRefusal } from '../../../domain/limitation/refusal.ts'
import type { Guided, LimitationView } from '../../../domain/ports/answers/limitations.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import { inWatts, watts } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { fromJournal } from '../operator/store-access.ts'
import { cursorParameter } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { GRID_OPERATORS, GRID_OPERATORS_AND_VIEWERS, route, type Route } from '../route.ts'
import { name } from '../trader/portfolio-path.ts'
import { instant, instantOf, instantOrNull, limitParameter, power, wattsOrNull } from '../wire-values.ts'

const WATTS_MAX = 1e9
const SECONDS_MAX = 366 * 86_400
const STATES = ['init', 'limited', 'unlimited/controlled', 'failsafe', 'unlimited/autonomous'] as const

const sitePath = z.object({ site: name.meta({ description: 'Id of the site in the registry' }) })
const directionPath = sitePath.extend({
  direction: z.enum(DIRECTIONS).meta({ description: '`consume`: what is taken (LPC); `produce`: what is given (LPP)' }),
})
const bound = power.min(-WATTS_MAX).max(WATTS_MAX)
const seconds = z.number().min(0).max(SECONDS_MAX)

const event = z.strictObject({
  at: instant,
  from: z.enum(STATES).nullable(),
  to: z.enum(STATES).nullable().meta({ description: 'The state it went into; null for a write that was refused' }),
  requirement: z.string().nullable().meta({ description: 'Of the test specification, such as `LPC-TS-022/3`' }),
  cause: z.string().meta({ description: 'Why the state was left, or why the write was refused' }),
  guard: z.string().nullable(),
  write: z.enum(['limit', 'failsafe-limit', 'failsafe-duration']).nullable(),
})
const limitation = z
  .strictObject({
    site: z.string(),
    direction: z.enum(DIRECTIONS),
    useCase: z.enum(['LPC', 'LPP']),
    state: z.enum(STATES),
    since: instant,
    isActive: z.boolean().meta({ description: 'Whether the limit holds' }),
    limitW: power.nullable().meta({ description: 'As it was last taken over, active or not' }),
    until: instant.nullable().meta({ description: 'End of an active limit; null has none' }),
    remainingSeconds: z.number().nullable(),
    failsafeW: power.meta({ description: 'At least 0 in both directions' }),
    failsafeDurationSeconds: z.number(),
    isFailsafeWritten: z.boolean().meta({ description: 'Its guard has written one of them; the registry’s counts no more' }),
    nominalMaxW: power.nullable(),
    role: z.enum(['energy-manager', 'device']),
    guard: z.string().meta({ description: 'Who may guide it' }),
    by: z.enum(GUARD_DOORS),
    isConnected: z.boolean().meta({ description: 'Where its protocol knows of connections' }),
    lastHeartbeat: instant.nullable(),
    heartbeatAgeSeconds: z.number().nullable(),
    nextDeadline: z
      .strictObject({ at: instant, why: z.string() })
      .nullable()
      .meta({ description: 'When its state changes if nothing comes in' }),
    ceiling: z.strictObject({ by: z.enum(['limit', 'failsafe', 'nominal-maximum', 'none']), powerW: power.nullable() }),
    inForceW: power.nullable().meta({ description: 'What the cars of the site are held to together' }),
    releasesAt: instant
      .nullable()
      .meta({ description: 'When it is let to its ceiling: many sites of one guard are released one after the other' }),
    history: z.array(event).meta({ description: 'The last twenty, the newest last' }),
  })
  .meta({ id: 'Limitation' })
const acknowledged = limitation.extend({
  storedW: power.nullable().meta({ description: 'What is stored now' }),
  isReduced: z.boolean().meta({ description: 'It was larger than can be stored' }),
})

const heartbeat = z
  .strictObject({ timeoutSeconds: z.number().min(1).max(3_600).default(60).meta({ description: 'The next one follows within' }) })
  .meta({ id: 'Heartbeat' })

const OF_GUARD =
  'The name of the key has to be that of the guard in the registry. What is refused is a problem whose `reason` is a code, and changes nothing else.'

/** Routes of limited sites. */
export function limitationRoutes(ports: Pick<RestPorts, 'limitations' | 'now'>): readonly Route[] {
  const body = (of: LimitationView) => limitationBody(of, ports.now())
  const guided = async (change: Promise<Guided>) => {
    const told = await fromJournal(change)
    if (!told.ok) {
      if (told.refusal.kind === 'unknown') throw problem('not-found', 'no guard limits this direction of such a site')
      throw problem('not-allowed', 'this key is not that of its guard', { reason: 'another-guard' })
    }
    const { answer, view } = told.value
    if (answer?.isAccepted === false) throw refusalProblem(answer.refusal)
    return { ...body(view), storedW: view.stands.limit === null ? null : inWatts(view.stands.limit), isReduced: answer?.isReduced ?? false }
  }
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
        return { body: await guided(ports.limitations.heartbeat(asker, id<SiteId>(path.site), path.direction, timeoutSeconds * 1_000)) }
      },
    }),
    route({
      method: 'put',
      path: '/v1/sites/{site}/limitations/{direction}/limit',
      access: GRID_OPERATORS,
      tag: 'Limitation',
      summary: 'The limit of the guard: activated, changed or deactivated',
      description: `The answer is the confirmation: the limit is durable and its orders are leaving. It is obeyed as sent, 0 W included. ${OF_GUARD}`,
      pathSchema: directionPath,
      bodySchema: z
        .strictObject({
          isActive: z.boolean(),
          powerW: bound
            .nullable()
            .default(null)
            .meta({ description: 'At least 0 to consume, at most 0 to produce; null keeps the value that stands' }),
          durationSeconds: seconds
            .nullable()
            .default(null)
            .meta({ description: 'From now on; null holds until it is changed' }),
        })
        .meta({ id: 'NewLimit' }),
      answerSchema: acknowledged,
      problems: ['not-allowed', 'not-found', 'not-possible', 'unavailable'],
      async handle({ path, asker, body: { isActive, powerW, durationSeconds } }) {
        const write = {
          isActive,
          value: powerW === null ? null : watts(powerW),
          durationMs: durationSeconds === null ? null : Math.round(durationSeconds * 1_000),
        }
        return { body: await guided(ports.limitations.writeLimit(asker, id<SiteId>(path.site), path.direction, write)) }
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
      bodySchema: z
        .strictObject({
          powerW: bound.nullable().default(null).meta({ description: 'At least 0 in both directions; null leaves it' }),
          durationSeconds: seconds.nullable().default(null).meta({ description: '2 to 24 h; null leaves it' }),
        })
        .refine(({ powerW, durationSeconds }) => powerW !== null || durationSeconds !== null, { error: 'writes nothing' })
        .meta({ id: 'NewFailsafe' }),
      answerSchema: acknowledged,
      problems: ['not-allowed', 'not-found', 'not-possible', 'unavailable'],
      async handle({ path, asker, body: { powerW, durationSeconds } }) {
        const write = {
          limit: powerW === null ? null : watts(powerW),
          durationMs: durationSeconds === null ? null : Math.round(durationSeconds * 1_000),
        }
        return { body: await guided(ports.limitations.writeFailsafe(asker, id<SiteId>(path.site), path.direction, write)) }
      },
    }),
  ]
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

function limitationBody({ direction, contract, stands, ceiling, history, ...of }: LimitationView, now: number): z.output<typeof limitation> {
  const useCase = useCaseOf(direction)
  return {
    site: of.site,
    direction,
    useCase,
    state: stands.state,
    since: instantOf(stands.since),
    isActive: stands.state === 'limited',
    limitW: wattsOrNull(stands.limit),
    until: instantOrNull(stands.until),
    remainingSeconds: stands.until === null ? null : secondsOf(stands.until - now),
    failsafeW: inWatts(of.failsafeLimit),
    failsafeDurationSeconds: secondsOf(of.failsafeDurationMs),
    isFailsafeWritten: stands.written.limit !== null || stands.written.durationMs !== null,
    nominalMaxW: wattsOrNull(contract.nominalMax),
    role: contract.role,
    guard: contract.guard,
    by: contract.by,
    isConnected: stands.isConnected,
    lastHeartbeat: instantOrNull(of.heartbeatAt),
    heartbeatAgeSeconds: of.heartbeatAt === null ? null : secondsOf(now - of.heartbeatAt),
    nextDeadline: of.nextDeadline === null ? null : { at: instantOf(of.nextDeadline.at), why: of.nextDeadline.why },
    ceiling: { by: ceiling.by, powerW: wattsOrNull(ceiling.power) },
    inForceW: wattsOrNull(of.inForce),
    releasesAt: instantOrNull(of.releasesAt),
    history: history.map((one) => eventBody(one, direction)),
  }
}

function eventBody(of: LimitationView['history'][number], direction: Direction): z.output<typeof event> {
  return of.kind === 'changed'
    ? {
        at: instantOf(of.at),
        from: of.from,
        to: of.to,
        requirement: `${useCaseOf(direction)}-TS-${of.requirement}`,
        cause: of.cause,
        guard: null,
        write: null,
      }
    : { at: instantOf(of.at), from: null, to: null, requirement: null, cause: of.refusal, guard: of.guard, write: of.write }
}

function secondsOf(ms: number): number {
  return Math.round(ms) / 1_000
}
