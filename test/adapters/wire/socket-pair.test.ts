// A connection inside the process is like one through the kernel: for HTTP, for WebSockets, for slow readers and for ends.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { socketPair } from '../../../adapters/wire/socket-pair.ts'

describe('a pair of sockets', () => {
  it('carries bytes both ways in order, in a later turn, up to the end', async () => {
    const { client, server } = socketPair()
    let there = ''
    server.on('data', (bytes: Buffer) => (there += bytes.toString()))
    const back = buffer(client)
    for (const text of ['one ', 'two ', 'three']) client.write(text)
    expect(there).toBe('')
    client.end()
    await once(server, 'end')
    expect(there).toBe('one two three')
    server.end('answer')
    expect((await back).toString()).toBe('answer')
    expect(client).toMatchObject({ bytesWritten: 13, remoteAddress: '127.0.0.1' })
  })

  it('takes no more than a reader has room for', async () => {
    const { client, server } = socketPair()
    const piece = Buffer.alloc(server.readableHighWaterMark)
    let taken = 0
    for (let i = 0; i < 20; i++) {
      client.write(piece, () => void taken++)
      await setImmediate()
    }
    expect(taken).toBeLessThan(4)
    client.end()
    expect(await buffer(server)).toHaveLength(20 * piece.length)
    expect(taken).toBe(20)
  })

  it('ends when the other end is destroyed, after what it had written', async () => {
    const { client, server } = socketPair()
    client.write('last words')
    await setImmediate()
    client.destroy()
    expect((await buffer(server)).toString()).toBe('last words')
  })

  it('keeps nobody waiting for a reader that is gone', async () => {
    const { client, server } = socketPair()
    const piece = Buffer.alloc(server.readableHighWaterMark)
    for (let i = 0; i < 3; i++) {
      client.write(piece)
      await setImmediate()
    }
    expect(client.writableLength).toBeGreaterThan(0)
    server.destroy()
    await setImmediate()
    expect(client.writableLength).toBe(0)
  })
})

describe('an HTTP server with a pair of sockets', () => {
  const http = createServer((request, response) => response.end(`you are ${request.socket.remoteAddress}`))
  const sockets = new WebSocketServer({ server: http })
  afterAll(() => sockets.close())
  const createConnection = () => {
    const { client, server } = socketPair()
    http.emit('connection', server)
    return client
  }

  it('shakes hands, exchanges frames and says farewell', async () => {
    sockets.once('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(`${data.toString()}!`)))
    const socket = new WebSocket('ws://127.0.0.1/there', { createConnection })
    await once(socket, 'open')
    const texts: string[] = []
    socket.on('message', (data: Buffer) => void texts.push(data.toString()))
    for (const text of ['a', 'b', 'x'.repeat(200_000)]) socket.send(text)
    while (texts.length < 3) await setImmediate()
    expect(texts).toEqual(['a!', 'b!', `${'x'.repeat(200_000)}!`])
    socket.close(1000, 'done')
    expect(await once(socket, 'close')).toMatchObject([1000, Buffer.from('done')])
  })

  it('notices a peer that is gone without a farewell', async () => {
    const accepted = once(sockets, 'connection')
    const socket = new WebSocket('ws://127.0.0.1/there', { createConnection })
    const [other] = (await accepted) as [WebSocket]
    const gone = once(other, 'close')
    await once(socket, 'open')
    socket.terminate()
    expect(await gone).toEqual([1006, Buffer.alloc(0)])
  })
})
