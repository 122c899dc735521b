// A trader's evening: the fleet's schedule is sold, the market moves, and the fleet says what it would rather have bought and sold, and what that is worth.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { deliveryDay } from '../../domain/time/delivery-day.ts'
import { instantText, later, slotAt, startOf } from '../../domain/time/slot.ts'
import { openReceiver, type Receiver } from '../adapters/webhooks/push-lab.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const FROM = Date.parse('2025-10-27T15:00:00Z')
const DAY = deliveryDay('2025-10-28')
/** Cheap quarter-hours of the night, dear ones after them, by position within the day. */
const CHEAP = [8, 9, 10, 11]
const DEAR = [16, 17, 18, 19]
const LOT = 250
let world: World
let place = ''
let receiver: Receiver

async function ask(method: 'GET' | 'PUT', path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const kindOf = ({ status, body }: Awaited<ReturnType<typeof ask>>) => [status, String(body['type']).split(':').at(-1)]
const quotesAt = (asOf: number, spread = 2) => ({
  asOf: instantText(asOf),
  start: instantText(startOf(DAY.first)),
  quotes: Array.from({ length: 28 }, (_, i) => {
    const middle = CHEAP.includes(i) ? -40 : DEAR.includes(i) ? 300 : 90
    return i === 27 ? null : { bidEurPerMWh: middle - spread / 2, askEurPerMWh: middle + spread / 2 }
  }),
})
interface Proposal {
  readonly gain: { readonly amount: string }
  readonly gainMax: { readonly amount: string }
  readonly slots: readonly {
    readonly start: string
    readonly positionWh: number
    readonly changeWh: number
    readonly energyWh: number
    readonly priceEurPerMWh: string | null
    readonly worthEurPerMWh: string
  }[]
}
const propose = async (lot = LOT) => {
  const { status, body } = await ask('GET', `/v1/retrade/${place}?lotWh=${lot}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body as unknown as Proposal
}
const changeIn = (proposal: Proposal, positions: readonly number[]) =>
  proposal.slots
    .filter(({ start }) => positions.includes(slotAt(Date.parse(start)) - DAY.first))
    .reduce((sum, { changeWh }) => sum + changeWh, 0)

beforeAll(async () => {
  world = await openWorld({ from: FROM, stations: 12 })
  await world.runUntil(FROM + 4 * HOUR_MS)
  const [portfolio] = world.running.answers.trading.portfolios(THE_PROCESS)
  place = `${portfolio!.balanceGroup}/${portfolio!.controlArea}`
  receiver = await openReceiver()
  const events = ['fleet-plan.published', 'retrade.proposed']
  expect((await ask('PUT', '/v1/webhooks/desk', { url: receiver.url, events, portfolio })).status).toBe(200)
})
afterAll(async () => {
  await receiver.close()
  await world.stop()
})

describe('trading again', () => {
  it('says why there is nothing to propose: no quotes, nothing sold, nobody there', async () => {
    expect(kindOf(await ask('GET', `/v1/retrade/${place}`))).toEqual([422, 'not-possible'])
    expect(kindOf(await ask('GET', '/v1/quotes/intraday'))).toEqual([404, 'not-found'])
    const now = world.clock.now()
    expect((await ask('PUT', '/v1/quotes/early', quotesAt(now - MINUTE_MS))).body).toEqual({ isRepeated: false })
    const unsold = await ask('GET', `/v1/retrade/${place}?market=early`)
    expect(kindOf(unsold)).toEqual([422, 'not-possible'])
    expect(unsold.body['detail']).toContain('in the schedule')
    expect(kindOf(await ask('GET', '/v1/retrade/nobody/TenneT'))).toEqual([404, 'not-found'])
    expect(kindOf(await ask('GET', `/v1/retrade/${place}?lotWh=0`))).toEqual([400, 'invalid-request'])
  })

  it('takes the newest quotes only, and none that contradict themselves (F30)', async () => {
    const now = world.clock.now()
    const crossed = quotesAt(now)
    crossed.quotes[3] = { bidEurPerMWh: 10, askEurPerMWh: 9 }
    const refused = await ask('PUT', '/v1/quotes/early', crossed)
    expect([kindOf(refused), refused.body['errors']]).toEqual([
      [422, 'not-possible'],
      [{ pointer: '/quotes/3', detail: 'the bid lies above the ask' }],
    ])
    expect(kindOf(await ask('PUT', '/v1/quotes/early', quotesAt(now - 2 * MINUTE_MS)))).toEqual([412, 'changed-meanwhile'])
    expect(kindOf(await ask('PUT', '/v1/quotes/early', quotesAt(now - MINUTE_MS, 4)))).toEqual([409, 'version-conflict'])
    expect((await ask('PUT', '/v1/quotes/early', quotesAt(now - MINUTE_MS))).body).toEqual({ isRepeated: true })
    expect(kindOf(await ask('PUT', '/v1/quotes/early', quotesAt(now + HOUR_MS)))).toEqual([422, 'not-possible'])
    expect(kindOf(await ask('PUT', '/v1/quotes/UP', quotesAt(now)))).toEqual([400, 'invalid-request'])
    expect(kindOf(await ask('PUT', '/v1/quotes/early', { ...quotesAt(now), start: instantText(now + 1_000) }))).toEqual([
      422,
      'not-possible',
    ])
  })

  it('buys what is cheap and sells what is dear, in lots, for a gain that is certified and on record', async () => {
    const energyWh = Array.from({ length: DAY.slots }, (_, i) => (i < 24 ? 2_000 : null))
    expect((await ask('PUT', `/v1/schedules/${place}/${DAY.date}`, { message: 'm1', version: 1, energyWh })).status).toBe(200)
    await world.runUntil(world.clock.now() + MINUTE_MS)
    expect((await ask('PUT', '/v1/quotes/intraday', quotesAt(world.clock.now()))).status).toBe(200)
    const proposal = await propose()
    // Quarter-hours 25 to 27 are quoted but not in the schedule.
    expect(proposal.slots).toHaveLength(24)
    expect(changeIn(proposal, CHEAP)).toBeGreaterThan(0)
    expect(changeIn(proposal, DEAR)).toBeLessThan(0)
    for (const { start, changeWh, positionWh, energyWh: after, priceEurPerMWh, worthEurPerMWh } of proposal.slots) {
      expect(Math.abs(changeWh % LOT)).toBe(0)
      expect(after).toBe(positionWh + changeWh)
      const quote = quotesAt(0).quotes[slotAt(Date.parse(start)) - DAY.first]!
      expect(priceEurPerMWh).toBe(changeWh === 0 ? null : (changeWh > 0 ? quote.askEurPerMWh : quote.bidEurPerMWh).toFixed(2))
      expect(Number.isFinite(Number(worthEurPerMWh))).toBe(true)
    }
    const [gain, most] = [Number(proposal.gain.amount), Number(proposal.gainMax.amount)]
    expect(gain).toBeGreaterThan(0.5)
    expect(gain).toBeLessThanOrEqual(most)
    // Nothing was sold meanwhile, and the position has not moved.
    expect(
      world.running.answers.trading.position(
        THE_PROCESS,
        world.running.answers.trading.portfolios(THE_PROCESS)[0]!,
        DAY.first,
        1,
      ),
    ).toEqual([2_000])

    await world.runUntil(world.clock.now() + MINUTE_MS)
    const onRecord = factsOf(await world.journal(), 'retrade-proposed')
    expect(onRecord.map(({ proposal: { market } }) => market)).toContain('intraday')
    expect(onRecord.every(({ proposal: { gain: worth } }) => worth > 0)).toBe(true)
    const told = receiver.received.filter(({ body }) => body.type === 'retrade.proposed')
    expect(told).toHaveLength(onRecord.length)
    expect(told.at(-1)!.body.data).toMatchObject({
      market: 'intraday',
      gain: proposal.gain,
      slots: proposal.slots
        .filter(({ changeWh }) => changeWh !== 0)
        .map(({ start, changeWh, priceEurPerMWh }) => ({ start, changeWh, priceEurPerMWh })),
    })
    const planned = factsOf(await world.journal(), 'fleet-planned').filter(({ isKept }) => !isKept)
    const plans = receiver.received.filter(({ body }) => body.type === 'fleet-plan.published')
    expect(plans.length).toBeGreaterThan(0)
    expect(plans.at(-1)!.body.data['powerW']).toEqual(planned.at(-1)!.powerWatts)
  })

  it('has nothing left to gain once its trades are in the schedule, and the position shows where they were made', async () => {
    const before = await propose()
    const first = before.slots[0]!
    const energyWh = Array.from({ length: DAY.slots }, (_, i) => {
      const slot = before.slots.find(({ start }) => Date.parse(start) === startOf(later(DAY.first, i)))
      return slot?.energyWh ?? (i < 24 ? 2_000 : null)
    })
    expect((await ask('PUT', `/v1/schedules/${place}/${DAY.date}`, { message: 'm2', version: 2, energyWh })).status).toBe(200)
    const deal = (name: string, market: string, energies: readonly number[]) =>
      ask('PUT', `/v1/trades/${name}`, {
        version: 1,
        market,
        balanceGroup: place.split('/')[0],
        controlArea: place.split('/')[1],
        start: first.start,
        energyWh: energies,
        priceEurPerMWh: 90,
      })
    const bought = await deal(
      'day',
      'day-ahead',
      before.slots.map(({ positionWh }) => positionWh),
    )
    const traded = await deal(
      'again',
      'intraday',
      before.slots.map(({ changeWh }) => changeWh),
    )
    expect([bought.status, traded.status]).toEqual([200, 200])
    const positions = (await ask('GET', `/v1/positions/${place}/${DAY.date}`)).body['slots'] as Record<string, number | null>[]
    for (const slot of positions) expect(slot['sumWh']).toBe(slot['scheduleWh'])
    expect(positions.some((slot) => (slot['intradayWh'] ?? 0) < 0)).toBe(true)
    const after = await propose()
    expect(Number(after.gain.amount)).toBeLessThanOrEqual(0.05 * Number(before.gain.amount))
    const reconciled = await ask('GET', `/v1/reconciliation/${place}/${DAY.date}`)
    expect(reconciled.body['openQuarterWh']).toBe(0)
    expect(world.complaints).toEqual([])
  })
})
