// A process that plays many stations as cheaply as it can, so that the server it measures is the bottleneck: frames are encoded once, only their
// message ids change, and each station sends its next call when the answer is in, as the protocol demands.
import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'

/** What the parent asks for, one at a time; the answer is a `LoadAnswer`. */
export type LoadOrder =
  | { readonly kind: 'connect'; readonly port: number; readonly stations: number; readonly tls: boolean }
  | { readonly kind: 'load'; readonly warmMs: number; readonly measureMs: number }
  | { readonly kind: 'disconnect' }
export interface LoadAnswer {
  /** Handshakes, or round trips within the measured time. */
  readonly count: number
  readonly ms: number
}

interface Station {
  readonly socket: Socket
  readonly frames: readonly Buffer[]
  rest: Buffer
  sent: number
  /** Called for each text frame that came in. */
  answered: () => void
}

const AT = '2026-11-02T10:00:00Z'
const sampled = (value: number, measurand: string, unit: string) => ({ value, measurand, unitOfMeasure: { unit } })
const METER_VALUE = [
  {
    timestamp: AT,
    sampledValue: [
      sampled(7_400, 'Power.Active.Import', 'W'),
      sampled(120_250, 'Energy.Active.Import.Register', 'Wh'),
      sampled(60_500, 'Energy.Active.Export.Register', 'Wh'),
      sampled(63, 'SoC', 'Percent'),
    ],
  },
]
const BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } }
const UPDATED = {
  eventType: 'Updated',
  timestamp: AT,
  triggerReason: 'MeterValuePeriodic',
  seqNo: 7,
  transactionInfo: { transactionId: 'T1', chargingState: 'Charging' },
  evse: { id: 1, connectorId: 1 },
  meterValue: METER_VALUE,
}
/** The mix of a charging station: the first is sent once, the others in turn. */
const CALLS: readonly (readonly [action: string, payload: object])[] = [
  ['BootNotification', BOOT],
  ['TransactionEvent', UPDATED],
  ['Heartbeat', {}],
  ['TransactionEvent', UPDATED],
  ['MeterValues', { evseId: 1, meterValue: METER_VALUE }],
]
const ID_DIGITS = 8
/** Handshakes under way at a time. */
const CONNECT_WIDTH = 64
/** Not zero, which servers would notice and take a short cut. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const

const stations: Station[] = []

process.on('message', (order: LoadOrder) => {
  void follow(order).then((answer) => process.send!(answer))
})

async function follow(order: LoadOrder): Promise<LoadAnswer> {
  const started = performance.now()
  switch (order.kind) {
    case 'connect': {
      let next = 0
      const worker = async () => {
        while (next < order.stations) stations.push(await boot(order.port, `ST${++next}`, order.tls))
      }
      await Promise.all(Array.from({ length: CONNECT_WIDTH }, worker))
      return { count: order.stations, ms: performance.now() - started }
    }
    case 'load':
      return load(order.warmMs, order.measureMs)
    case 'disconnect': {
      const left = stations.splice(0)
      for (const { socket } of left) socket.destroy()
      return { count: left.length, ms: performance.now() - started }
    }
  }
}

/** Round trips in the measured time, after as much as is needed to warm up. */
async function load(warmMs: number, measureMs: number): Promise<LoadAnswer> {
  const started = performance.now()
  let count = 0
  let measuredFrom = 0
  await Promise.all(
    stations.map(
      (station) =>
        new Promise<void>((resolve) => {
          station.answered = () => {
            const now = performance.now()
            if (now >= started + warmMs + measureMs) return resolve()
            if (now >= started + warmMs) {
              measuredFrom ||= now
              count++
            }
            sendNext(station)
          }
          sendNext(station)
        }),
    ),
  )
  return { count, ms: measureMs - (measuredFrom - started - warmMs) }
}

async function boot(port: number, name: string, tls: boolean): Promise<Station> {
  const target = { host: '127.0.0.1', port }
  const socket = tls ? connectSecure({ ...target, rejectUnauthorized: false }) : connectPlain(target)
  await once(socket, tls ? 'secureConnect' : 'connect')
  socket.setNoDelay(true)
  const head = [
    `GET /ocpp/${name} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
    'Sec-WebSocket-Protocol: ocpp2.1',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${answer.toString('latin1')}`)
  const station: Station = { socket, frames: CALLS.map(callFrame), rest: Buffer.alloc(0), sent: 0, answered: () => {} }
  socket.on('data', (chunk) => take(station, chunk))
  const booted = new Promise<void>((resolve) => (station.answered = resolve))
  sendNext(station)
  await booted
  return station
}

/** One masked text frame; the message id stands at its fifth byte. */
function callFrame([action, payload]: readonly [string, object]): Buffer {
  const text = Buffer.from(JSON.stringify([2, '0'.repeat(ID_DIGITS), action, payload]))
  const long = text.length > 125
  const head = long ? [0x81, 0xfe, text.length >> 8, text.length & 0xff, ...MASK] : [0x81, 0x80 | text.length, ...MASK]
  for (let i = 0; i < text.length; i++) text[i]! ^= MASK[i & 3]!
  return Buffer.concat([Buffer.from(head), text])
}

function sendNext(station: Station): void {
  const number = station.sent++
  const frame = station.frames[number === 0 ? 0 : 1 + ((number - 1) % (station.frames.length - 1))]!
  const idAt = ((frame[1]! & 0x7f) === 126 ? 8 : 6) + 4
  for (let i = ID_DIGITS - 1, rest = number; i >= 0; i--, rest = Math.floor(rest / 10))
    frame[idAt + i] = (48 + (rest % 10)) ^ MASK[i & 3]!
  station.socket.write(frame)
}

/** Counts the text frames in what came in; what is not whole yet waits for the next chunk. */
function take(station: Station, chunk: Buffer): void {
  let data = station.rest.length === 0 ? chunk : Buffer.concat([station.rest, chunk])
  while (data.length >= 2) {
    const short = data[1]! & 0x7f
    if (short === 126 && data.length < 4) break
    const end = short === 126 ? 4 + data.readUInt16BE(2) : 2 + short
    if (data.length < end) break
    const isText = (data[0]! & 0x0f) === 1
    data = data.subarray(end)
    if (isText) station.answered()
  }
  station.rest = data
}
