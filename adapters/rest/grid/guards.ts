// Control boxes over EEBUS: who we are to them, who is trusted for which site, and who knocks.
import { z } from 'zod'
import {
  GUARD_SOURCES,
  type GuardView,
  type ManagerView,
  type PendingGuard,
  type TrustRefusal,
  type UntrustRefusal,
} from '../../../domain/ports/answers/guards.ts'
import { DIRECTIONS } from '../../../domain/limitation/limitation-contract.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import { problem } from '../../wire/problem.ts'
import { reason, tooManyChanges } from '../operator/station-commands.ts'
import { assertWritable, fromJournal } from '../operator/store-access.ts'
import type { RestPorts } from '../ports.ts'
import { DISPATCHERS, OPERATORS, route, type Access, type Route } from '../route.ts'
import { instant, instantOf, instantOrNull, power } from '../wire-values.ts'

/** Who may say whom we trust. */
const ADMINS: Access = ['admin']
const SKI = /^[0-9a-f]{40}$/
const face = z
  .strictObject({
    served: z.boolean(),
    ski: z.string().nullable().meta({ description: 'What the control box has to trust, 40 hex digits' }),
    shipId: z.string().nullable(),
    urls: z.array(z.string()).meta({ description: 'Where it reaches us', example: ['wss://192.168.1.5:4712/ship/'] }),
    announced: z.boolean().meta({ description: 'The local network is told by mDNS' }),
  })
  .meta({ id: 'EebusFace' })
const guard = z
  .strictObject({
    ski: z.string(),
    name: z.string(),
    trusted: z.boolean(),
    source: z.enum(GUARD_SOURCES).meta({ description: 'Who named it: the registry file, this API, or the command line' }),
    sites: z.array(z.string()).meta({ description: 'What it limits, or limited before it was sent away' }),
    since: instant.nullable(),
    by: z.string().nullable(),
    address: z.string().nullable(),
    lastSeenAt: instant.nullable().meta({ description: 'Null for not since the start' }),
    connectedSince: instant.nullable(),
  })
  .meta({ id: 'Guard' })
const pendingGuard = z
  .strictObject({
    ski: z.string(),
    address: z.string(),
    firstSeenAt: instant,
    lastSeenAt: instant,
    waiting: z.boolean().meta({ description: 'It is on the line and waits for a yes' }),
  })
  .meta({ id: 'PendingGuard' })
const manager = z
  .strictObject({
    site: z.string(),
    connectedSince: instant.nullable().meta({ description: 'Null while it is not there' }),
    directions: z.array(
      z.strictObject({
        direction: z.enum(DIRECTIONS),
        wantedW: power.nullable().meta({ description: 'What limits the site now; null for nothing' }),
        taken: z.boolean().meta({ description: 'The manager has taken exactly this' }),
        takenW: power.nullable().meta({ description: 'What it has taken; null for no limit, or while that is not known' }),
        refusal: z.string().nullable().meta({ description: 'Why it has refused what is wanted; it is told again every minute' }),
        silent: z.boolean().meta({ description: 'Its heartbeat is missing for 120 s' }),
      }),
    ),
  })
  .meta({ id: 'EnergyManager' })
const newGuard = z
  .strictObject({
    site: z.string().min(1).max(64).meta({ description: 'Id of a site whose limitation is `by` eebus' }),
    name: z.string().max(64).default('').meta({ description: 'For people' }),
    reason,
  })
  .meta({ id: 'NewGuard' })
const guardPath = z.object({
  ski: z.string().min(1).max(128).meta({ description: '40 hex digits; spaces and colons are left out' }),
})

/** Routes of guards over EEBUS. */
export function guardRoutes(ports: Pick<RestPorts, 'health' | 'guards'>): readonly Route[] {
  return [getFace(ports), listGuards(ports), listPending(ports), listManagers(ports), putGuard(ports), deleteGuard(ports)]
}

/** Our end. */
function getFace(ports: Pick<RestPorts, 'guards'>): Route {
  return route({
    method: 'get',
    path: '/v1/eebus',
    access: OPERATORS,
    tag: 'Limitation',
    summary: 'Our own SKI, and where control boxes reach us over EEBUS',
    answerSchema: face,
    handle() {
      const { isServed, isAnnounced, urls, ...rest } = ports.guards.face()
      return { body: { served: isServed, ...rest, urls: [...urls], announced: isAnnounced } }
    },
  })
}

/** Those somebody has spoken about. */
function listGuards(ports: Pick<RestPorts, 'guards'>): Route {
  return route({
    method: 'get',
    path: '/v1/eebus/guards',
    access: OPERATORS,
    tag: 'Limitation',
    summary: 'Control boxes that are trusted, whoever named them, and those that were sent away',
    answerSchema: z.strictObject({ guards: z.array(guard) }),
    handle: ({ asker }) => ({ body: { guards: ports.guards.guards(asker).map(guardBody) } }),
  })
}

/** Strangers. */
function listPending(ports: Pick<RestPorts, 'guards'>): Route {
  return route({
    method: 'get',
    path: '/v1/eebus/pending-guards',
    access: DISPATCHERS,
    tag: 'Limitation',
    summary: 'Control boxes that knocked and that nobody has trusted, up to 64; the operator of the installation alone sees them',
    answerSchema: z.strictObject({ guards: z.array(pendingGuard) }),
    handle: ({ asker }) => ({ body: { guards: ports.guards.pending(asker).map(pendingBody) } }),
  })
}

/** Those that we guide. */
function listManagers(ports: Pick<RestPorts, 'guards'>): Route {
  return route({
    method: 'get',
    path: '/v1/eebus/managers',
    access: OPERATORS,
    tag: 'Limitation',
    summary: 'Energy managers that are told by EEBUS over MQTT what limits their site, and what they have taken of it',
    answerSchema: z.strictObject({ managers: z.array(manager) }),
    handle: ({ asker }) => ({ body: { managers: ports.guards.managers(asker).map(managerBody) } }),
  })
}

/** Trusts one. */
function putGuard(ports: Pick<RestPorts, 'health' | 'guards'>): Route {
  return route({
    method: 'put',
    path: '/v1/eebus/guards/{ski}',
    access: ADMINS,
    tag: 'Limitation',
    summary: 'Trust a control box for a site from now on; sent twice it is one',
    description:
      'It counts over the registry file and after every restart. One that waits on the line limits the site within seconds. Another one takes over after the one before it was sent away.',
    pathSchema: guardPath,
    bodySchema: newGuard,
    answerSchema: guard.extend({ isRepeated: z.boolean() }).meta({ id: 'GuardTrusted' }),
    problems: ['not-possible', 'version-conflict', 'too-many-requests', 'unavailable'],
    async handle({ asker, path, body }) {
      const ski = skiIn(path.ski)
      assertWritable(ports)
      const trusted = await fromJournal(ports.guards.trust(asker, { ...body, ski, site: id<SiteId>(body.site) }))
      if (!trusted.ok) throw trustProblem(trusted.refusal)
      return { body: { ...guardBody(trusted.value.guard), isRepeated: trusted.value.isRepeated } }
    },
  })
}

/** Sends one away. */
function deleteGuard(ports: Pick<RestPorts, 'health' | 'guards'>): Route {
  return route({
    method: 'delete',
    path: '/v1/eebus/guards/{ski}',
    access: ADMINS,
    tag: 'Limitation',
    summary: 'Trust a control box no longer, also one that the registry names; its link ends at once',
    description:
      'Until another one is trusted the failsafe limit of the site holds. It stays sent away until it is trusted again.',
    pathSchema: guardPath,
    querySchema: z.strictObject({ reason }),
    answerSchema: null,
    answerStatuses: [204],
    problems: ['not-found', 'not-possible', 'too-many-requests', 'unavailable'],
    async handle({ asker, path, query }) {
      const ski = skiIn(path.ski)
      assertWritable(ports)
      const sent = await fromJournal(ports.guards.untrust(asker, ski, query.reason))
      if (!sent.ok) throw untrustProblem(sent.refusal, ski)
      return { status: 204 }
    },
  })
}

/** As connections spell it; people copy it with spaces, colons and capitals. */
function skiIn(text: string): string {
  const ski = text.replaceAll(/[\s:-]/g, '').toLowerCase()
  if (SKI.test(ski)) return ski
  throw problem('invalid-request', 'an SKI has 40 hex digits', { errors: [{ parameter: 'ski', detail: 'not 40 hex digits' }] })
}

function guardBody({ isTrusted, since, lastSeenAt, connectedSince, sites, ...of }: GuardView): z.output<typeof guard> {
  return {
    ...of,
    sites: [...sites],
    trusted: isTrusted,
    since: instantOrNull(since),
    lastSeenAt: instantOrNull(lastSeenAt),
    connectedSince: instantOrNull(connectedSince),
  }
}
function pendingBody({ isWaiting, firstSeenAt, lastSeenAt, ...of }: PendingGuard): z.output<typeof pendingGuard> {
  return { ...of, firstSeenAt: instantOf(firstSeenAt), lastSeenAt: instantOf(lastSeenAt), waiting: isWaiting }
}

function managerBody({ site, connectedSince, directions }: ManagerView): z.output<typeof manager> {
  return {
    site,
    connectedSince: instantOrNull(connectedSince),
    directions: directions.map(({ direction, wanted, isTaken, taken, refusal, isSilent }) => ({
      direction,
      wantedW: wanted,
      taken: isTaken,
      takenW: taken,
      refusal,
      silent: isSilent,
    })),
  }
}

function trustProblem(refusal: TrustRefusal): Error {
  switch (refusal.kind) {
    case 'unknown-site':
      return siteProblem(refusal.kind, `the registry has no site ${refusal.site}`)
    case 'not-limited':
      return siteProblem(refusal.kind, `no direction of ${refusal.site} is limited over EEBUS in the registry`)
    case 'at-another-site': {
      const where = refusal.site === '' ? 'at another site' : `for ${refusal.site}`
      return problem('version-conflict', `it is trusted ${where}: send it away there first`, { reason: refusal.kind })
    }
    case 'guarded':
      return problem('version-conflict', `${refusal.by} guards this site: send it away first`, { reason: refusal.kind })
    default:
      return boundProblem(refusal)
  }
}
function siteProblem(why: string, detail: string): Error {
  return problem('not-possible', detail, { reason: why, errors: [{ pointer: '/site', detail }] })
}
function untrustProblem(refusal: UntrustRefusal, ski: string): Error {
  if (refusal.kind === 'unknown')
    return problem('not-found', `nobody has trusted ${ski}, no registry names it, and it has not knocked lately`)
  return boundProblem(refusal)
}
function boundProblem(refusal: Extract<TrustRefusal, { readonly kind: `too-many${string}` }>): Error {
  if (refusal.kind === 'too-many') return tooManyChanges(refusal.afterMs)
  return problem('not-possible', `at most ${refusal.most} control boxes are remembered`, { reason: refusal.kind })
}
