// A market partner of a dimmed night: commands a network location over the control API, and is called back with what becomes of it.
import { createHash } from 'node:crypto'
import { partnerEnd, type PartnerEnd } from '../../adapters/control-api/client.ts'
import type { CallAnswer } from '../../adapters/control-api/call.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { OwnCertificate } from './dimming-keys.ts'

export interface MarketPartner {
  /** Where it is called back. */
  readonly url: string
  /** Where its commands go from now on. */
  connect(port: number): void
  limit(name: string, maxW: number): Promise<void>
  release(name: string): Promise<void>
  /** What it was told about a command, in order. */
  answers(name: string): readonly string[]
  close(): Promise<void>
}
export interface MarketPartnerOptions {
  readonly seed: string
  readonly location: string
  readonly own: OwnCertificate
  /** Certificate of the other end. */
  readonly ca: string
  readonly clock: Clock
}

const ACCEPTED = 202

/** A partner that waits for call-backs. */
export async function marketPartner({ seed, location, own, ca, clock }: MarketPartnerOptions): Promise<MarketPartner> {
  let to = ''
  const tls = { cert: own.cert, key: own.key, ca }
  const end: PartnerEnd = await partnerEnd({ tls, url: () => to, now: () => clock.now() })
  const idOf = (name: string) => uuidOf(`${seed}|${name}`)
  return {
    url: end.url,
    connect: (port) => void (to = `https://localhost:${port}`),
    async limit(name, watts) {
      accepted(await end.limit(location, { watts, from: clock.now() }, { transactionId: idOf(name) }))
    },
    async release(name) {
      accepted(await end.release(location, clock.now(), { transactionId: idOf(name) }))
    },
    answers: (name) => end.received.filter(({ query }) => query['referenceId'] === idOf(name)).map(({ path }) => path),
    close: () => end.close(),
  }
}

function accepted({ status, error, body }: CallAnswer): void {
  if (status !== ACCEPTED) throw new Error(`the control API answered ${status ?? error}: ${body}`)
}

/** Equal seeds give equal ids. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
