// Linear programmes, some columns whole, written column by column and row by row and solved by HiGHS.
import loadHighs, { type Highs } from 'highs'

export type Entry = readonly [column: number, value: number]

export interface Programme {
  /** A new column with its cost and bounds; returns its number. */
  readonly column: (cost: number, lower: number, upper: number, whole?: boolean) => number
  readonly row: (entries: readonly Entry[], lower: number, upper: number) => void
  /** The least cost; throws where there is none. `x` are the columns. */
  readonly solve: () => { cost: number; x: readonly number[] }
}

/** Ways to write programmes for one solver. */
export async function programmes(): Promise<() => Programme> {
  // The package's declarations describe its CommonJS build; the module build exports the loader itself.
  const highs = await (loadHighs as unknown as () => Promise<Highs>)()
  const model = highs.createModel()
  model.options.set({
    output_flag: false,
    primal_feasibility_tolerance: 1e-10,
    dual_feasibility_tolerance: 1e-10,
    mip_rel_gap: 0,
    mip_abs_gap: 1e-9,
  })
  return () => {
    const [costs, lowers, uppers, wholes]: [number[], number[], number[], number[]] = [[], [], [], []]
    const [starts, indices, values]: [number[], number[], number[]] = [[0], [], []]
    const [rowLower, rowUpper]: [number[], number[]] = [[], []]
    const bound = (value: number) => (value === Infinity ? highs.infinity : value === -Infinity ? -highs.infinity : value)
    return {
      column: (cost, lower, upper, whole = false) => {
        costs.push(cost)
        lowers.push(bound(lower))
        uppers.push(bound(upper))
        return wholes.push(whole ? 1 : 0) - 1
      },
      row: (entries, lower, upper) => {
        for (const [column, value] of entries) {
          indices.push(column)
          values.push(value)
        }
        starts.push(indices.length)
        rowLower.push(bound(lower))
        rowUpper.push(bound(upper))
      },
      solve: () => {
        const integer = wholes.includes(1) ? { integrality: Int32Array.from(wholes) } : {}
        model.passModel({
          numCols: costs.length,
          numRows: rowLower.length,
          colCost: Float64Array.from(costs),
          colLower: Float64Array.from(lowers),
          colUpper: Float64Array.from(uppers),
          rowLower: Float64Array.from(rowLower),
          rowUpper: Float64Array.from(rowUpper),
          ...integer,
          matrix: {
            format: 'csr' as const,
            numRows: rowLower.length,
            numCols: costs.length,
            starts: Int32Array.from(starts),
            indices: Int32Array.from(indices),
            values: Float64Array.from(values),
          },
        })
        model.run()
        if (model.getModelStatus() !== highs.constants.modelStatus.optimal)
          throw new Error(`HiGHS: model status ${model.getModelStatus()}`)
        return { cost: model.getObjectiveValue(), x: Array.from(model.getSolution().colValue) }
      },
    }
  }
}
