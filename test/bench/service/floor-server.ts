// The least any durable OCPP server must do, as a process of its own: TLS, a WebSocket, Ajv both ways, a line in a file that is synced before the answer. No identity, no state, no orders.
import { Ajv, type ValidateFunction } from 'ajv'
import { fdatasync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import * as v16 from 'typed-ocpp/dist/ocpp16/schemas.js'
import * as v201 from 'typed-ocpp/dist/ocpp20/schemas.js'
import * as v21 from 'typed-ocpp/dist/ocpp21/schemas.js'
import { WebSocketServer, type WebSocket } from 'ws'

/** What the parent is told once stations can come. */
export interface Listening {
  readonly port: number
}

const SCHEMAS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'ocpp1.6': v16 as unknown as Record<string, unknown>,
  'ocpp2.0.1': v201 as unknown as Record<string, unknown>,
  'ocpp2.1': v21 as unknown as Record<string, unknown>,
}
const ANSWERS: Readonly<Record<string, object>> = {
  BootNotification: { status: 'Accepted', interval: 300, currentTime: '2026-11-02T10:00:00Z' },
  NotifyEVChargingNeeds: { status: 'Accepted' },
}
const START_16 = { idTagInfo: { status: 'Accepted' }, transactionId: 1 }
const BACKLOG = 4_096

const ajv = new Ajv({ strict: false, validateFormats: false, logger: false })
const validators = new Map<string, ValidateFunction>()
const sync = promisify(fdatasync)
const [certFile, keyFile, journalFile] = process.argv.slice(2) as [string, string, string]
const file = openSync(journalFile, 'a')
let waiting: (() => void)[] = []
let lines = ''
let isSyncing = false

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, serve))
server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, () => {
  const { port } = server.address() as AddressInfo
  process.send!({ port } satisfies Listening)
})
process.on('disconnect', () => process.exit(0))

function serve(socket: WebSocket): void {
  const dialect = socket.protocol
  socket.on('message', (data) => {
    const text = (data as Buffer).toString()
    const [, id, action, payload] = JSON.parse(text) as [number, string, string, object]
    const answer = action === 'StartTransaction' ? START_16 : (ANSWERS[action] ?? {})
    if (!validator(dialect, `${action}Request`)(payload)) return
    lines += `${text}\n`
    waiting.push(() => {
      if (validator(dialect, `${action}Response`)(answer)) socket.send(JSON.stringify([3, id, answer]))
    })
    if (!isSyncing) void commit()
  })
}

/** One sync serves all that came while the one before was under way. */
async function commit(): Promise<void> {
  isSyncing = true
  while (waiting.length > 0) {
    const answers = waiting
    waiting = []
    writeSync(file, lines)
    lines = ''
    await sync(file)
    for (const answer of answers) answer()
  }
  isSyncing = false
}

function validator(dialect: string, name: string): ValidateFunction {
  const key = `${dialect} ${name}`
  let validate = validators.get(key)
  if (validate === undefined) {
    const { $schema: _, $id: __, ...schema } = SCHEMAS[dialect]![name] as Record<string, unknown>
    validators.set(key, (validate = ajv.compile(schema)))
  }
  return validate
}
