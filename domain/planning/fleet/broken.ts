// What a plan of a fleet breaks, in money: hard rows that are exceeded, targets that are missed. With it no plan counts as cheaper than the bound.
import { missedTarget, respond, richOf } from './best-response.ts'
import { richCar } from './rich-response.ts'
import { followRich } from '../battery/rich-schedule.ts'
import { targetMissed } from './target-missed.ts'
import { sumOverCars, type FleetWork, type Member } from './team.ts'

/** What exceeded hard rows and targets given up for them count, micro-cents; `misses` in Wh by car, null for none at all. */
export function brokenCost(member: Member, misses: ReadonlyMap<number, number> | null, worth: (car: number) => number): number {
  const { work, sums, response } = member
  const { coupling, fleet } = work
  const lost = (car: number): number => {
    const missed = misses?.get(car) ?? 0
    if (missed === 0) return 0
    // What is out of reach anyway the bound misses too.
    respond(response, fleet, car, false)
    return Math.max(0, missed - missedTarget(response, fleet, car)) * worth(car)
  }
  const given = misses === null ? 0 : sumOverCars(member, lost)
  let exceeded = 0
  for (let row = 0; row < coupling.rows; row++) {
    if (coupling.kinds[row] === 'soft') continue
    for (let index = row * coupling.steps; index < (row + 1) * coupling.steps; index++) {
      const beyond = coupling.kinds[row] === 'most' ? sums[index]! - coupling.at[index]! : coupling.at[index]! - sums[index]!
      exceeded += 2 * coupling.half[index]! * Math.max(0, beyond)
    }
  }
  return exceeded * coupling.stepHours + given
}

/** What a car's published plan misses of its target, Wh; up to `MISSED_WH` is rounding. */
export function missedEnergy({ work, response }: Member, car: number): number {
  const { fleet, schedule } = work
  const { steps } = fleet
  if (fleet.form[car]! >= 0) {
    const power = Float64Array.from(schedule.subarray(car * steps, (car + 1) * steps))
    return Math.max(0, followRich(richCar(richOf(response, fleet), fleet, car), power).missed)
  }
  return Math.max(0, targetMissed(fleet, car, schedule, car * steps))
}

/** What a Wh more in the battery of a car costs at most, micro-cents, wherever there is room for it: what is missed is never worth more. */
export function dearestEnergy({ fleet, coupling }: FleetWork): (car: number) => number {
  const { steps } = fleet
  const largest = (from: number, value: (index: number) => number) => {
    let most = 0
    for (let index = from; index < from + steps; index++) most = Math.max(most, value(index))
    return most
  }
  const slopes = coupling.names.map((_, row) =>
    largest(row * steps, (index) => Math.abs(coupling.middle[index]!) + coupling.half[index]!),
  )
  const tariffs = new Map<number, number>()
  return (car) => {
    const tariff = fleet.tariff[car]!
    const buy = tariffs.get(tariff) ?? largest(tariff * steps, (index) => fleet.buy[index]!)
    tariffs.set(tariff, buy)
    const price = coupling.sets[fleet.membership[car]!]!.reduce((sum, row) => sum + slopes[row]!, buy)
    const isRich = fleet.form[car]! >= 0
    return price / (isRich ? LEAST_EFFICIENCY : fleet.efficiencyCharge[car]!) + fleet.wear[car]!
  }
}
/** No charger wastes more than half. */
const LEAST_EFFICIENCY = 0.5
