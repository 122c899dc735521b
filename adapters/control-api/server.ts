// The listener of the control API: mutual TLS with pinned certificates, commands in headers and query, 202 for what is well-formed and on the disk.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { PROBLEMS, problemDocument, type Problem } from '../wire/problem.ts'
import { limitSilentConnections, SILENT_LIMITS } from '../wire/silent-connections.ts'
import type { TlsIdentity } from './call.ts'
import type { ControlDesk } from './control-desk.ts'
import { partnerOf, type ControlPartner } from './partners.ts'
import { readCommand } from './read-command.ts'

export interface ControlServerOptions {
  readonly tls: TlsIdentity
  /** Those that count now. */
  readonly partners: () => readonly ControlPartner[]
  readonly desk: Pick<ControlDesk, 'take'>
  /** Epoch ms. */
  readonly now: () => number
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const HANDSHAKE_TIMEOUT_MS = 10_000
const HEADER_BYTES_MAX = 16_384
/** The API has no body; what comes all the same is read no further than this. */
const BODY_BYTES_MAX = 65_536
const RETRY_AFTER_SECONDS = 5
/** Requests of one partner at the same time. */
const TOGETHER_MAX = 64

/** What is told to TLS of who we are, also when that is renewed. */
export function controlTls(tls: TlsIdentity) {
  return { ...tls, minVersion: 'TLSv1.2' as const }
}

/** A server, not yet listening. */
export function controlServer(options: ControlServerOptions): Server {
  const { tls, partners, desk, now, track, log } = options
  const together = new Map<string, number>()

  async function answer(request: IncomingMessage): Promise<Problem | null> {
    const partner = partnerOf(partners(), (request.socket as TLSSocket).getPeerCertificate(), now())
    if (partner === null)
      return { kind: 'not-signed-in', detail: 'the client certificate is missing, not valid or not one of a known partner' }
    if (!(await isSmall(request))) return { kind: 'too-large', detail: 'the control API has no body' }
    const read = readCommand(
      { method: request.method ?? '', url: request.url ?? '', headers: request.headers, partner: partner.id },
      now(),
    )
    if (!read.ok) return read.refusal
    const busy = together.get(partner.id) ?? 0
    if (busy >= TOGETHER_MAX)
      return { kind: 'too-many-requests', detail: `at most ${TOGETHER_MAX} requests at a time`, retryAfter: RETRY_AFTER_SECONDS }
    together.set(partner.id, busy + 1)
    try {
      switch (await desk.take(read.value)) {
        case 'taken':
          return null
        case 'other-content':
          return {
            kind: 'invalid-request',
            detail: 'this transaction is known with another content',
            errors: [{ parameter: 'transactionId', detail: 'is that of another command' }],
          }
        case 'full':
          return { kind: 'unavailable', detail: 'too many commands are under way', retryAfter: RETRY_AFTER_SECONDS }
      }
    } catch (error) {
      log('warn', 'a command of a market partner could not be recorded', {
        partner: partner.id,
        detail: (error as Error).message,
      })
      return { kind: 'unavailable', detail: 'nothing can be recorded right now', retryAfter: RETRY_AFTER_SECONDS }
    } finally {
      together.set(partner.id, together.get(partner.id)! - 1)
    }
  }

  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    keepAliveTimeout: 10_000,
  }
  // Who is let in is judged by the fingerprint; where authorities are named, the chain is checked beside it.
  const mutual = { requestCert: true, rejectUnauthorized: tls.ca !== undefined }
  const server = createServer({ ...limits, ...controlTls(tls), ...mutual }, (request, response) => {
    track(answer(request)).then(
      (problem) => reply(response, problem),
      (error: Error) => {
        log('error', 'a request of the control API failed', { detail: error.message })
        reply(response, { kind: 'internal', detail: 'the request could not be served' })
      },
    )
  })
  limitSilentConnections(server, SILENT_LIMITS)
  return server
}

function reply(response: ServerResponse, problem: Problem | null): void {
  if (response.destroyed) return
  if (problem === null) {
    response.writeHead(202, { 'Content-Length': '0', 'Cache-Control': 'no-store' }).end()
    return
  }
  const body = JSON.stringify(problemDocument(problem, `urn:uuid:${randomUUID()}`))
  response.writeHead(PROBLEMS[problem.kind].status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...(problem.retryAfter === undefined ? {} : { 'Retry-After': String(problem.retryAfter) }),
    ...problem.headers,
  })
  response.end(body)
}

async function isSmall(request: IncomingMessage): Promise<boolean> {
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_BYTES_MAX) return false
  }
  return true
}
