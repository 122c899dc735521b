// The socket of a control centre that connects to a station, over TLS or in clear.
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { IEC104_TLS, type Iec104Tls } from '../station/tls.ts'

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** Null connects in clear. */
  readonly tls: Iec104Tls | null
  /** t0, ms. */
  readonly timeoutMs: number
}

/** A socket that is connected; rejects when it cannot be made in time. */
export function connectToStation({ host, port, tls, timeoutMs }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls === null ? connectPlain({ host, port }) : connectSecure({ host, port, ...tls, ...IEC104_TLS })
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
    socket.setNoDelay(true)
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
    }
    socket.once('error', fail)
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
