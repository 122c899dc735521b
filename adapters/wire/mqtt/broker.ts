// A broker that others run: where it is, who we are to it, and what a client is told of both.
import type { IClientOptions } from 'mqtt'

export interface BrokerOptions {
  /** `mqtts://broker:8883`, or `mqtt://` on this machine. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** "Unsupported protocol version" of MQTT 5 and "unacceptable protocol version" of 3.1.1. */
const WRONG_VERSION: readonly unknown[] = [132, 1]

/** Who we are, and TLS 1.2 or better where it is TLS. */
export function brokerSettings({ url, username, password, ca, cert, key }: BrokerOptions): IClientOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(url.startsWith('mqtts:') ? { minVersion: 'TLSv1.2' as const } : {}),
  }
}

/** Whether a broker has refused a connection because of its version: it knows 3.1.1 only. */
export function isWrongVersion(error: Error & { readonly code?: number | string }): boolean {
  return WRONG_VERSION.includes(error.code)
}
