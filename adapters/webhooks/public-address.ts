// Whom a webhook may reach: hosts on the public internet, never a machine of our own network, whatever a name resolves to (S11).
import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const URL_LENGTH_MAX = 2_048

/** IPv4 networks that are not the public internet: RFC 6890 and its successors. */
const NOT_PUBLIC_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
/** Parts of 2000::/3 that lead elsewhere: protocol assignments with Teredo, documentation, 6to4. */
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]
const closed = new BlockList()
for (const [network, bits] of NOT_PUBLIC_V4) closed.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of NOT_PUBLIC_V6) closed.addSubnet(network, bits, 'ipv6')
/** Everything of IPv6 that is public lies in here; loopback, link-local, unique-local, mapped and translated IPv4 do not. */
const open = new BlockList()
open.addSubnet('2000::', 3, 'ipv6')

/** Whether an IP address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, 'ipv4')
    case 6:
      return open.check(address, 'ipv6') && !closed.check(address, 'ipv6')
    default:
      return false
  }
}

/** What is wrong with an address to send to, as a sentence; null when nothing is. Names are looked at again when they are resolved. */
export function urlFault(url: string, allowPrivate: boolean): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || url.length > URL_LENGTH_MAX) return `not an address of at most ${URL_LENGTH_MAX} characters`
  if (parsed.protocol !== 'https:' && !(allowPrivate && parsed.protocol === 'http:')) return 'has to begin with https://'
  if (parsed.username !== '' || parsed.password !== '') return 'must not hold a user or a password'
  if (parsed.hash !== '') return 'must not hold a fragment'
  if (allowPrivate) return null
  const host = hostOf(parsed)
  if (isIP(host) === 0) return /(^|\.)localhost\.?$/.test(host) ? 'leads to this machine' : null
  return isPublicAddress(host) ? null : 'is not on the public internet'
}

/** Host without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

/** A way to resolve names, as node's own. */
type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Resolves names for one connection and refuses it when any address is not public: a name that changes between two looks (DNS rebinding) gains nothing. */
export function publicLookup(resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, done) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0)
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) return done(notPublic(), '', 0)
      if (options.all === true) return done(null, addresses)
      done(null, first.address, first.family)
    })
}

function notPublic(): NodeJS.ErrnoException {
  return Object.assign(new Error('the host is not on the public internet'), { code: 'ENOTPUBLIC' })
}
