// What the cars of a portfolio would take more or less of in every open quarter-hour, and at which price: a ladder of bids from the cars' own demand curves.
import { setImmediate } from 'node:timers/promises'
import { createLadder } from '../domain/flexibility/bid-ladder.ts'
import { createCurveMaker, demandCurves, marketWorth, type StepTariff } from '../domain/flexibility/price-curve.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../domain/fleet/live-fleet.ts'
import { chargingOnly, createPlanner, ruleFor } from '../domain/planning/plan-vehicle.ts'
import type { FleetView, Offer } from '../domain/ports/fleet-view.ts'
import { later, slotAt, SLOT_HOURS, type Slot } from '../domain/time/slot.ts'
import { isClosed } from '../domain/trading/schedule-book.ts'
import { isSamePortfolio, type Portfolio } from '../domain/trading/schedule.ts'
import { slotEnergy, wattHours, watts, type Price } from '../domain/units.ts'
import { PIECE } from './planned-cars.ts'
import { allowedProblem, carProblem, SLOTS_MAX, type CarProblemOptions } from './services/car-problem.ts'
import { portfolioOf } from './services/tied-fleets.ts'
import type { PricesOf } from './tariff-in-force.ts'

export interface OffersOptions {
  readonly car: CarProblemOptions
  readonly gateMs: number
  readonly flexibility: FleetView['flexibility']
  readonly fleetPlans: FleetView['fleetPlans']
  /** The price the fleet puts on a car's power; null where nothing ties it. */
  readonly priceFor: (live: LiveEvse, first: Slot, steps: number) => Float64Array | null
  /** Prices of the tariff in force over a market's prices of its own. */
  readonly pricesOver: () => PricesOf
}

/** Cars are looked at this far ahead: two days. */
const STEPS_MAX = 192
/** Two prices of the market between which the tariff is a line, ct/MWh. */
const PROBE = 10_000

/** The offers over a live fleet; nothing is kept between two questions. */
export function offersView(fleet: LiveFleet, options: OffersOptions): FleetView['offers'] {
  const planner = createPlanner(SLOTS_MAX)
  const maker = createCurveMaker(STEPS_MAX)

  return async (portfolio, now) => {
    const first = slotAt(now)
    const band = await options.flexibility(`portfolio:${portfolio.balanceGroup}/${portfolio.controlArea}`, now)
    if (band === null) return null
    const steps = Math.min(STEPS_MAX, band.powerMin.length)
    const tariff = tariffLines(options.pricesOver(), fleet, first, steps)
    const ladder = createLadder(steps)
    const [lowest, steered, planned] = [0, 0, 0].map(() => new Float64Array(steps))
    let cars = 0
    for (const live of fleet.evses.values()) {
      const session = openSession(fleet, live)
      const site = fleet.sites.get(live.evse.site)
      if (session === null || site === undefined || !isSamePortfolio(portfolio, portfolioOf(fleet, site))) continue
      const plan = (t: number) => live.plan?.power[later(first, t) - live.plan.firstSlot] ?? 0
      for (let t = 0; t < steps; t++) planned![t]! += plan(t)
      const car = carProblem(fleet, live, session, now, options.car)
      // A car whose time has come, and one whose battery is no simple one, take what they take: they offer nothing.
      if (car.strategy === 'immediate' || car.beyond !== null || car.problem.steps > steps || live.plan === null) continue
      const alone = allowedProblem(car)
      const rule = car.strategy === 'smart' ? chargingOnly(alone) : ruleFor(planner, alone)
      const problem = { ...alone, lambda: options.priceFor(live, first, alone.steps) }
      let [before, at] = [Infinity, -1]
      const least = demandCurves(maker, planner, problem, rule, (step, width, worth, isCharging) => {
        const price = marketWorth(worth, isCharging, tariff[step]!)
        // Where giving earns more than taking costs the order of the blocks is the cautious one.
        before = step === at ? Math.min(before, price) : price
        at = step
        ladder.add(step, width, before)
      })
      for (let t = 0; t < problem.steps; t++) {
        lowest![t]! += least[t]!
        steered![t]! += plan(t)
      }
      if (++cars % PIECE === 0) await setImmediate()
    }
    const row = positionPrice(options.fleetPlans, portfolio)
    const offers: Offer[] = []
    for (let t = 0; t < steps; t++) {
      const slot = later(first, t)
      const spot = fleet.prices.get(slot)
      if (isClosed(slot, now, options.gateMs) || spot === undefined) continue
      const { up, down } = ladder.rungs(t, {
        lowest: lowest![t]!,
        planned: steered![t]!,
        roomUp: Math.max(0, band.powerMax[t]! - planned![t]!),
        roomDown: Math.max(0, planned![t]! - band.powerMin[t]!),
        hours: SLOT_HOURS,
      })
      const rung = ({ energy, price }: { energy: number; price: number }) => ({
        energy: wattHours(energy),
        price: price as Price,
      })
      offers.push({
        slot,
        planned: slotEnergy(watts(planned![t]!)),
        price: Math.round(spot + row(slot)) as Price,
        up: up.map(rung),
        down: down.map(rung),
      })
    }
    return offers
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
function positionPrice(fleetPlans: FleetView['fleetPlans'], portfolio: Portfolio): (slot: Slot) => number {
  const plan = fleetPlans().find((other) => isSamePortfolio(portfolio, other))
  const row = plan?.rows.find(({ name }) => name === 'position')
  return (slot) => (plan === undefined ? 0 : (row?.price[slot - plan.first] ?? 0))
}
