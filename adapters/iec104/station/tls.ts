// TLS of control centres (IEC 62351-3): both sides show certificates, forward secrecy and authenticated encryption only.
import type { TlsOptions } from 'node:tls'
import { CIPHERS } from '../../wire/ciphers.ts'

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
  ciphers: CIPHERS,
} as const satisfies TlsOptions
