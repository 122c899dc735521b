import { expect, test } from 'vitest'
import { apply, openSession, type LiveFleet } from '../../../domain/fleet/live-fleet.ts'
import { ctPerKWh, eurPerMWh, share, watts } from '../../../domain/units.ts'
import { carProblem } from '../../../src/services/car-problem.ts'
import { tiedFleets, type PlannedCar } from '../../../src/services/tied-fleets.ts'
import { needsOf, NOW, plugIn, smallFleet, smallRegistry } from '../../domain/fleet/small-fleet.ts'

const NOTHING_SOLD = {
  now: NOW,
  expectedOf: () => null,
  unread: [],
  positionOf: () => [],
  imbalanceOf: () => ({ above: eurPerMWh(200), below: eurPerMWh(200) }),
}

test('no cars, and cars that nothing ties, make no fleet at all', () => {
  const { fleet, planned } = carsAt(100)
  expect(tiedFleets(fleet, [], NOTHING_SOLD)).toEqual([])
  expect(tiedFleets(fleet, planned, NOTHING_SOLD)).toEqual([])
  bound(fleet)
  expect(tiedFleets(fleet, [], NOTHING_SOLD)).toEqual([])
  expect(tiedFleets(fleet, planned, NOTHING_SOLD)).toMatchObject([{ cars: planned }])
})

test('a hard bound costs more than exceeding it could earn, on days of extreme prices too', () => {
  for (const dearest of [100, 5_000]) {
    const { fleet, planned } = carsAt(dearest)
    bound(fleet)
    const [tied] = tiedFleets(fleet, planned, NOTHING_SOLD)
    const { coupling } = tied!
    const hard = coupling.names.indexOf('pool pool max')
    const steering = coupling.middle[hard * coupling.steps]! + coupling.half[hard * coupling.steps]!
    expect(steering).toBeGreaterThan((dearest - -500) * 100)
    expect(steering).toBeGreaterThanOrEqual(30_000)
  }
})

/** Two cars at prices that change from -500 EUR/MWh to `dearest` from slot to slot. */
function carsAt(dearest: number): { fleet: LiveFleet; planned: PlannedCar[] } {
  const fleet = smallFleet(smallRegistry({ cars: 2 }))
  const prices = (_: LiveFleet, __: number, slots: number) => {
    const course = Array.from({ length: slots }, (_none, i) => eurPerMWh(i % 2 === 0 ? dearest : -500))
    return { buy: course, sell: course }
  }
  const planned = [1, 2].map((n) => {
    const live = plugIn(fleet, n, { needs: needsOf({ soc: share(0.4) }) })
    const session = openSession(fleet, live)!
    const car = carProblem(fleet, live, session, NOW, {
      strategy: 'bidirectional',
      wear: ctPerKWh(3),
      terminal: ctPerKWh(0),
      prices,
    })
    return { live, session, car }
  })
  return { fleet, planned }
}

function bound(fleet: LiveFleet): void {
  const envelope = {
    subject: 'pool:pool',
    from: NOW,
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(5_000),
    provenance: { authority: 'VNB', reference: 'cap' },
    receivedAt: NOW,
  } as const
  apply(fleet, { kind: 'envelope-received', envelope }, NOW)
}
