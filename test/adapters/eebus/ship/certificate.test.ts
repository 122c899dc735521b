// Who somebody is, proven by a certificate; openssl is the witness where it is there.
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createIdentity, parseSki, readIdentity, skiOf } from '../../../../adapters/eebus/ship/certificate.ts'
import { certificateWith } from './certificates.ts'

const NOW = Date.UTC(2026, 10, 30)
const identity = createIdentity('Gegenstrom test', NOW)

describe('an identity of our own', () => {
  it('proves its SKI, and openssl reads the same', () => {
    expect(identity.ski).toMatch(/^[0-9a-f]{40}$/)
    expect(skiOf(new X509Certificate(identity.certificatePem).raw)).toEqual({ ok: true, value: identity.ski })
    let text: string
    try {
      text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: identity.certificatePem, encoding: 'utf8' })
    } catch {
      return
    }
    expect(parseSki(/Subject Key Identifier:\s+([0-9A-F:]+)/.exec(text)?.[1] ?? '')).toBe(identity.ski)
    expect(text).toContain('NIST CURVE: P-256')
    expect(text).toContain('ecdsa-with-SHA256')
  })
  it('verifies by its own key, beyond 2049 too', () => {
    const certificate = new X509Certificate(identity.certificatePem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.validTo).toContain('2056')
  })
  it('is read again, and not with the key of another', () => {
    expect(readIdentity(identity.certificatePem, identity.privateKeyPem)).toEqual({ ok: true, value: identity })
    const other = createIdentity('other', NOW)
    expect(readIdentity(identity.certificatePem, other.privateKeyPem).ok).toBe(false)
    expect(readIdentity('no certificate', identity.privateKeyPem).ok).toBe(false)
  })
})

describe('the SKI of others', () => {
  it('TC_SHIP_SEC_001, TC_SHIP_SEC_002: is refused where it is not the hash of the key', () => {
    const forged = certificateWith({ keyIdentifier: Buffer.from(identity.ski, 'hex') })
    expect(skiOf(forged.der)).toEqual({ ok: false, refusal: 'the subject key identifier is not that of the key' })
  })
  it('does not depend on the calendar', () => {
    expect(skiOf(certificateWith({ at: Date.UTC(1990, 0, 1) }).der).ok).toBe(true)
  })
  it('is refused where there is none, for another curve, and for what is no certificate', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    expect(skiOf(certificateWith({ pair: p384 }).der)).toEqual({ ok: false, refusal: 'the key is not on P-256' })
    expect(skiOf(Buffer.from('no certificate')).ok).toBe(false)
  })
  it('takes any damage of a certificate', () => {
    const { raw } = new X509Certificate(identity.certificatePem)
    const accepted = Array.from(raw, (byte, index) => {
      const damaged = Buffer.from(raw)
      damaged[index] = byte ^ (1 << (index % 8))
      return skiOf(damaged)
    }).filter(({ ok }) => ok)
    // Whatever is still read proves the same key: damage to dates, names and the signature says nothing about it.
    expect(accepted.every((result) => result.ok && result.value === identity.ski)).toBe(true)
    expect(skiOf(randomBytes(400)).ok).toBe(false)
  })
  it.each([
    ['051B EBC4 DC45 B742 CAF7 9D41 3A9B BBDC 0A9E CE26', '051bebc4dc45b742caf79d413a9bbbdc0a9ece26'],
    ['05:1b:eb:c4:dc:45:b7:42:ca:f7:9d:41:3a:9b:bb:dc:0a:9e:ce:26', '051bebc4dc45b742caf79d413a9bbbdc0a9ece26'],
    ['051bebc4', null],
    ['051bebc4dc45b742caf79d413a9bbbdc0a9ece2g', null],
  ])('%s', (text, ski) => expect(parseSki(text)).toBe(ski))
})
