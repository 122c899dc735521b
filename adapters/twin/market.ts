// A seeded day-ahead market: quarter-hourly prices for any day, with the shape German days have.
import { createHash } from 'node:crypto'
import { DateTime } from 'luxon'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { DeliveryDay } from '../../domain/time/delivery-day.ts'
import { series } from '../../domain/time/series.ts'
import { startOf, type Slot } from '../../domain/time/slot.ts'
import { eurPerMWh } from '../../domain/units.ts'
import { deviation, dice, within } from './dice.ts'

/** Local time at which tomorrow's prices are there. */
export const PUBLICATION = { hour: 12, minute: 45 } as const

/** Prices of one delivery day in EUR/MWh with cents. Equal seed and day give equal prices. */
export function dayAhead(seed: string | number, day: DeliveryDay): PriceCurve {
  const roll = dice(String(seed), 'prices', day.date)
  const noon = DateTime.fromISO(day.date, { zone: day.zone })
  // Sun: 0 in the middle of winter, 1 in the middle of summer.
  const sun = 0.5 - 0.5 * Math.cos((2 * Math.PI * (noon.ordinal - 10)) / 365)
  const isWeekend = noon.weekday > 5
  const night = within(roll, [67, 90])
  const morning = within(roll, [28, 60]) * (isWeekend ? 0.35 : 1)
  const evening = within(roll, [105, 165]) * (isWeekend ? 0.85 : 1)
  const dip = within(roll, [30, 75]) + 30 * sun * roll() + (isWeekend ? 10 : 0)
  const eveningAt = within(roll, [18.4, 20.2])
  const offset = within(roll, [-4, 10])
  let drift = 0
  const prices = Array.from({ length: day.slots }, (_, i) => {
    const local = DateTime.fromMillis(startOf((day.first + i) as Slot), { zone: day.zone })
    const hour = local.hour + local.minute / 60 + 0.125
    drift = 0.8 * drift + 2.2 * deviation(roll)
    const shape =
      night +
      offset +
      morning * bump(hour, 7.6, 1.2) +
      evening * bump(hour, eveningAt, 1.7) +
      18 * bump(hour, 16.6, 2) -
      dip * bump(hour, 13, 2.3) -
      12 * bump(hour, 3.5, 2.5)
    return eurPerMWh(shape + drift)
  })
  return {
    zone: 'DE-LU',
    market: 'SDAC',
    prices: series(day.first, prices),
    provenance: {
      source: 'generated',
      location: `twin seed ${seed}`,
      fetchedAt: publishedAt(day),
      digest: createHash('sha256').update(JSON.stringify(prices)).digest('hex'),
    },
  }
}

/** Instant from which the prices of a day can be had: 12:45 local on the day before. */
export function publishedAt(day: DeliveryDay): number {
  return DateTime.fromISO(day.date, { zone: day.zone }).minus({ days: 1 }).set(PUBLICATION).toMillis()
}

function bump(hour: number, centre: number, width: number): number {
  return Math.exp(-((hour - centre) ** 2) / (2 * width * width))
}
