// Checks that come before any route: a name for the request, the host it was meant for, the site it comes from.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { NextFunction, Request, Response } from 'express'
import { isPrintable } from './printable.ts'
import { problem } from './problem.ts'
import { clientOf, type RateLimit } from './rate-limit.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Names each request; a UUID of the client is kept, anything else is replaced. */
export function nameRequest(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id')
  const name = given !== undefined && UUID.test(given) ? given.toLowerCase() : randomUUID()
  response.locals['requestId'] = name
  response.setHeader('X-Request-Id', name)
  next()
}

/** Whether a request was meant for this server: in the lab only loopback names count, so that no web site can point its own name at us (DNS rebinding). */
export function isOwnHost(request: IncomingMessage, hosts: readonly string[] | 'loopback' | 'any'): boolean {
  if (hosts === 'any') return true
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  return hosts === 'loopback' ? LOOPBACK_NAMES.has(host) : hosts.includes(host)
}
/** Whether a request comes from our own pages or from no browser at all. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  try {
    return new URL(origin).host === (host ?? '').toLowerCase()
  } catch {
    return false
  }
}

/** Refuses foreign host names with 421, and changes asked for by foreign web sites with 403. */
export function guardHost(hosts: readonly string[] | 'loopback' | 'any') {
  return (request: Request, _: Response, next: NextFunction): void => {
    if (!isOwnHost(request, hosts)) throw problem('foreign-host', `open this server under one of its own names`)
    if (!SAFE_METHODS.has(request.method) && !isOwnOrigin(request))
      throw problem('foreign-origin', 'changes are accepted from this server’s own pages and from programs only')
    next()
  }
}

/** Characters of one part of a path; no name here is longer. */
const SEGMENT_CHARACTERS_MAX = 255

/** Answers 404 to paths that can lead nowhere and 400 to queries nobody can read, so that no route, file or database ever sees them (S11). */
export function guardAddress(request: Request, _: Response, next: NextFunction): void {
  const [path = '', ...query] = request.originalUrl.split('?')
  for (const part of path.split('/')) {
    const text = decoded(part)
    if (text === null || text.length > SEGMENT_CHARACTERS_MAX || /^\.\.?$/.test(text) || !isPrintable(text))
      throw problem('not-found', 'there is nothing under this address: a part of it cannot be a name')
  }
  for (const pair of query.join('?').split('&')) {
    const text = decoded(pair.replaceAll('+', ' '))
    if (text !== null && isPrintable(text)) continue
    const name = decoded(pair.split('=', 1)[0]!)
    throw problem('invalid-request', 'a parameter holds what is no text', {
      errors: [
        {
          parameter: name !== null && isPrintable(name) ? name : '',
          detail: 'UTF-8, percent-encoded, without control characters',
        },
      ],
    })
  }
  next()
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** API and screens want TLS 1.3 even where the listener also serves stations that only know 1.2 (S1). */
export function guardTransport(request: Request, _: Response, next: NextFunction): void {
  if (request.socket instanceof TLSSocket && request.socket.getProtocol() !== 'TLSv1.3')
    throw problem('weak-transport', 'connect again with TLS 1.3')
  next()
}

/** Counts requests by client address and answers 429 when a minute's share is used up (S18). */
export function guardRate(limit: RateLimit) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const { allowed, remaining, resetSeconds } = await limit.take(clientOf(request.ip))
    response.setHeader('RateLimit-Policy', `"client";q=${limit.perMinute};w=60`)
    response.setHeader('RateLimit', `"client";r=${remaining};t=${resetSeconds}`)
    if (!allowed) throw problem('too-many-requests', `at most ${limit.perMinute} requests a minute`, { retryAfter: resetSeconds })
    next()
  }
}
