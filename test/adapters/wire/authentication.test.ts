// API keys and who is let in with them.
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { assert, nat, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkApiKey, createApiKey } from '../../../adapters/wire/api-key.ts'
import { apiKeyAuthentication, labAuthentication } from '../../../adapters/wire/authentication.ts'
import { clientOf } from '../../../adapters/wire/rate-limit.ts'

const pepper = 'pepper-of-32-characters-or-more!'
const { secret, stored } = createApiKey({ name: 'grid desk', role: 'dispatcher' }, pepper)
const find = (id: string) => (id === stored.id ? stored : undefined)

function asking(headers: Record<string, string>, remoteAddress = '10.0.0.7'): IncomingMessage {
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
    const authenticate = apiKeyAuthentication({ find, pepper })
    const principal = { ok: true, value: { name: 'grid desk', role: 'dispatcher', vehicles: [] } }
    expect(await authenticate(asking({ authorization: `Bearer ${secret}` }))).toEqual(principal)
    expect(await authenticate(asking({ 'sec-websocket-protocol': `gegenstrom.live.v1, key.${secret}` }))).toEqual(principal)
    expect(await authenticate(asking({}))).toEqual({ ok: false, refusal: { kind: 'missing' } })
    expect(await authenticate(asking({ authorization: 'Bearer nonsense' }))).toEqual({ ok: false, refusal: { kind: 'wrong' } })
  })

  it('S5: looks at no more keys of an address after ten wrong ones in a minute, and at those of others still', async () => {
    const authenticate = apiKeyAuthentication({ find, pepper })
    for (let i = 0; i < 10; i++) await authenticate(asking({ authorization: 'Bearer nonsense' }))
    expect(await authenticate(asking({ authorization: `Bearer ${secret}` }))).toMatchObject({ refusal: { kind: 'too-many' } })
    expect(await authenticate(asking({ authorization: `Bearer ${secret}` }, '10.0.0.8'))).toMatchObject({ ok: true })
  })

  it('lets everybody on this machine in in the lab, and nobody from elsewhere', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.8.8.8'])
      expect(await labAuthentication()(asking({}, address))).toMatchObject({ ok: true })
    for (const address of ['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', '1.127.0.1'])
      expect(await labAuthentication()(asking({}, address))).toMatchObject({ ok: false })
  })

  it('counts an IPv6 network as one client', () => {
    expect(clientOf('2001:db8:1:2:3:4:5:6')).toBe(clientOf('2001:db8:1:2:9:9:9:9'))
    expect(clientOf('::ffff:10.0.0.7')).toBe('10.0.0.7')
  })
})
