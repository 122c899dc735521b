// API keys and who is let in with them.
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { assert, nat, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkApiKey, createApiKey, type StoredKey } from '../../../adapters/wire/api-key.ts'
import { apiKeyAuthentication, labAuthentication } from '../../../adapters/wire/authentication.ts'
import { clientAddress } from '../../../adapters/wire/client-address.ts'

const pepper = 'pepper-of-32-characters-or-more!'
const { secret, stored } = createApiKey({ name: 'grid desk', role: 'dispatcher', createdAt: 1_000 }, pepper)
const find = (id: string) => (id === stored.id ? stored : undefined)

function asking(headers: Record<string, string>, remoteAddress: string | undefined = '10.0.0.7'): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage
}

describe('API keys', () => {
  it('S3: keeps nothing that would let anybody sign in', () => {
    expect(JSON.stringify(stored)).not.toContain(secret.split('_').at(-1))
    expect(Buffer.from(secret.split('_').slice(2).join('_'), 'base64url')).toHaveLength(32)
    expect(checkApiKey(secret, find, pepper)?.name).toBe('grid desk')
    expect(checkApiKey(secret, find, 'another pepper')).toBeNull()
  })

  it('takes no other text for the key', () => {
    assert(property(string(), (text) => checkApiKey(text, find, pepper) === null))
    assert(
      property(nat(secret.length - 1), (at) => {
        const wrong = secret.slice(0, at) + (secret[at] === 'x' ? 'y' : 'x') + secret.slice(at + 1)
        expect(checkApiKey(wrong, find, pepper)).toBeNull()
      }),
    )
  })

  it.each([
    ['no digest', { digest: undefined }],
    ['no salt', { salt: undefined }],
    ['a short digest', { digest: '00' }],
    ['an empty digest', { digest: '' }],
    ['a digest that is no hex', { digest: 'g'.repeat(64) }],
    ['a digest that is a number', { digest: 7 }],
    ['a long salt', { salt: '00'.repeat(17) }],
  ])('never throws over a stored key with %s, and lets nobody in', (_, broken) => {
    const find = () => ({ ...stored, ...broken }) as StoredKey
    expect(checkApiKey(secret, find, pepper)).toBeNull()
    expect(checkApiKey(`gs_${stored.id}_${'A'.repeat(43)}`, find, pepper)).toBeNull()
  })

  it('S5: does the same hashing work for known, unknown and malformed keys', () => {
    const work: number[] = []
    for (const presented of [secret, `gs_${'0'.repeat(16)}_${'A'.repeat(43)}`, 'nonsense', '']) {
      let count = 0
      checkApiKey(presented, find, pepper, (key, salt, text) => {
        count++
        return createHmac('sha256', key).update(Buffer.from(salt, 'hex')).update(text).digest('hex')
      })
      work.push(count)
    }
    expect(work).toEqual([1, 1, 1, 1])
  })

  it('reads the key from the header or, for browsers, from the WebSocket sub-protocol', async () => {
    const authenticate = apiKeyAuthentication({ find, pepper, now: () => 0 })
    const principal = { ok: true, value: { name: 'grid desk', role: 'dispatcher', vehicles: [] } }
    expect(await authenticate(asking({ authorization: `Bearer ${secret}` }))).toMatchObject(principal)
    expect(await authenticate(asking({ 'sec-websocket-protocol': `gegenstrom.live.v1, key.${secret}` }))).toMatchObject(principal)
    expect(await authenticate(asking({}))).toEqual({ ok: false, refusal: { kind: 'missing' } })
    expect(await authenticate(asking({ authorization: 'Bearer nonsense' }))).toEqual({ ok: false, refusal: { kind: 'wrong' } })
  })

  it('S5: looks at no more keys of an address after ten wrong ones in a minute, and at those of others still', async () => {
    const authenticate = apiKeyAuthentication({ find, pepper, now: () => 0 })
    for (let i = 0; i < 10; i++) await authenticate(asking({ authorization: 'Bearer nonsense' }))
    expect(await authenticate(asking({ authorization: `Bearer ${secret}` }))).toMatchObject({ refusal: { kind: 'too-many' } })
    expect(await authenticate(asking({ authorization: `Bearer ${secret}` }, '10.0.0.8'))).toMatchObject({ ok: true })
  })

  it('lets everybody on this machine in in the lab, and nobody from elsewhere', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.8.8.8'])
      expect(await labAuthentication()(asking({}, address))).toMatchObject({ ok: true })
    for (const address of ['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', '1.127.0.1'])
      expect(await labAuthentication()(asking({}, address))).toMatchObject({ ok: false })
    // What a header says does not count.
    for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip'])
      expect(await labAuthentication()(asking({ [header]: '127.0.0.1' }, '10.0.0.7'))).toMatchObject({ ok: false })
  })

  it('S5: counts wrong keys by the address the proxies in front have seen', async () => {
    const authenticate = apiKeyAuthentication({
      find,
      pepper,
      now: () => 0,
      addressOf: (request) => clientAddress(request, 1),
    })
    const from = (client: string, key: string) =>
      asking({ authorization: `Bearer ${key}`, 'x-forwarded-for': `1.2.3.4, ${client}` }, '10.0.0.1')
    for (let i = 0; i < 10; i++) await authenticate(from('198.51.100.7', 'nonsense'))
    expect(await authenticate(from('198.51.100.7', secret))).toMatchObject({ refusal: { kind: 'too-many' } })
    expect(await authenticate(from('198.51.100.8', secret))).toMatchObject({ ok: true })
  })

  it('refuses an expired key from its last instant on, without counting it as a guess, and tells open connections', async () => {
    let now = 4_999
    const ending = createApiKey({ name: 'guest', role: 'viewer', createdAt: 0, expiresAt: 5_000 }, pepper)
    const authenticate = apiKeyAuthentication({ find: () => ending.stored, pepper, now: () => now })
    const ask = () => authenticate(asking({ authorization: `Bearer ${ending.secret}` }))
    const found = await ask()
    expect(found.ok && found.value.isInForce?.()).toBe(true)
    now = 5_000
    expect(found.ok && found.value.isInForce?.()).toBe(false)
    for (let i = 0; i < 12; i++) expect(await ask()).toEqual({ ok: false, refusal: { kind: 'expired' } })
  })

  it('tells open connections when their key is revoked or becomes another one', async () => {
    const keys = new Map([[stored.id, stored]])
    const authenticate = apiKeyAuthentication({ find: (id) => keys.get(id), pepper, now: () => 0 })
    const found = await authenticate(asking({ authorization: `Bearer ${secret}` }))
    const isInForce = () => found.ok && found.value.isInForce!()
    keys.set(stored.id, { ...stored })
    expect(isInForce()).toBe(true)
    keys.set(stored.id, { ...stored, role: 'driver', vehicles: ['car-1'] })
    expect(isInForce()).toBe(false)
    keys.set(stored.id, { ...stored, digest: '0'.repeat(64) })
    expect(isInForce()).toBe(false)
    keys.delete(stored.id)
    expect(isInForce()).toBe(false)
  })
})

describe('the address that limits count by', () => {
  const of = (peer: string | undefined, forwarded: string | undefined, proxies?: number) =>
    clientAddress(asking(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, peer), proxies)

  it('is the peer as long as no proxy is trusted, whatever a header says', () => {
    expect(of('10.0.0.7', '198.51.100.1')).toBe('10.0.0.7')
    expect(of('10.0.0.7', '198.51.100.1', 0)).toBe('10.0.0.7')
    expect(clientAddress({ headers: {}, socket: {} } as unknown as IncomingMessage, 1)).toBe('unknown')
  })

  it('is what the outermost trusted proxy saw; what the client wrote before it does not count', () => {
    expect(of('10.0.0.1', '198.51.100.1', 1)).toBe('198.51.100.1')
    expect(of('10.0.0.1', '6.6.6.6, 198.51.100.1', 1)).toBe('198.51.100.1')
    expect(of('10.0.0.1', '6.6.6.6,198.51.100.1 , 10.0.0.2', 2)).toBe('198.51.100.1')
    expect(of('10.0.0.1', '198.51.100.1', 3)).toBe('198.51.100.1')
    expect(of('10.0.0.1', undefined, 2)).toBe('10.0.0.1')
    assert(
      property(string(), (forged) => {
        expect(of('10.0.0.1', `${forged.replaceAll(/[\r\n]/g, '')}, 198.51.100.1`, 1)).toBe('198.51.100.1')
      }),
    )
  })

  it('is the peer where the trusted entry is no address', () => {
    for (const odd of ['unknown', '', ',', '_hidden', '999.1.1.1', '<script>']) expect(of('10.0.0.1', odd, 1)).toBe('10.0.0.1')
    expect(of('10.0.0.1', '198.51.100.1:4711', 1)).toBe('198.51.100.1')
    expect(of('10.0.0.1', '[2001:db8::1]:4711', 1)).toBe('2001:db8:0:0')
  })

  it('is the network of an IPv6 address, however it is written', () => {
    expect(of('2001:db8:1:2:3:4:5:6', undefined)).toBe(of('2001:db8:1:2:9:9:9:9', undefined))
    for (const same of ['2001:db8::1', '2001:DB8::ffff:1', '2001:db8:0:0:1::', '2001:0db8::9', '2001:db8::192.0.2.1'])
      expect(of(same, undefined), same).toBe('2001:db8:0:0')
    expect(of('fe80::1%eth0', undefined)).toBe('fe80:0:0:0')
    expect(of('::ffff:10.0.0.7', undefined)).toBe('10.0.0.7')
    expect(of('::1', undefined)).toBe('::1')
  })
})
