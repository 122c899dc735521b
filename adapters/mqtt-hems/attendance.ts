// Which energy managers are there: by their own word, by the will of a connection that ended, and by their heartbeats; recorded when it changes.
import type { Fact } from '../../domain/facts/fact.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import type { HouseBook } from './house-book.ts'
import { pulse } from './pulse.ts'

export interface AttendanceOptions {
  readonly clock: Clock
  readonly book: HouseBook
  readonly keep: (fact: Fact) => Promise<void>
  /** A heartbeat of ours is due. */
  readonly beat: (site: SiteId) => void
  /** One came or left, by its word or by its silence. */
  readonly changed: (site: SiteId, isOnline: boolean) => void
}
export interface Attendance {
  /** Expects a site to be heard from now on, and tells it our heartbeats. */
  join(site: SiteId): void
  heard(site: SiteId): void
  /** Resolves when it is durable that one is there. */
  told(site: SiteId, isOnline: boolean): Promise<void>
  stop(): void
}

/** An energy manager that was cut off and comes back within this was never away, ms. */
const OFFLINE_AFTER_MS = 30_000

/** Nobody is expected yet. */
export function attendance({ clock, book, keep, beat, changed }: AttendanceOptions): Attendance {
  const present = new Set<SiteId>()
  const leaving = new Map<SiteId, () => void>()
  const beats = pulse<SiteId>({ clock, beat, silent: (site) => void record(site, false, 'no heartbeat for 120 s') })

  /** What cannot be recorded now is when it is told or found out the next time. */
  async function record(site: SiteId, isOnline: boolean, detail: string): Promise<void> {
    if (present.has(site) !== isOnline) {
      if (isOnline) present.add(site)
      else present.delete(site)
      changed(site, isOnline)
    }
    if ((book.house(site)?.isOnline ?? false) === isOnline) return
    await keep({ kind: 'hems-presence', site, isOnline, detail }).catch(() => {})
  }
  function stay(site: SiteId): void {
    leaving.get(site)?.()
    leaving.delete(site)
  }

  return {
    join: beats.join,
    heard(site) {
      const isBack = !beats.isHeard(site)
      beats.heard(site)
      if (isBack) void record(site, true, 'heard again')
    },
    async told(site, isOnline) {
      stay(site)
      if (isOnline) {
        beats.join(site)
        return record(site, true, 'told')
      }
      const away = () => {
        leaving.delete(site)
        void record(site, false, 'its connection ended')
      }
      leaving.set(site, clock.after(OFFLINE_AFTER_MS, `hems ${site}`, away))
    },
    stop() {
      for (const cancel of leaving.values()) cancel()
      beats.stop()
    },
  }
}
