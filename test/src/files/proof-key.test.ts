// The key of proofs: made once, for its user only, or brought along; what is no Ed25519 key is refused.
import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readProofKey } from '../../../src/files/proof-key.ts'

const home = mkdtempSync(join(tmpdir(), 'proof-key-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('the key that proofs are signed with', () => {
  it('is made once and kept for this user only; what it has signed stays verifiable after a restart', () => {
    const first = readProofKey(home, undefined)
    expect(statSync(join(home, 'proof-key.pem')).mode & 0o777).toBe(0o600)
    const again = readProofKey(home, undefined)
    expect(again.publicPem).toBe(first.publicPem)
    const bytes = Buffer.from('a proof')
    const signature = Buffer.from(first.sign(bytes), 'base64')
    expect(verify(null, bytes, again.publicPem, signature)).toBe(true)
    expect(verify(null, Buffer.from('A proof'), again.publicPem, signature)).toBe(false)
  })

  it('may be another one that is named, of Ed25519 only', () => {
    const pem = (type: 'ed25519' | 'x25519') =>
      (type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')).privateKey.export({
        type: 'pkcs8',
        format: 'pem',
      })
    const file = join(home, 'own.pem')
    writeFileSync(file, pem('ed25519'))
    expect(readProofKey(home, file).publicPem).not.toBe(readProofKey(home, undefined).publicPem)
    writeFileSync(file, pem('x25519'))
    expect(() => readProofKey(home, file)).toThrow('Ed25519')
    expect(() => readProofKey(home, join(home, 'missing.pem'))).toThrow('missing.pem')
  })
})
