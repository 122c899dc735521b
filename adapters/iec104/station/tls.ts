// TLS of control centres (IEC 62351-3): both sides show certificates, forward secrecy and authenticated encryption only.
import type { TlsOptions } from 'node:tls'

/** Our certificate and key, the authorities of the other side, and what they have revoked, PEM. */
export interface Iec104Tls {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca: string | Buffer
  readonly crl?: string | Buffer
}

/** For both ends. */
export const IEC104_TLS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_AES_128_GCM_SHA256',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
} as const satisfies TlsOptions
