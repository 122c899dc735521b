// The client's end of a WebSocket as cheap as it can be, so that ten thousand of them leave the processor to the server that is measured.
import { connect } from 'node:tls'

export interface LightSocket {
  send(text: string): void
  close(): void
}
export interface LightSocketOptions {
  readonly port: number
  readonly path: string
  readonly protocol: string
  readonly user: string
  readonly password: string
  readonly onText: (text: string) => void
  readonly onClose: (reason: string) => void
}

/** Not zero, which servers would notice and take a short cut. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const
const [TEXT, CLOSE, PING, PONG] = [0x1, 0x8, 0x9, 0xa]
const HEAD_BYTES_MAX = 4_096
const CONNECT_MAX_MS = 30_000

/** Opens a WebSocket over TLS on this machine; rejects with the status where it is refused. */
export function openLightSocket(options: LightSocketOptions): Promise<LightSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: options.port, rejectUnauthorized: false, servername: 'localhost' })
    socket.setNoDelay(true)
    let rest: Buffer = Buffer.alloc(0)
    let isOpen = false
    const late = setTimeout(() => socket.destroy(new Error('no answer to the handshake')), CONNECT_MAX_MS)
    const write = (opcode: number, content: Buffer) => void socket.write(maskedFrame(opcode, content))
    socket.once('secureConnect', () => socket.write(handshake(options)))
    socket.on('data', (chunk: Buffer) => {
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      if (!isOpen) {
        const end = data.indexOf('\r\n\r\n')
        if (end < 0 && data.length < HEAD_BYTES_MAX) return void (rest = data)
        const status = data.toString('latin1', 0, Math.max(0, data.indexOf('\r\n')))
        if (!status.startsWith('HTTP/1.1 101')) return void socket.destroy(new Error(status))
        isOpen = true
        clearTimeout(late)
        data = data.subarray(end + 4)
        resolve({ send: (text) => write(TEXT, Buffer.from(text)), close: () => socket.destroy() })
      }
      rest = takeFrames(data, (opcode, content) => {
        if (opcode === TEXT) options.onText(content.toString())
        else if (opcode === PING) write(PONG, content)
        else if (opcode === CLOSE) socket.destroy(new Error(`closed by the server: ${content.toString('latin1', 2)}`))
      })
    })
    socket.on('error', (error) => {
      clearTimeout(late)
      if (isOpen) options.onClose(error.message)
      else reject(error)
    })
    socket.on('end', () => socket.destroy(new Error('ended by the server')))
  })
}

function handshake({ path, protocol, user, password }: LightSocketOptions): string {
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
    `Sec-WebSocket-Protocol: ${protocol}`,
    `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n`
}

function maskedFrame(opcode: number, content: Buffer): Buffer {
  const { length } = content
  const headBytes = length > 125 ? 8 : 6
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = 0x80 | opcode
  frame[1] = 0x80 | (length > 125 ? 126 : length)
  if (length > 125) frame.writeUInt16BE(length, 2)
  for (let i = 0; i < 4; i++) frame[headBytes - 4 + i] = MASK[i]!
  for (let i = 0; i < length; i++) frame[headBytes + i] = content[i]! ^ MASK[i & 3]!
  return frame
}

/** Hands over the whole frames; answers what is left for the next chunk. Servers send no fragments here, and frames below 64 KiB. */
function takeFrames(data: Buffer, take: (opcode: number, content: Buffer) => void): Buffer {
  let at = 0
  while (data.length - at >= 2) {
    const short = data[at + 1]! & 0x7f
    const headBytes = short === 126 ? 4 : 2
    if (data.length - at < headBytes) break
    const length = short === 126 ? data.readUInt16BE(at + 2) : short
    if (data.length - at < headBytes + length) break
    take(data[at]! & 0x0f, data.subarray(at + headBytes, at + headBytes + length))
    at += headBytes + length
  }
  return data.subarray(at)
}
