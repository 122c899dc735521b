import { describe, expect, it } from 'vitest'
import { flowSince } from '../../../domain/live/stored-energy.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { wattHours, watts } from '../../../domain/units.ts'
import { HOUR_MS, MINUTE_MS, NOW, ordered, plugIn, read, smallFleet } from '../live/small-fleet.ts'

/** An hour of readings of a car that gives 7 kW, as its meter tells it. */
function hourOf(tell: (minute: number) => Partial<Reading>, everyMinutes = 1, setpoint: number | null = null) {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  if (setpoint !== null) ordered(fleet, live, setpoint)
  for (let minute = 0; minute <= 60; minute += everyMinutes) read(fleet, live, NOW + minute * MINUTE_MS, tell(minute))
  return flowSince(live)
}
const exported = (minute: number) => wattHours((7_000 * minute) / 60)

describe('what has flowed since plug-in', () => {
  it('is what the registers counted, both ways', () => {
    const flow = hourOf((minute) => ({ power: watts(-7_000), imported: wattHours(0), exported: exported(minute) }))
    expect(flow).toEqual({ inLeast: 0, inMost: 0, outLeast: 7_000, outMost: 7_000 })
  })
  it('is told by power where there are no registers: no less out and no more in than it may have been (I2, F34)', () => {
    const flow = hourOf((minute) => ({ power: watts(minute % 10 < 5 ? -7_000 : 3_000) }))
    // Half the time each way; what changes between two readings counts in full for the outflow, not at all for the inflow.
    expect(flow.outMost).toBeGreaterThan(3_500)
    expect(flow.outMost).toBeLessThan(7_000 * 0.75)
    expect(flow.inLeast).toBeLessThan(1_500)
    expect(flow.inLeast).toBeGreaterThan(1_000)
  })
  it.each([
    ['stands still', 1, () => wattHours(0)],
    ['stands still and is read every five minutes', 5, () => wattHours(0)],
    ['lags by half', 1, (minute: number) => wattHours(exported(minute) / 2)],
    ['is not told at all', 1, () => null],
  ])('is the larger outflow where the power says 7 kW and the register %s (I2, F34)', (_, every, register) => {
    const flow = hourOf((minute) => ({ power: watts(-7_000), imported: wattHours(0), exported: register(minute) }), every)
    expect(flow.outMost).toBeGreaterThan(6_999)
  })
  it('is not overrated where a car pauses between two readings that are far apart', () => {
    const flow = hourOf(
      (minute) => ({ power: watts(-7_000), imported: wattHours(0), exported: wattHours(exported(minute) / 2) }),
      5,
    )
    expect(flow.outMost).toBe(3_500)
  })
  it('is what was ordered where the meter tells no power and its register stands still (I2, F34)', () => {
    const still = () => ({ imported: wattHours(0), exported: wattHours(0) })
    expect(hourOf(still, 1, -7_000).outMost).toBeGreaterThan(6_999)
    expect(hourOf(still, 1, 7_000).outMost).toBe(0)
    const counts = (minute: number) => ({ imported: wattHours(0), exported: exported(minute) })
    expect(hourOf(counts, 1, -7_000).outMost).toBe(7_000)
  })
  it('begins with the first reading: what the registers counted before was another car (I2)', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    read(fleet, live, NOW, { imported: wattHours(0), exported: wattHours(0) })
    plugIn(fleet, 1, { session: { id: 'later' as never, startedAt: NOW + 5 * HOUR_MS }, at: NOW + 5 * HOUR_MS })
    read(fleet, live, NOW + 5 * HOUR_MS, { imported: wattHours(30_000), exported: wattHours(0) })
    read(fleet, live, NOW + 6 * HOUR_MS, { imported: wattHours(35_000), exported: wattHours(0) })
    expect(flowSince(live)).toMatchObject({ inLeast: 5_000, inMost: 5_000, outMost: 0 })
  })
})
