// Small fleets drawn at random, and random things that happen to them: for comparing two ways to dispatch.
import { apply } from '../../../domain/live/apply.ts'
import type { LiveEvse, LiveFleet } from '../../../domain/live/live-fleet.ts'
import { id, stationOf, type PoolId, type SiteId } from '../../../domain/registry/identity.ts'
import type { Phase } from '../../../domain/registry/registry.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import { HOUR_MS, MINUTE_MS, needsOf, NOW, priced, readingOf, sessionOf, smallFleet, smallRegistry } from '../live/small-fleet.ts'

/** Whole numbers below a limit, and picks from a list; the same for the same seed. */
export interface Dice {
  below(limit: number): number
  between(from: number, to: number): number
  of<Value>(values: readonly Value[]): Value
  chance(share: number): boolean
}

export function dice(seed: number): Dice {
  let state = seed * 2_654_435_769 + 1
  const below = (limit: number) => {
    state = Math.imul(state ^ (state >>> 15), state | 1)
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61)
    seed = (seed + 0x6d2b79f5) | 0
    return Math.floor((((state ^ seed ^ (state >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
  return {
    below,
    between: (from, to) => from + below(to - from + 1),
    of: (values) => values[below(values.length)]!,
    chance: (share) => below(1_000) < share * 1_000,
  }
}

const PHASES: readonly (readonly Phase[])[] = [['L1', 'L2', 'L3'], ['L1', 'L2', 'L3'], ['L1'], ['L2'], []]

/** Up to nine EVSEs at up to four sites of two pools and two grid areas, most of them with a car that has a plan. */
export function randomFleet(of: Dice): LiveFleet {
  const cars = of.between(1, 9)
  const sites = of.between(1, 4)
  const base = smallRegistry({
    cars,
    site: () => ({
      pool: id<PoolId>(of.chance(0.7) ? 'pool' : 'other-pool'),
      gridArea: of.of(['north', 'south']),
      fuseAmps: of.of([16, 35, 63, 100]),
      feedInMax: watts(of.of([0, 5_000, 11_000, 30_000])),
      phases: of.chance(0.8) ? ['L1', 'L2', 'L3'] : ['L1'],
    }),
  })
  const evses = base.evses.map((evse) => ({
    ...evse,
    site: id<SiteId>(`home-${of.between(1, Math.min(cars, sites))}`),
    phases: of.of(PHASES),
    chargeMin: watts(of.of([0, 1_000, 1_380, 4_200])),
  }))
  const fleet = smallFleet({ ...base, evses })
  if (of.chance(0.8)) priced(fleet)
  for (let n = 1; n <= cars; n++) if (of.chance(0.9)) for (const fact of arrival(of, n)) apply(fleet, fact, NOW)
  for (const live of fleet.evses.values()) {
    if (live.session !== null && of.chance(0.9)) apply(fleet, plan(of, live), NOW)
    if (of.chance(0.8)) apply(fleet, reading(of, live, NOW), NOW)
  }
  for (let n = of.below(4); n > 0; n--) apply(fleet, limit(of, fleet, NOW), NOW)
  return fleet
}

function arrival(of: Dice, n: number): readonly Fact[] {
  const session = sessionOf(n, {
    wish: {
      readyBy: NOW + of.between(1, 14) * HOUR_MS,
      targetSoc: share(0.8),
      minimumSoc: share(of.of([0.1, 0.3, 0.5])),
      by: 'standing-wish',
    },
  })
  const needs = needsOf({
    soc: share(of.between(5, 100) / 100),
    bidirectional: of.chance(0.8),
    chargeMin: of.chance(0.2) ? watts(2_000) : null,
  })
  return [
    { kind: 'station-connected', station: stationOf(session.evse), dialect: 'ocpp2.1' },
    { kind: 'session-started', session },
    { kind: 'session-needs', session: session.id, needs, wish: session.wish },
  ]
}

function plan(of: Dice, live: LiveEvse): Fact {
  return {
    kind: 'plan-published',
    session: live.session!,
    strategy: of.of(['bidirectional', 'bidirectional', 'smart']) as 'bidirectional',
    firstSlot: slotAt(NOW) - of.below(3),
    powerWatts: Array.from({ length: 24 }, () =>
      of.of([0, 300, 2_500, of.between(-11_000, 11_000), of.between(-11_000, 11_000)]),
    ),
    cause: 'random',
    feeRegime: 'none',
    breaches: [],
    degraded: false,
    inputHash: '',
    certificate: null,
  }
}

function reading(of: Dice, live: LiveEvse, at: number): Fact {
  const power = watts(of.of([0, of.between(-11_000, 11_000)]))
  const more = of.chance(0.5) ? { imported: wattHours(of.between(1, 50) * 100), exported: wattHours(0) } : {}
  return { kind: 'readings', readings: [readingOf(live, at, { power, ...more })] }
}

/** A limit of a grid operator, or an activation of a pool. */
function limit(of: Dice, fleet: LiveFleet, at: number): Fact {
  const evse = of.of([...fleet.evses.values()]).evse
  const pool = of.of(['pool', 'other-pool'])
  const isTarget = of.chance(0.3)
  const subject = isTarget
    ? `pool:${pool}`
    : of.of([`evse:${evse.id}`, `site:${evse.site}`, `pool:${pool}`, `area:${of.of(['north', 'south'])}`])
  const target = watts(of.between(-30_000, 30_000))
  return {
    kind: 'envelope-received',
    envelope: {
      subject,
      from: at + of.of([0, 0, 30 * MINUTE_MS]),
      until: of.of([null, at + 20 * MINUTE_MS, at + HOUR_MS]),
      rank: isTarget ? 'activation' : 'grid-limit',
      min: isTarget ? target : of.chance(0.5) ? watts(-of.below(12_000)) : null,
      max: isTarget ? target : of.chance(0.7) ? watts(of.below(20_000)) : null,
      provenance: { authority: 'VNB', reference: String(of.below(1_000)) },
      receivedAt: at,
    },
  }
}

/** One thing that happens. */
export function happening(of: Dice, fleet: LiveFleet, at: number): readonly Fact[] {
  const live = of.of([...fleet.evses.values()])
  const { id: evse, station } = live.evse
  const free: readonly Fact[] = arrival(of, live.index + 1)
  switch (of.below(9)) {
    case 0:
      return [{ kind: 'station-disconnected', station, detail: 'random' }]
    case 1:
      return [{ kind: 'station-connected', station, dialect: 'ocpp2.1' }]
    case 2:
      return [{ kind: 'station-deviates', evse, ordered: 0, measured: 3_000, misses: of.below(4) }]
    case 3:
      return [{ kind: 'station-quarantined', evse, until: at + 15 * MINUTE_MS }]
    case 4:
      return [limit(of, fleet, at)]
    case 5:
      return live.session === null ? free : [{ kind: 'session-ended', session: live.session, endedAt: at, detail: 'random' }]
    case 6:
      return live.session === null ? free : [plan(of, live)]
    case 7:
      return [
        {
          kind: 'registry-set',
          registry: { ...fleet.registry, evses: of.chance(0.5) ? fleet.registry.evses.toReversed() : fleet.registry.evses },
        },
      ]
    default:
      return [reading(of, live, at)]
  }
}
