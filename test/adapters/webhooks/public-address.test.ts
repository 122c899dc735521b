// Webhooks never reach into our own network, however the address is written (S11).
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPublicAddress, publicLookup, urlFault } from '../../../adapters/webhooks/public-address.ts'
import { post } from '../../../adapters/webhooks/post.ts'
import { forget, openLab, openReceiver, type PushLab, type Receiver } from './push-lab.ts'

let receiver: Receiver
let lab: PushLab
beforeAll(async () => {
  ;[lab, receiver] = await Promise.all([openLab({ allowPrivate: false }), openReceiver()])
})
afterAll(async () => {
  await receiver.close()
  await lab.stop()
  forget(lab)
})

describe('addresses of webhooks (S11)', () => {
  it.each([
    'http://trader.example/',
    'ftp://trader.example/',
    'https://user:pass@trader.example/',
    'https://trader.example/#part',
    'https://localhost/',
    'https://a.localhost./',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[2001:db8::1]/',
    'https://[fe80::1]/',
    'https://[fd12:3456::1]/',
    'https://[ff02::1]/',
    'not an address',
  ])('refuses %s when it is set', async (url) => {
    const answer = await lab.ask('PUT', '/v1/webhooks/mine', { url, events: ['schedule.accepted'] })
    expect([answer.status, answer.body['errors']]).toMatchObject([422, [{ pointer: '/url' }]])
    expect((await lab.ask('GET', '/v1/webhooks/mine')).status).toBe(404)
  })

  it('takes names and addresses of the public internet', () => {
    for (const url of ['https://trader.example/hooks?a=b', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/'])
      expect(urlFault(url, false)).toBeNull()
    expect(urlFault('http://127.0.0.1:1/', true)).toBeNull()
    expect(['9.255.255.255', '100.128.0.0', '172.32.0.0', '192.169.0.0', '2a00::1'].map(isPublicAddress)).not.toContain(false)
    expect(['trader.example', '', '1.2.3', '10.0.0.1%eth0'].map(isPublicAddress)).not.toContain(true)
  })

  it('refuses a name when it is resolved for the connection: DNS rebinding gains nothing', async () => {
    const found = (all: boolean, ...resolver: Parameters<typeof publicLookup>) =>
      new Promise((resolve, reject) => {
        publicLookup(...resolver)('localhost', { all }, (error, address) => (error === null ? resolve(address) : reject(error)))
      })
    const answering =
      (...addresses: string[]) =>
      (_name: string, _options: object, done: (error: null, found: { address: string; family: number }[]) => void) =>
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        )
    for (const all of [true, false]) {
      await expect(found(all)).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
      await expect(found(all, answering('8.8.8.8', '10.0.0.1'))).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
      await expect(found(all, answering())).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
    }
    expect(await found(false, answering('8.8.8.8', '1.1.1.1'))).toBe('8.8.8.8')
    expect(await found(true, answering('8.8.8.8', '1.1.1.1'))).toHaveLength(2)
    const { port } = new URL(receiver.url)
    const options = { headers: {}, body: '{}', timeoutMs: 5_000, signal: new AbortController().signal, allowPrivate: false }
    // Names of this machine that no rule about names knows; one that leads nowhere is not reached either.
    for (const host of [hostname(), 'ip6-localhost']) {
      const { status, error } = await post(`https://${host}:${port}/`, options)
      expect([status, error]).toEqual([null, expect.stringMatching(/^(ENOTPUBLIC|ENOTFOUND|EAI_AGAIN)$/)])
    }
    expect(await post(receiver.url, options)).toEqual({ status: null, error: 'the address has to begin with https://' })
    expect(await post(`https://127.0.0.1:${port}/`, options)).toMatchObject({
      error: 'the address is not on the public internet',
    })
    expect(receiver.received).toEqual([])
  })

  it('gives up on a receiver that does not answer, and on one that speaks no TLS', async () => {
    receiver.reply = { status: 200, after: new Promise(() => {}) }
    const options = { headers: {}, body: '{}', signal: new AbortController().signal, allowPrivate: true }
    expect(await post(receiver.url, { ...options, timeoutMs: 50 })).toEqual({ status: null, error: 'no answer within 50 ms' })
    receiver.reply = { status: 200, body: 'x'.repeat(5_000), isEndless: true }
    expect(await post(receiver.url, { ...options, timeoutMs: 5_000 })).toEqual({ status: 200, error: null })
    const plain = await post(receiver.url.replace('http:', 'https:'), { ...options, timeoutMs: 5_000 })
    expect(plain).toMatchObject({ status: null, error: expect.stringMatching(/SSL|EPROTO|ECONNRESET/) as string })
  })
})
