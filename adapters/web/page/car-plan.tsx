// The plan of one car: its power by quarter-hour, and the energy in its battery as a line above.
import type { PlanDetail } from './api.ts'
import { NO_VALUE, time } from './format.ts'
import type { Language, Texts } from './language.ts'
import { useSize } from './use-size.ts'

const HEIGHT = 74
const AXIS = 16
const SLOT_MS = 900_000

export function CarPlan({ plan, now, language, texts }: { plan: PlanDetail; now: number; language: Language; texts: Texts }) {
  const [box, { width }] = useSize<HTMLDivElement>()
  const slots = plan.slots.filter(({ start }) => Date.parse(start) + SLOT_MS > now)
  const bottom = HEIGHT - AXIS
  const most = Math.max(1_000, ...slots.map(({ powerW }) => powerW))
  const least = Math.min(-1_000, ...slots.map(({ powerW }) => powerW))
  const y = (watts: number) => 4 + ((most - watts) / (most - least)) * (bottom - 8)
  const slotWidth = width / Math.max(1, slots.length)
  const stored = slots.map(({ storedWh }) => storedWh ?? 0)
  const full = Math.max(1, ...stored)
  const level = (wattHours: number) => bottom - (wattHours / full) * (bottom - 4)
  const first = slots[0] === undefined ? null : Date.parse(slots[0].start)
  const every = Math.max(1, Math.ceil(slots.length / 4 / 6))
  return (
    <div class="car-plan" ref={box}>
      {slots.length === 0 || first === null ? (
        NO_VALUE
      ) : (
        <svg width={width} height={HEIGHT} role="img" aria-label={texts.carPlan}>
          {slots.map(
            ({ powerW, start }, i) =>
              powerW !== 0 && (
                <rect
                  key={start}
                  class={powerW > 0 ? 'charge' : 'discharge'}
                  x={i * slotWidth}
                  width={Math.max(0.6, slotWidth - 0.7)}
                  y={Math.min(y(0), y(powerW))}
                  height={Math.abs(y(powerW) - y(0))}
                />
              ),
          )}
          <line class="zero" x1="0" x2={width} y1={y(0)} y2={y(0)} />
          <path
            class="level"
            d={stored
              .map((wattHours, i) => `${i === 0 ? 'M' : 'L'}${((i + 1) * slotWidth).toFixed(1)} ${level(wattHours).toFixed(1)}`)
              .join('')}
          />
          {slots.map(({ start }, i) => {
            const at = Date.parse(start)
            const hour = Math.round(at / 3_600_000)
            if (at % 3_600_000 !== 0 || hour % every !== 0 || i * slotWidth > width - 84) return null
            return (
              <text
                key={start}
                x={Math.max(0, i * slotWidth)}
                y={HEIGHT - 3}
                text-anchor={i * slotWidth < 12 ? 'start' : 'middle'}
              >
                {time(at, language).slice(0, 2)}
              </text>
            )
          })}
          <text class="end" x={width} y={HEIGHT - 3} text-anchor="end">
            {texts.columns.readyBy} {time(first + slots.length * SLOT_MS, language)}
          </text>
        </svg>
      )}
    </div>
  )
}
