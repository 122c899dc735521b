// Prices below the power: one cell a quarter-hour, one figure an hour. Strength carries the value, hatching carries the sign.
import { number } from './format.ts'
import type { ChartScale } from './chart-scale.ts'
import type { Language, Texts } from './language.ts'
import { axisTicks } from './time-axis.ts'

interface PriceStripProps {
  readonly prices: readonly (number | null)[]
  readonly firstSlot: number
  readonly scale: ChartScale
  readonly language: Language
  readonly texts: Texts
}

export function PriceStrip({ prices, firstSlot, scale, language, texts }: PriceStripProps) {
  const known = prices.filter((price) => price !== null && price >= 0) as number[]
  const [low, high] = known.length === 0 ? [0, 1] : [Math.min(...known), Math.max(...known)]
  const strength = (price: number) => (price < 0 ? 0 : (price - low) / Math.max(1, high - low))
  const height = scale.stripBottom - scale.stripTop
  const hours = axisTicks(firstSlot, prices.length - 1, language)
    .map(({ slot }) => slot - firstSlot)
    .filter((position) => position + 4 <= prices.length)
  const every = scale.slotWidth * 4 < 27 ? 2 : 1
  return (
    <g class="prices">
      {prices.map((price, i) =>
        price === null ? (
          <line
            key={i}
            class="no-price"
            x1={scale.x(i)}
            x2={scale.x(i + 1)}
            y1={scale.stripBottom - 0.5}
            y2={scale.stripBottom - 0.5}
          />
        ) : (
          <g key={i} class="price">
            <rect
              class="price-cell"
              x={scale.x(i)}
              width={scale.slotWidth + 0.3}
              y={scale.stripTop}
              height={height}
              fill-opacity={price < 0 ? 0 : opacityOf(strength(price))}
            />
            {price < 0 && (
              <rect x={scale.x(i)} width={scale.slotWidth} y={scale.stripTop} height={height} fill="url(#negative)" />
            )}
          </g>
        ),
      )}
      {hours.map((position, i) => {
        const own = prices.slice(position, position + 4).filter((price) => price !== null) as number[]
        if (own.length === 0 || i % every !== 0) return null
        const mean = own.reduce((a, b) => a + b, 0) / own.length
        const strong = mean >= 0 && strength(mean) >= 0.5
        return (
          <text
            key={position}
            class={`price-text ${strong ? 'strong' : 'weak'} ${mean < 0 ? 'negative' : ''}`}
            x={scale.x(position + 2)}
            y={scale.stripTop + height / 2 + 4}
            text-anchor="middle"
          >
            {number(Math.round(mean) + 0, language)}
          </text>
        )
      })}
      <text class="price-unit" x={scale.right + 6} y={scale.stripTop + height / 2 + 4}>
        {texts.priceUnit}
      </text>
    </g>
  )
}

/** The middle is left out, so that figures keep their contrast on every cell. */
function opacityOf(strength: number): number {
  return strength < 0.5 ? 0.1 + 0.44 * strength : 0.72 + 0.56 * (strength - 0.5)
}
