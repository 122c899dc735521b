// The headers of Standard Webhooks: id, time and a signature for every secret that counts.
import { createHmac } from 'node:crypto'

export interface Message {
  /** The same for every try. */
  readonly id: string
  readonly body: string
}

/** Headers of a try at an instant (epoch ms); with two secrets there are two signatures, separated by a blank. */
export function signedHeaders(
  { id, body }: Message,
  at: number,
  secrets: readonly Uint8Array[],
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(at / 1000)
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  )
  return {
    'content-type': 'application/json',
    'user-agent': 'gegenstrom-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}
