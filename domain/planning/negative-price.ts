// At strongly negative prices it would pay to charge and discharge at the same time, which no car can do. There the planner forbids discharging.

/** What decides about the cost of moving energy: prices in ct/MWh at the grid, one-way efficiencies, wear in ct/MWh of battery throughput. */
export interface Conversion {
  readonly efficiencyCharge: number
  readonly efficiencyDischarge: number
  readonly wear: number
}

/** What one more stored Wh costs when it is charged, ct/MWh; half of the wear belongs to this direction. */
export function chargeSlope(buy: number, car: Conversion): number {
  return buy / car.efficiencyCharge + car.wear / 2
}

/** What one Wh taken from the battery earns when it is discharged, ct/MWh, after its half of the wear. */
export function dischargeSlope(sell: number, car: Conversion): number {
  return sell * car.efficiencyDischarge - car.wear / 2
}

/**
 * Whether discharging is forbidden in a slot: where a Wh sold earns more than the same Wh costs when bought again, the step cost is not convex and a plan would burn energy.
 * Decided once from the prices alone (a rule, not an optimum), before any coordination of a fleet; a coordination price never changes what a car may do.
 */
export function forbidsDischarge(buy: number, sell: number, car: Conversion): boolean {
  return chargeSlope(buy, car) < dischargeSlope(sell, car)
}
