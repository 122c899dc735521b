// One call of the control API over mutual TLS: a POST without a body, everything in its headers and query, bounded in time and in what is read.
import { request as httpsRequest } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { PREFIX } from './words.ts'

/** Our certificate and key, and whom we trust, PEM. */
export interface TlsIdentity extends Pick<SecureContextOptions, 'cert' | 'key' | 'ca'> {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}
export interface Call {
  /** Where the other side serves its API, without `/[Post]/…`. */
  readonly url: string
  /** Last part of the path. */
  readonly path: string
  readonly transactionId: string
  /** Left out for the first try. */
  readonly initialTransactionId?: string
  /** `2026-01-31T12:30:00.170Z`. */
  readonly creationDateTime: string
  /** Texts as they are, everything else as JSON. */
  readonly query: Readonly<Record<string, unknown>>
}
export interface CallAnswer {
  /** Null without an answer. */
  readonly status: number | null
  readonly error: string | null
  /** The first KiB of it. */
  readonly body: string
}

const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 1_024

/** Calls; never rejects. */
export function call(of: Call, tls: TlsIdentity, stop?: AbortSignal): Promise<CallAnswer> {
  const { hostname, port, pathname } = new URL(of.url)
  const query = Object.entries(of.query).map(
    ([name, value]) => `${name}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  )
  const path = `${pathname.replace(/\/$/, '')}${PREFIX}/${of.path}/?${query.join('&')}`
  const headers = {
    transactionId: of.transactionId,
    creationDateTime: of.creationDateTime,
    ...(of.initialTransactionId === undefined ? {} : { initialTransactionId: of.initialTransactionId }),
    'Content-Length': '0',
  }
  const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(stop === undefined ? [] : [stop])])
  return new Promise((resolve) => {
    const options = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port), path, headers, signal }
    const request = httpsRequest({ ...options, ...tls, method: 'POST', agent: false, minVersion: 'TLSv1.2' }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      const end = () => {
        resolve({ status: answer.statusCode ?? 0, error: null, body: body.slice(0, ANSWER_BYTES_MAX) })
        request.destroy()
      }
      answer.on('data', (part: string) => {
        body += part
        if (body.length > ANSWER_BYTES_MAX) end()
      })
      answer.on('end', end)
      answer.on('error', end)
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({
        status: null,
        error: error.name === 'TimeoutError' ? 'no answer in time' : (error.code ?? error.message),
        body: '',
      }),
    )
    request.end()
  })
}
