// The least that answers a station: takes everything, remembers it, and can be told to say something.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { openRpc, type Rpc } from '../../../adapters/ocpp/rpc/rpc.ts'
import type { InFlight } from '../../../adapters/wire/in-flight.ts'
import type { Clock } from '../../../domain/ports/clock.ts'

export interface Received {
  readonly at: number
  readonly station: string
  readonly action: string
  readonly payload: Record<string, unknown>
}
export interface MiniCsms {
  readonly url: string
  readonly received: Received[]
  /** Frames from and to each station, in order. */
  readonly frames: Map<string, string[]>
  of(station: string, action: string): readonly Received[]
  /** The answer, or the refusal with its code. */
  call(station: string, action: string, payload: object): Promise<Record<string, unknown>>
  /** Turns every connection away while it is true. */
  isDown: boolean
  /** Instants at which stations tried to connect. */
  readonly attempts: number[]
  /** Overrides of answers by action; undefined keeps the usual one. */
  answers: Partial<Record<string, (payload: Record<string, unknown>, station: string) => object | undefined>>
  readonly authorizations: Map<string, string | undefined>
  stop(): Promise<void>
}

export async function miniCsms(clock: Clock, inFlight?: InFlight): Promise<MiniCsms> {
  const received: Received[] = []
  const frames = new Map<string, string[]>()
  const links = new Map<string, Rpc>()
  const authorizations = new Map<string, string | undefined>()
  const attempts: number[] = []
  const transactions = new Map<string, number>()
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0]! })
  http.on('upgrade', (request, socket, head) => {
    const station = decodeURIComponent(request.url!.slice('/ocpp/'.length))
    authorizations.set(station, request.headers.authorization)
    attempts.push(clock.now())
    if (csms.isDown) {
      socket.destroy()
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      let number = 0
      const log = frames.get(station) ?? []
      frames.set(station, log)
      const rpc = openRpc({
        socket: webSocket,
        dialect: webSocket.protocol as Dialect,
        clock,
        nextMessageId: () => `m${++number}`,
        ...(inFlight === undefined ? {} : { channel: inFlight.channel(station) }),
        onFrame: (direction, text) => void log.push(`${direction} ${text}`),
        handle: async (action, payload) => {
          const request = payload as Record<string, unknown>
          received.push({ at: clock.now(), station, action, payload: request })
          return csms.answers[action]?.(request, station) ?? usual(action, station)
        },
      })
      links.set(station, rpc)
    })
  })
  function usual(action: string, station: string): object {
    const now = new Date(clock.now()).toISOString()
    switch (action) {
      case 'BootNotification':
        return { status: 'Accepted', currentTime: now, interval: 300 }
      case 'Heartbeat':
        return { currentTime: now }
      case 'Authorize':
        return frames.get(station)?.some((frame) => frame.includes('idTag'))
          ? { idTagInfo: { status: 'Accepted' } }
          : { idTokenInfo: { status: 'Accepted' } }
      case 'StartTransaction':
        transactions.set(station, (transactions.get(station) ?? 0) + 1)
        return { idTagInfo: { status: 'Accepted' }, transactionId: transactions.get(station)! }
      case 'NotifyEVChargingNeeds':
        return { status: 'Accepted' }
      default:
        return {}
    }
  }
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  const csms: MiniCsms = {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    received,
    frames,
    authorizations,
    attempts,
    isDown: false,
    answers: {},
    of: (station, action) => received.filter((one) => one.station === station && one.action === action),
    async call(station, action, payload) {
      const result = await links.get(station)!.call(action, payload)
      return (result.ok ? result.value : { ...result.refusal }) as Record<string, unknown>
    },
    async stop() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      await new Promise((closed) => http.close(closed))
    },
  }
  return csms
}
