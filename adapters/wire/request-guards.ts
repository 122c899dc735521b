// Checks that come before any route and any WebSocket: a name for the request, the host it was meant for, the site it comes from, the transport it came over.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { NextFunction, Request, Response } from 'express'
import { isPrintable } from './printable.ts'
import { problem, type ProblemKind } from './problem.ts'
import type { RateLimit } from './rate-limit.ts'

/** Names a server answers for, lower case and without port; `loopback` for the lab. */
export type HostNames = readonly string[] | 'loopback' | 'any'
/** Stations are programs of many makers on a transport of their own; everything else is for people, their browsers and their programs. */
export type Peers = 'people' | 'stations'
/** Why a request is not let in. */
export interface GuardRefusal {
  readonly kind: ProblemKind
  readonly detail: string
}

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

/**
 * What speaks against a request or a handshake; null when nothing does. TLS 1.3 for people, even where the listener also serves stations that only know 1.2
 * (S1). Own host names only; in the lab only loopback names count, so that no web site can point its own name at us (DNS rebinding). Changes and WebSockets
 * only from our own pages and from programs: browsers let every page open a WebSocket to anywhere.
 */
export function guardRefusal(
  request: IncomingMessage,
  { hosts, peers, isHandshake }: { readonly hosts: HostNames; readonly peers: Peers; readonly isHandshake: boolean },
): GuardRefusal | null {
  if (peers === 'people' && request.socket instanceof TLSSocket && request.socket.getProtocol() !== 'TLSv1.3')
    return { kind: 'weak-transport', detail: 'connect again with TLS 1.3' }
  if (!isOwnHost(request, hosts)) return { kind: 'foreign-host', detail: 'open this server under one of its own names' }
  const isChange = isHandshake || !SAFE_METHODS.has(request.method ?? '')
  if (isChange && !isOwnOrigin(request, peers))
    return { kind: 'foreign-origin', detail: 'changes are accepted from this server’s own pages and from programs only' }
  return null
}

/** The same as a step in front of all routes; throws the problem. */
export function guardRequest(hosts: HostNames) {
  return (request: Request, _: Response, next: NextFunction): void => {
    const refusal = guardRefusal(request, { hosts, peers: 'people', isHandshake: false })
    if (refusal !== null) throw problem(refusal.kind, refusal.detail)
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

function isOwnHost(request: IncomingMessage, hosts: HostNames): boolean {
  if (hosts === 'any') return true
  const host = hostName(request)
  return hosts === 'loopback' ? LOOPBACK_NAMES.has(host) : hosts.includes(host)
}

/** Whether a request comes from our own pages or from no browser at all. */
function isOwnOrigin(request: IncomingMessage, peers: Peers): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  // No web site: the library of many small stations (arduinoWebSockets) says so of itself.
  if (peers === 'stations' && origin === 'file://') return true
  if (!URL.canParse(origin)) return false
  const from = new URL(origin)
  // Other libraries of stations (libwebsockets) name the host they connect to and leave out its port.
  if (peers === 'stations' && from.port === '' && from.hostname === hostName(request)) return true
  return from.host !== '' && from.host === (host ?? '').toLowerCase()
}

function hostName(request: IncomingMessage): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
}

/** Tells a plain request to the path of a WebSocket what is needed there. */
export function guardUpgrade(prefixes: readonly string[]) {
  return (request: Request, _: Response, next: NextFunction): void => {
    if (prefixes.some((prefix) => isUnder(request.path, prefix)))
      throw problem('upgrade-needed', 'connect with a WebSocket', { headers: { Upgrade: 'websocket', Connection: 'Upgrade' } })
    next()
  }
}

/** Whether a path is a prefix, or lies below one that ends with a slash. */
export function isUnder(path: string, prefix: string): boolean {
  return path === prefix || (prefix.endsWith('/') && path.startsWith(prefix))
}

/** Counts requests by client address and answers 429 when a minute's share is used up (S18). */
export function guardRate(limit: RateLimit, addressOf: (request: IncomingMessage) => string) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const { allowed, remaining, resetSeconds } = await limit.take(addressOf(request))
    response.setHeader('RateLimit-Policy', `"client";q=${limit.perMinute};w=60`)
    response.setHeader('RateLimit', `"client";r=${remaining};t=${resetSeconds}`)
    if (!allowed) throw problem('too-many-requests', `at most ${limit.perMinute} requests a minute`, { retryAfter: resetSeconds })
    next()
  }
}
