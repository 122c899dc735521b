// A Mosquitto of its own for one test file, with users and access lists, and a line to it that can be cut; without the program the tests say so, and fail where CI promises it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './processes.ts'

export interface Mosquitto {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}
export interface Line {
  readonly url: string
  /** Nobody comes through until it is mended. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

const PROGRAMS = ['mosquitto', '/usr/sbin/mosquitto']

/** Why there is no broker; null where there is one. */
export function mosquittoMissing(): string | null {
  if (program() !== null) return null
  if (process.env['CI'] === 'true') throw new Error('mosquitto is missing: apt-get install mosquitto')
  return 'no mosquitto program'
}
function program(): string | null {
  return PROGRAMS.find((one) => spawnSync(one, ['-h'], { stdio: 'ignore' }).error === undefined) ?? null
}

/** Starts a broker; `users` by name with their passwords, `acl` in its own language. */
export async function mosquitto(users: Readonly<Record<string, string>>, acl: string): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'mosquitto-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o644 })
    return join(folder, name)
  }
  const port = await freePort()
  const passwords = file('passwords', '')
  for (const [name, password] of Object.entries(users)) spawnSync('mosquitto_passwd', ['-b', passwords, name, password])
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
    `acl_file ${file('acl', acl)}`,
    'user root',
  ]
  const child: ChildProcess = spawn(program()!, ['-c', file('conf', `${lines.join('\n')}\n`)], { stdio: 'ignore' })
  for (let i = 0; i < 100 && !(await answers(port)); i++) await sleep(50)
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    async stop() {
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('close', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** CONNACK of MQTT 5: unsupported protocol version. */
const WRONG_VERSION = Buffer.from([0x20, 0x03, 0x00, 0x84, 0x00])
/** Where the version stands in CONNECT, behind a length of one or two bytes and the name `MQTT`. */
const NAME = Buffer.from([0x00, 0x04, 0x4d, 0x51, 0x54, 0x54])

/** A line to a port; with `isOld` it plays a broker that knows MQTT 3.1.1 only. */
export async function line(port: number, { isOld = false } = {}): Promise<Line> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    near.on('error', () => near.destroy())
    if (isCut) return void near.destroy()
    const far = connect(port, '127.0.0.1')
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    sockets.add(near)
    near.on('close', () => sockets.delete(near))
    near.once('data', (first: Buffer) => {
      if (isOld && first[first.indexOf(NAME) + NAME.length] === 5) return void near.end(WRONG_VERSION)
      far.write(first)
      near.pipe(far)
    })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    mend: () => void (isCut = false),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
