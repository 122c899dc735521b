// Connections that have not asked for anything yet, by address: nobody holds many of them open for long (F26).
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { peerAddress } from './client-address.ts'

export interface SilentLimits {
  /** Of one address, older than `graceMs`. */
  readonly max: number
  /** As long a handshake of a fleet that reconnects at once behind one address may take. */
  readonly graceMs: number
}
export const SILENT_LIMITS: SilentLimits = { max: 64, graceMs: 2_000 }
/** Of one address, however young. */
const YOUNG_MAX = 2_000

/** Watches a server: beyond the limit, the oldest silent connection of an address makes room for a new one. */
export function limitSilentConnections(server: Server, { max, graceMs }: SilentLimits): void {
  /** By address, oldest first, with the time each began, ms. */
  const silent = new Map<string, Map<string, { readonly socket: Socket; readonly since: number }>>()
  // Over TLS the request comes on another socket object than the connection; both have the same far end.
  const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>) => `${remoteAddress} ${remotePort}`

  function forget(client: string, name: string): void {
    const own = silent.get(client)
    own?.delete(name)
    if (own?.size === 0) silent.delete(client)
  }

  const hears = ({ socket }: { readonly socket: Socket }) => forget(peerAddress(socket.remoteAddress), nameOf(socket))

  server.on('connection', (socket: Socket) => {
    const [client, name] = [peerAddress(socket.remoteAddress), nameOf(socket)]
    const own = silent.get(client) ?? new Map<string, { readonly socket: Socket; readonly since: number }>()
    const now = performance.now()
    if (own.size >= YOUNG_MAX) return void socket.destroy()
    for (const [other, oldest] of own) {
      if (own.size < max || now - oldest.since < graceMs) break
      own.delete(other)
      oldest.socket.destroy()
    }
    silent.set(client, own.set(name, { socket, since: now }))
    socket.once('close', () => forget(client, name))
  })
  server.prependListener('request', hears)
  server.prependListener('upgrade', hears)
}
