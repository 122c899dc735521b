// The coupled problem of a whole fleet as one programme for HiGHS, written independently of the coordination; a binary where charging and discharging at once would pay.
import loadHighs, { type Highs } from 'highs'
import type { Coupling } from '../../../../domain/planning/fleet/coupling.ts'
import type { FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'

export interface FleetAnswer {
  /** The least cost in micro-cents. */
  readonly cost: number
  readonly binaries: number
  readonly elapsedMs: number
}

// kW, kWh and EUR keep the programme well scaled: 1 EUR = 1e8 micro-cents.
const KILO = 1_000
const EURO = 1e8
const PER_KWH = EURO / KILO

/**
 * Targets must be within reach. `relaxed` lets the binaries take any share: a car may then split a step between full charging and full discharging, which is the best that any
 * bound from prices can see, and at most the optimum.
 */
export async function fleetOracle(): Promise<(fleet: FleetColumns, coupling: Coupling, relaxed?: 'relaxed') => FleetAnswer> {
  const highs = await (loadHighs as unknown as () => Promise<Highs>)()
  const model = highs.createModel()
  model.options.set({ output_flag: false, mip_rel_gap: 1e-9, mip_abs_gap: 1e-7 })
  return (fleet, coupling, relaxed) => {
    const started = process.hrtime.bigint()
    const { integrality, ...programme } = build(highs, fleet, coupling)
    model.passModel(integrality === undefined || relaxed !== undefined ? programme : { ...programme, integrality })
    model.run()
    const status = model.getModelStatus()
    if (status !== highs.constants.modelStatus.optimal) throw new Error(`HiGHS: model status ${status}`)
    const elapsedMs = Number(process.hrtime.bigint() - started) / 1e6
    return { cost: (model.getObjectiveValue() + programme.constant) * EURO, binaries: programme.binaries, elapsedMs }
  }
}

/** Columns a car and step: charged and discharged power, energy after the step, perhaps the binary; a row and step: above and below the kink. */
function build(highs: Highs, fleet: FleetColumns, coupling: Coupling) {
  const { cars, steps, stepHours } = fleet
  const columns = { cost: [] as number[], lower: [] as number[], upper: [] as number[], integer: [] as number[] }
  const column = (cost: number, lower: number, upper: number, integer = 0): number => {
    columns.cost.push(cost)
    columns.lower.push(lower)
    columns.upper.push(upper)
    columns.integer.push(integer)
    return columns.cost.length - 1
  }
  const rows = { starts: [0], lower: [] as number[], upper: [] as number[], indices: [] as number[], values: [] as number[] }
  const row = (lower: number, upper: number, entries: readonly (readonly [number, number])[]): void => {
    for (const [index, value] of entries) {
      rows.indices.push(index)
      rows.values.push(value)
    }
    rows.starts.push(rows.indices.length)
    rows.lower.push(lower)
    rows.upper.push(upper)
  }
  const sums: [number, number][][] = Array.from({ length: coupling.rows * steps }, () => [])
  let constant = 0
  let binaries = 0
  for (let car = 0; car < cars; car++) {
    const [gain, loss] = [fleet.efficiencyCharge[car]!, fleet.efficiencyDischarge[car]!]
    const wear = fleet.wear[car]! / 2
    const worth = fleet.terminalPrice[car]! / PER_KWH
    const set = coupling.sets[fleet.membership[car]!]!
    // Energy left over is valued by what flows in and out, so that the objective has no large constant part.
    constant -= (fleet.start[car]! / KILO) * worth
    let before = -1
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
      const buy = fleet.buy[fleet.tariff[car]! * steps + t]!
      const sell = fleet.sell[fleet.tariff[car]! * steps + t]!
      const most = fleet.powerMax[fleet.bounds[car]! * steps + t]! / KILO
      const least = fleet.powerMin[fleet.bounds[car]! * steps + t]! / KILO
      const forbidden = buy / gain + wear < sell * loss - wear
      const charge = column(stepHours * ((buy + wear * gain) / PER_KWH - gain * worth), 0, most)
      const discharge = column(stepHours * ((-sell + wear / loss) / PER_KWH + worth / loss), 0, forbidden ? 0 : -least)
      const target = fleet.targetStep[car] === t ? fleet.targetEnergy[car]! : 0
      const floor = Math.max(fleet.energyMin[car]!, fleet.minimum[car]!, target) / KILO
      const energy = column(0, floor, fleet.energyMax[car]! / KILO)
      const entries: [number, number][] = [
        [energy, 1],
        [charge, -gain * stepHours],
        [discharge, stepHours / loss],
      ]
      if (before >= 0) entries.push([before, -1])
      const given = before >= 0 ? 0 : fleet.start[car]! / KILO
      row(given, given, entries)
      before = energy
      let lowest = 0
      for (const number of set) {
        sums[number * steps + t]!.push([charge, 1], [discharge, -1])
        lowest += coupling.middle[number * steps + t]! - coupling.half[number * steps + t]!
      }
      if (!forbidden && (buy + lowest) / gain + wear < (sell + lowest) * loss - wear) {
        binaries++
        const up = column(0, 0, 1, 1)
        row(-highs.infinity, 0, [
          [charge, 1],
          [up, -most],
        ])
        row(-highs.infinity, -least, [
          [discharge, 1],
          [up, -least],
        ])
      }
    }
  }
  for (let number = 0; number < coupling.rows; number++) {
    const kind = coupling.kinds[number]
    for (let t = 0; t < steps; t++) {
      const index = number * steps + t
      const kink = coupling.at[index]! / KILO
      if (kind === 'soft') {
        const above = column((stepHours * (coupling.middle[index]! + coupling.half[index]!)) / PER_KWH, 0, highs.infinity)
        const below = column((stepHours * (coupling.half[index]! - coupling.middle[index]!)) / PER_KWH, 0, highs.infinity)
        row(kink, kink, [...sums[index]!, [above, -1], [below, 1]])
      } else if (Math.abs(kink) < 1e9) {
        row(kind === 'least' ? kink : -highs.infinity, kind === 'most' ? kink : highs.infinity, sums[index]!)
      }
    }
  }
  return {
    constant,
    binaries,
    numCols: columns.cost.length,
    numRows: rows.lower.length,
    colCost: Float64Array.from(columns.cost),
    colLower: Float64Array.from(columns.lower),
    colUpper: Float64Array.from(columns.upper),
    rowLower: Float64Array.from(rows.lower),
    rowUpper: Float64Array.from(rows.upper),
    integrality: binaries > 0 ? Int32Array.from(columns.integer) : undefined,
    matrix: {
      format: 'csr' as const,
      numRows: rows.lower.length,
      numCols: columns.cost.length,
      starts: Int32Array.from(rows.starts),
      indices: Int32Array.from(rows.indices),
      values: Float64Array.from(rows.values),
    },
  }
}
