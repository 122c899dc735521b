import { describe, expect, it } from 'vitest'
import { boundsOf, flexibilityNow } from '../../../domain/live/bounds.ts'
import { openSession } from '../../../domain/live/live-fleet.ts'
import type { ChargingNeeds, Session } from '../../../domain/registry/session.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import { HOUR_MS, needsOf, NOW, plugIn, plugInBelieved, read, sessionOf, smallFleet, smallRegistry } from './small-fleet.ts'

function carWith(
  options: {
    needs?: Partial<ChargingNeeds>
    session?: Partial<Session>
    consent?: boolean
    feedInMax?: number
    isBelieved?: boolean
  } = {},
) {
  const { needs = {}, session = {}, consent = true, feedInMax = 11_000, isBelieved = false } = options
  const fleet = smallFleet(smallRegistry({ consent, site: () => ({ feedInMax: watts(feedInMax) }) }))
  const live = (isBelieved ? plugInBelieved : plugIn)(fleet, 1, { needs: needsOf(needs), session })
  return {
    fleet,
    live,
    bounds: (at: number = NOW) => boundsOf(fleet, live, openSession(fleet, live)!, at),
    band: (at: number = NOW) => flexibilityNow(fleet, live, openSession(fleet, live)!, at),
  }
}
const wish = sessionOf(1).wish

describe('standing envelopes', () => {
  it('are the ratings of station and car, whichever is smaller', () => {
    expect(carWith({ needs: { chargeMax: watts(7_400), dischargeMax: watts(-20_000) } }).bounds()).toMatchObject({
      min: -11_000,
      max: 7_400,
    })
  })
  it('hold at every instant, whatever the clock of the station says', () => {
    for (const startedAt of [NOW - 48 * HOUR_MS, NOW, NOW + HOUR_MS]) {
      const { bounds } = carWith({ consent: false, session: { startedAt } })
      for (const at of [NOW - HOUR_MS, NOW, NOW + 2 * HOUR_MS]) expect(bounds(at)).toMatchObject({ min: 0, max: 11_000 })
    }
  })
  it('name who forbids discharging', () => {
    expect(carWith({ consent: false }).bounds().minBy?.provenance.authority).toBe('driver')
    expect(carWith({ needs: { bidirectional: false } }).bounds().minBy?.provenance.authority).toBe('car')
    expect(carWith().bounds().min).toBe(-11_000)
  })
})

describe('flexibility', () => {
  it('is the whole band for a full car with time', () => {
    expect(carWith().band()).toEqual({ min: -11_000, max: 11_000 })
  })
  it('leaves out discharging near the minimum, before leaving and for cars that hide their state of charge', () => {
    expect(carWith({ needs: { soc: share(0.34) } }).band().min).toBe(0)
    const soon = { session: { wish: { ...wish, readyBy: NOW + HOUR_MS / 2 } } }
    expect(carWith({ ...soon, isBelieved: true }).band().min).toBe(0)
    // Nothing has confirmed that it is as full as it says, and little time is left.
    expect(carWith(soon).band()).toEqual({ min: 11_000, max: 11_000 })
    expect(carWith({ needs: { soc: null } }).band().min).toBe(0)
  })
  it('charges at full power when there is no time to wait', () => {
    const urgent = carWith({ needs: { soc: share(0.5) }, session: { wish: { ...wish, readyBy: NOW + 2 * HOUR_MS } } })
    expect(urgent.band()).toEqual({ min: 11_000, max: 11_000 })
  })
  it('sees the battery run down by the meter when the car tells its state of charge only once', () => {
    const { fleet, live, band } = carWith()
    read(fleet, live, NOW, { power: watts(-11_000), imported: wattHours(0), exported: wattHours(0) })
    read(fleet, live, NOW + 2.5 * HOUR_MS, { power: watts(-11_000), imported: wattHours(0), exported: wattHours(27_500) })
    expect(band(NOW + 2.5 * HOUR_MS).min).toBe(0)
  })
  it('bears a car with a battery of 0 Wh', () => {
    const { min, max } = carWith({ needs: { capacity: wattHours(0), soc: null } }).band()
    expect(min).toBeGreaterThanOrEqual(0)
    expect(max).toBe(11_000)
  })
})
