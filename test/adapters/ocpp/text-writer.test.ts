import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { textWriter } from '../../../adapters/ocpp/rpc/text-writer.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Both ends of one connection, and what the server's end writes to. */
async function connected() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  closing.push(() => server.close())
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  closing.push(() => client.terminate())
  const [[socket, request]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as unknown as [
    [WebSocket, { readonly socket: Duplex }],
  ]
  return { client, socket, raw: request.socket }
}

it('hands texts of every length over in their order, before the farewell', async () => {
  const { client, socket, raw } = await connected()
  const heard: string[] = []
  client.on('message', (data) => heard.push((data as Buffer).toString()))
  const writer = textWriter(socket, raw)
  const texts = ['', 'a', 'a'.repeat(125), 'b'.repeat(126), 'ü'.repeat(63), 'c'.repeat(0xffff), 'd'.repeat(0x10000), '[3,"1",{}]']
  for (const text of texts) writer.send(text)
  writer.flush()
  socket.close(4000, 'bye')
  const [code] = (await once(client, 'close')) as [number]
  expect(code).toBe(4000)
  expect(heard).toEqual(texts)
})

it('writes what is sent in one turn at once, and by itself', async () => {
  const { client, socket, raw } = await connected()
  const writes: number[] = []
  const write = raw.write.bind(raw) as (chunk: Buffer) => boolean
  Object.assign(raw, {
    write(chunk: Buffer) {
      writes.push(chunk.length)
      return write(chunk)
    },
  })
  const writer = textWriter(socket, raw)
  const last = new Promise<void>((resolve) => {
    client.on('message', (data) => {
      if ((data as Buffer).toString() === 'two') resolve()
    })
  })
  await Promise.all(['one', 'two'].map(async (text) => writer.send(text)))
  await last
  expect(writes).toEqual([2 * (2 + 3)])
})

it('tells what was not written because the connection was closing', async () => {
  const { socket, raw } = await connected()
  const writer = textWriter(socket, raw)
  let lost = 0
  writer.send('late', () => void lost++)
  socket.close()
  writer.flush()
  expect(lost).toBe(1)
})
