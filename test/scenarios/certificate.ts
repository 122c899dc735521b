// A certificate for this machine made on the spot, for tests over TLS; without the openssl command the tests say so, and fail where CI promises it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestCertificate {
  readonly cert: Buffer
  readonly key: Buffer
  readonly certFile: string
  readonly keyFile: string
  remove(): void
}

/** A self-signed certificate for localhost and 127.0.0.1; null where openssl is missing. */
export function testCertificate(): TestCertificate | null {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2']
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', keyFile, '-out', certFile, ...names], { stdio: 'ignore' })
  } catch (error) {
    remove()
    if (process.env['CI'] === 'true') throw new Error('openssl is missing: apt-get install openssl', { cause: error })
    return null
  }
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), certFile, keyFile, remove }
}
