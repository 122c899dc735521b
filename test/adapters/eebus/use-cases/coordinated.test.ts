// CEVC: a house with a car tells what it needs, is told limits and our prices, and answers with a plan.
import { describe, expect, it } from 'vitest'
import { cheapestPlan } from '../../../../adapters/eebus/use-cases/cheapest-plan.ts'
import { CEVC, powerLimitsWrite, pricesWrites } from '../../../../adapters/eebus/use-cases/coordinated-charging.ts'
import { pricesAhead } from '../../../../adapters/eebus/use-cases/prices-ahead.ts'
import type { ToWrite } from '../../../../adapters/eebus/use-cases/bound-writer.ts'
import type { SpineAnswer } from '../../../../adapters/eebus/spine/requests.ts'
import { series } from '../../../../domain/time/series.ts'
import { later, slotAt, SLOT_MS } from '../../../../domain/time/slot.ts'
import { eurPerMWh, type Price } from '../../../../domain/units.ts'
import { housePair } from './house-pair.ts'
import { START } from './pair.ts'

type Pair = Awaited<ReturnType<typeof housePair>>
const HOUR = 3_600_000
/** A day that is cheap at noon and negative for an hour. */
const PRICES: readonly (Price | null)[] = Array.from({ length: 110 }, (_, slot) =>
  eurPerMWh(slot >= 24 && slot < 28 ? -12.5 - slot / 100 : 90 + 60 * Math.cos((slot / 96) * 2 * Math.PI)),
)

async function write(peer: Pair, type: string, commands: readonly ToWrite[]): Promise<readonly SpineAnswer[]> {
  const feature = peer.link.remote().features.find((one) => one.type === type && one.role === 'server')!
  const answers: SpineAnswer[] = []
  for (const command of commands) {
    const answer = peer.writer.write(feature, command)
    await peer.settle()
    await peer.settle()
    answers.push(await answer)
    await peer.pass(0)
  }
  return answers
}
const values = (peer: Pair) => peer.watch.valuesOf(CEVC)!
function must<Value>(result: { ok: true; value: Value } | { ok: false; refusal: unknown }): Value {
  if (!result.ok) throw new Error(String(result.refusal))
  return result.value
}

describe('a house with a car', () => {
  it('tells its demand, is told 96 quarter-hours of our prices, and answers with a plan whose sums match', async () => {
    const peer = await housePair()
    peer.house.need(30_000, 10 * HOUR)
    await peer.settle()
    expect(values(peer).demand).toEqual({ minimum: 15_000, optimum: 30_000, maximum: 45_000, departure: START + 10 * HOUR })
    const prices = pricesAhead(series(slotAt(START), PRICES), START)
    expect(prices).toHaveLength(96)
    const answers = await write(peer, 'IncentiveTable', must(pricesWrites(values(peer), prices)))
    expect(answers).toEqual([
      { ok: true, value: {} },
      { ok: true, value: {} },
    ])
    // Cents are exact, and the sign stays.
    expect(peer.house.prices()).toEqual(prices)
    expect(prices[24]!.value).toBe(-0.01274)
    const plan = values(peer).plan!
    expect(plan).toHaveLength(96)
    expect(plan[0]!.from).toBe(START)
    expect(plan.at(-1)!.until).toBe(START + 24 * HOUR)
    const planned = plan.reduce((sum, { from, until, power }) => sum + (power * (until - from)) / HOUR, 0)
    expect(planned).toBeCloseTo(30_000, 3)
    const answered = peer.house.plan().reduce((sum, { ms, value }) => sum + (value * ms) / HOUR, 0)
    expect(planned).toBeCloseTo(answered, 3)
    // All in the cheapest slots before its departure, the negative hour first.
    expect(plan.filter(({ power }) => power > 0).every(({ until }) => until <= START + 10 * HOUR)).toBe(true)
    expect(plan.slice(24, 28).every(({ power }) => power === 11_040)).toBe(true)
  })
  it('plans within limits, which may be lowered again', async () => {
    const peer = await housePair()
    peer.house.need(20_000, 24 * HOUR)
    await peer.settle()
    await write(peer, 'IncentiveTable', must(pricesWrites(values(peer), pricesAhead(series(slotAt(START), PRICES), START))))
    const limits = [
      { ms: 6 * HOUR, value: 11_000 },
      { ms: HOUR, value: 2_000 },
      { ms: 17 * HOUR, value: 11_000 },
    ]
    const answers = await write(peer, 'TimeSeries', [must(powerLimitsWrite(values(peer), limits))])
    expect(answers).toEqual([{ ok: true, value: {} }])
    const plan = values(peer).plan!
    expect(Math.max(...plan.slice(24, 28).map(({ power }) => power))).toBe(2_000)
    expect(Math.max(...plan.map(({ power }) => power))).toBe(11_000)
  })
  it('that holds fewer slots gets prices put together at their mean and limits at the lower one', async () => {
    const peer = await housePair({ slotsMax: 29 })
    peer.house.need(30_000, 10 * HOUR)
    await peer.settle()
    const ahead = pricesAhead(series(slotAt(START), PRICES), START)
    expect(await write(peer, 'IncentiveTable', must(pricesWrites(values(peer), ahead)))).toMatchObject([
      { ok: true },
      { ok: true },
    ])
    const told = peer.house.prices()
    expect(told).toHaveLength(29)
    const weighed = (list: typeof ahead) => list.reduce((sum, { ms, value }) => sum + ms * value, 0) / HOUR
    expect(weighed(told)).toBeCloseTo(weighed(ahead), 4)
    const limits = Array.from({ length: 96 }, (_, index) => ({ ms: SLOT_MS, value: 4_000 + index * 10 }))
    expect(await write(peer, 'TimeSeries', [must(powerLimitsWrite(values(peer), limits))])).toMatchObject([{ ok: true }])
  })
  it('refuses limits without time or power, other series, and tables it cannot hold', async () => {
    const peer = await housePair({ slotsMax: 4 })
    await peer.settle()
    const slots = (count: number, slot: object = { maxValue: { number: 1, scale: 3 } }) =>
      Array.from({ length: count }, (_, index) => ({ timeSeriesSlotId: index, duration: 'PT1H', ...slot }))
    const limits = (timeSeriesSlot: readonly object[], timeSeriesId = 1) =>
      ({ name: 'timeSeriesListData', data: { timeSeriesData: [{ timeSeriesId, timeSeriesSlot }] } }) as unknown as ToWrite
    const answers = await write(peer, 'TimeSeries', [
      limits(slots(4)),
      limits(slots(5)),
      limits(slots(1, {})),
      limits(slots(1, { maxValue: { number: -1, scale: 0 } })),
      limits(slots(2, { duration: 'P1M' })),
      limits(slots(1), 3),
      limits([]),
    ])
    expect(answers.map(({ ok }) => ok)).toEqual([true, false, false, false, false, false, false])
    const table = must(
      pricesWrites({ ...values(peer), tariff: { id: 1, isWriteable: true, slotsMax: null } }, [
        { ms: HOUR, value: 0.1 },
        { ms: HOUR, value: 0.2 },
        { ms: HOUR, value: 0.3 },
        { ms: HOUR, value: 0.4 },
        { ms: HOUR, value: 0.5 },
      ]),
    )
    expect((await write(peer, 'IncentiveTable', table)).map(({ ok }) => ok)).toEqual([true, false])
    expect(peer.house.prices()).toEqual([])
  })
  it('a demand is no later because something else was told later', async () => {
    const peer = await housePair()
    peer.house.need(10_000, 4 * HOUR)
    await peer.settle()
    await peer.pass(HOUR / 12)
    peer.house.coordinated.tellPlan([{ ms: HOUR, value: 2_000 }])
    await peer.settle()
    expect(values(peer).demand!.departure).toBe(START + 4 * HOUR)
    expect(values(peer).plan).toEqual([{ from: START + HOUR / 12, until: START + (13 * HOUR) / 12, power: 2_000 }])
  })
})

describe('our prices', () => {
  it('end before a gap, and count from the middle of a quarter-hour', () => {
    const first = slotAt(START)
    const known = series(first, [eurPerMWh(100), eurPerMWh(-20), null, eurPerMWh(50)])
    expect(pricesAhead(known, START + 5 * 60_000)).toEqual([
      { ms: 10 * 60_000, value: 0.1 },
      { ms: SLOT_MS, value: -0.02 },
    ])
    expect(pricesAhead(known, later(first, 2) * SLOT_MS)).toEqual([])
    expect(pricesAhead(known, START - 1)).toEqual([])
  })
  it('are not told to a car that takes none', () => {
    const none = { demand: null, plan: null, limits: null, tariff: null }
    expect(pricesWrites(none, [{ ms: 1, value: 1 }])).toMatchObject({ refusal: 'not-taken' })
    expect(powerLimitsWrite(none, [{ ms: 1, value: 1 }])).toMatchObject({ refusal: 'not-taken' })
    const closed = { ...none, tariff: { id: 1, isWriteable: false, slotsMax: null } }
    expect(pricesWrites(closed, [{ ms: 1, value: 1 }])).toMatchObject({ refusal: 'not-taken' })
  })
})

it('a plan takes less where the time does not suffice, and never more than the limits', () => {
  const plan = cheapestPlan({
    from: 0,
    prices: [
      { ms: HOUR, value: 0.3 },
      { ms: HOUR, value: 0.1 },
    ],
    limits: [{ from: HOUR, until: 2 * HOUR, value: null, min: null, max: 1_000 }],
    energy: 50_000,
    power: 11_000,
    departure: 1.5 * HOUR,
  })
  expect(plan).toEqual([
    { ms: HOUR, value: 11_000 },
    { ms: HOUR, value: 500 },
  ])
})
