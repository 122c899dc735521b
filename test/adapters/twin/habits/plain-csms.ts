// A bare WebSocket server that takes whatever a station writes, without any schema, and keeps every call as it came.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { InFlight } from '../../../../adapters/wire/in-flight.ts'
import type { Clock } from '../../../../domain/ports/clock.ts'

export interface Heard {
  readonly at: number
  readonly action: string
  readonly payload: Record<string, unknown>
}
export interface PlainCsms {
  readonly url: string
  readonly heard: Heard[]
  /** Addresses that were asked for, as they were written. */
  readonly paths: string[]
  of(action: string): readonly Heard[]
  /** Sends a command; the answer is kept under its id, with the instant it came. */
  tell(action: string, payload: object): string
  readonly answers: Map<string, { readonly at: number; readonly payload: Record<string, unknown> }>
  stop(): Promise<void>
}

/** For one station; everything is accepted. */
export async function plainCsms(clock: Clock, flight: InFlight): Promise<PlainCsms> {
  const heard: Heard[] = []
  const paths: string[] = []
  const answers: PlainCsms['answers'] = new Map()
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0]! })
  let last: { readonly socket: WebSocket; write(frame: unknown): void } | null = null
  let calls = 0
  let transactions = 0
  http.on('upgrade', (request, socket, head) => {
    paths.push(request.url!)
    const station = decodeURIComponent(request.url!.slice('/ocpp/'.length))
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const channel = flight.channel(station)
      const write = (frame: unknown) => {
        channel.sent()
        webSocket.send(JSON.stringify(frame), (error) => (error ? channel.handled() : undefined))
      }
      last = { socket: webSocket, write }
      webSocket.on('close', () => channel.closed())
      webSocket.on('message', (data: Buffer) => {
        const [type, id, ...rest] = JSON.parse(data.toString()) as [number, string, ...unknown[]]
        if (type === 2) {
          const [action, payload] = rest as [string, Record<string, unknown>]
          heard.push({ at: clock.now(), action, payload })
          write([3, id, answerTo(action, webSocket.protocol)])
        } else
          answers.set(id, { at: clock.now(), payload: (type === 3 ? rest[0] : { code: rest[0] }) as Record<string, unknown> })
        channel.handled()
      })
    })
  })
  function answerTo(action: string, protocol: string): object {
    const now = new Date(clock.now()).toISOString()
    const isOld = protocol === 'ocpp1.6'
    switch (action) {
      case 'BootNotification':
        return { status: 'Accepted', currentTime: now, interval: 300 }
      case 'Heartbeat':
        return { currentTime: now }
      case 'Authorize':
        return isOld ? { idTagInfo: { status: 'Accepted' } } : { idTokenInfo: { status: 'Accepted' } }
      case 'StartTransaction':
        return { idTagInfo: { status: 'Accepted' }, transactionId: ++transactions }
      case 'StopTransaction':
        return {}
      case 'NotifyEVChargingNeeds':
        return { status: 'Accepted' }
      default:
        return {}
    }
  }
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    heard,
    paths,
    answers,
    of: (action) => heard.filter((one) => one.action === action),
    tell(action, payload) {
      const id = `c${++calls}`
      last!.write([2, id, action, payload])
      return id
    },
    async stop() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      await new Promise((closed) => http.close(closed))
    },
  }
}
