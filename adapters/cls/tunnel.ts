// How both ends of a CLS tunnel speak TLS: version 1.2, keys and certificates on brainpoolP256r1 (BSI TR-03116-3).
import type { X509Certificate } from 'node:crypto'

export const CURVE = 'brainpoolP256r1'

/** OpenSSL 3.0 to 3.1 offer the brainpool curves in TLS 1.2 only, and so does the guideline for the smart meter gateway. */
export const CLS_TLS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ecdhCurve: CURVE,
  ciphers: [
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-SHA384',
    'ECDHE-ECDSA-AES128-SHA256',
  ].join(':'),
} as const

/** The curve of the key in a certificate; null where it is on none. */
export function curveOf({ publicKey }: X509Certificate): string | null {
  return publicKey.asymmetricKeyDetails?.namedCurve ?? null
}
