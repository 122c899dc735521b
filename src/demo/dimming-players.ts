// Players of a dimmed night that speak over the API: the control room, and relay and ripple control with their contacts.
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Site } from '../../domain/registry/registry.ts'
import { instantText } from '../../domain/time/slot.ts'
import { AREA, type DimmedFleet } from './dimming-fleet.ts'

export interface DimmingPlayers {
  /** The ripple control tells once a minute how it stands, from `beginNight` on the relay as well. Reject where one is not understood. */
  begin(): Promise<void>
  beginNight(): Promise<void>
  dimArea(version: number, maxW: number): Promise<void>
  releaseArea(version: number): Promise<void>
  /** One contact of the relay or of the ripple control. */
  close(which: 'relay' | 'ripple', contact: number, isClosed: boolean): Promise<void>
  minimumOf(site: Site): Promise<number>
  /** What the API answers at a path. */
  look(path: string): Promise<unknown>
  /** What went wrong between two steps; null for nothing. */
  failure(): Error | null
}

export const NIGHT_SIGNAL = 'night'
const MINUTE_MS = 60_000

/** Players against a server at a port of this machine. */
export function dimmingPlayers(port: number, sites: DimmedFleet['sites'], clock: Clock, work: InFlight): DimmingPlayers {
  const contacts = { relay: [false], ripple: [false, false, false] }
  let isNight = false
  let failure: Error | null = null

  async function ask(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const told: unknown = await response.json()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(told)}`)
    return told
  }
  async function tell(which: keyof typeof contacts): Promise<void> {
    await ask('PUT', `/v1/sites/${sites[which].id}/relay`, { contacts: contacts[which] })
  }
  async function minute(): Promise<void> {
    await tell('ripple')
    if (isNight) await tell('relay')
  }
  function everyMinute(): void {
    clock.after(MINUTE_MS, 'm-players', () => {
      void work.track(minute().catch((error: Error) => void (failure ??= error)))
      everyMinute()
    })
  }

  return {
    async begin() {
      await minute()
      everyMinute()
    },
    async beginNight() {
      isNight = true
      await minute()
    },
    async dimArea(version, maxW) {
      const now = instantText(clock.now())
      const reference = 'transformer T-1'
      const body = { version, issuedAt: now, subjects: [`area:${AREA}`], rank: 'grid-limit', maxW, from: now, reference }
      await ask('PUT', `/v1/signals/${NIGHT_SIGNAL}`, body)
    },
    async releaseArea(version) {
      await ask('DELETE', `/v1/signals/${NIGHT_SIGNAL}?version=${version}`)
    },
    async close(which, contact, isClosed) {
      contacts[which][contact] = isClosed
      await tell(which)
    },
    async minimumOf({ id }) {
      return ((await ask('GET', `/v1/sites/${id}/minimum-power`)) as { readonly powerW: number }).powerW
    },
    look: (path) => ask('GET', path),
    failure: () => failure,
  }
}
