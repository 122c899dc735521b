// Market partners of the control API: who they are by their client certificate, and where their answers go.
import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import type { Asker } from '../../domain/registry/asker.ts'

export interface ControlPartner {
  /** Market partner id, 13 digits. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the client certificates it may come with, 64 hex digits in lower case. */
  readonly fingerprints: readonly string[]
  /** Where its own control API is served, without `/[Post]/…`; https only. */
  readonly url: string
  /** Left out: it may command locations of all tenants. */
  readonly tenant?: TenantId
}

/** A fingerprint as it is compared: hex digits in lower case, without colons. */
export function plainFingerprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase()
}

/** Whoever holds the certificate of a connection; null for nobody, and for one that is not valid now, epoch ms. */
export function partnerOf(
  partners: readonly ControlPartner[],
  certificate: Partial<PeerCertificate>,
  now: number,
): ControlPartner | null {
  const { fingerprint256, valid_from: from, valid_to: to } = certificate
  if (fingerprint256 === undefined || from === undefined || to === undefined) return null
  if (now < Date.parse(from) || now >= Date.parse(to)) return null
  const fingerprint = plainFingerprint(fingerprint256)
  return partners.find(({ fingerprints }) => fingerprints.includes(fingerprint)) ?? null
}

/** A partner as one who asks: a grid operator who knows the signals it has sent. One who is configured no more belongs to no tenant. */
export function askerFor(partners: readonly ControlPartner[], partner: string): Asker {
  const known = partners.find((one) => one.id === partner)
  return { name: partner, role: 'grid', tenant: known === undefined ? id<TenantId>('') : (known.tenant ?? null), vehicles: [] }
}

/** What is wrong with the address of a partner, as a sentence; null when nothing is. */
export function partnerUrlFault(url: string): string | null {
  if (!URL.canParse(url)) return 'is an address such as https://api.netz.example'
  const { protocol, username, search, hash, hostname } = new URL(url)
  if (protocol !== 'https:') return 'is an https address'
  if (username !== '' || search !== '' || hash !== '') return 'has no user, query or fragment'
  return hostname === '' && isIP(hostname) === 0 ? 'names a host' : null
}
