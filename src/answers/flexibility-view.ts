// Answers what cars, sites, pools and portfolios can do from now on, made from the live state at the instant asked, so that every new bound shows at once.
import { carBand, type Band } from '../../domain/flexibility/band.ts'
import { sumBands, type JointLimits } from '../../domain/flexibility/sum-bands.ts'
import type { EvseId, SiteId } from '../../domain/registry/identity.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Site } from '../../domain/registry/registry.ts'
import { createPlanner } from '../../domain/planning/car/plan-vehicle.ts'
import { chargingOnly } from '../../domain/planning/discharge-rule.ts'
import { endOf, later, slotAt, SLOT_MS, type Slot } from '../../domain/time/slot.ts'
import type { Portfolio } from '../../domain/trading/schedule.ts'
import { isPlain } from '../../domain/problems/rich-car.ts'
import { carProblem, SLOTS_MAX, type CarProblemOptions, type SlotPrices } from '../../domain/problems/car-problem.ts'
import { fusePower } from '../../domain/live/connection.ts'
import { envelopesOn, strictest } from '../../domain/live/joint-bounds.ts'
import { countedPower, isReachable } from '../../domain/live/reachable.ts'
import { houseLeast, houseLoad } from '../../domain/live/site-load.ts'
import { portfolioOf, portfoliosOf } from '../../domain/live/portfolios.ts'
import type { Troubles } from '../run/troubles.ts'
import { turns } from '../run/turns.ts'

/** What a subject can do from an instant on, epoch ms; null for one nobody knows. */
export type FlexibilityOf = (subject: string, now: number) => Promise<Band | null>

/** Bands summed in one go: sums of parts are the sum of all, and none of them takes long. */
const PARTS_MAX = 64

/** The flexibility of subjects over a live fleet; nothing is kept between two questions. */
export function flexibilityView(fleet: LiveFleet, options: CarProblemOptions, troubles: Troubles): FlexibilityOf {
  const planner = createPlanner(SLOTS_MAX + 1)

  /** Who cannot be understood offers nothing, and does not hold up the others. */
  function bandOf(live: LiveEvse, question: Question): Band | null {
    return troubles.guard('views', () => knownBand(live, question), null)
  }

  function knownBand(live: LiveEvse, { now, prices }: Question): Band | null {
    const session = openSession(fleet, live)
    // Who is not counted on is worth nothing (F1, F32).
    if (session === null || !isReachable(fleet, live, session, now)) return null
    const { problem, strategy, beyond } = carProblem(fleet, live, session, now, { ...options, prices })
    const band = strategy === 'bidirectional' ? carBand(planner, problem) : carBand(planner, problem, chargingOnly(problem))
    // The band knows one efficiency and no taper: what it offers near full may be more than the battery takes.
    return beyond === null || isPlain(beyond) ? band : { ...band, isDeliverable: false }
  }

  function sum(bands: readonly Band[], now: number, bounds: readonly Bounds[]): Band {
    const first = slotAt(now)
    const steps = Math.max(0, ...bands.map(({ powerMin }) => powerMin.length))
    const worth = bands.filter(({ powerMin }) => powerMin.length > 0)
    const limits = bounds.map((bound) => jointLimits(bound, now, steps))
    const band = sumBands(worth, first, limits)
    return worth.length > 0 ? band : { ...band, isDeliverable: false }
  }

  function siteBand(site: Site, here: readonly LiveEvse[], question: Question): Band {
    const bands = here.flatMap((live) => bandOf(live, question) ?? [])
    const fuse = fusePower(site, here)
    const first = slotAt(question.now)
    const taking = houseLoad(fleet, site.id, first, SLOTS_MAX)
    const giving = houseLeast(fleet, site.id, first, SLOTS_MAX)
    // As in plans: a house that takes leaves less of the fuse, one that gives less of the feed-in limit.
    const connection: Bounds = (slot, side) => {
      const load = (of: Float64Array | null) => of?.[slot - first] ?? 0
      return side === 'max' ? fuse - Math.max(0, load(taking)) : -site.feedInMax - Math.min(0, load(giving))
    }
    const bounds = [connection, ...envelopeBounds(`site:${site.id}`, question.now)]
    return sum(bands, question.now, beside(here, bounds, question.now))
  }

  /** What those take who are not counted on leaves less room for the others. */
  function beside(here: readonly LiveEvse[], bounds: readonly Bounds[], now: number): readonly Bounds[] {
    const uncounted = here.filter((live) => {
      const session = openSession(fleet, live)
      return session !== null && !isReachable(fleet, live, session, now)
    })
    if (uncounted.length === 0) return bounds
    const taken = (slot: Slot) => uncounted.reduce((total, live) => total + countedPower(live, slot, false), 0)
    return bounds.map((bound) => (slot, side) => bound(slot, side) - (side === 'max' ? taken(slot) : 0))
  }

  function envelopeBounds(subject: string, now: number): readonly Bounds[] {
    const envelopes = envelopesOn(fleet, subject, now)
    return envelopes.length === 0 ? [] : [(slot, side) => strictest(envelopes, slot, side, now)]
  }

  /** Sites under the bounds of their pools; where some cars of a pool are not asked for, they may make room, and its bounds say nothing. */
  async function sitesBand(isAsked: (site: Site) => boolean, question: Question): Promise<Band> {
    const { now } = question
    const turn = turns()
    const pools = new Map<string, { readonly bands: Band[]; readonly cars: LiveEvse[]; isWhole: boolean }>()
    for (const [id, here] of pluggedBySite(fleet)) {
      const site = fleet.sites.get(id)
      if (site === undefined) continue
      const pool = pools.get(site.pool) ?? { bands: [], cars: [], isWhole: true }
      pools.set(site.pool, pool)
      if (isAsked(site)) pool.bands.push(siteBand(site, here, question))
      else pool.isWhole = false
      pool.cars.push(...here)
      if (pool.bands.length >= PARTS_MAX) pool.bands.push(sum(pool.bands.splice(0), now, []))
      await turn()
    }
    const sums = [...pools].map(([id, pool]) =>
      sum(pool.bands, now, pool.isWhole ? beside(pool.cars, envelopeBounds(`pool:${id}`, now), now) : []),
    )
    return sum(sums, now, [])
  }

  return async (subject, now) => {
    const question: Question = { now, prices: remembered(options.prices) }
    const [kind, id = ''] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
    switch (kind) {
      case 'evse': {
        const live = fleet.evses.get(id as EvseId)
        return live === undefined ? null : (bandOf(live, question) ?? sum([], now, []))
      }
      case 'site': {
        const site = fleet.sites.get(id as SiteId)
        return site === undefined ? null : siteBand(site, pluggedBySite(fleet).get(site.id) ?? [], question)
      }
      case 'pool':
        return fleet.registry.pools.some((pool) => pool.id === id) ? sitesBand(({ pool }) => pool === id, question) : null
      case 'portfolio':
        return portfoliosOf(fleet).some((portfolio) => nameOf(portfolio) === id)
          ? sitesBand((site) => nameOf(portfolioOf(fleet, site)) === id, question)
          : null
      default:
        return null
    }
  }
}

/** One question: its instant, and the prices of all its cars. */
interface Question {
  readonly now: number
  readonly prices: CarProblemOptions['prices']
}

/** Prices asked for by car after car from the same slot on are looked up once, for the longest stay so far. */
function remembered(prices: CarProblemOptions['prices']): CarProblemOptions['prices'] {
  const known = new Map<number, SlotPrices>()
  return (fleet, from, slots) => {
    let found = known.get(from)
    if (found === undefined || found.buy.length < slots) known.set(from, (found = prices(fleet, from, slots)))
    return found.buy.length === slots ? found : { buy: found.buy.slice(0, slots), sell: found.sell.slice(0, slots) }
  }
}

/** As schedules are addressed. */
function nameOf(portfolio: Portfolio | null): string | null {
  return portfolio === null ? null : `${portfolio.balanceGroup}/${portfolio.controlArea}`
}

function pluggedBySite(fleet: LiveFleet): ReadonlyMap<SiteId, readonly LiveEvse[]> {
  const found = new Map<SiteId, LiveEvse[]>()
  for (const live of fleet.evses.values()) {
    if (live.session === null) continue
    const here = found.get(live.evse.site)
    if (here === undefined) found.set(live.evse.site, [live])
    else here.push(live)
  }
  return found
}

/** The strictest power of one side in a slot, W. */
type Bounds = (slot: Slot, side: 'min' | 'max') => number

/** Of the running slot only the rest is left, as in the cars' own bounds. */
function jointLimits(bound: Bounds, now: number, steps: number): JointLimits {
  const first = slotAt(now)
  const share = (endOf(first) - now) / SLOT_MS
  const side = (of: 'min' | 'max') =>
    Float64Array.from({ length: steps }, (_, t) => bound(later(first, t), of) * (t === 0 ? share : 1))
  return { first, powerMin: side('min'), powerMax: side('max') }
}
