// Certificates with what no honest node would put into them.
import { createHash, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { selfSigned, type NodeIdentity } from '../../../../adapters/eebus/ship/certificate.ts'

export interface ForgedParts {
  readonly keyIdentifier?: Uint8Array
  readonly pair?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  readonly at?: number
}

/** A self-signed certificate; by default an honest one on P-256. */
export function certificateWith(parts: ForgedParts): NodeIdentity & { readonly der: Buffer } {
  const { publicKey, privateKey } = parts.pair ?? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const own = createHash('sha1').update(spki.subarray(-65)).digest()
  const der = selfSigned({
    spki,
    privateKey,
    keyIdentifier: parts.keyIdentifier ?? own,
    commonName: 'forged',
    at: parts.at ?? Date.UTC(2026, 10, 30),
  })
  return {
    der,
    certificatePem: new X509Certificate(der).toString(),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ski: own.toString('hex'),
  }
}
