// Two ends of one connection inside a process: what one end writes the other reads, without the kernel in between.
import { Duplex } from 'node:stream'

export interface SocketPair {
  /** For whoever connects: `createConnection` of an HTTP request. */
  readonly client: Duplex
  /** For whoever serves: the `connection` event of an HTTP server. */
  readonly server: Duplex
}

/** Loopback, by whatever asks where a connection comes from. */
const ADDRESS = '127.0.0.1'
let ports = 0

/**
 * Connects two ends. As with sockets, what is written arrives in later turns of the event loop, in order; when one end is destroyed or has ended, the
 * other reads what is left and then the end; and a reader that has no room keeps the writer waiting.
 */
export function socketPair(): SocketPair {
  const port = ++ports
  const client: End = end(port, false, () => server)
  // Whoever serves may still answer when all has been asked.
  const server: End = end(port, true, () => client)
  return { client, server }
}

interface End extends Duplex {
  /** Takes bytes of the other end, or its end (null). */
  arrive(bytes: Buffer | null): void
  /** Calls once there is room for more, or nobody reads any more. */
  whenRoom(run: () => void): void
}

function end(port: number, allowHalfOpen: boolean, other: () => End): End {
  let isFull = false
  let whenRoom: (() => void) | null = null
  let bytesWritten = 0
  function hand(bytes: Buffer, done: () => void): void {
    bytesWritten += bytes.length
    setImmediate(() => other().arrive(bytes))
    other().whenRoom(done)
  }
  function makeRoom(): void {
    isFull = false
    const told = whenRoom
    whenRoom = null
    told?.()
  }
  const duplex = new Duplex({
    allowHalfOpen,
    read: makeRoom,
    write: (bytes: Buffer, _, done) => hand(bytes, done),
    writev: (chunks, done) => hand(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
    final(done) {
      setImmediate(() => other().arrive(null))
      done()
    },
    destroy(error, done) {
      makeRoom()
      setImmediate(() => other().arrive(null))
      done(error)
    },
  })
  const socket: End = Object.assign(duplex, {
    remoteAddress: ADDRESS,
    remotePort: port,
    arrive(bytes: Buffer | null): void {
      if (!duplex.destroyed && !duplex.push(bytes)) isFull = true
    },
    whenRoom(run: () => void): void {
      if (isFull) whenRoom = run
      else run()
    },
  })
  return Object.defineProperty(socket, 'bytesWritten', { get: () => bytesWritten })
}
