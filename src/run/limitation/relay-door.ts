// The door of a control relay: whoever sits beside it tells how its contacts stand, again and again; that is heartbeat and limit of the machines of its site.
import { ceiling, limitData, type ControllableSystem } from '../../../domain/limitation/controllable-system.ts'
import { magnitudeOf, powerOf } from '../../../domain/limitation/limit.ts'
import { relayLimit, TWO_BITS } from '../../../domain/limitation/relay.ts'
import { minimumOfSite } from '../../../domain/live/legal-minimum.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import { watts, type Power } from '../../../domain/units.ts'
import type { LimitedSite } from './limit-record.ts'

/** A contact bounces: what would let through more counts once nothing has changed for so long. What lets through less counts at once. */
const SETTLE_MS = 200
/** Of a contact that never comes to rest the oldest changes are forgotten. */
const CHANGES_MAX = 20
/** How often whoever tells is expected to tell again; silent for 120 s, and the failsafe limit holds. */
const TOLD_EVERY_MS = 60_000

/** How the contacts of a site stand, as told; instants are epoch ms. */
export interface RelayState {
  readonly contacts: readonly boolean[]
  readonly toldAt: number
  /** The latest changes, the newest last. */
  readonly changes: readonly { readonly at: number; readonly contacts: readonly boolean[] }[]
}
export interface RelayDoor {
  /** Takes how the contacts stand for machines of one site; resolves when what acts at once is durable. */
  tell(limited: readonly LimitedSite[], contacts: readonly boolean[]): Promise<void>
  /** Null for nothing told since the start. */
  state(site: string): RelayState | null
  stop(): void
}

/** The relays of a live fleet. */
export function relayDoor(clock: Clock, fleet: LiveFleet): RelayDoor {
  const told = new Map<string, RelayState>()
  const settling = new Map<string, () => void>()

  function limitOf({ site, contract }: LimitedSite, contacts: readonly boolean[]): Power | null {
    const known = fleet.sites.get(site)
    const minimum = known === undefined ? watts(0) : minimumOfSite(fleet, known).power
    return relayLimit(contacts, contract.relayLevels ?? TWO_BITS, minimum)
  }
  async function write({ part, direction, contract: { guard } }: LimitedSite, limit: Power | null): Promise<void> {
    const value = limit === null ? null : powerOf(direction, limit)
    if (isSo(part.system(), value, clock.elapsed())) return
    await part.take({ kind: 'limit-write', guard, write: { isActive: limit !== null, value, durationMs: null } })
  }
  /** Less at once; more when the contacts have come to rest. */
  async function follow(one: LimitedSite, contacts: readonly boolean[], hasChanged: boolean): Promise<void> {
    const { part, name, direction, contract } = one
    await part.take({ kind: 'heartbeat', guard: contract.guard, timeoutMs: TOLD_EVERY_MS })
    // Told otherwise while the journal was waited for: only the newest word counts.
    if (told.get(one.site)?.contacts !== contacts) return
    const limit = limitOf(one, contacts)
    if (hasChanged) forget(name)
    if (isSo(part.system(), limit === null ? null : powerOf(direction, limit), clock.elapsed())) return
    const { power } = ceiling(part.system(), clock.elapsed())
    if (limit !== null && (power === null || limit <= magnitudeOf(direction, power))) {
      forget(name)
      return write(one, limit)
    }
    if (settling.has(name)) return
    const cancel = clock.after(SETTLE_MS, name, () => {
      settling.delete(name)
      // What could not be recorded is written when the contacts are told again.
      write(one, limit).catch(() => {})
    })
    settling.set(name, cancel)
  }
  function forget(name: string): void {
    settling.get(name)?.()
    settling.delete(name)
  }

  return {
    async tell(limited, contacts) {
      const site = limited[0]?.site
      if (site === undefined) return
      const before = told.get(site)
      const hasChanged = before === undefined || before.contacts.join() !== contacts.join()
      const at = clock.now()
      const changes = hasChanged ? [...(before?.changes ?? []), { at, contacts }].slice(-CHANGES_MAX) : before.changes
      told.set(site, { contacts, toldAt: at, changes })
      await Promise.all(limited.map((one) => follow(one, contacts, hasChanged)))
    },
    state: (site) => told.get(site) ?? null,
    stop() {
      for (const cancel of settling.values()) cancel()
      settling.clear()
    },
  }
}

/** Whether a machine stands so already. */
function isSo(system: ControllableSystem, value: Power | null, elapsed: number): boolean {
  const data = limitData(system, elapsed)
  if (value !== null) return data.isActive && data.value === value
  return system.standing.name === 'unlimited/controlled'
}
