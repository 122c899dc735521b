// The whole backend on a manual clock with its API on a socket, and receivers that check signatures with code of their own.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { twinFleet } from '../../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { compose, type Running } from '../../../src/compose.ts'
import { DEMO_REGIME, DEMO_TARIFF } from '../../../src/market/tariff-in-force.ts'

export const START = Date.parse('2026-01-15T12:00:00Z')
const PEPPER = 'a secret for tests only, thirty-two long'

export interface PushLab {
  readonly running: Running
  readonly folder: string
  /** Balance group and control area of the fleet, as in addresses. */
  readonly place: string
  readonly complaints: readonly string[]
  now(): number
  /** Moves time; nothing is under way when it returns. */
  run(ms: number): Promise<void>
  /** Sets the clock of the backend forward or back. */
  step(ms: number): void
  ask(method: string, path: string, body?: unknown): Promise<Answer>
  /** Sends a schedule for the day after tomorrow; each version is an event. */
  schedule(version: number): Promise<Answer>
  /** Stops everything; the journal's folder stays. */
  stop(): Promise<void>
}
export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export async function openLab(
  options: {
    readonly folder?: string
    readonly at?: number
    readonly secret?: string | null
    readonly allowPrivate?: boolean
  } = {},
): Promise<PushLab> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'push-'))
  const clock = manualClock(options.at ?? START)
  const work = inFlight()
  const complaints: string[] = []
  const { registry } = twinFleet({ seed: '1', stations: 2, from: START })
  const running = await compose({
    clock,
    speed: 1,
    node: 'lab',
    version: 'test',
    journalFolder: folder,
    stores: memoryStores(),
    registry,
    credential: () => null,
    pepper: PEPPER,
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: 0,
    strategy: 'bidirectional',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    gateMs: 30 * 60_000,
    lot: wattHours(250),
    webhooks: {
      secret: options.secret === undefined ? PEPPER : options.secret,
      allowPrivate: options.allowPrivate ?? true,
    },
    plannerThreads: 1,
    tariff: DEMO_TARIFF,
    regime: DEMO_REGIME,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [],
    notes: [],
    pings: false,
    inFlight: work,
    log: (level, text, facts) => {
      if (level !== 'info') complaints.push(`${text} ${JSON.stringify(facts ?? {})}`)
    },
  })
  const [portfolio] = running.answers.trading.portfolios(THE_PROCESS)
  const place = `${portfolio!.balanceGroup}/${portfolio!.controlArea}`
  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${running.address.port}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
  }
  return {
    running,
    folder,
    place,
    complaints,
    now: () => clock.now(),
    run: (ms) => clock.runUntil(clock.now() + ms, work.idle),
    step: (ms) => clock.step(ms),
    ask,
    schedule: (version) =>
      ask('PUT', `/v1/schedules/${place}/2026-01-17`, {
        message: `m${version}`,
        version,
        energyWh: new Array<number>(96).fill(version),
      }),
    stop: () => running.stop(),
  }
}

/** Deletes what a lab has written. */
export function forget({ folder }: PushLab): void {
  rmSync(folder, { recursive: true, force: true })
}

export interface Received {
  readonly id: string
  readonly timestamp: number
  readonly signatures: readonly string[]
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: { readonly type: string; readonly timestamp: string; readonly data: Record<string, unknown> }
}
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** What is answered from now on. */
  reply: { status: number; headers?: Record<string, string>; body?: string; isEndless?: boolean; after?: Promise<void> }
  /** Most requests that were open at once. */
  readonly openMax: () => number
  close(): Promise<void>
}

/** A receiver on a real socket. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = []
  let [open, openMax] = [0, 0]
  const server = createServer((request, response) => {
    openMax = Math.max(openMax, ++open)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8')
      received.push({
        id: String(request.headers['webhook-id']),
        timestamp: Number(request.headers['webhook-timestamp']),
        signatures: String(request.headers['webhook-signature']).split(' '),
        headers: request.headers,
        text,
        body: JSON.parse(text) as Received['body'],
      })
      const { status, headers, body = '', isEndless, after } = receiver.reply
      void (after ?? Promise.resolve()).then(() => {
        open--
        response.writeHead(status, headers).write(body)
        if (isEndless !== true) response.end()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    reply: { status: 204 },
    openMax: () => openMax,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return receiver
}

/** Which of the signatures of a request a secret made, by WebCrypto; -1 for none. */
export async function signedAs(secret: string, { id, timestamp, text, signatures }: Received): Promise<number> {
  const raw = Uint8Array.from(atob(secret.replace('whsec_', '')), (letter) => letter.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode([id, timestamp, text].join('.')))
  return signatures.indexOf(`v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`)
}
