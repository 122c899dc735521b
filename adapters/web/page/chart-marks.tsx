// The marks of the chart: grid, flexibility band, planned bars, measured line, their names, and the time axis.
import type { LiveChart } from '../live-snapshot.ts'
import { BEFORE, stepArea, stepPath, type ChartScale } from './chart-scale.ts'
import { number, time, withUnit } from './format.ts'
import type { Language, Texts } from './language.ts'
import { axisTicks } from './time-axis.ts'

const SLOT_MS = 900_000

export function Patterns() {
  return (
    <defs>
      <pattern id="band" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line class="band-hatch" x1="0" x2="0" y1="0" y2="7" />
      </pattern>
      <pattern id="negative" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line class="negative-hatch" x1="0" x2="0" y1="0" y2="5" />
      </pattern>
    </defs>
  )
}

export function Grid({ scale, unit, per, language }: { scale: ChartScale; unit: string; per: number; language: Language }) {
  const step = Math.abs((scale.ticks[1] ?? 1) - (scale.ticks[0] ?? 0)) / per
  const places = step >= 1 ? 0 : step >= 0.1 ? 1 : 2
  return (
    <g class="grid">
      {scale.ticks.map((tick, i) => (
        <g key={tick}>
          <line x1={scale.left} x2={scale.right} y1={scale.y(tick)} y2={scale.y(tick)} />
          <text x={scale.left - 8} y={scale.y(tick) + 4} text-anchor="end">
            {number(tick / per, language, places)}
            {i === scale.ticks.length - 1 ? `\u202f${unit}` : ''}
          </text>
        </g>
      ))}
    </g>
  )
}

interface BandProps {
  readonly chart: LiveChart
  readonly scale: ChartScale
  readonly texts: Texts
  readonly unit: string
  readonly value: (watts: number | null, sign?: boolean) => string
}

/** What plugged cars could take and give; cut at the edges of the plot, where its size is then written. */
export function Band({ chart, scale, texts, unit, value }: BandProps) {
  const cut = (watts: number | null) => (watts === null ? null : Math.min(scale.high * 1.5, Math.max(scale.low * 1.5, watts)))
  const [most, least] = [chart.possibleMaxW.map(cut), chart.possibleMinW.map(cut)]
  const last = chart.possibleMaxW.length - 1
  const [nowMost, nowLeast] = [chart.possibleMaxW[BEFORE] ?? 0, chart.possibleMinW[BEFORE] ?? 0]
  const [endMost, endLeast] = [chart.possibleMaxW[last] ?? 0, chart.possibleMinW[last] ?? 0]
  const inside = (watts: number) => watts !== 0 && watts <= scale.high && watts >= scale.low
  return (
    <g class="band">
      <g clip-path="url(#plot)">
        <path class="band-area" d={stepArea(most, least, scale)} fill="url(#band)" />
        <path class="band-edge" d={stepPath(most, scale)} />
        <path class="band-edge" d={stepPath(least, scale)} />
      </g>
      {nowMost > scale.high && (
        <text class="halo" x={scale.x(BEFORE + 2)} y={scale.top + 13}>
          ↑ {texts.possible} {withUnit(value(nowMost, true), unit)}
        </text>
      )}
      {nowLeast < scale.low && (
        <text class="halo" x={scale.x(BEFORE + 2)} y={scale.bottom - 6}>
          ↓ {texts.possible} {withUnit(value(nowLeast), unit)}
        </text>
      )}
      {inside(endMost) && (
        <text x={scale.right + 6} y={scale.y(endMost) + 4}>
          max {value(endMost)}
        </text>
      )}
      {inside(endLeast) && (
        <text x={scale.right + 6} y={scale.y(endLeast) + 4}>
          min {value(endLeast)}
        </text>
      )}
    </g>
  )
}

export function Bars({ chart, scale }: { chart: LiveChart; scale: ChartScale }) {
  const gap = scale.slotWidth > 5 ? 1 : 0.5
  const zero = scale.y(0)
  return (
    <g class="bars">
      {chart.plannedW.map((power, i) => {
        if (power === null) return null
        const end = scale.y(power)
        const kind = power > 0 ? 'charge' : power < 0 ? 'discharge' : 'rest'
        return (
          <g key={chart.firstSlot + i} class={`bar ${kind} ${i < BEFORE ? 'past' : ''}`}>
            <rect
              x={scale.x(i)}
              width={Math.max(0.5, scale.slotWidth - gap)}
              y={Math.min(zero, end)}
              height={Math.abs(end - zero)}
            />
            {power !== 0 && <line x1={scale.x(i)} x2={scale.x(i) + scale.slotWidth - gap} y1={end} y2={end} />}
          </g>
        )
      })}
    </g>
  )
}

/** The sold schedule: a thin step line over the plan, interrupted where nothing is sold. */
export function Schedule({ chart, scale, texts }: { chart: LiveChart; scale: ChartScale; texts: Texts }) {
  const last = chart.soldW.findLastIndex((power) => power !== null)
  if (last < 0) return null
  const path = chart.soldW
    .map((power, i) => {
      if (power === null) return ''
      const before = chart.soldW[i - 1] ?? null
      return `${before === null ? 'M' : 'L'}${scale.x(i).toFixed(1)} ${scale.y(power)}H${scale.x(i + 1).toFixed(1)}`
    })
    .join('')
  const end = scale.y(chart.soldW[last]!)
  return (
    <g class="schedule">
      <path clip-path="url(#plot)" d={path} />
      <text
        class="halo ink"
        x={Math.min(scale.right - 4, scale.x(last + 1))}
        y={Math.max(scale.top + 12, end - 6)}
        text-anchor="end"
      >
        {texts.sold}
      </text>
    </g>
  )
}

export function Measured({ chart, scale, now }: { chart: LiveChart; scale: ChartScale; now: number }) {
  const place = (at: number) => at / SLOT_MS - chart.firstSlot
  const points = chart.measured.filter(([at]) => place(at) >= 0 && at <= now)
  const last = points.at(-1)
  if (last === undefined) return null
  const path = points.map(([at, power], i) => `${i === 0 ? 'M' : 'L'}${scale.x(place(at)).toFixed(1)} ${scale.y(power)}`).join('')
  return (
    <g class="measured">
      <g clip-path="url(#plot)">
        <path class="measured-halo" d={path} />
        <path class="measured-line" d={path} />
      </g>
      <circle cx={scale.x(place(last[0]))} cy={scale.y(last[1])} r="4" />
    </g>
  )
}

/** Each mark carries its own name, in its own colour. */
export function Labels({ chart, scale, texts }: { chart: LiveChart; scale: ChartScale; texts: Texts }) {
  const ahead = chart.plannedW.map((power, i) => (i < BEFORE ? 0 : (power ?? 0)))
  const [most, least] = [Math.max(...ahead), Math.min(...ahead)]
  const sizable = (scale.high - scale.low) * 0.06
  const inPlot = (y: number) => Math.min(scale.bottom - 5, Math.max(scale.top + 12, y))
  const anchor = (position: number) => (scale.x(position) > scale.right - 90 ? 'end' : 'start')
  const early = chart.measured.filter(([at]) => at / SLOT_MS - chart.firstSlot >= 0)
  const named = early[Math.min(early.length - 1, Math.floor(early.length * 0.2))]
  const around =
    named === undefined ? [] : early.filter(([at]) => Math.abs(at - named[0]) < 40 * 60_000).map(([, power]) => power)
  return (
    <g class="labels">
      {most > sizable && (
        <text
          class="halo charge"
          x={Math.max(scale.x(BEFORE + 1.2), scale.x(ahead.indexOf(most)))}
          y={inPlot(scale.y(most) - 7)}
          text-anchor={anchor(ahead.indexOf(most))}
        >
          {texts.planCharge}
        </text>
      )}
      {least < -sizable && (
        <text
          class="halo discharge"
          x={Math.max(scale.x(BEFORE + 1.2), scale.x(ahead.indexOf(least)) + 6)}
          y={inPlot(scale.y(least) + 15)}
          text-anchor={anchor(ahead.indexOf(least))}
        >
          {texts.planDischarge}
        </text>
      )}
      {named !== undefined && early.length > 20 && (
        <text
          class="halo ink"
          x={Math.max(scale.left + 34, Math.min(scale.x(BEFORE) - 34, scale.x(named[0] / SLOT_MS - chart.firstSlot)))}
          y={inPlot(scale.y(Math.max(0, ...around)) - 8)}
          text-anchor="middle"
        >
          {texts.measured}
        </text>
      )}
    </g>
  )
}

export function Axis({ chart, scale, now, language }: { chart: LiveChart; scale: ChartScale; now: number; language: Language }) {
  const ticks = axisTicks(chart.firstSlot, chart.plannedW.length, language)
  const every = scale.slotWidth * 4 < 27 ? 2 : 1
  const at = scale.x(now / SLOT_MS - chart.firstSlot)
  const y = scale.stripBottom + 15
  const odd = (label: string) => Number.parseInt(label, 10) % every !== 0
  return (
    <g class="axis">
      {ticks.map(({ slot, label, midnight, skipped }) => {
        const x = scale.x(slot - chart.firstSlot)
        const near = Math.abs(x - at) < 34
        const hidden = midnight === null && (near || odd(label))
        const aside = near ? (x < at ? at - 23 : at + 23) : x
        return (
          <g key={slot}>
            {midnight !== null && <line class="midnight" x1={x} x2={x} y1={scale.top} y2={scale.stripTop} />}
            <line class="tick" x1={x} x2={x} y1={scale.stripBottom} y2={scale.stripBottom + 3} />
            {skipped && <path class="notch" d={`M${x - 3} ${scale.stripBottom - 1}l3 6 3-6z`} />}
            {!hidden && (
              <text
                class={midnight === null ? '' : 'date'}
                x={aside}
                y={y}
                text-anchor={near ? (x < at ? 'end' : 'start') : 'middle'}
              >
                {midnight ?? label}
              </text>
            )}
          </g>
        )
      })}
      <line class="now" x1={at} x2={at} y1={scale.top - 4} y2={scale.stripBottom} />
      <rect class="now-label" x={at - 19} y={scale.stripBottom + 2} width="38" height="17" rx="3" />
      <text class="now-time" x={at} y={y} text-anchor="middle">
        {time(now, language)}
      </text>
    </g>
  )
}
