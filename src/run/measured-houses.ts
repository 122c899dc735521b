// Houses whose meters others tell of: looked at all the time, recorded when they have changed, and held on the safe side when nobody says anything that counts.
import type { MeasuredHouse } from '../../domain/ports/answers/sites.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { HouseReading } from '../../domain/ports/house-reading.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import type { MeasuredLoad } from '../../domain/signals/measured-load.ts'
import type { Application } from './application.ts'
import { watchedHouse, type WatchedHouse } from './measured-house.ts'

export interface MeasuredHousesOptions {
  readonly clock: Clock
  readonly application: Pick<Application, 'fleet' | 'keep'>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface MeasuredHouses {
  /** From here on somebody tells of the house of a site. Returns the end of it. */
  attach(site: SiteId, by: string, read: () => HouseReading): () => void
  /** How the meter of a site stands; null where nobody has told of it. */
  standing(site: SiteId): MeasuredHouse | null
  /** Takes up what was measured before. */
  start(): void
  stop(): void
}

const LOOK_MS = 10_000

/** Nobody is looked at yet. */
export function measuredHouses({ clock, application, log }: MeasuredHousesOptions): MeasuredHouses {
  const { fleet } = application
  const all = new Map<SiteId, WatchedHouse>()
  let isStopped = false

  function houseAt(site: SiteId): WatchedHouse {
    const known = all.get(site)
    if (known !== undefined) return known
    const house = watchedHouse(fleet, site, clock.now(), clock.elapsed())
    all.set(site, house)
    look(site, house)
    return house
  }
  function look(site: SiteId, house: WatchedHouse): void {
    if (isStopped) return
    clock.after(LOOK_MS, `house ${site}`, () => look(site, house))
    const load = house.look(clock.now(), clock.elapsed())
    if (load !== null) tell(house, load)
  }
  function tell(house: WatchedHouse, load: MeasuredLoad): void {
    const { site, by, power } = load
    if (power === null)
      log('warn', 'a house is not measured any more: it counts as the worst of its last day', {
        site,
        by,
        why: house.standing(clock.elapsed()).reason,
      })
    const concerns = { evses: fleet.evsesBySite.get(site) ?? [], cause: 'what the house takes' }
    // What cannot be recorded now is looked at again, and recorded then.
    application.keep({ kind: 'site-load-measured', load }, concerns).catch(() => {})
    house.told(clock.elapsed())
  }

  return {
    attach(site, by, read) {
      const [house, source] = [houseAt(site), { by, read }]
      house.add(source)
      return () => house.remove(source)
    },
    standing: (site) => all.get(site)?.standing(clock.elapsed()) ?? null,
    start() {
      for (const site of fleet.measuredLoads.keys()) houseAt(site)
    },
    stop: () => void (isStopped = true),
  }
}
