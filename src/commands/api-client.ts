// Asks a running server over its API, for commands: bounded in time and size, and every complaint in words.
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Command } from 'commander'
import { clientDefaults } from '../config.ts'
import { exitError } from './exit.ts'

export interface ServerOptions {
  readonly url: string
  readonly key?: string
  readonly ca?: string
}
export interface ApiAnswer {
  readonly status: number
  readonly etag: string | null
  /** Address of the next page; null where there is none. */
  readonly next: string | null
  readonly text: string
  readonly bytes: Buffer
  /** Of a proof, base64; null elsewhere. */
  readonly signature: string | null
}
export interface ApiAsked {
  readonly method?: 'GET' | 'PUT' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
  readonly ifMatch?: string
}

const TIMEOUT_MS = 30_000
const BYTES_MAX = 4 * 1_048_576

/** Adds the options that say which server is meant. */
export function withServer(command: Command): Command {
  return command
    .option('--url <address>', 'address of the server', clientDefaults().url)
    .option('--key <key>', 'API key; better given as GEGENSTROM_KEY, for others can see a command line')
    .option('--ca <file>', 'certificate of the authority that signed the server’s, PEM')
}

/** Asks; ends with 1 where nobody answers or the answer is too large. Problems of the API are answers, see `refusalText`. */
export async function askServer({ url, key, ca }: ServerOptions, path: string, asked: ApiAsked = {}): Promise<ApiAnswer> {
  const address = addressOf(url, path)
  const secret = key ?? clientDefaults().key
  const body = asked.body === undefined ? null : JSON.stringify(asked.body)
  const headers = {
    ...(secret === null ? {} : { Authorization: `Bearer ${secret}` }),
    ...(body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    ...(asked.ifMatch === undefined ? {} : { 'If-Match': asked.ifMatch }),
  }
  const settings = { method: asked.method ?? 'GET', headers, signal: AbortSignal.timeout(TIMEOUT_MS) }
  return new Promise((resolve, reject) => {
    const fail = (detail: string) => reject(exitError(1, `${address.origin}: ${detail}`))
    const isSecure = address.protocol === 'https:'
    const call = isSecure
      ? httpsRequest(address, { ...settings, minVersion: 'TLSv1.3', ...(ca === undefined ? {} : { ca: readFileSync(ca) }) })
      : httpRequest(address, settings)
    call.on('response', (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        parts.push(part)
        if (bytes > BYTES_MAX) call.destroy(new Error('the answer is larger than 4 MiB'))
      })
      response.on('error', (error) => fail(error.message))
      response.on('end', () => {
        const all = Buffer.concat(parts)
        resolve({
          status: response.statusCode ?? 0,
          etag: response.headers.etag ?? null,
          next: /<([^>]+)>; rel="next"/.exec(String(response.headers['link'] ?? ''))?.[1] ?? null,
          text: all.toString('utf8'),
          bytes: all,
          signature: headerOf(response.headers['proof-signature']),
        })
      })
    })
    call.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1_000} s` : (error.code ?? error.message)),
    )
    call.end(body ?? undefined)
  })
}

function headerOf(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** What a problem document says, one line, and what it points at. */
export function refusalText({ status, text }: ApiAnswer): string {
  try {
    const { detail, errors = [] } = JSON.parse(text) as { detail?: string; errors?: { pointer?: string; detail: string }[] }
    const parts = errors.slice(0, 10).map((part) => `\n  ${part.pointer ?? ''} ${part.detail}`)
    return `${status}: ${detail ?? text.slice(0, 200)}${parts.join('')}${errors.length > 10 ? '\n  ...' : ''}`
  } catch {
    return `${status}: ${text.slice(0, 200)}`
  }
}

function addressOf(url: string, path: string): URL {
  try {
    const address = new URL(path, url)
    if (address.protocol === 'http:' || address.protocol === 'https:') return address
  } catch {
    // Told below.
  }
  throw exitError(2, `--url ${url}: an address such as https://localhost:8443 is needed`)
}
