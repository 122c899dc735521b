// The chart as a table: the same quarter-hours, the same values.
import type { LiveChart } from '../live-snapshot.ts'
import { BEFORE, measuredMeans } from './chart-scale.ts'
import { NO_VALUE, number, poolUnit, shortDay, time } from './format.ts'
import type { ChartProps } from './chart.tsx'

const SLOT_MS = 900_000

export function ChartTable({ chart, pool, language, texts }: ChartProps) {
  const means = measuredMeans(chart)
  const { unit, per } = poolUnit(Math.max(pool.chargeMaxW, -pool.dischargeMaxW))
  const value = (watts: number | null | undefined) =>
    watts == null ? NO_VALUE : number(watts / per, language, per === 1e6 ? 2 : 1)
  return (
    <div class="chart-table" tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.time}</th>
            <th scope="col">
              {texts.planColumn} {unit}
            </th>
            <th scope="col">{texts.sold}</th>
            <th scope="col">{texts.measured}</th>
            <th scope="col">{texts.possibleMin}</th>
            <th scope="col">{texts.possibleMax}</th>
            <th scope="col">{texts.priceUnit}</th>
          </tr>
        </thead>
        <tbody>
          {rows(chart).map((i) => {
            const at = (chart.firstSlot + i) * SLOT_MS
            return (
              <tr key={chart.firstSlot + i} class={i === BEFORE ? 'now' : i < BEFORE ? 'past' : ''}>
                <th scope="row">
                  {shortDay(at, language)} {time(at, language)}
                </th>
                <td>{value(chart.plannedW[i])}</td>
                <td>{value(chart.soldW[i])}</td>
                <td>{value(means[i])}</td>
                <td>{value(chart.possibleMinW[i])}</td>
                <td>{value(chart.possibleMaxW[i])}</td>
                <td>{chart.prices[i] == null ? NO_VALUE : number(chart.prices[i], language, 2)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function rows(chart: LiveChart): readonly number[] {
  return chart.plannedW.map((_, i) => i)
}
