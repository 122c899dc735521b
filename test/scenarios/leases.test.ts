// A set-point is renewed every minute on a clock as machines have it, whose timers fire some milliseconds late, so that a station that asks for it is answered at any time (K28.FR.07).
import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../domain/ports/clock.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallRegistry } from '../domain/live/small-fleet.ts'
import { needs, openPlayed, started, type Played, type PlayedStation } from './played-stations.ts'

let world: Played
afterEach(() => world.stop())

/** Every timer fires some milliseconds late, now more, now less. */
function late(own: Clock): Clock {
  let count = 0
  const by = () => 2 + ((count++ * 7) % 12)
  return {
    now: own.now,
    elapsed: own.elapsed,
    onStep: own.onStep,
    at: (instant, key, run) => own.at(instant + by(), key, run),
    after: (ms, key, run) => own.after(ms + by(), key, run),
  }
}

/** The car gives at once: what it could sell for is dear for two hours. */
const price = (at: number) => (at < NOW + 2 * HOUR_MS ? 500 : 20)

async function led(over: (own: Clock) => Clock): Promise<PlayedStation> {
  world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price, clock: over })
  const station = await world.station('S1', 'ocpp2.1')
  station.answer = () => ({ status: 'Accepted' })
  const began = station.ask('TransactionEvent', started(NOW, 'T1'))
  await world.pass(1_000)
  await began
  const told = station.ask('NotifyEVChargingNeeds', needs())
  await world.pass(1_000)
  await told
  await world.pass(10_000)
  return station
}
const setpoints = ({ asked }: PlayedStation) =>
  asked.filter(
    ({ action, payload }) =>
      action === 'UpdateDynamicSchedule' ||
      (payload as { chargingProfile?: { chargingProfileKind: string } }).chargingProfile?.chargingProfileKind === 'Dynamic',
  )

describe('a leased set-point', () => {
  it.each([
    ['whose timers are late', late],
    ['that is exact', (own: Clock) => own],
  ] as const)('is told again every minute on a clock %s, and a pull is always answered', async (_, over) => {
    const station = await led(over)
    expect(setpoints(station).length).toBeGreaterThan(0)
    const pulls: string[] = []
    for (let i = 0; i < 60; i++) {
      await world.pass(10_000)
      // The meter is read, so that nobody is led as unseen.
      const reading = station.ask('MeterValues', {
        evseId: 1,
        meterValue: [
          { timestamp: new Date(world.now()).toISOString(), sampledValue: [{ value: 0, measurand: 'Power.Active.Import' }] },
        ],
      })
      await world.pass(100)
      await reading
      const pull = station.ask('PullDynamicScheduleUpdate', { chargingProfileId: 12 })
      await world.pass(100)
      pulls.push((await pull).status)
    }
    const gaps = setpoints(station).map(({ at }, i, all) => (i === 0 ? 0 : at - all[i - 1]!.at))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(MINUTE_MS + 1_100)
    expect(new Set(pulls)).toEqual(new Set(['Accepted']))
    expect(setpoints(station).length).toBeLessThanOrEqual(20)
  })

  it('is told again by its own time after a restart, without another order', async () => {
    const station = await led((own) => own)
    const before = setpoints(station).length
    await world.pass(25_000)
    await world.restart()
    const back = await world.station('S1', 'ocpp2.1')
    await world.pass(10_000)
    expect(before + setpoints(back).length).toBeGreaterThan(before)
    const first = setpoints(back).length
    await world.pass(2 * MINUTE_MS)
    expect(setpoints(back).length).toBeGreaterThanOrEqual(first + 2)
  })
})
