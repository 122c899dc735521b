// The fleet as a whole: what it does now, what it cost so far, and the hours around now by quarter-hour.
import { z } from 'zod'
import type { ChartView, PoolView } from '../../../domain/ports/answers/pool.ts'
import { later } from '../../../domain/time/slot.ts'
import type { RestPorts } from '../ports.ts'
import { OPERATORS, route, type Route } from '../route.ts'
import {
  energy,
  energyOf,
  instant,
  instantOf,
  money,
  moneyOf,
  power,
  price,
  priceOrNull,
  slotStart,
  wattsOrNull,
} from '../wire-values.ts'

const pool = z
  .strictObject({
    now: instant,
    strategy: z.enum(['immediate', 'smart', 'bidirectional']),
    feeRegime: z.string(),
    speed: z.number().positive().meta({ description: 'Speed of the clock against the wall clock; 1 in operation' }),
    plannedW: power,
    measuredW: power,
    chargeMaxW: power,
    dischargeMaxW: power,
    stationsConnected: z.int(),
    stationsTotal: z.int(),
    carsPlugged: z.int(),
    carsBidirectional: z.int(),
    storedWh: energy,
    priceNow: price.nullable(),
    priceNext: price.nullable(),
    spent: money.meta({ description: 'Since the start: energy bought minus sold, as metered' }),
    chargedWh: energy,
    dischargedWh: energy,
    degraded: z.array(z.string()),
    lab: z.boolean(),
  })
  .meta({ id: 'Pool' })

const chart = z
  .strictObject({
    slots: z.array(
      z.strictObject({
        start: instant,
        plannedW: power.nullable(),
        price: price.nullable(),
        possibleMaxW: power.nullable(),
        possibleMinW: power.nullable(),
      }),
    ),
    measured: z.array(z.strictObject({ at: instant, powerW: power })),
  })
  .meta({
    id: 'Chart',
    description: 'From 4 hours ago to 20 hours ahead. What was possible before is as it was seen then; null where nobody looked',
  })

/** Sums of the pool and its chart. */
export function poolRoutes(ports: Pick<RestPorts, 'pool'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/pool',
      access: OPERATORS,
      tag: 'Pool',
      summary: 'The fleet as a whole, now',
      answerSchema: pool,
      handle: async ({ asker }) => ({ body: poolBody(await ports.pool.pool(asker)) }),
    }),
    route({
      method: 'get',
      path: '/v1/pool/chart',
      access: OPERATORS,
      tag: 'Pool',
      summary: 'Plan, price and flexibility by quarter-hour, and what was measured',
      answerSchema: chart,
      handle: async ({ asker }) => ({ body: chartBody(await ports.pool.chart(asker)) }),
    }),
  ]
}

function poolBody(of: PoolView): z.output<typeof pool> {
  return {
    now: instantOf(of.now),
    strategy: of.strategy,
    feeRegime: of.feeRegime,
    speed: of.speed,
    plannedW: of.planned,
    measuredW: of.measured,
    chargeMaxW: of.chargeMax,
    dischargeMaxW: of.dischargeMax,
    stationsConnected: of.stationsConnected,
    stationsTotal: of.stationsTotal,
    carsPlugged: of.carsPlugged,
    carsBidirectional: of.carsBidirectional,
    storedWh: energyOf(of.stored),
    priceNow: priceOrNull(of.priceNow),
    priceNext: priceOrNull(of.priceNext),
    spent: moneyOf(of.spent),
    chargedWh: energyOf(of.charged),
    dischargedWh: energyOf(of.discharged),
    degraded: [...of.degraded],
    lab: of.lab,
  }
}

function chartBody(of: ChartView): z.output<typeof chart> {
  return {
    slots: of.planned.map((planned, i) => ({
      start: slotStart(later(of.first, i)),
      plannedW: wattsOrNull(planned),
      price: priceOrNull(of.prices[i] ?? null),
      possibleMaxW: wattsOrNull(of.possibleMax[i] ?? null),
      possibleMinW: wattsOrNull(of.possibleMin[i] ?? null),
    })),
    measured: of.measured.map(({ at, power }) => ({ at: instantOf(at), powerW: power })),
  }
}
