// Keys and certificates of a dimmed night, made on the spot: who speaks by TLS has one that the other end knows. Nothing of it is a secret.
import { createECDH, createHash, createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { createIdentity, selfSigned, type NodeIdentity } from '../../adapters/eebus/ship/certificate.ts'

/** Certificate and key of one end, PEM. */
export interface OwnCertificate {
  readonly cert: string
  readonly key: string
  /** SHA-256 of the certificate, hex digits in lower case. */
  readonly fingerprint: string
}

/** Played time may be before that of the machine: certificates are valid from then on, epoch ms. */
const VALID_FROM = Date.UTC(2020, 0, 2)
const COORDINATE_BYTES = 32

/** A certificate for localhost that vouches for itself. */
export function ownCertificate(curve: 'P-256' | 'brainpoolP256r1'): OwnCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const keyIdentifier = createHash('sha1').update(spki).digest()
  const certificate = new X509Certificate(
    selfSigned({ spki, keyIdentifier, privateKey, commonName: 'localhost', at: VALID_FROM }),
  )
  return {
    cert: certificate.toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

/** The EEBUS identity of a player. Its key follows from the seed, for who guards a site stands in the journal, which is the same every time. */
export function playedIdentity(seed: string, player: string): NodeIdentity {
  return createIdentity(player, VALID_FROM, keyOf(`${seed}|${player}`))
}

function keyOf(text: string): KeyObject {
  const pair = createECDH('prime256v1')
  // A hash is a valid private key but for one in 2^32.
  const secret = createHash('sha256').update(`gegenstrom dimmed night|${text}`).digest()
  pair.setPrivateKey(secret)
  const point = pair.getPublicKey()
  const [x, y] = [point.subarray(1, 1 + COORDINATE_BYTES), point.subarray(1 + COORDINATE_BYTES)]
  const encoded = (bytes: Buffer) => bytes.toString('base64url')
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', d: encoded(secret), x: encoded(x), y: encoded(y) },
  })
}
