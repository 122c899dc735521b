// The certificate: a lower bound on the cost of the whole fleet that no plan can undercut, from one pass over all cars at fixed prices.
import { respond } from './best-response.ts'
import { conjugate, pricesOn } from './coupling.ts'
import { sumOverCars, type Member } from './team.ts'

/**
 * Lower bound in micro-cents at the prices of the work (ct/MWh by row and step), which must lie within the slopes of their rows. Any such prices give a true bound. Leaves in the
 * work what each car's schedule costs more than its best answer to them.
 */
export function dualBound(member: Member): number {
  const { work, response } = member
  const { fleet, coupling, prices, schedule, own, slack } = work
  const { steps } = fleet
  const priced = new Map<number, Float64Array>()
  const cars = sumOverCars(member, (car) => {
    const membership = fleet.membership[car]!
    let lambda = priced.get(membership)
    if (lambda === undefined) {
      lambda = pricesOn(coupling, coupling.sets[membership]!, prices)
      priced.set(membership, lambda)
    }
    response.lambda.set(lambda)
    const least = respond(response, fleet, car, false)
    let priceOfPlan = 0
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) priceOfPlan += lambda[t]! * schedule[car * steps + t]!
    slack[car] = own[car]! + priceOfPlan * fleet.stepHours - least
    return least
  })
  return cars - conjugate(coupling, prices)
}
