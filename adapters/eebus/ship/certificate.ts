// A node's identity: a self-signed certificate over a P-256 key. The SKI, a hash of that key, is its name; nobody else vouches for it.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  randomBytes,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import * as asn1 from 'asn1js'
import { ok, refused, type Result } from '../../../domain/result.ts'

/** 40 lower-case hex digits. */
export type Ski = string

export interface NodeIdentity {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly ski: Ski
}

/** An uncompressed point of P-256: 04, x, y. */
const POINT_BYTES = 65
const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
}
const LIFETIME_MS = 30 * 365 * 86_400_000

/** A new identity. `commonName` is for people who look at the certificate; `at` in epoch ms. Without a key (P-256) it gets one. */
export function createIdentity(commonName: string, at: number, key?: KeyObject): NodeIdentity {
  const privateKey = key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const certificate = selfSigned({ spki, keyIdentifier: keyHash(spki), privateKey, commonName, at })
  return {
    certificatePem: new X509Certificate(certificate).toString(),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ski: keyHash(spki).toString('hex'),
  }
}

/** An identity that was kept; refused where key and certificate do not belong together. */
export function readIdentity(certificatePem: string, privateKeyPem: string): Result<NodeIdentity, string> {
  try {
    const certificate = new X509Certificate(certificatePem)
    if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) return refused('the key is not that of the certificate')
    const ski = skiOf(certificate.raw)
    return ski.ok ? ok({ certificatePem, privateKeyPem, ski: ski.value }) : ski
  } catch {
    return refused('certificate or key cannot be read')
  }
}

/**
 * The SKI a certificate proves, or why it proves none: another kind of key, no SKI, or one that is not the hash of its key (TC_SHIP_SEC_001). Expiry and
 * issuer say nothing, because trust is in the key.
 */
export function skiOf(der: Uint8Array): Result<Ski, string> {
  try {
    const { publicKey } = new X509Certificate(der)
    if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return refused('the key is not on P-256')
    const claimed = claimedKeyIdentifier(der)
    if (claimed === null) return refused('the certificate has no subject key identifier')
    const actual = keyHash(publicKey.export({ type: 'spki', format: 'der' }))
    return actual.equals(claimed) ? ok(actual.toString('hex')) : refused('the subject key identifier is not that of the key')
  } catch {
    return refused('the certificate cannot be read')
  }
}

/** An SKI as people write it, with blanks, colons or dashes; null where it is none. */
export function parseSki(text: string): Ski | null {
  const digits = text.replaceAll(/[\s:-]/g, '').toLowerCase()
  return /^[0-9a-f]{40}$/.test(digits) ? digits : null
}

interface CertificateContent {
  /** Subject public key info, DER. */
  readonly spki: Uint8Array
  readonly keyIdentifier: Uint8Array
  readonly privateKey: KeyObject
  readonly commonName: string
  readonly at: number
}
/** A self-signed certificate, DER. */
export function selfSigned({ spki, keyIdentifier, privateKey, commonName, at }: CertificateContent): Buffer {
  const algorithm = sequence(new asn1.ObjectIdentifier({ value: OID.ecdsaWithSha256 }))
  const name = sequence(
    new asn1.Set({
      value: [
        sequence(new asn1.ObjectIdentifier({ value: OID.commonName }), new asn1.Utf8String({ value: commonName.slice(0, 64) })),
      ],
    }),
  )
  // The first bit stays clear, since serial numbers are positive.
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const content = sequence(
    new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [new asn1.Integer({ value: 2 })] }),
    new asn1.Integer({ valueHex: exactly(serial) }),
    algorithm,
    name,
    sequence(validity(at - 86_400_000), validity(at + LIFETIME_MS)),
    name,
    asn1.fromBER(exactly(spki)).result,
    new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber: 3 }, value: [sequence(extension(keyIdentifier))] }),
  )
  const signature = createSign('sha256').update(Buffer.from(content.toBER())).sign(privateKey)
  return Buffer.from(sequence(content, algorithm, new asn1.BitString({ valueHex: exactly(signature) })).toBER())
}

function sequence(...value: asn1.AsnType[]): asn1.Sequence {
  return new asn1.Sequence({ value })
}

function extension(keyIdentifier: Uint8Array): asn1.Sequence {
  const inner = new asn1.OctetString({ valueHex: exactly(keyIdentifier) }).toBER()
  return sequence(new asn1.ObjectIdentifier({ value: OID.subjectKeyIdentifier }), new asn1.OctetString({ valueHex: inner }))
}

/** Two-digit years end with 2049. */
function validity(at: number): asn1.AsnType {
  const valueDate = new Date(Math.floor(at / 1_000) * 1_000)
  return valueDate.getUTCFullYear() < 2050 ? new asn1.UTCTime({ valueDate }) : new asn1.GeneralizedTime({ valueDate })
}

/** The identifier as the certificate states it; null where it states none. */
function claimedKeyIdentifier(der: Uint8Array): Buffer | null {
  const certificate = asn1.fromBER(exactly(der)).result
  const content = certificate instanceof asn1.Sequence ? certificate.valueBlock.value[0] : null
  if (!(content instanceof asn1.Sequence)) return null
  for (const part of content.valueBlock.value) {
    const isExtensions = part instanceof asn1.Constructed && part.idBlock.tagClass === 3 && part.idBlock.tagNumber === 3
    const list = isExtensions ? part.valueBlock.value[0] : null
    if (!(list instanceof asn1.Sequence)) continue
    for (const item of list.valueBlock.value) {
      const found = keyIdentifierIn(item)
      if (found !== null) return found
    }
  }
  return null
}

function keyIdentifierIn(extension: unknown): Buffer | null {
  if (!(extension instanceof asn1.Sequence)) return null
  const [id, ...rest] = extension.valueBlock.value
  if (!(id instanceof asn1.ObjectIdentifier) || id.valueBlock.toString() !== OID.subjectKeyIdentifier) return null
  const outer = rest.at(-1)
  if (!(outer instanceof asn1.OctetString)) return null
  const inner = asn1.fromBER(outer.valueBlock.valueHexView).result
  return inner instanceof asn1.OctetString ? Buffer.from(inner.valueBlock.valueHexView) : null
}

function keyHash(spki: Uint8Array): Buffer {
  return createHash('sha1').update(spki.subarray(-POINT_BYTES)).digest()
}

/** A buffer of its own, because views of Node's pool reach further than what they show. */
function exactly(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
