// The real `serve` as a process of its own, built and configured as in production: TLS, station passwords, API keys, PostgreSQL, the journal on disk.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const ROOT = resolve(import.meta.dirname, '../../..')
const MAIN = join(ROOT, 'dist/src/main.js')
const READY_MAX_MS = 300_000
const ASK_EVERY_MS = 20
const REQUEST_MAX_MS = 60_000

export interface ServerOptions {
  readonly port: number
  /** Folder of this run: registry, prices, certificate, home, log. */
  readonly folder: string
  readonly databaseUrl: string
  readonly secret: string
  /** Its clock is ahead of this machine's, ms, so that a quarter-hour begins when the measurement wants it. */
  readonly aheadMs: number
  /** Writes a profile of the processor time into the folder. */
  readonly isProfiled: boolean
  /** Further variables of its environment. */
  readonly more?: Readonly<Record<string, string>>
}
export interface ServerProcess {
  readonly pid: number
  /** Time from the start of the process to its first readiness, ms. */
  readonly readyMs: number
  readonly ask: Ask
  /** Ends it, by default the orderly way. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Bytes of the journal's entries on disk, without snapshots. */
  journalBytes(): number
}
export interface Reply {
  readonly status: number
  readonly body: string
  readonly ms: number
}
export type Ask = (
  path: string,
  options?: { readonly method?: string; readonly key?: string; readonly body?: object },
) => Promise<Reply>

/** Starts it and waits until it is ready. Throws with the end of its log when it ends before. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { port, folder } = options
  const home = join(folder, 'home')
  const started = performance.now()
  const log = createWriteStream(join(folder, 'serve.log'), { flags: 'a' })
  const child = spawn(process.execPath, [...flagsOf(options), MAIN, 'serve'], {
    cwd: folder,
    env: environmentOf(options, home),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 32 })
  const ask: Ask = (path, of = {}) => send(agent, port, path, of)
  await untilReady(child, ask, started)
  return {
    pid: child.pid!,
    readyMs: performance.now() - started,
    ask,
    async stop(signal = 'SIGTERM') {
      const ended = once(child, 'exit')
      child.kill(signal)
      agent.destroy()
      await ended
      log.end()
    },
    journalBytes: () => folderBytes(join(home, 'journal')),
  }
}

async function untilReady(child: ChildProcess, ask: Ask, started: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}; its log says why`)
    if (performance.now() - started > READY_MAX_MS) {
      child.kill('SIGKILL')
      throw new Error(`serve was not ready after ${READY_MAX_MS / 1_000} s`)
    }
    const reply = await ask('/readyz').catch(() => null)
    if (reply?.status === 200) return
    await setTimeout(ASK_EVERY_MS)
  }
}

function environmentOf({ port, folder, databaseUrl, secret, more }: ServerOptions, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    TZ: 'UTC',
    NODE_ENV: 'production',
    GEGENSTROM_HOME: home,
    GEGENSTROM_SECRET: secret,
    DATABASE_URL: databaseUrl,
    HTTP_PORT: String(port),
    TLS_CERT_FILE: join(folder, 'cert.pem'),
    TLS_KEY_FILE: join(folder, 'key.pem'),
    REGISTRY_FILE: join(folder, 'registry.json'),
    PRICE_SOURCE: 'file',
    PRICE_URL: join(folder, 'prices.csv'),
    ...more,
  }
}

/** A module that sets the clock of a program forward, imported before anything of it runs, in its worker threads as well. */
export function clockAhead(ms: number): string {
  const shift = [
    'const { now } = Date',
    `Date.now = () => now() + ${ms}`,
    'globalThis.Date = class extends Date { constructor(...of) { super(...(of.length === 0 ? [Date.now()] : of)) } }',
  ].join('\n')
  return `data:text/javascript,${encodeURIComponent(shift)}`
}

function flagsOf({ aheadMs, folder, isProfiled }: ServerOptions): readonly string[] {
  return [
    ...programFlags(),
    '--import',
    clockAhead(aheadMs),
    ...(isProfiled ? ['--cpu-prof', `--cpu-prof-dir=${join(folder, 'profiles')}`] : []),
  ]
}

/** As the installed command runs: with the flags its first line names. */
export function programFlags(): readonly string[] {
  const [first = ''] = readFileSync(MAIN, 'utf8').split('\n', 1)
  return first.split(' ').filter((word) => word.startsWith('--'))
}

function send(agent: Agent, port: number, path: string, of: NonNullable<Parameters<Ask>[1]>): Promise<Reply> {
  const started = performance.now()
  const body = of.body === undefined ? null : JSON.stringify(of.body)
  const headers = {
    ...(of.key === undefined ? {} : { Authorization: `Bearer ${of.key}` }),
    ...(body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
  }
  return new Promise((settle, reject) => {
    const asked = request({ agent, host: '127.0.0.1', port, path, method: of.method ?? 'GET', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => void (text += part))
      response.on('end', () => settle({ status: response.statusCode ?? 0, body: text, ms: performance.now() - started }))
      response.on('error', reject)
    })
    asked.setTimeout(REQUEST_MAX_MS, () => asked.destroy(new Error(`no answer to ${path} within ${REQUEST_MAX_MS / 1_000} s`)))
    asked.on('error', reject)
    asked.end(body ?? undefined)
  })
}

/** Snapshots are kept for a few hours and do not add up. A file may go while it is looked at. */
function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('snapshot-'))
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0)
}
