// What the cars of a portfolio would take more or less of in every open quarter-hour, and at which price: a ladder of bids from the cars' own demand curves.
import { createLadder, rungsOf, type Ladder, type Rung } from '../../domain/flexibility/bid-ladder.ts'
import { createCurveMaker, demandCurves, marketWorth, type StepTariff } from '../../domain/flexibility/price-curve.ts'
import type { Session } from '../../domain/registry/session.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { createPlanner, ruleFor } from '../../domain/planning/car/plan-vehicle.ts'
import { chargingOnly } from '../../domain/planning/discharge-rule.ts'
import type { Offer } from '../../domain/ports/answers/offers.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import { later, slotAt, SLOT_HOURS, type Slot } from '../../domain/time/slot.ts'
import { isClosed } from '../../domain/trading/schedule-book.ts'
import { isSamePortfolio, portfolioKey, type Portfolio } from '../../domain/trading/schedule.ts'
import { slotEnergy, wattHours, watts, type Price } from '../../domain/units.ts'
import { turns } from '../run/turns.ts'
import {
  allowedProblem,
  carProblem,
  SLOTS_MAX,
  type CarProblem,
  type CarProblemOptions,
} from '../../domain/problems/car-problem.ts'
import { fusePower } from '../../domain/live/connection.ts'
import { envelopesOn, strictest } from '../../domain/live/joint-bounds.ts'
import { isOf, portfoliosOf } from '../../domain/live/portfolios.ts'
import { countedPower, isReachable } from '../../domain/live/reachable.ts'
import { hasHouse } from '../../domain/live/site-load.ts'
import type { PricesOf } from '../market/tariff-in-force.ts'
import type { Troubles } from '../run/troubles.ts'

/** What the cars of a portfolio would take more or less of from an instant on, epoch ms; null where nobody belongs to it. */
export type OffersOf = (portfolio: Portfolio, now: number) => Promise<readonly Offer[] | null>

export interface OffersOptions {
  readonly car: CarProblemOptions
  readonly gateMs: number
  readonly fleetPlans: () => readonly FleetPlanView[]
  /** The price the fleet puts on a car's power; null where nothing ties it. */
  readonly priceFor: (live: LiveEvse, first: Slot, steps: number) => Float64Array | null
  /** Prices of the tariff in force over a market's prices of its own. */
  readonly pricesOver: () => PricesOf
  readonly troubles: Troubles
}

/** Cars are looked at this far ahead: two days. */
const STEPS_MAX = 192
/** Two prices of the market between which the tariff is a line, ct/MWh. */
const PROBE = 10_000

/** An amount of energy a car would take more at a market price, by step of the horizon. */
interface Block {
  readonly step: number
  readonly width: number
  readonly price: number
}
interface CarOffer {
  readonly steps: number
  readonly least: ArrayLike<number>
  readonly blocks: readonly Block[]
}

/** Cars that share what room there is. */
interface Group {
  readonly ladder: Ladder
  readonly lowest: Float64Array
  readonly planned: Float64Array
  /** Bounds on the sum of all cars of its pool; null where nobody has set any. */
  readonly pool: string | null
}

/** The offers over a live fleet; nothing is kept between two questions. */
export function offersView(fleet: LiveFleet, options: OffersOptions): OffersOf {
  const planner = createPlanner(SLOTS_MAX)
  const maker = createCurveMaker(STEPS_MAX)

  function steerable(live: LiveEvse, session: Session, now: number): CarProblem | null {
    const car = carProblem(fleet, live, session, now, options.car)
    // A car whose time has come, and one whose battery is no simple one, take what they take.
    const isSteered = car.strategy !== 'immediate' && car.beyond === null && car.problem.steps <= STEPS_MAX && live.plan !== null
    return isSteered && isReachable(fleet, live, session, now) && !mayBeHeld(fleet, live, now) ? car : null
  }

  /** What one car offers; null for one that takes what it takes. */
  function offerOf(live: LiveEvse, session: Session, now: number, first: Slot, tariff: readonly StepTariff[]): CarOffer | null {
    const car = steerable(live, session, now)
    if (car === null) return null
    const alone = allowedProblem(car)
    const rule = car.strategy === 'smart' ? chargingOnly(alone) : ruleFor(planner, alone)
    const problem = { ...alone, lambda: options.priceFor(live, first, alone.steps) }
    const blocks: Block[] = []
    let [before, at] = [Infinity, -1]
    const least = demandCurves(maker, planner, problem, rule, (step, width, worth, isCharging) => {
      const price = marketWorth(worth, isCharging, tariff[step]!)
      // Where giving earns more than taking costs the order of the blocks is the cautious one.
      before = step === at ? Math.min(before, price) : price
      at = step
      blocks.push({ step, width, price: before })
    })
    return { steps: problem.steps, least, blocks }
  }

  /** Whoever asks while an answer is being made gets the same one: many questions cost no more than one. */
  const underWay = new Map<string, Promise<readonly Offer[] | null>>()
  return (portfolio, now) => {
    const key = portfolioKey(portfolio)
    const answer = underWay.get(key) ?? offersOf(portfolio, now).finally(() => underWay.delete(key))
    underWay.set(key, answer)
    return answer
  }

  async function offersOf(portfolio: Portfolio, now: number): Promise<readonly Offer[] | null> {
    if (!portfoliosOf(fleet).some((known) => isSamePortfolio(portfolio, known))) return null
    const first = slotAt(now)
    const tariff = tariffLines(options.pricesOver(), fleet, first, STEPS_MAX)
    const groups = new Map<string | null, Group>()
    const groupOf = (pool: string | null): Group => {
      const known = groups.get(pool)
      if (known !== undefined) return known
      const [lowest, planned] = [new Float64Array(STEPS_MAX), new Float64Array(STEPS_MAX)]
      const group = { ladder: createLadder(STEPS_MAX), lowest, planned, pool }
      groups.set(pool, group)
      return group
    }
    const planned = new Float64Array(STEPS_MAX)
    let steps = 0
    const turn = turns()
    for (const live of fleet.evses.values()) {
      const session = openSession(fleet, live)
      if (session === null || !isOf(fleet, live, portfolio)) continue
      await turn()
      const isCounted = isReachable(fleet, live, session, now)
      for (let t = 0; t < STEPS_MAX; t++) planned[t]! += countedPower(live, later(first, t), isCounted)
      // Who cannot be understood offers nothing, and does not hold up the others.
      const offer = options.troubles.guard('views', () => offerOf(live, session, now, first, tariff), null)
      if (offer === null) continue
      const pool = fleet.sites.get(live.evse.site)!.pool
      const group = groupOf(envelopesOn(fleet, `pool:${pool}`, now).length > 0 ? pool : null)
      for (const { step, width, price } of offer.blocks) group.ladder.add(step, width, price)
      steps = Math.max(steps, offer.steps)
      for (let t = 0; t < offer.steps; t++) {
        group.lowest[t]! += offer.least[t]!
        group.planned[t]! += countedPower(live, later(first, t), true)
      }
    }
    const row = positionPrice(options.fleetPlans, portfolio)
    const offers: Offer[] = []
    for (let t = 0; t < steps; t++) {
      const slot = later(first, t)
      const spot = fleet.prices.get(slot)
      if (isClosed(slot, now, options.gateMs) || spot === undefined) continue
      const ladders = [...groups.values()].map(({ ladder, lowest, planned: plan, pool }) => ({
        ladder,
        around: { lowest: lowest[t]!, planned: plan[t]!, ...poolRoom(fleet, pool, slot, now) },
      }))
      const { up, down } = rungsOf(ladders, t, SLOT_HOURS)
      const rung = ({ energy, price }: Rung) => ({ energy: wattHours(energy), price: price as Price })
      offers.push({
        slot,
        planned: slotEnergy(watts(planned[t]!)),
        price: Math.round(spot + row(slot)) as Price,
        up: up.map(rung),
        down: down.map(rung),
      })
    }
    return offers
  }
}

/** Whether something at its site may hold a car: a bound on the site, or a connection that does not carry everything at once. Then it offers nothing. */
function mayBeHeld(fleet: LiveFleet, { evse }: LiveEvse, now: number): boolean {
  const site = fleet.sites.get(evse.site)
  if (site === undefined || hasHouse(fleet, site.id) || envelopesOn(fleet, `site:${site.id}`, now).length > 0) return true
  const here = (fleet.evsesBySite.get(site.id) ?? []).flatMap((id) => {
    const live = fleet.evses.get(id)!
    return live.session === null ? [] : [live]
  })
  const most = here.reduce((sum, live) => sum + live.evse.chargeMax, 0)
  const least = here.reduce((sum, live) => sum + live.evse.dischargeMax, 0)
  return here.length > 1 && (most > fusePower(site, here) || least < -site.feedInMax)
}

/** What the bounds on a pool leave beside what all of its cars, of whatever portfolio, are planned to do. */
function poolRoom(
  fleet: LiveFleet,
  pool: string | null,
  slot: Slot,
  now: number,
): { readonly roomUp: number; readonly roomDown: number } {
  if (pool === null) return { roomUp: Infinity, roomDown: Infinity }
  const envelopes = envelopesOn(fleet, `pool:${pool}`, now)
  let planned = 0
  for (const live of fleet.evses.values()) {
    const session = openSession(fleet, live)
    if (session === null || fleet.sites.get(live.evse.site)?.pool !== pool) continue
    planned += countedPower(live, slot, isReachable(fleet, live, session, now))
  }
  return {
    roomUp: Math.max(0, strictest(envelopes, slot, 'max', now) - planned),
    roomDown: Math.max(0, planned - strictest(envelopes, slot, 'min', now)),
  }
}

/** How buying and selling prices of a car follow the market's price, by step. */
function tariffLines(pricesOf: PricesOf, fleet: LiveFleet, first: Slot, steps: number): readonly StepTariff[] {
  const at = (price: number) => {
    const prices = new Map(Array.from({ length: steps }, (_, t) => [later(first, t), price as Price] as const))
    return pricesOf({ ...fleet, prices }, first, steps)
  }
  const [zero, probe] = [at(0), at(PROBE)]
  return Array.from({ length: steps }, (_, t) => ({
    buyPerSpot: (probe.buy[t]! - zero.buy[t]!) / PROBE,
    buyAtZero: zero.buy[t]!,
    sellPerSpot: (probe.sell[t]! - zero.sell[t]!) / PROBE,
    sellAtZero: zero.sell[t]!,
  }))
}

/** What a MWh more in the portfolio's position is worth beyond the price of the day, by slot; 0 where nothing is sold. */
function positionPrice(fleetPlans: OffersOptions['fleetPlans'], portfolio: Portfolio): (slot: Slot) => number {
  const plan = fleetPlans().find((other) => isSamePortfolio(portfolio, other))
  const row = plan?.rows.find(({ name }) => name === 'position')
  return (slot) => (plan === undefined ? 0 : (row?.price[slot - plan.first] ?? 0))
}
