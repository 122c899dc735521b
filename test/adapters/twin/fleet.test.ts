import { describe, expect, it } from 'vitest'
import { startTwin } from '../../../adapters/twin/fleet.ts'
import { twinFleet } from '../../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { miniCsms } from './mini-csms.ts'

const from = Date.parse('2026-05-04T22:00:00Z')
const DAY = 86_400_000

/** A day of ten stations in lockstep. */
async function day(seed: number) {
  const clock = manualClock(from)
  const flight = inFlight()
  const csms = await miniCsms(clock, flight)
  const fleet = twinFleet({ seed, stations: 10, from })
  const twin = startTwin({ url: csms.url, fleet, clock, inFlight: flight })
  const atStart = twin.cars()
  await clock.runUntil(from + DAY, () => flight.idle())
  const result = {
    fleet,
    atStart,
    cars: twin.cars(),
    departures: twin.departures(),
    connected: twin.connected(),
    messages: twin.messages(),
    frames: csms.frames,
    received: csms.received,
  }
  await twin.stop()
  await csms.stop()
  return result
}

describe('a day of a fleet in lockstep', () => {
  it('is the same twice, frame by frame, and another with another seed', async () => {
    const [first, second] = [await day(7), await day(7)]
    expect([...second.frames.keys()].sort()).toEqual([...first.frames.keys()].sort())
    for (const [station, frames] of first.frames) expect(second.frames.get(station)).toEqual(frames)
    expect(second.cars).toEqual(first.cars)
    expect(second.departures).toEqual(first.departures)
    expect(first.messages).toBeGreaterThan(5_000)
    expect((await day(8)).cars).not.toEqual(first.cars)
  })

  it('has all stations connected, no error anywhere, and cars that come and go', async () => {
    const { connected, frames, departures, cars, received } = await day(7)
    expect(connected).toBe(10)
    expect([...frames.values()].flat().filter((frame) => /^(in|out) \[[45],/.test(frame))).toEqual([])
    expect(departures.list.length).toBeGreaterThanOrEqual(7)
    // Nobody holds anything back, so everybody leaves with what was wanted.
    expect(departures.missed).toBe(0)
    expect(departures.met).toBe(departures.list.length)
    expect(cars.some((car) => car.plugged)).toBe(true)
    const instants = received.filter((one) => one.payload.eventType === 'Updated').map((one) => one.at % 60_000)
    expect(new Set(instants)).toEqual(new Set([0]))
  })
})
