// Whose departure was told, and how a car is planned of which nobody told.
import { expect, test } from 'vitest'
import { habits } from '../../../domain/forecast/habits.ts'
import { MISSING_WEIGHT } from '../../../domain/forecast/tuning.ts'
import { openSession } from '../../../domain/live/live-fleet.ts'
import { isDepartureTold } from '../../../domain/live/wishes.ts'
import { carProblem } from '../../../domain/problems/car-problem.ts'
import type { Session } from '../../../domain/registry/session.ts'
import { ctPerKWh, share, type Price } from '../../../domain/units.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { HOUR_MS, needsOf, NOW, plugIn, priced, sessionOf, smallFleet, smallRegistry } from '../live/small-fleet.ts'

const known = habits('Europe/Berlin')
const options = {
  strategy: 'bidirectional',
  wear: ctPerKWh(3),
  terminal: ctPerKWh(0),
  prices: tariffInForce(DEMO_TARIFF, DEMO_REGIME),
  departures: { stayOf: known.stayOf, missingPrice: ctPerKWh(60) },
} as const

function problemOf(by: Session['wish']['by'], missingPrice?: Price) {
  const registry = smallRegistry({ cars: 2 })
  const vehicles = registry.vehicles.map(({ standingWish: { targetSoc, minimumSoc }, ...vehicle }) => ({
    ...vehicle,
    standingWish: { targetSoc, minimumSoc },
    missingPrice,
  }))
  const fleet = smallFleet({ ...registry, vehicles })
  priced(fleet)
  const wish = { ...sessionOf(1).wish, by, readyBy: NOW + 6 * HOUR_MS }
  plugIn(fleet, 1, { needs: needsOf({ soc: share(0.4) }), session: { wish } })
  const live = [...fleet.evses.values()][0]!
  return carProblem(fleet, live, openSession(fleet, live)!, NOW, options).problem
}

test('a ready-by that a driver told stays hard', () => {
  const { departure, targets } = problemOf('driver')
  expect(departure).toBeNull()
  expect(targets).toHaveLength(1)
})

test('where nobody told, the car may leave at any time, and what is missing has the price of the contract', () => {
  const { departure, targets, steps } = problemOf('default')
  expect(targets).toEqual([])
  expect(departure!.missingPrice).toBe(60_000 * MISSING_WEIGHT)
  expect(departure!.staying[0]).toBe(1)
  expect(departure!.staying[steps - 1]).toBeLessThan(0.2)
  expect(problemOf('default', ctPerKWh(200)).departure!.missingPrice).toBe(200_000 * MISSING_WEIGHT)
})

test('a car that tells its departure has told it, one that tells only its needs has not', () => {
  const session = sessionOf(1)
  const of = (departure: number | null) => {
    const needs = { ...needsOf({ soc: share(0.4) }), departure }
    return isDepartureTold({ ...session, needs, wish: { ...session.wish, by: 'car' } }, undefined)
  }
  expect(of(session.startedAt + HOUR_MS)).toBe(true)
  expect(of(null)).toBe(false)
})
