// Runs the program the way people do: as processes of their own.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = join(ROOT, 'dist/src/main.js')
/** As it was built where that is up to date, which starts in half the time; otherwise from its sources. */
const PROGRAM = isBuilt() ? [BUILT] : ['--import', 'tsx', 'src/main.ts']

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}
export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Everything written so far. */
  output(): string
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>
}

/** Starts `gegenstrom` with words and exactly these variables besides the ones every process needs. */
export function start(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [...PROGRAM, ...words], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes) => void (stdout += String(bytes)))
  child.stderr.on('data', (bytes) => void (stderr += String(bytes)))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })))
  return {
    child,
    ended,
    output: () => stdout + stderr,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** Runs `gegenstrom` to its end. */
export function run(words: readonly string[], variables?: Readonly<Record<string, string>>): Promise<Ended> {
  return start(words, variables).ended
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function isBuilt(): boolean {
  if (!existsSync(BUILT)) return false
  const built = statSync(BUILT).mtimeMs
  return ['domain', 'adapters', 'src'].every((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).every(
      (file) => !file.endsWith('.ts') || statSync(join(ROOT, folder, file)).mtimeMs <= built,
    ),
  )
}
