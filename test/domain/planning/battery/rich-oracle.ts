// One storage with rich costs as a linear programme for HiGHS, written independently of the dynamic programme, and seeded random input for both.
import loadHighs, { type Highs } from 'highs'
import { createRichKernel, type RichEnds, type RichKernel } from '../../../../domain/planning/battery/rich-kernel.ts'
import { random } from '../car/random-problem.ts'

/** Random input of the kernel: bounds that hold together, rising slopes, some steps away, some forced, hinges of every kind. */
export function randomRich(seed: number, steps: number, segments: number, hinges: number) {
  const next = random(seed)
  const kernel = createRichKernel(steps, segments, hinges)
  const capacity = 40_000 + 60_000 * next()
  const start = capacity * (0.3 + 0.6 * next())
  const retention = seed % 2 === 0 ? 1 : 1 - 0.002 * next()
  const flat = seed % 5 === 0
  const tapered = seed % 3 === 0
  let [lowest, highest] = [start, start]
  for (let t = 0; t < steps; t++) {
    const away = next() < 0.1
    const least = away ? 0 : -capacity * 0.06 * next()
    kernel.use[t] = away && next() < 0.5 ? capacity * 0.03 * next() : next() < 0.3 ? 20 : 0
    lowest = Math.max(0, lowest * retention - kernel.use[t]! + least)
    highest = highest * retention - kernel.use[t]!
    kernel.least[t] = next() < 0.05 && !away && highest + 500 < capacity ? 500 : least
    let price = flat ? 12_000 : 4_000 + 14_000 * next()
    let up = kernel.least[t]!
    let cost = 0
    for (let k = 0; k < segments; k++) {
      const wide = away || next() < 0.1 ? 0 : (capacity * 0.15 * next()) / segments
      kernel.width[t * segments + k] = wide
      kernel.slope[t * segments + k] = price
      if (up < 0) cost += price * Math.min(wide, -up)
      up += wide
      price += next() < 0.1 ? 0 : 2_000 * next()
    }
    kernel.costAtLeast[t] = -cost
    if (kernel.least[t] === 500) lowest = lowest - least + 500
    if (tapered && !away) {
      // From 70 % on the power falls towards a tenth of the widest change.
      const per = 0.15 + 0.3 * next()
      kernel.limitPer[t] = per
      kernel.limitAt[t] = per * capacity * (1 + 0.02 * next())
      up = Math.max(kernel.least[t]!, Math.min(up, kernel.limitAt[t]! - per * highest))
    }
    highest = Math.min(capacity, highest + up)
    if (lowest > highest) lowest = highest
    kernel.energyMin[t] = Math.min(lowest, highest)
    kernel.energyMax[t] = highest
    for (let h = 0; h < hinges; h++) {
      const i = t * hinges + h
      if (next() < 0.1) continue
      kernel.hingeLevel[i] = capacity * (h === 0 ? 0.3 : h === 1 ? 0.8 : h === 2 ? 0.9 : next())
      kernel.hingeBelow[i] = h === 0 || h === 3 ? 20_000 * next() : 0
      kernel.hingeAbove[i] = h === 0 ? 0 : 300 * next()
    }
  }
  const ends: RichEnds = { segments, hinges, start, terminalPrice: Math.round(15_000 * next()), retention }
  return { kernel, ends }
}

/** The least cost in micro-cents. */
export async function richOracle(): Promise<(kernel: RichKernel, steps: number, ends: RichEnds) => number> {
  const highs = await (loadHighs as unknown as () => Promise<Highs>)()
  const model = highs.createModel()
  model.options.set({ output_flag: false, primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 })
  return (kernel, steps, { segments, hinges, start, terminalPrice, retention }) => {
    const each = segments + 1 + 2 * hinges
    const columns = steps * each
    const [colCost, colLower, colUpper] = [new Float64Array(columns), new Float64Array(columns), new Float64Array(columns)]
    const [starts, indices, values, rows, lows] = [[0], [], [], [], []] as [number[], number[], number[], number[], number[]]
    let fixed = 0
    const row = (entries: [number, number][], equals: number, orLess = false) => {
      for (const [column, value] of entries) {
        indices.push(column)
        values.push(value)
      }
      starts.push(indices.length)
      rows.push(equals)
      lows.push(orLess ? -highs.infinity : equals)
    }
    for (let t = 0; t < steps; t++) {
      const at = t * each
      fixed += kernel.costAtLeast[t]!
      const balance: [number, number][] = [[at + segments, 1]]
      if (t > 0) balance.push([at - each + segments, -retention])
      for (let k = 0; k < segments; k++) {
        colCost[at + k] = kernel.slope[t * segments + k]! / 1_000
        colUpper[at + k] = kernel.width[t * segments + k]! / 1_000
        balance.push([at + k, -1])
      }
      colLower[at + segments] = kernel.energyMin[t]! / 1_000
      colUpper[at + segments] = kernel.energyMax[t]! / 1_000
      if (t === steps - 1) colCost[at + segments] = -terminalPrice / 1_000
      row(balance, (kernel.least[t]! - kernel.use[t]! + (t === 0 ? start * retention : 0)) / 1_000)
      const per = kernel.limitPer[t]!
      if (per > 0) {
        const entries: [number, number][] = t > 0 ? [[at - each + segments, per * retention]] : []
        for (let k = 0; k < segments; k++) entries.push([at + k, 1])
        const before = (t === 0 ? start * retention : 0) - kernel.use[t]!
        row(entries, kernel.limitAt[t]! / 1_000 - (kernel.least[t]! + per * before) / 1_000, true)
      }
      for (let h = 0; h < hinges; h++) {
        const under = at + segments + 1 + 2 * h
        colCost[under] = kernel.hingeBelow[t * hinges + h]! / 1_000
        colCost[under + 1] = kernel.hingeAbove[t * hinges + h]! / 1_000
        colUpper[under] = colUpper[under + 1] = highs.infinity
        const entries: [number, number][] = [
          [at + segments, 1],
          [under, 1],
          [under + 1, -1],
        ]
        row(entries, kernel.hingeLevel[t * hinges + h]! / 1_000)
      }
    }
    model.passModel({
      numCols: columns,
      numRows: rows.length,
      colCost,
      colLower,
      colUpper,
      rowLower: new Float64Array(lows),
      rowUpper: new Float64Array(rows),
      matrix: {
        format: 'csr' as const,
        numRows: rows.length,
        numCols: columns,
        starts: new Int32Array(starts),
        indices: new Int32Array(indices),
        values: new Float64Array(values),
      },
    })
    model.run()
    if (model.getModelStatus() !== highs.constants.modelStatus.optimal)
      throw new Error(`HiGHS: model status ${model.getModelStatus()}`)
    return model.getObjectiveValue() * 1e6 + fixed
  }
}
