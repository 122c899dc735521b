// SHIP nodes on real TLS sockets; waits are those of a clock that the tests move on where they are long.
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Clock } from '../../../../domain/ports/clock.ts'
import { createIdentity, type NodeIdentity } from '../../../../adapters/eebus/ship/certificate.ts'
import type { ShipConnection } from '../../../../adapters/eebus/ship/connection.ts'
import { keptConnection, type DoublePolicy } from '../../../../adapters/eebus/ship/double-connections.ts'
import { shipNode, type ShipNode, type ShipNodeOptions } from '../../../../adapters/eebus/ship/node.ts'
import { trustStore, type TrustStore } from '../../../../adapters/eebus/ship/trust-store.ts'
import { hostClock, manualClock } from '../../../../src/run/clock.ts'
import { certificateWith } from './certificates.ts'

const IDENTITIES = Array.from({ length: 4 }, (_, index) => createIdentity(`node ${index}`, Date.now())).sort((a, b) =>
  a.ski < b.ski ? -1 : 1,
)
const [low, high, third] = IDENTITIES as [NodeIdentity, NodeIdentity, NodeIdentity]
const clock = hostClock()
const closers: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

interface Played {
  readonly node: ShipNode
  readonly trust: TrustStore
  /** Open connections, oldest first. */
  readonly open: ShipConnection[]
  /** Opened so far. */
  readonly opened: () => number
  readonly received: unknown[]
  readonly ends: string[]
  readonly strangers: string[]
}
function play(
  identity: NodeIdentity,
  options: Partial<ShipNodeOptions> = {},
  trusted = IDENTITIES.map(({ ski }) => ski),
): Played {
  const trust = options.trust ?? trustStore(trusted)
  const played = {
    trust,
    open: [] as ShipConnection[],
    received: [] as unknown[],
    ends: [] as string[],
    strangers: [] as string[],
  }
  let opened = 0
  const node = shipNode({
    identity,
    id: `Gegenstrom-${identity.ski.slice(0, 6)}`,
    clock,
    trust,
    random: () => 0,
    onOpen(connection) {
      played.open.push(connection)
      opened += 1
      return {
        receive: (payload) => void played.received.push(payload),
        ended: () => void played.open.splice(played.open.indexOf(connection), 1),
      }
    },
    onEnd: (_, reason) => void played.ends.push(reason),
    onKnock: (ski, { trust }) => void (trust === 'undecided' && played.strangers.push(ski)),
    ...options,
  })
  closers.push(() => {
    const closing = node.close()
    for (const connection of node.connections()) connection.terminate('the test is over')
    return closing
  })
  return { node, ...played, opened: () => opened }
}
async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`never: ${what}`)
}
const url = (port: number, path = '/ship/') => `wss://127.0.0.1:${port}${path}`

describe('two nodes', () => {
  it('TC_SHIP_ROLE_001, TC_SHIP_ROLE_002: reach data and exchange them both ways, larger than one record', async () => {
    const server = play(low)
    const client = play(high)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    await until(() => server.open.length + client.open.length === 2, 'both open')
    const long = { datagram: { header: { label: 'ä'.repeat(20_000) } } }
    expect(client.open[0]!.send(long)).toBe(true)
    expect(server.open[0]!.send({ datagram: { header: { msgCounter: 1 } } })).toBe(true)
    await until(() => server.received.length + client.received.length === 2, 'both received')
    expect(server.received).toEqual([long])
    expect(client.received).toEqual([{ datagram: { header: { msgCounter: 1 } } }])
    expect(client.open[0]!.send({ datagram: { label: 'x'.repeat(110_000) } })).toBe(false)
  })

  it('TC_SHIP_ROLE_003: a node is server of one and client of another at once', async () => {
    const server = play(low)
    const middle = play(high)
    const client = play(third)
    middle.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    client.node.call(url(await middle.node.listen(0, '127.0.0.1')), high.ski)
    await until(() => middle.open.length === 2, 'both connections of the middle')
    expect(middle.open.map(({ role }) => role).sort()).toEqual(['client', 'server'])
  })

  it('connects again twenty times after its connection was cut', async () => {
    const server = play(low)
    const client = play(high)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    for (let round = 1; round <= 20; round += 1) {
      await until(() => server.opened() === round && client.opened() === round && server.open.length === 1, `connection ${round}`)
      server.open[0]!.terminate('cut')
    }
    await until(() => client.opened() === 21, 'the last one')
    expect(server.node.connections().length).toBeLessThanOrEqual(1)
  })

  it('waits longer from call to call while nobody answers: up to 3, 10 and 20 s', async () => {
    const manual = manualClock(0)
    const waits: number[] = []
    function after(ms: number, key: string, run: () => void): () => void {
      if (key.startsWith('ship call')) waits.push(ms)
      return manual.after(ms, key, run)
    }
    const client = play(high, { clock: { ...manual, after }, random: () => 0.5 })
    client.node.call('wss://127.0.0.1:9/ship/', low.ski)
    for (let failures = 1; failures <= 4; failures += 1) {
      await until(() => waits.length === failures, `failure ${failures}`)
      await manual.runUntil(manual.now() + waits.at(-1)!, async () => {})
    }
    expect(waits.slice(0, 4)).toEqual([1_500, 6_500, 15_000, 15_000])
  })

  it('waits longer from call to call while it is sent away as soon as it is in: up to 3, 10, 20 and 60 s', async () => {
    const server = play(low, {
      onOpen(connection) {
        setImmediate(() => connection.close())
        return { receive() {}, ended() {} }
      },
    })
    const manual = manualClock(0)
    const waits: number[] = []
    function after(ms: number, key: string, run: () => void): () => void {
      if (key.startsWith('ship call')) waits.push(ms)
      return manual.after(ms, key, run)
    }
    const client = play(high, { clock: { ...manual, after }, random: () => 0.5 })
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    for (let times = 1; times <= 5; times += 1) {
      await until(() => waits.length === times, `sent away ${times} times`)
      await manual.runUntil(manual.now() + waits.at(-1)!, async () => {})
    }
    expect(waits.slice(0, 5)).toEqual([6_500, 15_000, 40_000, 40_000, 40_000])
  })

  it('TC_SHIP_TERM_001: trust taken back ends the connection, and lets nobody in again', async () => {
    const server = play(low)
    const client = play(high)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    await until(() => server.open.length === 1 && client.open.length === 1, 'open')
    server.trust.revoke(high.ski)
    await until(() => client.ends.includes('the other does not trust us'), 'sent away on the next call')
    expect(server.open).toEqual([])
    expect(server.opened()).toBe(1)
  })

  it('a stranger waits for a person and gets in with a yes', async () => {
    const server = play(low, { trust: trustStore([], 'wait') })
    const client = play(high)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    await until(() => server.strangers.length === 1, 'a stranger')
    expect(server.strangers).toEqual([high.ski])
    expect(server.open).toEqual([])
    server.trust.allow(high.ski)
    await until(() => server.open.length === 1, 'open')
  })

  it('where eight strangers wait the ninth hears a no instead of silence, and one that leaves has left of itself', async () => {
    const server = play(low, { trust: trustStore([], 'wait') })
    const port = await server.node.listen(0, '127.0.0.1')
    const callers = Array.from({ length: 9 }, (_, index) => play(createIdentity(`stranger ${index}`, Date.now())))
    for (const [index, { node }] of callers.slice(0, 8).entries()) {
      node.call(url(port), low.ski)
      await until(() => server.strangers.length === index + 1, `stranger ${index}`)
    }
    callers[8]!.node.call(url(port), low.ski)
    await until(() => callers[8]!.ends.includes('the other does not trust us'), 'a no')
    expect(server.strangers).toHaveLength(8)
    await callers[0]!.node.close()
    await until(() => server.ends.includes('the other has left before it was trusted here'), 'the one that left')
  })
})

describe('TLS', () => {
  /** What became of a bare TLS socket: the protocol it agreed on, or that it was cut. */
  function tls(port: number, identity: NodeIdentity | null, options: ConnectionOptions = {}): Promise<string> {
    return new Promise((resolve) => {
      const keys = identity === null ? {} : { cert: identity.certificatePem, key: identity.privateKeyPem }
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...keys, ...options })
      socket.on('error', () => resolve('cut'))
      socket.on('close', () => resolve('cut'))
      socket.on('secureConnect', () => {
        socket.write('GET /ship/ HTTP/1.1\r\nHost: a\r\n\r\n')
        socket.once('data', () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().standardName} ${socket.isSessionReused()}`)
          socket.destroy()
        })
      })
    })
  }
  const only = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => ({ minVersion: version, maxVersion: version }) as const

  it('is spoken in 1.2 and 1.3, not below, and the CBC suite by a switch only', async () => {
    const port = await play(low).node.listen(0, '127.0.0.1')
    const lenient = await play(third, { allowsCbc: true }).node.listen(0, '127.0.0.1')
    const cbc = { ...only('TLSv1.2'), ciphers: 'ECDHE-ECDSA-AES128-SHA256' }
    expect(await tls(port, high, only('TLSv1.2'))).toBe('TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 false')
    expect(await tls(port, high, only('TLSv1.3'))).toMatch(/^TLSv1.3 TLS_AES_128_GCM_SHA256/)
    expect(await tls(port, high, { ...only('TLSv1.1'), ciphers: 'DEFAULT@SECLEVEL=0' })).toBe('cut')
    expect(await tls(port, high, cbc)).toBe('cut')
    expect(await tls(lenient, high, cbc)).toBe('TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 false')
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes no session in %s, so that every connection shows its certificate',
    async (version) => {
      const port = await play(low).node.listen(0, '127.0.0.1')
      const sessions: Buffer[] = []
      const first = connectTls({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        cert: high.certificatePem,
        key: high.privateKeyPem,
        ...only(version),
      })
      first.on('session', (session) => sessions.push(session))
      await new Promise((resolve) => {
        first.on('secureConnect', () => first.write('GET /ship/ HTTP/1.1\r\nHost: a\r\n\r\n'))
        first.once('data', resolve)
      })
      const session = first.getSession() ?? sessions[0]
      first.destroy()
      expect(await tls(port, high, { ...only(version), ...(session === undefined ? {} : { session }) })).toMatch(/false$|^cut$/)
      expect(await tls(port, null, { ...only(version), ...(session === undefined ? {} : { session }) })).toBe('cut')
    },
  )

  it('lets nobody in without a certificate', async () => {
    expect(await tls(await play(low).node.listen(0, '127.0.0.1'), null)).toBe('cut')
  })

  it('TC_SHIP_SEC_001, TC_SHIP_SEC_002: a server cuts off who claims a SKI that is not that of his key, known or not', async () => {
    const server = play(low)
    const port = await server.node.listen(0, '127.0.0.1')
    expect(await tls(port, certificateWith({ keyIdentifier: Buffer.alloc(20, 7) }))).toBe('cut')
    expect(await tls(port, certificateWith({ keyIdentifier: Buffer.from(high.ski, 'hex') }))).toBe('cut')
    expect(server.node.connections()).toEqual([])
  })

  it('TC_SHIP_SEC_001, TC_SHIP_SEC_002: a client says no word to a server that claims a SKI that is not that of its key', async () => {
    const forged = certificateWith({ keyIdentifier: Buffer.from(low.ski, 'hex') })
    const server = play({ ...forged, ski: low.ski })
    const client = play(high)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    await until(() => client.ends.length > 0, 'a failure')
    expect(client.ends[0]).toBe('the subject key identifier is not that of the key')
    expect(server.node.connections()).toEqual([])
  })

  it('a client does not take another node for the one it called', async () => {
    const server = play(third)
    const client = play(high)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    await until(() => client.ends.length > 0, 'a failure')
    expect(client.ends[0]).toBe(`the other is ${third.ski}`)
  })

  it('takes certificates whose time has passed', async () => {
    const old = certificateWith({ at: Date.UTC(1980, 0, 1) })
    const server = play(low, { trust: trustStore([old.ski]) })
    const client = play(old)
    client.node.call(url(await server.node.listen(0, '127.0.0.1')), low.ski)
    await until(() => server.open.length === 1, 'open')
  })
})

/** A WebSocket by hand, on which the test says what it likes. */
async function byHand(
  port: number,
  identity: NodeIdentity,
  { path = '/ship/', protocols = ['ship'], ...options } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url(port, path), protocols, {
    rejectUnauthorized: false,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    ...options,
  })
  closers.push(() => socket.terminate())
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

describe('WebSocket', () => {
  it('is served at /ship/ for the subprotocol ship, uncompressed', async () => {
    const port = await play(low).node.listen(0, '127.0.0.1')
    await expect(byHand(port, high, { path: '/' })).rejects.toThrow('400')
    await expect(byHand(port, high, { protocols: [] })).rejects.toThrow('400')
    await expect(byHand(port, high, { protocols: ['ocpp1.6'] })).rejects.toThrow('400')
    const socket = await byHand(port, high)
    expect(socket.protocol).toBe('ship')
    expect(socket.extensions).toBe('')
  })

  it('more than 100 KiB in one message ends it', async () => {
    const server = play(low)
    const socket = await byHand(await server.node.listen(0, '127.0.0.1'), high)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.send(Buffer.alloc(110 * 1024))
    expect(await closed).toBe(1009)
    await until(() => server.node.connections().length === 0, 'gone')
  })

  it('a link on which nobody answers any more is given up within 45 s, and another one is taken', async () => {
    const manual = manualClock(0)
    const server = play(low, { clock: manual, helloWaitMs: 240_000 })
    const port = await server.node.listen(0, '127.0.0.1')
    const socket = await byHand(port, high, { autoPong: false } as object)
    await until(() => server.node.connections().length === 1, 'connected')
    socket.send(Buffer.from([0, 0]))
    await new Promise((resolve) => socket.once('message', resolve))
    await manual.runUntil(39_000, async () => {})
    expect(server.node.connections().length).toBe(1)
    await manual.runUntil(46_000, async () => {})
    expect(server.ends).toEqual(['no sign of life'])
    await byHand(port, high)
    await until(() => server.node.connections().length === 1, 'connected again')
  })

  it('frames in any number and any order take nothing down', async () => {
    const server = play(low)
    const port = await server.node.listen(0, '127.0.0.1')
    for (const frame of [
      '\u0000',
      '\u0000\u0009',
      '\u0001{',
      '\u0001{"connectionHello":[{"phase":7}]}',
      '\u0002{"data":[]}',
      '\u0003{}',
      '\u00ff',
    ]) {
      const socket = await byHand(port, high)
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.send(Buffer.from(frame))
      await closed
    }
    await until(() => server.node.connections().length === 0, 'all gone')
  })
})

describe('two connections with one peer', () => {
  const at = (role: 'client' | 'server') => ({ role })
  const [older, newer] = [at('client'), at('server')]
  it.each([
    ['TC_SHIP_CONN_001: the newest, where ours is the larger SKI', 'most-recent-by-higher-ski', 'b', 'a', newer],
    ['the other decides, where it has the larger', 'most-recent-by-higher-ski', 'a', 'b', null],
    ['the one we opened, where ours is the larger', 'initiated-by-higher-ski', 'b', 'a', older],
    ['the one it opened, where it has the larger', 'initiated-by-higher-ski', 'a', 'b', newer],
  ] as const)('%s', (_, policy, own, peer, kept) => {
    expect(keptConnection([older, newer], { policy, own, peer })).toBe(kept)
  })
  it('the newest where the node that decides has opened none', () => {
    expect(keptConnection([newer, at('server')], { policy: 'initiated-by-higher-ski', own: 'b', peer: 'a' })).not.toBe(newer)
  })

  async function bothCall(first: DoublePolicy, second: DoublePolicy, time: Clock = clock) {
    const a = play(low, { doublePolicy: first, clock: time })
    const b = play(high, { doublePolicy: second, clock: time })
    const [portA, portB] = await Promise.all([a.node.listen(0, '127.0.0.1'), b.node.listen(0, '127.0.0.1')])
    a.node.call(url(portB), high.ski)
    b.node.call(url(portA), low.ski)
    return { a, b }
  }
  const one =
    ({ a, b }: { a: Played; b: Played }) =>
    () =>
      a.open.length === 1 && b.open.length === 1 && a.node.connections().length === 1 && b.node.connections().length === 1

  it.each(['most-recent-by-higher-ski', 'initiated-by-higher-ski'] as const)(
    'TC_SHIP_CONN_001: nodes that call each other end with one connection that carries data: %s',
    async (policy) => {
      const both = await bothCall(policy, policy)
      await until(one(both), 'one connection')
      both.a.open[0]!.send({ datagram: { header: { msgCounter: 5 } } })
      await until(() => both.b.received.length === 1, 'received')
    },
  )
  it('also where the nodes go by different rules', async () => {
    await until(one(await bothCall('most-recent-by-higher-ski', 'initiated-by-higher-ski')), 'one connection')
  })
  it('TC_SHIP_CONN_001: the older one is dropped when the same peer comes again', async () => {
    const server = play(high, { doublePolicy: 'most-recent-by-higher-ski' })
    const port = await server.node.listen(0, '127.0.0.1')
    const first = await byHand(port, low)
    const closed = new Promise((resolve) => first.once('close', resolve))
    await until(() => server.node.connections().length === 1, 'the first')
    const second = await byHand(port, low)
    await closed
    expect(second.readyState).toBe(WebSocket.OPEN)
    expect(server.node.connections().length).toBe(1)
  })
  it('TC_SHIP_CONN_001: with the smaller SKI it waits for the other, but not for ever', async () => {
    const manual = manualClock(0)
    const server = play(low, { doublePolicy: 'most-recent-by-higher-ski', clock: manual, helloWaitMs: 240_000 })
    const port = await server.node.listen(0, '127.0.0.1')
    for (let count = 1; count <= 2; count += 1) {
      const socket = await byHand(port, high)
      socket.send(Buffer.from([0, 0]))
      await until(
        () => server.node.connections().filter((connection) => connection.phase() === 'hello').length === count,
        `${count}`,
      )
    }
    await manual.runUntil(19_999, async () => {})
    expect(server.node.connections().length).toBe(2)
    await manual.runUntil(20_000, async () => {})
    expect(server.node.connections().length).toBe(1)
  })
})
