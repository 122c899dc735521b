// A socket whose frames are changed as they leave: for stations that write what no schema allows.
import type { WebSocket } from 'ws'

/** The same socket, with every frame passed through `writes` before it is sent. */
export function rewriting(socket: WebSocket, writes: (text: string) => string): WebSocket {
  const send = (text: string, sent?: (error?: Error) => void) => socket.send(writes(text), sent)
  return new Proxy(socket, {
    get(target, key) {
      if (key === 'send') return send
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
