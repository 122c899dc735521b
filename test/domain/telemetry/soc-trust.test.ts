import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { storedEnergy } from '../../../domain/live/stored-energy.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import {
  CAPACITY_WH,
  EFFICIENCY,
  HOUR_MS,
  MINUTE_MS,
  needsOf,
  NOW,
  plugIn,
  plugInBelieved,
  read,
  sessionOf,
  smallFleet,
  smallRegistry,
} from '../live/small-fleet.ts'

/** A car with a battery of its own and a true meter; what it tells is up to the test. */
function car(
  storedWh: number,
  fleet: LiveFleet = smallFleet(),
  live: LiveEvse = plugIn(fleet, 1, { needs: needsOf({ soc: null }) }),
) {
  let [at, stored, imported, exported] = [NOW, storedWh, 0, 0]
  const stored1 = () => storedEnergy(fleet, live, openSession(fleet, live)!)
  return {
    fleet,
    live,
    stored: stored1,
    soc: () => stored / CAPACITY_WH,
    now: () => at,
    /** What is certain by the backend, Wh. */
    certain: () => stored1().spare + 0.3 * CAPACITY_WH,
    /** Flows for a minute, then the meter is read; `tells` null for a car that keeps silent. */
    minute(power: number, tells: number | null) {
      at += MINUTE_MS
      const wh = power / 60
      const moved = wh >= 0 ? Math.min(wh * EFFICIENCY, CAPACITY_WH - stored) : -Math.min(-wh / EFFICIENCY, stored)
      stored += moved
      if (moved > 0) imported += moved / EFFICIENCY
      else exported += -moved * EFFICIENCY
      read(fleet, live, at, {
        power: watts(power),
        imported: wattHours(imported),
        exported: wattHours(exported),
        soc: tells === null ? null : share(Math.min(1, Math.max(0, tells))),
      })
    },
    begin(tells: number | null) {
      read(fleet, live, at, {
        power: watts(0),
        imported: wattHours(0),
        exported: wattHours(0),
        soc: tells === null ? null : share(tells),
      })
    },
  }
}
type Car = ReturnType<typeof car>

/** As cars show it: whole tenths of a percent. */
const shown = (soc: number) => Math.round(soc * 1_000) / 1_000
/** An honest car that has been charged for a quarter of an hour and is believed. */
function believed(soc = 0.6): Car {
  const one = car(soc * CAPACITY_WH)
  one.begin(shown(soc))
  for (let minute = 0; minute < 20; minute++) one.minute(11_000, shown(one.soc()))
  expect(one.live.trust).toMatchObject({ standing: 'believed', isProven: true })
  return one
}

describe('the word of a car about its state of charge', () => {
  it('is believed once it has moved with the meter, and then all of it may be given down to the minimum (F34)', () => {
    const one = car(0.6 * CAPACITY_WH)
    one.begin(0.6)
    expect(one.live.trust.standing).toBe('on-trial')
    expect(one.stored()).toMatchObject({ soc: 0.6, estimated: false })
    expect(one.stored().spare).toBeCloseTo(0.01 * CAPACITY_WH)
    for (let minute = 0; minute < 8; minute++) one.minute(0, 0.6)
    one.minute(-11_000, shown(one.soc() - 11_000 / 60 / EFFICIENCY / CAPACITY_WH))
    expect(one.live.trust.standing).toBe('on-trial')
    one.minute(-11_000, shown(one.soc() - 11_000 / 60 / EFFICIENCY / CAPACITY_WH))
    expect(one.live.trust.standing).toBe('believed')
    expect(one.stored().spare).toBeGreaterThan(0.28 * CAPACITY_WH)
    expect(one.certain()).toBeLessThanOrEqual(one.soc() * CAPACITY_WH + 0.001 * CAPACITY_WH)
  })

  it.each([
    ['stuck', () => 0.6],
    ['rising', (at: number) => 0.6 + (0.02 * (at - NOW)) / HOUR_MS],
    ['always full', () => 1],
    ['half as much as flows', (_at: number, soc: number) => 0.6 - (0.6 - soc) / 2],
  ])('%s: gives a hundredth of the battery and no more (I2, F34)', (_, tells: (at: number, soc: number) => number) => {
    const one = car(0.6 * CAPACITY_WH)
    one.begin(tells(NOW, 0.6))
    for (let minute = 0; minute < 120; minute++) {
      const spare = one.stored().spare
      one.minute(spare > 11_000 / 60 / EFFICIENCY ? -11_000 : 0, tells(one.now() + MINUTE_MS, one.soc()))
    }
    expect(0.6 - one.soc()).toBeLessThanOrEqual(0.01)
    expect(0.6 - one.soc()).toBeGreaterThan(0.005)
    expect(one.live.trust.standing).not.toBe('believed')
  })

  it('is distrusted as soon as the meter excludes it, once for one lie, and the meter goes on from what was proven (I2, F34)', () => {
    const one = believed()
    for (let minute = 0; minute < 60; minute++) one.minute(-7_000, 0.9)
    const { trust } = one.live
    expect(trust).toMatchObject({ standing: 'distrusted', isReported: false, lie: { told: 0.9, at: NOW + 21 * MINUTE_MS } })
    expect(one.stored().soc).toBeCloseTo(one.soc(), 2)
    expect(one.certain()).toBeLessThanOrEqual(one.soc() * CAPACITY_WH)
    expect(one.certain()).toBeGreaterThan(one.soc() * CAPACITY_WH - 0.01 * CAPACITY_WH)
  })

  it('that was never proven counts for nothing once it was a lie: what was charged since plug-in is certain, and no more (I2, F34)', () => {
    const one = car(0.5 * CAPACITY_WH)
    one.begin(0.5)
    one.minute(0, 0.9)
    expect(one.live.trust.standing).toBe('distrusted')
    expect(one.stored()).toMatchObject({ estimated: true, soc: 0.12, mayGive: false })
    expect(one.stored().spare).toBeLessThan(0)
    for (let minute = 0; minute < 150; minute++) one.minute(11_000, 0.9)
    const countedWh = 150 * (11_000 / 60) * EFFICIENCY
    expect(one.certain()).toBeCloseTo(countedWh, -1)
  })

  it('comes back after half an hour that fits what was proven, and never higher than the meter allows (F34)', () => {
    const one = believed()
    one.minute(0, 0)
    expect(one.stored().soc).toBe(0)
    for (let minute = 0; minute < 29; minute++) one.minute(0, shown(one.soc()))
    expect(one.live.trust.standing).toBe('distrusted')
    one.minute(0, shown(one.soc()))
    one.minute(0, shown(one.soc()))
    expect(one.live.trust).toMatchObject({ standing: 'believed', isReported: false })
    expect(one.stored().soc).toBeCloseTo(one.soc(), 2)
  })

  it('gains nothing by lies in turns: honest for a while, higher for a while, and so on (I2, F34)', () => {
    const one = believed(0.5)
    for (let minute = 0; minute < 600; minute++) {
      const isHonest = Math.floor(minute / 45) % 2 === 0
      const power = one.stored().spare > 400 ? -7_000 : minute % 97 < 30 ? 7_000 : 0
      one.minute(power, shown(isHonest ? one.soc() : one.soc() + 0.2 + minute / 10_000))
      expect(one.certain()).toBeLessThanOrEqual((one.soc() + 0.001) * CAPACITY_WH)
    }
    expect(one.soc()).toBeGreaterThan(0.3 - 0.01)
  })

  it('may be 0 % until the car has spoken: that is no lie, and no word (F34)', () => {
    const one = car(0.6 * CAPACITY_WH)
    one.begin(0)
    one.minute(0, 0)
    one.minute(0, 0.6)
    expect(one.live.trust.standing).toBe('on-trial')
    expect(one.stored()).toMatchObject({ soc: 0.6, estimated: false })
  })

  it('is held against the energy the car asks for', () => {
    const asked = (wantedWh: number) => {
      const fleet = smallFleet()
      const needs = needsOf({ soc: null, energyWanted: wattHours(wantedWh), targetSoc: share(0.8) })
      const one = car(0.4 * CAPACITY_WH, fleet, plugIn(fleet, 1, { needs }))
      one.begin(0.65)
      return one.live.trust.standing
    }
    expect(asked(0.15 * CAPACITY_WH)).toBe('on-trial')
    expect(asked(0.4 * CAPACITY_WH)).toBe('distrusted')
  })

  it('is not held against a meter that is not read meanwhile, but lowers what is taken for stored until it is (F34)', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1, { needs: needsOf({ soc: share(0.4) }) })
    const soc = () => storedEnergy(fleet, live, openSession(fleet, live)!).soc
    read(fleet, live, NOW, { imported: wattHours(0), exported: wattHours(0) })
    for (const minute of [5, 10, 14]) read(fleet, live, NOW + minute * MINUTE_MS, { soc: share(0.4 + minute / 400) })
    expect(live.trust.standing).toBe('on-trial')
    expect(soc()).toBe(0.4)
    read(fleet, live, NOW + 15 * MINUTE_MS, { imported: wattHours(2_400), exported: wattHours(0), soc: share(0.438) })
    expect(live.trust).toMatchObject({ standing: 'on-trial', fitting: 2 })
    expect(live.trust.agreed).toBeGreaterThan(0.03)
    read(fleet, live, NOW + 20 * MINUTE_MS, { soc: share(0.2) })
    expect(soc()).toBe(0.2)
    read(fleet, live, NOW + 30 * MINUTE_MS, { imported: wattHours(2_400), exported: wattHours(0), soc: share(0.438) })
    expect(soc()).toBeCloseTo(0.438)
  })

  it('from before the meter was read is no measure for what comes after a long time without it', () => {
    const fleet = smallFleet()
    const needs = needsOf({ soc: share(0.4), energyWanted: wattHours(0.4 * CAPACITY_WH), targetSoc: share(0.8) })
    const live = plugIn(fleet, 1, { needs })
    const meter = (minute: number, soc: number) =>
      read(fleet, live, NOW + minute * MINUTE_MS, {
        imported: wattHours(9_000),
        exported: wattHours(0),
        power: watts(0),
        soc: share(soc),
      })
    // An hour of charging by a station whose clock was ahead: nothing of it was booked.
    meter(60, 0.55)
    expect(live.trust).toMatchObject({ standing: 'on-trial', lie: null })
    expect(storedEnergy(fleet, live, openSession(fleet, live)!).soc).toBeCloseTo(0.55)
    meter(61, 0.8)
    expect(live.trust.standing).toBe('distrusted')
  })

  it('told again and again with the charging needs resets no count (I2)', () => {
    const fleet = smallFleet()
    const needs = needsOf({ soc: share(0.8) })
    const one = car(0.8 * CAPACITY_WH, fleet, plugIn(fleet, 1, { needs }))
    one.begin(null)
    for (let minute = 0; minute < 60; minute++) {
      one.minute(-11_000, null)
      if (minute % 5 === 0)
        apply(fleet, { kind: 'session-needs', session: one.live.session!, needs, wish: sessionOf(1).wish }, one.now())
    }
    expect(one.stored().soc).toBeLessThanOrEqual(0.12)
    expect(one.stored().spare).toBeLessThan(0)
  })

  it('gets no new trial with a new transaction, unless the car was away (I2, F6)', () => {
    const one = car(0.6 * CAPACITY_WH)
    one.begin(0.6)
    for (let minute = 0; minute < 3; minute++) one.minute(-11_000, 0.6)
    const again = (afterMs: number) => {
      const at = one.now() + afterMs
      const [session] = [one.live.session!]
      apply(one.fleet, { kind: 'session-ended', session, endedAt: one.now(), detail: '' }, one.now())
      plugIn(one.fleet, 1, {
        session: { id: `later-${afterMs}` as never, startedAt: at },
        needs: needsOf({ soc: share(0.6) }),
        at,
      })
      return one.stored().spare
    }
    expect(again(MINUTE_MS)).toBeLessThan(100)
    expect(again(2 * HOUR_MS)).toBeCloseTo(0.01 * CAPACITY_WH)
  })

  it('counts with the smaller of two capacities for the minimum, and the larger for the target (I2)', () => {
    const registry = smallRegistry()
    const fleet = smallFleet(registry)
    const told = plugInBelieved(fleet, 1, { needs: needsOf({ capacity: wattHours(40_000) }) })
    const stored = storedEnergy(fleet, told, openSession(fleet, told)!)
    expect(stored.capacity).toBe(CAPACITY_WH)
    expect(stored.spare).toBeLessThanOrEqual(0.5 * 40_000)
    expect(stored.spare).toBeGreaterThan(0.48 * 40_000)
  })
})

describe('the certain energy', () => {
  const power = fc.constantFrom(-11_000, -7_000, -4_200, 0, 0, 4_200, 11_000)
  const word = fc.double({ min: 0, max: 1, noNaN: true })
  const lie = fc.record({
    minutes: fc.integer({ min: 1, max: 40 }),
    power,
    offset: fc.double({ min: -1, max: 1, noNaN: true }),
    isStuck: fc.boolean(),
  })

  it('never exceeds the truth while the meter is true and the first word was, whatever is told afterwards (I2, F34)', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.array(lie, { maxLength: 12 }), (soc, lies) => {
        const one = car(soc * CAPACITY_WH)
        one.begin(shown(soc))
        for (const { minutes, power: watt, offset, isStuck } of lies) {
          const stuckAt = one.soc() + offset
          for (let minute = 0; minute < minutes; minute++) {
            one.minute(watt, isStuck ? stuckAt : one.soc() + offset)
            const truthWh = one.soc() * CAPACITY_WH
            // Half a tenth of a percent is the rounding of the first word.
            expect(one.certain()).toBeLessThanOrEqual(truthWh + 0.0005 * CAPACITY_WH + 1)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('leaves a car at most a hundredth of its battery emptier than its minimum, even if every word is false and none moves with the meter (I2, F34)', () => {
    fc.assert(
      fc.property(
        // At its minimum or little above, so that everything given too much shows.
        fc.double({ min: 0.3, max: 0.33, noNaN: true }),
        fc.oneof(fc.array(word, { minLength: 1, maxLength: 1 }), fc.array(word, { minLength: 1, maxLength: 60 })),
        fc.array(fc.constantFrom(-11_000, -11_000, -4_200, 0, 4_200), { minLength: 60, maxLength: 60 }),
        (soc, words, powers) => {
          const one = car(soc * CAPACITY_WH)
          one.begin(words[0]!)
          for (const [i, watt] of powers.entries()) {
            const isSafe = watt >= 0 || one.stored().spare >= -watt / 60 / EFFICIENCY
            one.minute(isSafe ? watt : 0, words[i % words.length]!)
            if (isSafe && watt < 0) expect(one.soc()).toBeGreaterThanOrEqual(0.3 - 0.0101)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
