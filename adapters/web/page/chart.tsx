// The chart of the pool: planned quarter-hours, what was measured, what is possible and what it costs, from four hours ago to twenty ahead.
import { useMemo, useRef, useState } from 'preact/hooks'
import type { LiveChart, LivePool } from '../live-snapshot.ts'
import { Axis, Band, Bars, Grid, Labels, Measured, Patterns, Schedule } from './chart-marks.tsx'
import { BEFORE, chartScale, extentOf, measuredMeans, type Extent } from './chart-scale.ts'
import { NO_VALUE, number, poolUnit, time, withUnit } from './format.ts'
import type { Language, Texts } from './language.ts'
import { PriceStrip } from './price-strip.tsx'
import { useSize } from './use-size.ts'

const SLOT_MS = 900_000

export interface ChartProps {
  readonly chart: LiveChart
  readonly pool: LivePool
  readonly language: Language
  readonly texts: Texts
}

export function PoolChart({ chart, pool, language, texts }: ChartProps) {
  const [box, size] = useSize<HTMLDivElement>()
  const extent = useRef<Extent | null>(null)
  const [cursor, setCursor] = useState<number | null>(null)
  const [reading, setReading] = useState(false)
  const slots = chart.plannedW.length
  extent.current = extentOf(chart, extent.current)
  const { high, low } = extent.current
  const scale = useMemo(
    () => chartScale(size.width, size.height, slots, { high, low }),
    [size.width, size.height, slots, high, low],
  )
  const means = useMemo(() => measuredMeans(chart), [chart])
  const unit = poolUnit(Math.max(pool.chargeMaxW, -pool.dischargeMaxW, high, -low))
  const value = (watts: number | null, sign = false) =>
    watts === null ? NO_VALUE : number(watts / unit.per, language, unit.places, sign)
  const position = cursor === null ? null : Math.min(slots - 1, Math.max(0, cursor))

  function point(event: PointerEvent): void {
    const bounds = (event.currentTarget as SVGElement).getBoundingClientRect()
    const found = Math.floor((event.clientX - bounds.left - scale.left) / scale.slotWidth)
    setReading(false)
    setCursor(found < 0 || found >= slots ? null : found)
  }
  function key(event: KeyboardEvent): void {
    const at = position ?? BEFORE
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: slots - 1, PageUp: at - 4, PageDown: at + 4 }[event.key]
    if (next !== undefined) {
      event.preventDefault()
      event.stopPropagation()
      setReading(true)
      setCursor(Math.min(slots - 1, Math.max(0, next)))
    } else if (event.key === 'Escape' && cursor !== null) {
      event.stopPropagation()
      setCursor(null)
    }
  }

  return (
    <div class="chart" ref={box}>
      {size.width > 0 && (
        <svg
          id="chart"
          width={size.width}
          height={size.height}
          role="img"
          aria-label={texts.chartLabel}
          tabindex={0}
          onPointerMove={point}
          onPointerLeave={() => setCursor(null)}
          onKeyDown={key}
          onBlur={() => setCursor(null)}
        >
          <Patterns />
          <Grid scale={scale} unit={unit.unit} per={unit.per} language={language} />
          <clipPath id="plot">
            <rect x={scale.left} y={scale.top} width={scale.right - scale.left} height={scale.bottom - scale.top} />
          </clipPath>
          <Band chart={chart} scale={scale} texts={texts} value={value} unit={unit.unit} />
          <Bars chart={chart} scale={scale} />
          <line class="zero" x1={scale.left} x2={scale.right} y1={scale.y(0)} y2={scale.y(0)} />
          <Schedule chart={chart} scale={scale} texts={texts} />
          <Measured chart={chart} scale={scale} now={pool.now} />
          <Labels chart={chart} scale={scale} texts={texts} />
          <PriceStrip prices={chart.prices} firstSlot={chart.firstSlot} scale={scale} language={language} texts={texts} />
          <Axis chart={chart} scale={scale} now={pool.now} language={language} />
          {position !== null && (
            <g class="crosshair">
              <rect x={scale.x(position)} y={scale.top} width={scale.slotWidth} height={scale.stripBottom - scale.top} />
            </g>
          )}
        </svg>
      )}
      {position !== null && (
        <dl
          class={`reading ${scale.x(position) > (scale.left + scale.right) / 2 ? 'at-left' : 'at-right'}`}
          style={{ left: `${scale.x(position) + scale.slotWidth / 2}px` }}
          aria-live={reading ? 'polite' : 'off'}
        >
          <dt class="when">
            {time((chart.firstSlot + position) * SLOT_MS, language)} –{' '}
            {time((chart.firstSlot + position + 1) * SLOT_MS, language)}
          </dt>
          <dd />
          <dt>{texts.planColumn}</dt>
          <dd>{withUnit(value(chart.plannedW[position] ?? null), unit.unit)}</dd>
          {chart.soldW[position] != null && (
            <>
              <dt>{texts.sold}</dt>
              <dd>{withUnit(value(chart.soldW[position]), unit.unit)}</dd>
            </>
          )}
          {means[position] !== null && (
            <>
              <dt>{texts.measured}</dt>
              <dd>{withUnit(value(means[position] ?? null), unit.unit)}</dd>
            </>
          )}
          {chart.possibleMaxW[position] != null && (
            <>
              <dt>{texts.possible}</dt>
              <dd>
                {value(chart.possibleMinW[position] ?? null)} … {withUnit(value(chart.possibleMaxW[position], true), unit.unit)}
              </dd>
            </>
          )}
          <dt>{texts.price}</dt>
          <dd>
            {chart.prices[position] == null
              ? texts.noPrice
              : withUnit(number(chart.prices[position], language, 2), texts.priceUnit)}
          </dd>
        </dl>
      )}
    </div>
  )
}
