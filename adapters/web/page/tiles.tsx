// The figures of the pool in one row: a label, a value, one line of context.
import type { ComponentChildren } from 'preact'
import type { LiveChart, LiveEvse, LivePool } from '../live-snapshot.ts'
import { BEFORE } from './chart-scale.ts'
import { energyText, NO_VALUE, number, percent, poolUnit, withUnit } from './format.ts'
import { Icon } from './icons.tsx'
import type { Language, Texts } from './language.ts'

interface TilesProps {
  readonly pool: LivePool | null
  readonly chart: LiveChart | null
  readonly evses: ReadonlyMap<string, LiveEvse>
  readonly language: Language
  readonly texts: Texts
}
const HALF_DAY_MS = 12 * 3_600_000

export function Tiles({ pool, chart, evses, language, texts }: TilesProps) {
  const unit = poolUnit(pool === null ? 0 : Math.max(pool.chargeMaxW, -pool.dischargeMaxW))
  const power = (watts: number | null, sign = false) =>
    watts === null ? NO_VALUE : number(watts / unit.per, language, unit.places, sign)
  const room = (watts: number) => number(watts / unit.per, language, unit.per === 1e6 ? 2 : 0, true)
  const cars = [...evses.values()].filter(({ session }) => session !== null)
  const free = evses.size - cars.length
  const soc = cars.flatMap((car) => (car.soc === null ? [] : [car.soc]))
  const mean = soc.length === 0 ? null : soc.reduce((a, b) => a + b, 0) / soc.length
  const leaving = cars.filter(({ readyBy }) => readyBy !== null && pool !== null && readyBy - pool.now < HALF_DAY_MS).length
  const stored = energyText(pool?.storedWh ?? null, language)
  const away = pool === null ? 0 : pool.stationsTotal - pool.stationsConnected
  const direction =
    pool === null ? 'resting' : pool.measuredW > 100 ? 'charging' : pool.measuredW < -100 ? 'discharging' : 'resting'
  const count = (value: number | undefined) => (value === undefined ? NO_VALUE : number(value, language))
  return (
    <section class="tiles">
      <Tile
        id="power"
        label={texts.poolPower}
        value={power(pool?.measuredW ?? null)}
        unit={unit.unit}
        hero
        aside={
          pool !== null && (
            <span class={`direction ${direction}`}>
              {direction !== 'resting' && <Icon name={direction === 'charging' ? 'charge' : 'discharge'} />}
              {texts[direction]}
            </span>
          )
        }
      >
        {pool !== null && (
          <>
            {texts.planned} <b id="planned">{power(pool.plannedW)}</b> · {texts.deviation}{' '}
            {power(pool.measuredW - pool.plannedW, true)}
          </>
        )}
      </Tile>
      <Tile
        id="possible"
        label={texts.possibleNow}
        aside={
          pool !== null &&
          `${texts.left} ${room(pool.dischargeMaxW - pool.measuredW)} / ${room(pool.chargeMaxW - pool.measuredW)}`
        }
        body={
          pool === null ? (
            <span class="value">{NO_VALUE}</span>
          ) : (
            <RangeBar
              pool={pool}
              text={(watts) => number(watts / unit.per, language, unit.per === 1e6 ? 2 : 0)}
              unit={unit.unit}
            />
          )
        }
      />
      <Tile
        id="stations-connected"
        label={texts.stationsConnected}
        value={count(pool?.stationsConnected)}
        unit={pool === null ? '' : `/ ${number(pool.stationsTotal, language)}`}
      >
        {pool !== null && (away === 0 ? texts.allConnected : `${number(away, language)} ${texts.withoutConnection}`)}
      </Tile>
      <Tile id="cars" label={texts.carsPlugged} value={count(pool?.carsPlugged)}>
        {pool !== null &&
          `${number(pool.carsBidirectional, language)} ${texts.bidirectional} · ${number(free, language)} ${texts.freePlaces}`}
      </Tile>
      <Tile id="stored" label={texts.storedEnergy} value={stored.value} unit={stored.unit}>
        {pool !== null && `${texts.mean} ${percent(mean, language)} · ${texts.departing(number(leaving, language))}`}
      </Tile>
      <Tile
        id="price"
        label={texts.priceNow}
        value={pool === null || pool.priceNow === null ? NO_VALUE : number(pool.priceNow, language, 1)}
        unit={texts.priceUnit}
        aside={pool !== null && `${texts.nextQuarter} ${number(pool.priceNext, language, 1)}`}
      >
        {chart !== null && <PriceSpark prices={chart.prices} />}
      </Tile>
      <Tile
        id="money"
        label={texts.spent}
        hint={texts.spentHint}
        aside={texts.sinceStart}
        value={pool === null ? NO_VALUE : number(pool.spentEur, language, 2)}
        unit="€"
      >
        {pool !== null && (
          <>
            {texts.charged} {number(pool.chargedWh / 1e3, language)} · {texts.fedBack}{' '}
            {withUnit(number(pool.dischargedWh / 1e3, language), 'kWh')}
          </>
        )}
      </Tile>
    </section>
  )
}

interface TileProps {
  readonly id: string
  readonly label: string
  /** What the label is too short for, shown when pointed at. */
  readonly hint?: string
  readonly value?: string
  readonly unit?: string
  readonly hero?: boolean
  readonly aside?: ComponentChildren
  readonly body?: ComponentChildren
  readonly children?: ComponentChildren
}
function Tile({ id, label, hint, value, unit, hero, aside, body, children }: TileProps) {
  return (
    <div class={`tile ${hero === true ? 'hero' : ''}`} id={`tile-${id}`} title={hint}>
      <div class="label">
        <span>{label}</span>
        <span class="aside">{aside}</span>
      </div>
      {body ?? (
        <div class="figure-line">
          <span class="value">{value}</span>
          {unit !== undefined && unit !== '' && <span class="unit">{unit}</span>}
        </div>
      )}
      <div class="context">{children}</div>
    </div>
  )
}

/** Where the pool stands between the most it could give and the most it could take. */
function RangeBar({ pool, text, unit }: { pool: LivePool; text: (watts: number) => string; unit: string }) {
  const [low, high] = [Math.min(pool.dischargeMaxW, 0), Math.max(pool.chargeMaxW, 1)]
  const at = (watts: number) => ((Math.min(high, Math.max(low, watts)) - low) / (high - low)) * 100
  const [zero, now] = [at(0), at(pool.measuredW)]
  return (
    <div class="range">
      <div class="track">
        <div
          class={`fill ${pool.measuredW < 0 ? 'discharge' : 'charge'}`}
          style={{ left: `${Math.min(zero, now)}%`, width: `${Math.abs(now - zero)}%` }}
        />
        <div class="tick zero" style={{ left: `${zero}%` }} />
        <div class="tick now" style={{ left: `${now}%` }} />
      </div>
      <div class="ends">
        <span>{text(low)}</span>
        <span class="middle" style={{ left: `${Math.min(88, Math.max(12, zero))}%` }}>
          {low === 0 ? '' : '0'}
        </span>
        <span>{withUnit(text(high), unit)}</span>
      </div>
    </div>
  )
}

/** The coming hours in small: the lighter, the cheaper; negative hours hang below. */
function PriceSpark({ prices }: { prices: readonly (number | null)[] }) {
  const ahead = prices.slice(BEFORE)
  const known = ahead.filter((price) => price !== null) as number[]
  const [low, high] = [Math.min(0, ...known), Math.max(1, ...known)]
  const y = (price: number) => 18 - ((price - low) / (high - low)) * 18
  return (
    <svg class="spark" viewBox={`0 0 ${ahead.length} 18`} preserveAspectRatio="none" aria-hidden="true">
      {ahead.map(
        (price, i) =>
          price !== null && (
            <rect
              key={i}
              class={i === 0 ? 'current' : ''}
              x={i}
              width="0.75"
              y={Math.min(y(price), y(0))}
              height={Math.max(0.6, Math.abs(y(price) - y(0)))}
            />
          ),
      )}
    </svg>
  )
}
