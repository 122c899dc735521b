// One route, described once: the same description checks the request, decides who may ask, and becomes the OpenAPI document.
import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { STRANGER, type Asker, type Role } from '../../domain/registry/asker.ts'
import type { Authenticate, Principal, SignInRefusal } from '../wire/authentication.ts'
import { unprintableIn } from '../wire/printable.ts'
import { problem, type ProblemError, type ProblemKind, type ProblemPart } from '../wire/problem.ts'
import { nextLink, type Cursors } from './paging.ts'

/** `public` needs no key; otherwise one of these roles is needed. There is no third way. */
export type Access = 'public' | readonly Role[]
/** Whoever works in the control room. */
export const OPERATORS: Access = ['viewer', 'dispatcher', 'admin']
export const OPERATORS_AND_DRIVERS: Access = ['viewer', 'dispatcher', 'admin', 'driver']
/** Whoever has a key. */
export const ALL_ROLES: Access = ['viewer', 'dispatcher', 'admin', 'driver', 'trader', 'grid']
/** The commercial aggregator, and the control room beside it. */
export const TRADERS: Access = ['trader', 'dispatcher', 'admin']
export const TRADERS_AND_VIEWERS: Access = ['trader', 'viewer', 'dispatcher', 'admin']
/** Whoever may bound or activate power from outside, and the control room beside it. */
export const GRID_OPERATORS: Access = ['grid', 'dispatcher', 'admin']
export const GRID_OPERATORS_AND_VIEWERS: Access = ['grid', 'viewer', 'dispatcher', 'admin']
/** Whoever is told what happens. */
export const SUBSCRIBERS: Access = ['trader', 'grid', 'dispatcher', 'admin']
export const DISPATCHERS: Access = ['dispatcher', 'admin']
export const DISPATCHERS_AND_DRIVERS: Access = ['dispatcher', 'admin', 'driver']

export interface Call<Path, Query, Body> {
  readonly path: Path
  readonly query: Query
  readonly body: Body
  /** A stranger on public routes. */
  readonly asker: Asker
  readonly ifMatch: string | null
  readonly ifNoneMatch: string | null
  readonly accept: string | null
  /** Address of the same question with some parameters changed, for Link headers. */
  readonly address: (changed: Readonly<Record<string, string>>) => string
  /** Where this page begins; null for the first one. Throws the problem `invalid-request` on a cursor of another question. */
  readonly position: <Schema extends z.ZodType>(schema: Schema) => z.output<Schema> | null
  /** The header that leads behind a position. What was left out and goes by the clock has to be named, so that all pages are of one list. */
  readonly nextPage: (position: unknown, named?: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
}
export interface Answer {
  readonly status?: number
  /** Sent as JSON, or as it is when `type` is given. Undefined for answers without a body. */
  readonly body?: unknown
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** OpenAPI style: `/v1/stations/{station}`. */
  readonly path: string
  readonly access: Access
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly pathSchema: z.ZodObject
  readonly querySchema: z.ZodObject
  readonly bodySchema: z.ZodType | null
  /** What is answered on success; null for a plain text answer of `answerType`, or none with 204. */
  readonly answerSchema: z.ZodType | null
  readonly answerType?: string
  /** Statuses that carry the answer; 200 alone if left out. */
  readonly answerStatuses?: readonly number[]
  readonly answerHeaders?: readonly string[]
  readonly problems: readonly ProblemKind[]
  readonly handle: (call: Call<unknown, unknown, unknown>) => Promise<Answer> | Answer
}

const NOTHING = z.strictObject({})

/** Describes a route; the handler sees parameters and body as their schemas parsed them. */
export function route<
  Path extends z.ZodObject = typeof NOTHING,
  Query extends z.ZodObject = typeof NOTHING,
  Body extends z.ZodType = z.ZodNull,
>(
  of: Omit<Route, 'pathSchema' | 'querySchema' | 'bodySchema' | 'handle' | 'problems'> & {
    readonly pathSchema?: Path
    readonly querySchema?: Query
    readonly bodySchema?: Body
    readonly problems?: readonly ProblemKind[]
    readonly handle: (call: Call<z.output<Path>, z.output<Query>, z.output<Body>>) => Promise<Answer> | Answer
  },
): Route {
  return {
    ...of,
    pathSchema: of.pathSchema ?? NOTHING,
    querySchema: of.querySchema ?? NOTHING,
    bodySchema: of.bodySchema ?? null,
    problems: of.problems ?? [],
    handle: of.handle as Route['handle'],
  }
}

/** A change that somebody asked for, whatever became of it. */
export interface Act {
  readonly asker: Principal
  readonly message: IncomingMessage
  readonly method: string
  readonly path: string
  readonly status: number
  /** Name of the request. */
  readonly request: string
}

/** The express handler of a route. Order: who asks, may they, is the request well-formed, answer. `onAct` is told of changes that were made or not allowed. */
export function serveRoute(
  of: Route,
  authenticate: Authenticate,
  cursors: Cursors,
  onAct: (act: Act) => void = () => {},
): RequestHandler {
  return async (request, response) => {
    const acted = (asker: Principal, status: number) => {
      if (of.method === 'get') return
      const [name, address] = [String(response.locals['requestId'] ?? ''), request.originalUrl.split('?', 1)[0]!]
      onAct({ asker, message: request, method: request.method, path: address, status, request: name })
    }
    const asker = of.access === 'public' ? STRANGER : await admit(request, of.access, authenticate, acted)
    const path = namesIn(of, request)
    const query = parse(of.querySchema, request.query, 'parameter')
    if (of.bodySchema !== null && request.is(['application/json', '+json']) === false)
      throw problem('unsupported-media-type', 'send the body as application/json')
    const body = of.bodySchema === null ? null : parse(of.bodySchema, request.body, 'pointer')
    const odd = unprintableIn(body)
    if (odd !== null)
      throw problem('invalid-request', 'a text holds control characters', {
        errors: [{ pointer: pointerOf(odd), detail: 'text without control characters' }],
      })
    const answer = await of.handle({
      path,
      query,
      body,
      asker,
      ifMatch: request.get('if-match') ?? null,
      ifNoneMatch: request.get('if-none-match') ?? null,
      accept: request.get('accept') ?? null,
      address: (changed) => addressOf(request, changed),
      position(schema) {
        const { cursor } = request.query
        return typeof cursor === 'string' ? cursors.read(listOf(of, request), cursor, schema) : null
      },
      nextPage: (position, named = {}) =>
        nextLink(addressOf(request, { ...named, cursor: cursors.write(listOf(of, request, named), position) })),
    })
    if (of.access !== 'public') acted(asker, answer.status ?? 200)
    send(response, answer)
  }
}

async function admit(
  request: Request,
  access: readonly Role[],
  authenticate: Authenticate,
  acted: (asker: Principal, status: number) => void,
): Promise<Principal> {
  const found = await authenticate(request)
  if (!found.ok) throw notSignedIn(found.refusal)
  if (access.includes(found.value.role)) return found.value
  acted(found.value, 403)
  throw problem('not-allowed', `this needs the role ${access.join(' or ')}, the key has ${found.value.role}`)
}

const SIGN_IN = {
  missing: 'send `Authorization: Bearer KEY`',
  wrong: 'the key is not known',
  expired: 'the key has expired',
} as const

function notSignedIn(refusal: SignInRefusal): ProblemError {
  if (refusal.kind === 'too-many')
    return problem('too-many-requests', 'too many wrong keys from this address', { retryAfter: refusal.retryAfter })
  if (refusal.kind === 'unavailable')
    return problem('unavailable', 'the identity provider cannot be asked right now', { retryAfter: 30 })
  const detail = SIGN_IN[refusal.kind]
  return problem('not-signed-in', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="gegenstrom"' } })
}

/** Whose names come from stations or the registry and may hold a slash, percent-encoded. In names that clients make, a proxy would read it as a border. */
const MAY_HOLD_SLASH = new Set(['station', 'session', 'site', 'balanceGroup'])

/** Parameters of the path. What cannot be a name is nowhere; what is a name of another form is told so. */
function namesIn(of: Route, request: Request): unknown {
  if (Object.entries(request.params).some(([key, value]) => value.includes('/') && !MAY_HOLD_SLASH.has(key)))
    throw problem('not-found', 'there is nothing under this address: no such name holds a slash')
  const parsed = of.pathSchema.safeParse(request.params)
  if (!parsed.success && parsed.error.issues.every((issue) => issue.code === 'too_big' && issue.origin === 'string'))
    throw problem('not-found', 'there is nothing under this address: no name is that long')
  return parse(of.pathSchema, request.params, 'parameter')
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, where: 'parameter' | 'pointer'): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {})
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.flatMap((issue) => partsOf(issue, where))
  throw problem('invalid-request', errors[0]?.detail ?? 'the request does not fit the description', { errors })
}

function partsOf(issue: z.core.$ZodIssue, where: 'parameter' | 'pointer'): readonly ProblemPart[] {
  const names = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
  return names.map((path) =>
    where === 'pointer'
      ? {
          pointer: pointerOf(path),
          detail: issue.message,
        }
      : { parameter: path.map(String).join('.'), detail: issue.message },
  )
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function send(response: Response, { status, body, type, headers }: Answer): void {
  response.status(status ?? 200).set({ 'Cache-Control': 'no-store', ...headers })
  if (type !== undefined) response.type(type).send(body instanceof Uint8Array ? Buffer.from(body) : String(body))
  else if (body === undefined) response.end()
  else response.json(body)
}

/** What a cursor is bound to: the route and everything that says which rows are in its list. How many come at once may change from page to page. */
function listOf(of: Route, request: Request, named: Readonly<Record<string, string>> = {}): string {
  const { cursor: _, limit: __, ...filters } = { ...(request.query as Record<string, string>), ...named }
  const sorted = (fields: object) => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([of.path, sorted(request.params), sorted(filters)])
}

function addressOf(request: Request, changed: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(request.query as Record<string, string>)
  for (const [name, value] of Object.entries(changed)) query.set(name, value)
  return `${request.baseUrl}${request.path}?${query.toString()}`
}
