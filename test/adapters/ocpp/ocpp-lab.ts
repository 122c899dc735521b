// A server on a loopback port with everything that comes in collected, and a bare socket in the place of a station.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { ocppServer, type OcppServer, type OcppServerOptions } from '../../../adapters/ocpp/server.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import type { OrderContent } from '../../../domain/orders/order.ts'
import { evseId, id, type EvseId, type OrderId, type SessionId, type StationId } from '../../../domain/registry/identity.ts'
import type { ReceiveStationEvent, StationEvent, StationReply } from '../../../domain/ports/charge-points.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { runningClock } from '../../../src/run/clock.ts'

export interface Lab {
  readonly server: OcppServer
  readonly port: number
  readonly events: StationEvent[]
  /** Resolves with the first event of a kind, also one that is in already. */
  event<Kind extends StationEvent['kind']>(kind: Kind, station?: string): Promise<Extract<StationEvent, { kind: Kind }>>
  close(): Promise<void>
}

type LabOptions = Partial<OcppServerOptions> & {
  readonly answer?: (event: StationEvent) => StationReply | Promise<StationReply>
}

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const events: StationEvent[] = []
  const watchers = new Set<() => void>()
  const running = options.clock === undefined ? runningClock() : null
  const receive: ReceiveStationEvent = async (event) => {
    events.push(event)
    for (const watch of watchers) watch()
    return options.answer === undefined ? { accepted: true, transaction: '41', mayDischarge: true } : options.answer(event)
  }
  const server = ocppServer({
    clock: running!,
    credential: () => null,
    pepper: 'pepper',
    pseudonym: (token) => token,
    lab: true,
    pingMs: null,
    receive,
    ...options,
  })
  const http: Server = createServer()
  http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    server,
    port: (http.address() as AddressInfo).port,
    events,
    event: (kind, station) =>
      new Promise((resolve) => {
        const look = () => {
          const found = events.find((event) => event.kind === kind && (station === undefined || event.station === station))
          if (found === undefined) return
          watchers.delete(look)
          resolve(found as never)
        }
        watchers.add(look)
        look()
      }),
    async close() {
      await server.close()
      running?.stop()
      http.closeAllConnections()
      http.close()
    },
  }
}

export interface RawStation {
  readonly socket: WebSocket
  /** Sends a text as it is, anything else as JSON. */
  send(frame: unknown): void
  /** The next frame of the server, parsed; frames are kept until they are asked for. */
  next(): Promise<readonly unknown[]>
  /** Sends a call and returns the next frame. */
  ask(action: string, payload: unknown): Promise<readonly unknown[]>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export async function rawStation(
  { port }: Pick<Lab, 'port'>,
  name: string,
  dialect: Dialect | readonly string[] = 'ocpp2.1',
  headers: Readonly<Record<string, string>> = {},
): Promise<RawStation> {
  const protocols = typeof dialect === 'string' ? [dialect] : [...dialect]
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ocpp/${name}`, protocols, { headers })
  const inbox: (readonly unknown[])[] = []
  const waiting: ((frame: readonly unknown[]) => void)[] = []
  let count = 0
  socket.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString()) as readonly unknown[]
    const taker = waiting.shift()
    if (taker === undefined) inbox.push(frame)
    else taker(frame)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  const station: RawStation = {
    socket,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    next() {
      const first = inbox.shift()
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first)
    },
    ask(action, payload) {
      station.send([2, `s${++count}`, action, payload])
      return station.next()
    },
    closed,
  }
  return station
}

/** HTTP status of a handshake: 101 when it is taken. */
export function handshakeStatus(
  { port }: Pick<Lab, 'port'>,
  path: string,
  protocols: readonly string[] = ['ocpp2.1'],
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...protocols], { headers })
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode ?? 0)
    })
    socket.on('open', () => {
      socket.close()
      resolve(101)
    })
    socket.on('error', reject)
  })
}

/** The instant all literal frames of the tests are about: 2026-11-02T10:00:00Z, the start of a slot. */
export const TEN = Date.UTC(2026, 10, 2, 10)

export function evse(station: string, number = 1): EvseId {
  return evseId(id<StationId>(station), number)
}
/** An order over a course of 1 h: 11 kW for two slots, then 0 and 7.4 kW. */
export function orderContent(of: EvseId, change: Partial<OrderContent> = {}): OrderContent {
  return {
    id: id<OrderId>('o1'),
    evse: of,
    session: id<SessionId>('session-1'),
    transaction: 'T1',
    setpoint: null,
    course: { first: slotAt(TEN), values: [11_000, 11_000, 0, 7_400].map(watts) },
    reason: 'cheapest hours',
    issuedAt: TEN,
    leaseMs: 300_000,
    ...change,
  }
}
