// Security: what a station noticed.
import { plain, type InboundHandler } from '../inbound.ts'
import { instantOr } from '../instant.ts'

/** Every version; 1.6 with the security extension. */
export const securityEventNotification: InboundHandler = (payload, { now }) => {
  const { type, timestamp, techInfo } = payload as {
    readonly type: string
    readonly timestamp: string
    readonly techInfo?: string
  }
  return plain([{ kind: 'security', type, at: instantOr(timestamp, now), detail: techInfo ?? null }])
}
