// Where a request comes from, for whatever is counted by address: the peer of the socket, or the address that trusted proxies in front have written down.
import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

/**
 * The address limits count by: that of the peer, or with `proxies` reverse proxies in front the one the outermost of them saw. Each proxy appends the peer it
 * saw to `X-Forwarded-For`, so only that many entries from the right are ours; whatever stands before them was sent by the client and is not looked at.
 * An IPv6 address counts as its network (/64), whose hosts are too many to count singly.
 */
export function clientAddress(request: IncomingMessage, proxies = 0): string {
  const peer = addressText(request.socket.remoteAddress)
  const forwarded = proxies === 0 ? [] : String(request.headers['x-forwarded-for'] ?? '').split(',')
  const hops = forwarded.slice(-proxies).filter((hop) => hop.trim() !== '')
  // A hop that is no address was written by none of our proxies; then the peer is all that is known.
  return networkOf(hops.length === 0 ? peer : (addressOf(hops[0]!.trim()) ?? peer))
}

/** What a peer is counted by: its address, or its network (/64) for IPv6. */
export function peerAddress(address: string | undefined): string {
  return networkOf(addressText(address))
}

/** An address without port, brackets and zone; null when the text is none. */
function addressOf(text: string): string | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
  return isIP(bare) === 0 ? null : addressText(bare)
}

/** Lower case, without a zone; IPv4 in IPv6 as IPv4. */
function addressText(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const bare = address.toLowerCase().replace(/%.*$/, '')
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1] ?? bare
}

function networkOf(address: string): string {
  if (!isIPv6(address) || address === '::1') return address
  const [head = '', tail] = address.split('::', 2).map((half) => half.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0'))
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
