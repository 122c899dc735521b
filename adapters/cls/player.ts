// The other end of a CLS tunnel, as the smart meter gateway connects it for CLS management: opens a channel, commands, and hears what becomes of it. For the twin and for tests.
import { connect, type TLSSocket } from 'node:tls'
import { linesOf } from './lines.ts'
import { CLS_TLS } from './tunnel.ts'

export interface ClsPlayerOptions {
  readonly host: string
  readonly port: number
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer; readonly ca: string | Buffer }
  /** Told of each message once it is in `heard`. */
  readonly onHeard?: () => void
}
export interface ClsPlayer {
  /** What was heard, oldest first. */
  readonly heard: readonly Readonly<Record<string, unknown>>[]
  /** Curve both ends agreed on for their keys. */
  readonly curve: string
  readonly protocol: string
  /** Whether the tunnel stands. */
  isOpen(): boolean
  send(message: object): void
  /** Sends bytes as they are. */
  write(text: string): void
  /** Ends the tunnel in good order, or tears it. */
  close(): void
  tear(): void
}

const HEARD_MAX = 10_000
const LINE_BYTES_MAX = 262_144

/** Makes the tunnel; rejects where it is refused. */
export function clsPlayer({ host, port, tls, onHeard }: ClsPlayerOptions): Promise<ClsPlayer> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host, port, servername: 'localhost', ...CLS_TLS, ...tls })
    const heard: Readonly<Record<string, unknown>>[] = []
    let isOpen = false
    async function hear(): Promise<void> {
      try {
        for await (const line of linesOf(socket, LINE_BYTES_MAX)) {
          if (heard.length >= HEARD_MAX) heard.shift()
          heard.push(JSON.parse(line) as Readonly<Record<string, unknown>>)
          onHeard?.()
        }
      } catch {
        // Torn: what was heard stays.
      }
      isOpen = false
    }
    socket.once('error', reject)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => (isOpen = false))
    socket.once('secureConnect', () => {
      isOpen = true
      void hear()
      resolve({
        heard,
        curve: String((socket.getEphemeralKeyInfo() as { readonly name?: string } | null)?.name),
        protocol: String(socket.getProtocol()),
        isOpen: () => isOpen,
        send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
        write: (text) => void socket.write(text),
        close: () => void socket.end(),
        tear: () => void socket.destroy(),
      })
    })
  })
}
