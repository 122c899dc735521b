// What stands behind energy managers and follows our orders: stations of the registry that have no line of their own. What they tell goes the way of every station, what they are told is the schedule of their site.
import type { HemsCapabilities, HemsSample } from '../../domain/facts/hems.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { ReceiveStationEvent } from '../../domain/ports/charge-points.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Controllables } from '../../domain/ports/controllables.ts'
import type { EvseId, SiteId, StationId } from '../../domain/registry/identity.ts'
import { ok, refused } from '../../domain/result.ts'
import type { HouseBook } from './house-book.ts'
import { leadingFault, ledIndex } from './led-index.ts'
import { ledWords, type Requirement, type ToldSession } from './led-words.ts'
import { scheduleDesk, type ScheduleDeskOptions } from './schedule-desk.ts'

export interface LedAssetsOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly book: HouseBook
  readonly pseudonym: (token: string) => string
  readonly receive: ReceiveStationEvent
  /** Whether a station may sign in by itself. */
  readonly hasLine: (station: StationId) => boolean
}
export interface LedAssets extends Controllables {
  /** Whether an EVSE stands behind an energy manager. */
  leads(evse: EvseId): boolean
  /** Lets schedules out, or no longer. */
  open(publish: ScheduleDeskOptions['publish'] | null): void
  /** Why a house may not lead what it says it does; null where nothing speaks against it. */
  faultOf(site: SiteId, capabilities: HemsCapabilities): string | null
  /** What a house leads has changed. */
  described(site: SiteId): void
  /** A house came or left. */
  present(site: SiteId, isOnline: boolean): void
  /** False for what is only told of; resolves when it is durable. */
  measured(site: SiteId, asset: string, samples: readonly HemsSample[], session: ToldSession | null | undefined): Promise<boolean>
  /** The same for what its user wants. */
  required(site: SiteId, requirement: Requirement): Promise<boolean>
  /** Every schedule is told again: a broker may have lost it. */
  again(): void
  answered(site: SiteId, revision: number, isAccepted: boolean, reason: string | null): void
  stop(): void
}

/** Nothing is led before a house has said what it has. */
export function ledAssets({ clock, fleet, book, pseudonym, receive, hasLine }: LedAssetsOptions): LedAssets {
  const index = ledIndex()
  const present = new Set<SiteId>()
  let publish: ScheduleDeskOptions['publish'] | null = null
  const schedules = scheduleDesk({ clock, publish: (...schedule) => publish?.(...schedule) ?? false })

  const words = ledWords({ clock, fleet, pseudonym, receive }, ({ site, asset }) => schedules.release(site, asset.id))

  function come(site: SiteId): void {
    for (const led of index.of(site)) {
      const { vendor, model, firmware } = book.house(site)!.capabilities!
      words.note(led, { kind: 'connected', dialect: 'hems-mqtt' })
      words.note(led, { kind: 'booted', vendor, model: model ?? led.asset.kind, serial: null, firmware })
    }
  }
  function leave(site: SiteId, detail: string): void {
    schedules.gone(site)
    for (const led of index.of(site)) words.note(led, { kind: 'disconnected', detail })
  }
  const here = (evse: EvseId) => {
    const led = index.at(evse)
    return led !== undefined && present.has(led.site) && publish !== null ? led : null
  }
  const deliver: Controllables['order'] = (order) => {
    const led = here(order.evse)
    if (led === null) return Promise.resolve(refused({ kind: 'not-connected' }))
    return schedules.deliver(led.site, led.asset.id, order)
  }

  return {
    leads: (evse) => index.at(evse) !== undefined,
    open(out) {
      publish = out
      for (const site of book.sites()) index.take(site, book.house(site)?.capabilities ?? null)
    },
    faultOf: (site, capabilities) => leadingFault(fleet, site, capabilities, hasLine),
    described(site) {
      leave(site, 'its energy manager leads something else')
      index.take(site, book.house(site)?.capabilities ?? null)
      if (present.has(site)) come(site)
    },
    present(site, isOnline) {
      if (!isOnline) {
        if (present.delete(site)) leave(site, 'its energy manager is not heard')
      } else if (!present.has(site)) {
        present.add(site)
        come(site)
      }
    },
    async measured(site, asset, samples, session) {
      const led = index.find(site, asset)
      if (led === undefined) return false
      if (session !== undefined) await words.session(led, session, samples[0]!.at)
      await words.readings(led, samples)
      return true
    },
    async required(site, requirement) {
      const led = index.find(site, requirement.asset)
      if (led === undefined) return false
      await words.needs(led, requirement)
      return true
    },
    again: schedules.again,
    answered: schedules.answered,
    order: deliver,
    renew: deliver,
    controllability(evse) {
      const led = here(evse)
      return led === null ? null : led.asset.follows === 'setpoint' ? 'setpoint' : 'course'
    },
    setDefault(evse, limit) {
      const led = here(evse)
      if (led === null) return Promise.resolve(refused({ kind: 'not-connected' }))
      schedules.setDefault(led.site, led.asset.id, limit)
      return Promise.resolve(ok(null))
    },
    stop: schedules.stop,
  }
}
