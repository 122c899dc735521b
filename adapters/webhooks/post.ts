// One POST that ends: bounded in time and in what is read, never redirected, and every failure a value.
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { publicLookup, urlFault } from './public-address.ts'

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Until the answer is there, ms of the wall clock: sockets live on it. */
  readonly timeoutMs: number
  readonly allowPrivate: boolean
  /** Ends the request at once. */
  readonly signal: AbortSignal
}
export interface PostAnswer {
  /** Null without an answer. */
  readonly status: number | null
  readonly error: string | null
}

const ANSWER_BYTES_MAX = 4_096

/** POSTs a body. Never rejects; the error never holds the address, which may carry a token. */
export function post(url: string, { headers, body, timeoutMs, allowPrivate, signal }: PostOptions): Promise<PostAnswer> {
  const fault = urlFault(url, allowPrivate)
  if (fault !== null) return Promise.resolve({ status: null, error: `the address ${fault}` })
  return new Promise((resolve) => {
    let request: ClientRequest | null = null
    const timer = setTimeout(() => end({ status: null, error: `no answer within ${timeoutMs} ms` }), timeoutMs)
    const stop = () => end({ status: null, error: 'stopped' })
    function end(answer: PostAnswer): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(answer)
      request?.destroy()
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop)
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    request = send(
      url,
      {
        method: 'POST',
        agent: false,
        minVersion: 'TLSv1.3' as const,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        ...(allowPrivate ? {} : { lookup: publicLookup() }),
      },
      (answer) => read(answer, end),
    )
    request.on('error', (error: NodeJS.ErrnoException) => end({ status: null, error: error.code ?? error.message }))
    request.end(body)
  })
}

/** An answer counts when it is whole, or longer than anybody reads. */
function read(answer: IncomingMessage, end: (answer: PostAnswer) => void): void {
  const status = answer.statusCode ?? 0
  const whole = () => end({ status, error: isSuccess(status) ? null : `answered ${status}` })
  let size = 0
  answer.on('data', (part: Buffer) => {
    size += part.length
    if (size > ANSWER_BYTES_MAX) whole()
  })
  answer.on('end', whole)
  answer.on('error', () => end({ status, error: 'the answer broke off' }))
}

/** Whether a status says that the event has arrived. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}
