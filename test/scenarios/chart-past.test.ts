// The left part of the chart shows what was, also where today's limits would have left less.
import { afterEach, describe, expect, it } from 'vitest'
import { instantText } from '../../domain/time/slot.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallRegistry } from '../domain/live/small-fleet.ts'
import { needs, openPlayed, started, type Played, type PlayedStation } from './played-stations.ts'

interface ChartSlot {
  readonly start: string
  readonly possibleMaxW: number | null
  readonly possibleMinW: number | null
}
const LIMIT_W = 2_000
let world: Played
afterEach(() => world.stop())

/** By the beginning of the slot, in minutes from the start of the service. */
async function chart(): Promise<ReadonlyMap<number, ChartSlot>> {
  const answer = await fetch(`http://127.0.0.1:${world.running.address.port}/v1/pool/chart`)
  const { slots } = (await answer.json()) as { readonly slots: readonly ChartSlot[] }
  return new Map(slots.map((slot) => [(Date.parse(slot.start) - NOW) / MINUTE_MS, slot]))
}
async function limit(maxW: number): Promise<void> {
  const now = instantText(world.now())
  const answer = await fetch(`http://127.0.0.1:${world.running.address.port}/v1/signals/dim`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      version: 1,
      issuedAt: now,
      subjects: ['evse:S1/1'],
      rank: 'grid-limit',
      maxW,
      from: now,
      reference: '7',
    }),
  })
  expect(answer.status).toBe(200)
}
async function measure(station: PlayedStation, minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    const sampledValue = [{ value: 0, measurand: 'Power.Active.Import' }]
    await station.ask('MeterValues', { evseId: 1, meterValue: [{ timestamp: instantText(world.now()), sampledValue }] })
    await world.pass(MINUTE_MS)
  }
}

describe('the chart of the pool', () => {
  it('shows of the past what was possible then, and nothing where nobody looked', async () => {
    world = await openPlayed({
      from: NOW,
      registry: smallRegistry({ cars: 1 }),
      price: (at) => (at < NOW + 4 * HOUR_MS ? 500 : 20),
    })
    const station = await world.station('S1', 'ocpp2.1')
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await station.ask('NotifyEVChargingNeeds', needs())
    await measure(station, 31)
    const before = (await chart()).get(15)!
    expect(before.possibleMaxW).toBeGreaterThan(LIMIT_W)
    expect(before.possibleMinW).toBeLessThan(0)

    await limit(LIMIT_W)
    await measure(station, 30)
    const after = await chart()
    expect(after.get(15)).toEqual(before)
    expect(after.get(45)).toMatchObject({ possibleMaxW: LIMIT_W })
    expect(after.get(60)).toMatchObject({ possibleMaxW: LIMIT_W })
    expect(after.get(-15)).toMatchObject({ possibleMaxW: null, possibleMinW: null })
  })
})
