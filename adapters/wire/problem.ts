// Errors in the words of HTTP: RFC 9457 problem documents with a type that stays the same for ever and a sentence a person can act on.
import type { Response } from 'express'

/** Every kind of problem this server answers with; the type URI is `urn:gegenstrom:problem:KIND`. */
export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-request': { status: 400, title: 'Some values of the request are not valid' },
  'not-signed-in': { status: 401, title: 'A valid API key is needed' },
  'not-allowed': { status: 403, title: 'This key may not do this' },
  'foreign-origin': { status: 403, title: 'Requests from other web sites are refused' },
  'weak-transport': { status: 403, title: 'TLS 1.3 is needed' },
  'not-found': { status: 404, title: 'There is nothing under this address' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  busy: { status: 409, title: 'Another change of the same thing is under way' },
  'already-over': { status: 409, title: 'It has ended and cannot be changed any more' },
  'version-conflict': { status: 409, title: 'This version is known with another content' },
  'gate-closed': { status: 409, title: 'It cannot be changed any more' },
  'changed-meanwhile': { status: 412, title: 'It was changed meanwhile' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has to be application/json' },
  'foreign-host': { status: 421, title: 'This server does not answer for that host name' },
  'not-possible': { status: 422, title: 'The values are well-formed but cannot be fulfilled' },
  'upgrade-needed': { status: 426, title: 'A WebSocket is spoken here' },
  'precondition-needed': { status: 428, title: 'Say which version is meant' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const
export type ProblemKind = keyof typeof PROBLEMS

/** One wrong value: where it stands (JSON pointer into the body, or the name of a parameter) and what is wrong. */
export interface ProblemPart {
  readonly pointer?: string
  readonly parameter?: string
  readonly detail: string
}
export interface Problem {
  readonly kind: ProblemKind
  readonly detail: string
  readonly errors?: readonly ProblemPart[]
  /** A code for programs, where one kind has several causes. */
  readonly reason?: string
  /** Seconds after which a new try makes sense. */
  readonly retryAfter?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown by whatever serves a request; the last handler turns it into a document. */
export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail, { cause })
    this.problem = problem
  }
}
/** A problem to be thrown. */
export function problem(kind: ProblemKind, detail: string, more: Omit<Problem, 'kind' | 'detail'> = {}): ProblemError {
  return new ProblemError({ kind, detail, ...more })
}

/** The document of a problem. */
export function problemDocument({ kind, detail, errors, reason }: Problem, instance: string): Readonly<Record<string, unknown>> {
  const { status, title } = PROBLEMS[kind]
  return {
    type: `urn:gegenstrom:problem:${kind}`,
    title,
    status,
    detail,
    instance,
    ...(reason === undefined ? {} : { reason }),
    ...(errors === undefined ? {} : { errors }),
  }
}

/** Answers with a problem document; `instance` is the id of the request, so that a person can find it in the log. */
export function sendProblem(response: Response, of: Problem): void {
  const { status } = PROBLEMS[of.kind]
  for (const [name, value] of Object.entries(of.headers ?? {})) response.setHeader(name, value)
  if (of.retryAfter !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(of.retryAfter))))
  response
    .status(status)
    .type('application/problem+json')
    .set('Cache-Control', 'no-store')
    .send(JSON.stringify(problemDocument(of, `urn:uuid:${String(response.locals['requestId'] ?? 'none')}`)))
}
