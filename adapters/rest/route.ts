// One route, described once: the same description checks the request, decides who may ask, and becomes the OpenAPI document.
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Role } from '../wire/api-key.ts'
import type { Authenticate, Principal, SignInRefusal } from '../wire/authentication.ts'
import { problem, type ProblemError, type ProblemKind, type ProblemPart } from '../wire/problem.ts'

/** `public` needs no key; otherwise one of these roles is needed. There is no third way. */
export type Access = 'public' | readonly Role[]
/** Whoever works in the control room. */
export const OPERATORS: Access = ['viewer', 'dispatcher', 'admin']
export const OPERATORS_AND_DRIVERS: Access = ['viewer', 'dispatcher', 'admin', 'driver']
/** Whoever has a key. */
export const ALL_ROLES: Access = ['viewer', 'dispatcher', 'admin', 'driver', 'trader']
/** The commercial aggregator, and the control room beside it. */
export const TRADERS: Access = ['trader', 'dispatcher', 'admin']
export const TRADERS_AND_VIEWERS: Access = ['trader', 'viewer', 'dispatcher', 'admin']
export const DISPATCHERS: Access = ['dispatcher', 'admin']
export const DISPATCHERS_AND_DRIVERS: Access = ['dispatcher', 'admin', 'driver']

export interface Call<Path, Query, Body> {
  readonly path: Path
  readonly query: Query
  readonly body: Body
  /** Null on public routes. */
  readonly principal: Principal | null
  readonly ifMatch: string | null
  readonly ifNoneMatch: string | null
  /** Address of the same question with some parameters changed, for Link headers. */
  readonly address: (changed: Readonly<Record<string, string>>) => string
}
export interface Answer {
  readonly status?: number
  /** Sent as JSON, or as it is when `type` is given. Undefined for answers without a body. */
  readonly body?: unknown
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'get' | 'put' | 'delete'
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

/** The express handler of a route. Order: who asks, may they, is the request well-formed, answer. */
export function serveRoute(of: Route, authenticate: Authenticate): RequestHandler {
  return async (request, response) => {
    const principal = of.access === 'public' ? null : await admit(request, of.access, authenticate)
    const path = parse(of.pathSchema, request.params, 'parameter')
    const query = parse(of.querySchema, request.query, 'parameter')
    if (of.bodySchema !== null && request.is(['application/json', '+json']) === false)
      throw problem('unsupported-media-type', 'send the body as application/json')
    const body = of.bodySchema === null ? null : parse(of.bodySchema, request.body, 'pointer')
    const answer = await of.handle({
      path,
      query,
      body,
      principal,
      ifMatch: request.get('if-match') ?? null,
      ifNoneMatch: request.get('if-none-match') ?? null,
      address: (changed) => addressOf(request, changed),
    })
    send(response, answer)
  }
}

async function admit(request: Request, access: readonly Role[], authenticate: Authenticate): Promise<Principal> {
  const found = await authenticate(request)
  if (!found.ok) throw notSignedIn(found.refusal)
  if (!access.includes(found.value.role))
    throw problem('not-allowed', `this needs the role ${access.join(' or ')}, the key has ${found.value.role}`)
  return found.value
}

const SIGN_IN = {
  missing: 'send `Authorization: Bearer KEY`',
  wrong: 'the key is not known',
  expired: 'the key has expired',
} as const

function notSignedIn(refusal: SignInRefusal): ProblemError {
  if (refusal.kind === 'too-many')
    return problem('too-many-requests', 'too many wrong keys from this address', { retryAfter: refusal.retryAfter })
  const detail = SIGN_IN[refusal.kind]
  return problem('not-signed-in', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="gegenstrom"' } })
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
          pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
          detail: issue.message,
        }
      : { parameter: path.map(String).join('.'), detail: issue.message },
  )
}

function send(response: Response, { status, body, type, headers }: Answer): void {
  response.status(status ?? 200).set({ 'Cache-Control': 'no-store', ...headers })
  if (type !== undefined) response.type(type).send(String(body))
  else if (body === undefined) response.end()
  else response.json(body)
}

function addressOf(request: Request, changed: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(request.query as Record<string, string>)
  for (const [name, value] of Object.entries(changed)) query.set(name, value)
  return `${request.baseUrl}${request.path}?${query.toString()}`
}
