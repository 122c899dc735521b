// A limitation desk over many sites on the manual clock, whose facts and looks are counted and whose journal may be away.
import type { Fact } from '../../../../domain/facts/fact.ts'
import type { SiteLimitation } from '../../../../domain/limitation/limitation-contract.ts'
import { NO_AUTONOMY } from '../../../../domain/limitation/limited-device.ts'
import { apply } from '../../../../domain/live/apply.ts'
import { emptyFleet } from '../../../../domain/live/live-fleet.ts'
import { id, type SiteId } from '../../../../domain/registry/identity.ts'
import type { Registry } from '../../../../domain/registry/registry.ts'
import { watts } from '../../../../domain/units.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { limitationDesk } from '../../../../src/run/limitation/limitation-desk.ts'
import { smallRegistry } from '../../../domain/live/small-fleet.ts'

export const START = Date.parse('2026-01-15T16:00:00Z')
export const HOUR_MS = 3_600_000
const idle = () => Promise.resolve()
export const GUARD = 'control box'

export function consume(change: Partial<NonNullable<SiteLimitation['consume']>> = {}): SiteLimitation {
  return {
    consume: {
      guard: GUARD,
      by: 'eebus',
      role: 'energy-manager',
      nominalMax: null,
      failsafeLimit: watts(4_200),
      failsafeDurationMs: 2 * HOUR_MS,
      failsafeDurationMaxMs: 24 * HOUR_MS,
      largestLimit: null,
      autonomy: NO_AUTONOMY,
      ...change,
    },
  }
}
export function sitesWith(count: number, limitation: SiteLimitation): Registry {
  return smallRegistry({ cars: count, site: () => ({ limitation }) })
}

/** A desk over so many sites, whose facts are counted; the journal may be away. */
export function deskLab({ sites = 1, limitation = consume(), releaseMs = 60_000 } = {}) {
  const clock = manualClock(START)
  const fleet = emptyFleet()
  const facts: Fact[] = []
  const looks: (readonly string[])[] = []
  let isAway = false
  const record = (fact: Fact) => {
    facts.push(fact)
    apply(fleet, fact, clock.now())
  }
  record({ kind: 'registry-set', registry: sitesWith(sites, limitation) })
  const open = () =>
    limitationDesk({
      clock,
      application: {
        fleet,
        restrict(more, subjects) {
          if (isAway) return Promise.reject(new Error('the disk is full'))
          more.forEach(record)
          looks.push(subjects)
          return Promise.resolve()
        },
        planBeside() {},
      },
      durable: idle,
      releaseMs,
    })
  let running = open()
  const nameOf = (n: number) => id<SiteId>(`home-${n}`)
  const part = (n = 1, direction: 'consume' | 'produce' = 'consume') => running.limited(nameOf(n), direction)!.part
  const limited = (n: number) => {
    const signal = fleet.signals.byId.get(`lpc:home-${n}`)
    return signal === undefined || signal.withdrawn !== null ? null : signal.signal.max
  }
  running.start()
  return {
    clock,
    fleet,
    facts,
    looks,
    record,
    part,
    limited,
    desk: () => running,
    away: (is: boolean) => void (isAway = is),
    run: (ms: number) => clock.runUntil(clock.now() + ms, idle),
    heartbeat: (n = 1) => part(n).take({ kind: 'heartbeat', guard: GUARD, timeoutMs: 60_000 }),
    limit: (value: number | null, n = 1, durationMs: number | null = null) =>
      part(n).take({
        kind: 'limit-write',
        guard: GUARD,
        write: { isActive: value !== null, value: watts(value ?? 0), durationMs },
      }),
    /** The process ends and begins anew from what was recorded. */
    restart() {
      running.stop()
      record({ kind: 'started', version: 'test', strategy: 'bidirectional' })
      running = open()
      running.start()
    },
  }
}
