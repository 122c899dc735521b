// The OpenAPI 3.1 document, made from the very schemas that check the requests.
import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiContentObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import { PROBLEMS, type ProblemKind } from '../wire/problem.ts'
import type { RestPorts } from './ports.ts'
import type { Route } from './route.ts'
import { allRoutes } from './routes.ts'

const VERSION = '1.0.0'

const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Stays the same for ever', example: 'urn:gegenstrom:problem:not-found' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened this time, for a person' }),
    instance: z.string().meta({ description: 'Id of the request, also in the header X-Request-Id' }),
    reason: z.string().optional().meta({ description: 'A code for programs, where one kind has several causes' }),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().meta({ description: 'JSON pointer into the body' }),
          parameter: z.string().optional(),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

/** The document as plain JSON; needs no running system. */
export function openApiDocument(): object {
  // Handlers are never called here, so no ports are needed to describe them.
  const routes = allRoutes({} as RestPorts)
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const one of routes) (paths[one.path] ??= {})[one.method] = operation(one)
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Gegenstrom',
      version: VERSION,
      description:
        'Charging and discharging of vehicle fleets: what is, what is planned, and why. Power in whole W and energy in Wh, positive takes from the grid; instants are RFC 3339 in UTC; money and prices are decimal text.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key `gs_…`; none is needed in the lab on loopback' },
      },
    },
  })
  return JSON.parse(JSON.stringify(document)) as object
}

/** Name of an operation: method and path in words. */
export function operationId({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path.split('/').filter((part) => part !== '' && part !== 'v1' && !part.startsWith('{'))
  return (
    [method, ...words].map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('') +
    (path.endsWith('}') ? 'One' : '')
  )
}

function operation(of: Route): ZodOpenApiOperationObject {
  const hasPath = Object.keys(of.pathSchema.shape).length > 0
  const hasQuery = Object.keys(of.querySchema.shape).length > 0
  return {
    operationId: operationId(of),
    tags: [of.tag],
    summary: of.summary,
    description: [of.description, of.access === 'public' ? 'Needs no key.' : `Roles: ${of.access.join(', ')}.`]
      .filter(Boolean)
      .join('\n\n'),
    security: of.access === 'public' ? [] : [{ apiKey: [] }],
    requestParams: {
      ...(hasPath ? { path: of.pathSchema } : {}),
      ...(hasQuery ? { query: of.querySchema } : {}),
      ...(of.method === 'put'
        ? {
            header: z.object({
              'If-Match': (needsMatch(of) ? z.string() : z.string().optional()).meta({
                description: 'ETag of the version that is to be changed, or `*`',
              }),
            }),
          }
        : {}),
    },
    ...(of.bodySchema === null
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: of.bodySchema } } } }),
    responses: responses(of, hasPath || hasQuery || of.bodySchema !== null),
  }
}

function needsMatch({ problems }: Route): boolean {
  return problems?.includes('precondition-needed') ?? false
}

function contentOf({ answerSchema, answerType }: Route): ZodOpenApiContentObject {
  return answerSchema === null
    ? { [answerType ?? 'text/plain']: { schema: { type: 'string' } } }
    : { 'application/json': { schema: answerSchema } }
}

function responses(of: Route, hasInput: boolean): ZodOpenApiResponsesObject {
  const found: ZodOpenApiResponsesObject = {}
  const headers = (of.answerHeaders ?? []).map((name) => [name, { schema: { type: 'string' as const } }] as const)
  for (const status of of.answerStatuses ?? [200])
    found[`${status as 200}`] = {
      description: status === 200 ? 'The answer' : status === 204 ? 'Done' : 'Not now',
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
      ...(status === 204 ? {} : { content: contentOf(of) }),
    }
  const kinds: ProblemKind[] = [...of.problems]
  if (hasInput) kinds.push('invalid-request')
  if (of.access !== 'public') kinds.push('not-signed-in', 'not-allowed')
  if (of.bodySchema !== null) kinds.push('malformed-json', 'too-large', 'unsupported-media-type')
  kinds.push('too-many-requests')
  for (const status of [...new Set(kinds.map((kind) => PROBLEMS[kind].status))].sort((a, b) => a - b)) {
    const titles = kinds.filter((kind) => PROBLEMS[kind].status === status).map((kind) => `\`${kind}\`: ${PROBLEMS[kind].title}`)
    found[`${status as 400}`] ??= {
      description: [...new Set(titles)].join('; '),
      content: { 'application/problem+json': { schema: problemSchema } },
    }
  }
  return found
}
