// A trader bids what the cars offer: the ladder is in order and inside what they can do, and a rung that is taken is followed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { deliveryDay } from '../../domain/time/delivery-day.ts'
import { instantText, slotAt, startOf } from '../../domain/time/slot.ts'
import { HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const FROM = Date.parse('2025-10-27T15:00:00Z')
const DAY = deliveryDay('2025-10-28')
let world: World
let place = ''

async function ask(path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`, {
    method: body === undefined ? 'GET' : 'PUT',
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: () => JSON.parse(text) as Record<string, unknown> }
}
interface Slot {
  readonly start: string
  readonly plannedWh: number
  readonly priceEurPerMWh: string
  readonly up: readonly { readonly energyWh: number; readonly priceEurPerMWh: string }[]
  readonly down: readonly { readonly energyWh: number; readonly priceEurPerMWh: string }[]
}
const read = async (query = '') => {
  const { status, body } = await ask(`/v1/offers/${place}${query}`)
  expect(status).toBe(200)
  return body()['slots'] as Slot[]
}

beforeAll(async () => {
  world = await openWorld({ from: FROM, stations: 12 })
  await world.runUntil(FROM + 4 * HOUR_MS)
  const [portfolio] = world.running.answers.trading.portfolios(THE_PROCESS)
  place = `${portfolio!.balanceGroup}/${portfolio!.controlArea}`
})
afterAll(() => world.stop())

describe('offers', () => {
  it('come in order around the price of now, for open quarter-hours only, and never beyond the band', async () => {
    const slots = await read()
    const now = world.clock.now()
    expect(slots.length).toBeGreaterThan(30)
    const band = (await ask(`/v1/flexibility?subject=portfolio:${place}`)).body()['slots'] as {
      start: string
      pMinW: number
      pMaxW: number
    }[]
    let rungs = 0
    for (const { start, plannedWh, up, down } of slots) {
      expect(Date.parse(start)).toBeGreaterThan(now + 30 * MINUTE_MS)
      const { pMinW, pMaxW } = band.find((other) => other.start === start)!
      for (const [ladder, sign] of [
        [up, 1],
        [down, -1],
      ] as const) {
        ladder.forEach(({ energyWh, priceEurPerMWh }, i) => {
          rungs++
          const before = ladder[i - 1]
          expect(energyWh).toBeGreaterThan(before?.energyWh ?? 0)
          if (before !== undefined)
            expect(sign * Number(priceEurPerMWh)).toBeLessThan(sign * Number(before.priceEurPerMWh) + 1e-9)
          expect(plannedWh + sign * energyWh).toBeLessThanOrEqual(pMaxW / 4 + 1)
          expect(plannedWh + sign * energyWh).toBeGreaterThanOrEqual(pMinW / 4 - 1)
        })
      }
      // What is taken more is worth less than what would be given up.
      if (up.length > 0 && down.length > 0)
        expect(Number(up[0]!.priceEurPerMWh)).toBeLessThanOrEqual(Number(down[0]!.priceEurPerMWh))
    }
    expect(rungs).toBeGreaterThan(100)
  })

  it('are told for a span of time, as CSV too, and to nobody for a portfolio without stations', async () => {
    const all = await read()
    const [from, until] = [all[4]!.start, all[8]!.start]
    expect((await read(`?from=${from}&until=${until}`)).map(({ start }) => start)).toEqual(
      all.slice(4, 8).map(({ start }) => start),
    )
    const { text } = await ask(`/v1/offers/${place}/csv?from=${from}&until=${until}`)
    const rows = text.trim().split('\r\n')
    expect(rows[0]).toBe('start;direction;energy_wh;price_eur_per_mwh')
    expect(rows).toHaveLength(1 + all.slice(4, 8).reduce((sum, { up, down }) => sum + up.length + down.length, 0))
    expect((await ask('/v1/offers/nobody/TenneT')).status).toBe(404)
    expect((await ask(`/v1/offers/${place}?from=yesterday`)).status).toBe(400)
  })

  it('hold: a rung that is taken becomes the plan', async () => {
    const at = (slots: readonly Slot[], i: number) => slots.find(({ start }) => slotAt(Date.parse(start)) === DAY.first + i)
    // One quarter-hour is sold, as the cars plan it anyway; the others are free to make up for it.
    const planned = await read(`?from=${instantText(startOf(DAY.first))}`)
    const first = planned.slice(0, 20).find(({ up }) => up.some(({ energyWh }) => energyWh > 1_000))!
    const position = slotAt(Date.parse(first.start)) - DAY.first
    const sold = new Array<number | null>(DAY.slots).fill(null).with(position, first.plannedWh)
    const schedule = async (version: number, energyWh: readonly (number | null)[]) => {
      expect((await ask(`/v1/schedules/${place}/${DAY.date}`, { message: 'm', version, energyWh })).status).toBe(200)
      await world.runUntil(world.clock.now() + MINUTE_MS)
    }
    await schedule(1, sold)
    const slot = at(await read(), position)!
    // Energy off the schedule costs 100 EUR/MWh here: what is worth less than that below the price of now is rather not taken.
    const isUseful = ({ energyWh, priceEurPerMWh }: Slot['up'][number]) =>
      energyWh > 1_000 && Number(priceEurPerMWh) > Number(slot.priceEurPerMWh) - 80
    const rung = slot.up.find(isUseful)!
    await schedule(2, sold.with(position, sold[position]! + rung.energyWh))
    const after = at(await read(), position)!
    expect(after.plannedWh - slot.plannedWh).toBeGreaterThan(0.7 * rung.energyWh)
    // More than the cars that are there can take is taken down, but told.
    const beyond = sold.with(position, 31_000)
    const sent = await ask(`/v1/schedules/${place}/${DAY.date}`, { message: 'm', version: 3, energyWh: beyond })
    const [warning, ...others] = sent.body()['warnings'] as { position: number; leastWh: number; mostWh: number }[]
    expect([sent.status, warning!.position, others]).toEqual([200, position + 1, []])
    expect(warning!.mostWh).toBeLessThan(31_000)
    expect(warning!.mostWh).toBeGreaterThan(after.plannedWh - 1)
    expect(world.complaints).toEqual([])
  })
})
