// The other end, as a grid operator or supplier has it: sends commands and serves the calls that answer them. For the twin, for tests, and to try an installation.
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:https'
import { call, type CallAnswer, type TlsIdentity } from './call.ts'
import { PREFIX } from './words.ts'

export interface PartnerEndOptions {
  readonly tls: TlsIdentity & { readonly ca: string | Buffer }
  /** Where commands go, without `/[Post]/…`; asked at each of them. */
  readonly url: string | (() => string)
  /** Port for the answers; left out: any that is free. */
  readonly port?: number
  /** Epoch ms. */
  readonly now: () => number
}
export interface ReceivedAnswer {
  readonly path: string
  readonly transactionId: string
  readonly initialTransactionId: string | null
  readonly creationDateTime: string
  readonly query: Readonly<Record<string, string>>
}
export interface CommandOptions {
  readonly transactionId?: string
  readonly initialTransactionId?: string
  /** Epoch ms; left out: now. */
  readonly createdAt?: number
}
export interface PartnerEnd {
  /** Address for the answers. */
  readonly url: string
  readonly received: readonly ReceivedAnswer[]
  /** Bounds a location. Power in watts, instants in epoch ms. */
  limit(location: string, of: { watts: number; from: number; until?: number }, more?: CommandOptions): Promise<CallAnswer>
  /** Lets a location go from an instant on, epoch ms. */
  release(location: string, from: number, more?: CommandOptions): Promise<CallAnswer>
  /** Sends anything. */
  send(path: string, query: Readonly<Record<string, unknown>>, more?: CommandOptions): Promise<CallAnswer>
  close(): Promise<void>
}

const RECEIVED_MAX = 10_000
const WATTS_PER_KW = 1_000

/** Opens the other end. */
export async function partnerEnd({ tls, url, port, now }: PartnerEndOptions): Promise<PartnerEnd> {
  const received: ReceivedAnswer[] = []
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost')
      const path = decodeURIComponent(pathname)
      if (request.method !== 'POST' || !path.startsWith(`${PREFIX}/`)) return void response.writeHead(404).end()
      if (received.length >= RECEIVED_MAX) received.shift()
      const header = (name: string) => String(request.headers[name] ?? '')
      received.push({
        path: path.slice(PREFIX.length + 1).replace(/\/$/, ''),
        transactionId: header('transactionid'),
        initialTransactionId: header('initialtransactionid') || null,
        creationDateTime: header('creationdatetime'),
        query: Object.fromEntries(searchParams),
      })
      response.writeHead(202).end()
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port ?? 0, '127.0.0.1', resolve)
  })
  const send: PartnerEnd['send'] = (
    path,
    query,
    { transactionId = randomUUID(), initialTransactionId, createdAt = now() } = {},
  ) =>
    call(
      {
        url: typeof url === 'string' ? url : url(),
        path,
        transactionId,
        ...(initialTransactionId === undefined ? {} : { initialTransactionId }),
        creationDateTime: new Date(createdAt).toISOString(),
        query,
      },
      tls,
    )
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    received,
    limit(locationId, { watts, from, until }, more) {
      const end = until === undefined ? {} : { executionTimeUntil: executionText(until) }
      const commandControl = { maximumPowerValue: powerText(watts), executionTimeFrom: executionText(from), ...end }
      return send('konfiguration', { locationId, commandControl }, more)
    },
    release: (locationId, from, more) =>
      send('initialZustand', { locationId, commandRegular: { executionTimeFrom: executionText(from) } }, more),
    send,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A power as the API writes it, kW. */
function powerText(watts: number): string {
  return String(watts / WATTS_PER_KW)
}

/** An instant of execution as the API writes it: whole seconds, UTC. `at` in epoch ms. */
function executionText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
