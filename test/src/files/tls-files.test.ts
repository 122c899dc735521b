// Certificates that cannot work are named before anything is opened.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readTlsFiles } from '../../../src/files/tls-files.ts'
import { run } from '../../scenarios/processes.ts'
import { testCertificate } from '../../scenarios/certificate.ts'

const certificate = testCertificate()
const folder = mkdtempSync(join(tmpdir(), 'tls-files-'))
const otherKey = join(folder, 'other.pem')
writeFileSync(otherKey, generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }))
afterAll(() => {
  certificate?.remove()
  rmSync(folder, { recursive: true })
})

describe.skipIf(certificate === null)(`certificate and key${certificate === null ? ' (skipped: no openssl)' : ''}`, () => {
  const { certFile, keyFile } = certificate ?? { certFile: '', keyFile: '' }
  const DAY_MS = 86_400_000

  it('are read where they belong together', () => {
    const read = readTlsFiles(certFile, keyFile, Date.now())
    expect(read.ok && read.value.validUntil).toBeGreaterThan(Date.now() + DAY_MS)
  })

  it.each([
    ['/nowhere.pem', keyFile, 0, 'TLS_CERT_FILE: ENOENT'],
    [certFile, '/nowhere.pem', 0, 'TLS_KEY_FILE: ENOENT'],
    [keyFile, certFile, 0, 'is no certificate'],
    [certFile, certFile, 0, 'is no private key'],
    [certFile, otherKey, 0, 'is not the key of the certificate'],
    [certFile, keyFile, 3 * DAY_MS, 'has ended'],
    [certFile, keyFile, -DAY_MS, 'is valid from'],
  ])('%s with %s, %d ms from now: %s', (cert, key, later, complaint) => {
    expect(readTlsFiles(cert, key, Date.now() + later)).toEqual({ ok: false, refusal: expect.stringContaining(complaint) })
  })

  it('that do not belong together end serve at once, with a sentence', async () => {
    const served = await run(['serve'], {
      GEGENSTROM_SECRET: 'a secret for tests only, thirty-two long',
      GEGENSTROM_HOME: join(folder, 'home'),
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: otherKey,
    })
    expect(served).toMatchObject({ code: 2, stdout: '' })
    expect(served.stderr).toContain('is not the key of the certificate')
  })
})
