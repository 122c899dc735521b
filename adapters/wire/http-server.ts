// The HTTP side of the process: one hardened express app that adapters hang their routers into, and that answers every error as a problem document.
import type { IncomingMessage } from 'node:http'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { clientAddress } from './client-address.ts'
import { problem, ProblemError, sendProblem, type Problem } from './problem.ts'
import { rateLimit } from './rate-limit.ts'
import { guardAddress, guardRate, guardRequest, guardUpgrade, nameRequest } from './request-guards.ts'

export interface HttpAppOptions {
  /** Served in this order; whatever none of them answers is 404. */
  readonly routers: readonly RequestHandler[]
  /** Loopback only, no credentials. */
  readonly lab: boolean
  /** Host names this server answers for outside the lab; left out: any. */
  readonly hosts?: readonly string[]
  readonly bodyBytesMax?: number
  readonly requestsPerMinuteMax?: number
  /** Paths where a WebSocket is spoken, as the listener's upgrades name them. */
  readonly webSockets?: readonly string[]
  /** Address that requests are counted by; left out: the peer of the socket. */
  readonly addressOf?: (request: IncomingMessage) => string
  /** Told about what must not happen, and what led to an answer such as 503; the client only learns the name of its request. */
  readonly onError?: (error: unknown, requestId: string, isUnexpected: boolean) => void
}

const BODY_BYTES_MAX = 1_048_576
const REQUESTS_PER_MINUTE_MAX = 1_200

/** The app with its guards in front and its error handlers behind. */
export function httpApp(options: HttpAppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')
  app.set('etag', false)
  app.use(nameRequest)
  app.use(securityHeaders(options.lab))
  app.use(guardRequest(options.lab ? 'loopback' : (options.hosts ?? 'any')))
  app.use(
    guardRate(rateLimit('http', options.requestsPerMinuteMax ?? REQUESTS_PER_MINUTE_MAX), options.addressOf ?? clientAddress),
  )
  app.use(guardAddress)
  app.use(guardUpgrade(options.webSockets ?? []))
  app.use(express.json({ limit: options.bodyBytesMax ?? BODY_BYTES_MAX, strict: true }))
  for (const router of options.routers) app.use(router)
  app.use((request) => {
    throw problem('not-found', `there is no ${request.method} ${request.path}`)
  })
  app.use(answerError(options.onError ?? (() => {})))
  return app
}

/** Nothing is loaded from anywhere else, nothing inline runs, nobody frames us (S11). */
function securityHeaders(lab: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'connect-src': ["'self'"],
        'manifest-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: lab ? false : { maxAge: 31_536_000, includeSubDomains: true },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  })
}

function answerError(onError: NonNullable<HttpAppOptions['onError']>): ErrorRequestHandler {
  return (error, _, response, next) => {
    const requestId = String(response.locals['requestId'] ?? 'none')
    if (error instanceof ProblemError && error.cause !== undefined) onError(error.cause, requestId, false)
    const known = asProblem(error)
    if (known === null) onError(error, requestId, true)
    // Half an answer is out already: only closing the connection tells the client that it is not whole.
    if (response.headersSent) return next(error)
    sendProblem(response, known ?? { kind: 'internal', detail: 'the request is in our log under this instance' })
  }
}

/** Errors of express and its body parser in our words; null for anything unexpected. */
function asProblem(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem
  const { type, status, limit } = (error ?? {}) as { type?: unknown; status?: unknown; limit?: unknown }
  if (type === 'entity.too.large') return { kind: 'too-large', detail: `at most ${String(limit)} bytes` }
  if (type === 'entity.parse.failed') return { kind: 'malformed-json', detail: 'the body could not be parsed as a JSON object' }
  if (type === 'charset.unsupported' || type === 'encoding.unsupported')
    return { kind: 'unsupported-media-type', detail: 'send UTF-8, plain or compressed with gzip, deflate or br' }
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { kind: 'malformed-request', detail: 'path, headers or body could not be read' }
  return null
}
