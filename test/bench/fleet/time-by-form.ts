// What one best response costs by the form of the car: two segments a step, or part load, soft levels, taper, a house with sun, an uncertain departure.
import { createResponse, respond } from '../../../domain/planning/fleet/best-response.ts'
import type { FleetColumns } from '../../../domain/planning/fleet/fleet-columns.ts'
import { readRich } from '../../../domain/planning/fleet/rich-columns.ts'

const CARS_MAX = 2_000

/** Median time of a car at no coordination price by form, microseconds; the first round over the cars only warms up. */
export function timeByForm(fleet: FleetColumns): Record<string, number> {
  const response = createResponse(fleet.steps)
  const times = new Map<string, number[]>()
  for (const round of [0, 1]) {
    for (let car = 0; car < Math.min(CARS_MAX, fleet.cars); car++) {
      const form = formOf(fleet, car)
      const started = process.hrtime.bigint()
      respond(response, fleet, car, false)
      const took = Number(process.hrtime.bigint() - started) / 1e3
      if (round > 0) times.set(form, [...(times.get(form) ?? []), took])
    }
  }
  return Object.fromEntries([...times].map(([form, each]) => [`${form}P50Us`, each.sort((a, b) => a - b)[each.length >> 1]!]))
}

function formOf({ form, richRecords, richSeries, steps, stepHours }: FleetColumns, car: number): string {
  if (form[car]! < 0) return 'simple'
  const { taper, otherLoad, staying } = readRich(richRecords, richSeries, form[car]!, steps, stepHours)
  return taper !== null ? 'taper' : otherLoad !== null ? 'house' : staying !== null ? 'uncertainDeparture' : 'partLoad'
}
