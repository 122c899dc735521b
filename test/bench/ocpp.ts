// How much the OCPP server costs over the least that any server must do: a bare WebSocket server that parses, validates both ways and answers.
// Both run in this process and are loaded in turns by the same stations in a child process; beside it what an idle station costs, plain and over TLS.
import { Ajv, type ValidateFunction } from 'ajv'
import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as schemas from 'typed-ocpp/dist/ocpp21/schemas.js'
import { WebSocketServer } from 'ws'
import { ocppServer } from '../../adapters/ocpp/server.ts'
import { closeListener, httpServer, listen } from '../../adapters/wire/listener.ts'
import { runningClock } from '../../src/run/clock.ts'
import { pseudonyms } from '../../src/files/pseudonyms.ts'
import type { LoadAnswer, LoadOrder } from '../adapters/ocpp/station-load.ts'
import type { BenchOptions, BenchResult } from './run.ts'

interface Measured {
  readonly port: number
  close(): Promise<void>
}
interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

export async function run({ smoke }: BenchOptions): Promise<BenchResult> {
  const stations = smoke ? 50 : 1_000
  const [rounds, warmMs, measureMs] = smoke ? [3, 150, 250] : [5, 700, 2_000]
  const load = startLoad()
  const figures: Record<string, number> = { stations }
  try {
    Object.assign(figures, await idle(load, stations, null, 'plain'))
    const pairs: { readonly ours: Rate; readonly bare: Rate }[] = []
    for (let round = 0; round < rounds; round++)
      pairs.push({
        bare: await rate(load, await bareServer(), stations, warmMs, measureMs),
        ours: await rate(load, await ourServer(null), stations, warmMs, measureMs),
      })
    figures['tripsPerSecond'] = median(pairs.map(({ ours }) => ours.tripsPerSecond))
    figures['bareTripsPerSecond'] = median(pairs.map(({ bare }) => bare.tripsPerSecond))
    figures['ratioToBare'] = median(pairs.map(({ ours, bare }) => ours.tripsPerSecond / bare.tripsPerSecond))
    figures['cpuUsPerTrip'] = median(pairs.map(({ ours }) => ours.cpuUsPerTrip))
    figures['bareCpuUsPerTrip'] = median(pairs.map(({ bare }) => bare.cpuUsPerTrip))
    const certificate = selfSigned()
    if (certificate === null) console.error('TLS is skipped: the openssl command is missing')
    else Object.assign(figures, await idle(load, stations, certificate, 'tls'))
  } finally {
    load.kill()
  }
  return { figures, targets: { ratioToBare: { atLeast: 0.5 } } }
}

interface Rate {
  readonly tripsPerSecond: number
  /** Processor time of this process, which holds the server alone. */
  readonly cpuUsPerTrip: number
}
async function rate(load: ChildProcess, server: Measured, stations: number, warmMs: number, measureMs: number): Promise<Rate> {
  await ask(load, { kind: 'connect', port: server.port, stations, tls: false })
  await ask(load, { kind: 'load', warmMs, measureMs: 0 })
  const before = process.cpuUsage()
  const { count, ms } = await ask(load, { kind: 'load', warmMs: 0, measureMs })
  const { user, system } = process.cpuUsage(before)
  await ask(load, { kind: 'disconnect' })
  await server.close()
  return { tripsPerSecond: (count / ms) * 1e3, cpuUsPerTrip: (user + system) / count }
}

/** Memory of booted stations that say nothing more, and how fast they came. */
async function idle(
  load: ChildProcess,
  stations: number,
  tls: Certificate | null,
  name: string,
): Promise<Record<string, number>> {
  // A first round fills what is filled once: compiled code, pools, the heap's pages.
  let figures: Record<string, number> = {}
  for (let round = 0; round < 2; round++) {
    const server = await ourServer(tls)
    const before = await memory()
    const { count, ms } = await ask(load, { kind: 'connect', port: server.port, stations, tls: tls !== null })
    const after = await memory()
    figures = {
      [`${name}KiBPerStation`]: (after.used - before.used) / 1_024 / stations,
      [`${name}ResidentKiBPerStation`]: Math.max(0, after.resident - before.resident) / 1_024 / stations,
      [`${name}HandshakesPerSecond`]: (count / ms) * 1e3,
    }
    await ask(load, { kind: 'disconnect' })
    await server.close()
  }
  return figures
}

async function ourServer(tls: Certificate | null): Promise<Measured> {
  const clock = runningClock()
  const receive = async () => ({ accepted: true, mayDischarge: true })
  // What a message costs is asked, not how many one station may send.
  const [perSecond, burst] = [1e9, 1e9]
  const ocpp = ocppServer({
    clock,
    receive,
    credential: () => null,
    pepper: 'pepper',
    pseudonym: pseudonyms('pepper'),
    lab: true,
    pace: { messages: { perSecond, burst }, bytes: { perSecond, burst } },
  })
  const upgrades = [{ prefix: '/ocpp/', handle: ocpp.handleUpgrade, peers: 'stations' as const }]
  const http = httpServer((_, response) => void response.writeHead(404).end(), { tls, upgrades })
  return {
    port: (await listen(http, '127.0.0.1', 0)).port,
    async close() {
      await ocpp.close()
      clock.stop()
      await closeListener(http, 0)
    },
  }
}

/** The least: no identity, no log, no bounds, no memory of ids. */
async function bareServer(): Promise<Measured> {
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false })
  const validators = new Map<string, ValidateFunction>()
  const validator = (name: string) => {
    let validate = validators.get(name)
    if (validate === undefined) {
      const { $schema: _, ...schema } = (schemas as unknown as Record<string, Record<string, unknown>>)[name]!
      validators.set(name, (validate = ajv.compile(schema)))
    }
    return validate
  }
  const answers: Record<string, () => object> = {
    BootNotification: () => ({ status: 'Accepted', interval: 300, currentTime: new Date().toISOString() }),
    Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  }
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const http: Server = createServer()
  http.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data) => {
        const [, id, action, payload] = JSON.parse((data as Buffer).toString()) as [number, string, string, object]
        const answer = answers[action]?.() ?? {}
        if (validator(`${action}Request`)(payload) && validator(`${action}Response`)(answer))
          webSocket.send(JSON.stringify([3, id, answer]))
      })
    }),
  )
  return {
    port: (await listen(http, '127.0.0.1', 0)).port,
    close: () => closeListener(http, 0),
  }
}

function startLoad(): ChildProcess {
  const file = resolve(import.meta.dirname, '../adapters/ocpp/station-load.ts')
  return fork(file, { execArgv: ['--import', 'tsx'] })
}
async function ask(load: ChildProcess, order: LoadOrder): Promise<LoadAnswer> {
  const waiting = new AbortController()
  const { signal } = waiting
  const gone = once(load, 'exit', { signal }).then(() => {
    throw new Error('the stations are gone')
  })
  load.send(order)
  try {
    const [answer] = (await Promise.race([once(load, 'message', { signal }), gone])) as [LoadAnswer]
    return answer
  } finally {
    gone.catch(() => {})
    waiting.abort()
  }
}

/** An ECDSA certificate for this run; null without the openssl command. */
function selfSigned(): Certificate | null {
  const folder = mkdtempSync(join(tmpdir(), 'gegenstrom-bench-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'], {
      stdio: 'ignore',
    })
    return { cert: readFileSync(cert), key: readFileSync(key) }
  } catch {
    return null
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Bytes after everything unused is collected. */
async function memory(): Promise<{ readonly used: number; readonly resident: number }> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Sockets are let go in steps of the event loop.
  for (let i = 0; i < 3; i++) {
    await setTimeout(50)
    collect()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, resident: rss }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
