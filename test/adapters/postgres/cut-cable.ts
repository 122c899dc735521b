// A TCP relay between adapter and database that can be cut, can go silent, and comes back.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Cable {
  readonly url: string
  /** Ends all connections and refuses new ones. */
  cut(): Promise<void>
  /** Takes connections and bytes but passes nothing on. */
  silence(): void
  restore(): Promise<void>
}

export async function cable(to: string): Promise<Cable> {
  const target = new URL(to)
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [from, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => silent || other.write(bytes))
      from.on('error', () => other.destroy())
      from.on('close', () => {
        sockets.delete(from)
        other.destroy()
      })
    }
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const url = new URL(to)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    async cut() {
      const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : null
      for (const socket of sockets) socket.destroy()
      await closed
    },
    silence: () => void (silent = true),
    async restore() {
      silent = false
      if (!server.listening) await listen(port)
    },
  }
}
