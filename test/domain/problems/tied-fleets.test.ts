import { expect, test } from 'vitest'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import type { Site } from '../../../domain/registry/registry.ts'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { ctPerKWh, eurPerMWh, share, watts } from '../../../domain/units.ts'
import { carProblem } from '../../../domain/problems/car-problem.ts'
import type { PlannedCar } from '../../../domain/problems/coupling-rows.ts'
import { tiedFleets, type PositionOf, type TiedFleet } from '../../../domain/problems/tied-fleets.ts'
import { MINUTE_MS, needsOf, NOW, planned as inForce, plugIn, smallFleet, smallRegistry } from '../live/small-fleet.ts'

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

test('a bound on a pool of two portfolios is one bound: what the other is planned to do counts', () => {
  const { fleet, planned } = carsAt(100, (n) => ({ balanceGroup: id<BalanceGroupId>(n === 1 ? 'group' : 'other') }))
  bound(fleet)
  inForce(fleet, planned[1]!.live, 3_000)
  const tied = tiedFleets(fleet, planned, NOTHING_SOLD)
  const at = (group: string) => {
    const { coupling } = tied.find(({ portfolio }) => portfolio.balanceGroup === group)!
    return coupling.at[coupling.names.indexOf('pool pool max') * coupling.steps + 4]
  }
  expect([at('group'), at('other')]).toEqual([2_000, 5_000])
})

test('a bound on a grid area is shared by portfolios, and what others there are planned to do comes first', () => {
  const { fleet, planned } = carsAt(100, (n) => ({ balanceGroup: id<BalanceGroupId>(n === 1 ? 'group' : 'other') }))
  bound(fleet, 'area:VNB')
  inForce(fleet, planned[1]!.live, 3_000)
  const at = (tied: readonly TiedFleet[], group: string) => {
    const { coupling } = tied.find(({ portfolio }) => portfolio.balanceGroup === group)!
    return coupling.at[coupling.names.indexOf('area VNB max') * coupling.steps + 4]
  }
  const both = tiedFleets(fleet, planned, NOTHING_SOLD)
  expect([at(both, 'group'), at(both, 'other')]).toEqual([2_500, 2_500])
  expect(both[0]!.areas.get('VNB')!.max[4]).toBe(5_000)
  const alone = tiedFleets(fleet, [planned[0]!], { ...NOTHING_SOLD, unread: [planned[1]!.live] })
  expect(at(alone, 'group')).toBe(2_000)
})

test('a car that cannot be planned for counts with its plan in force', () => {
  const { fleet, planned } = carsAt(100)
  bound(fleet)
  inForce(fleet, planned[1]!.live, 3_000)
  const [{ coupling }] = tiedFleets(fleet, [planned[0]!], { ...NOTHING_SOLD, unread: [planned[1]!.live] }) as [TiedFleet]
  expect(coupling.at[coupling.names.indexOf('pool pool max') * coupling.steps + 4]).toBe(2_000)
})

test('of the running quarter-hour cars that are not led take what is left of it', () => {
  const at = NOW + 5 * MINUTE_MS
  const { fleet, planned } = carsAt(100, () => ({}), at)
  inForce(fleet, planned[1]!.live, 9_000)
  const positionOf: PositionOf = (_, __, slots) => new Array<number>(slots).fill(2_500)
  const terms = { ...NOTHING_SOLD, now: at, positionOf, unread: [planned[1]!.live] }
  const [{ coupling }] = tiedFleets(fleet, [planned[0]!], terms) as [TiedFleet]
  const row = coupling.names.indexOf('position') * coupling.steps
  expect(coupling.at[row]).toBeCloseTo(10_000 - (9_000 * 2) / 3, 6)
  expect(coupling.at[row + 1]).toBe(1_000)
})

/** Two cars at prices that change from -500 EUR/MWh to `dearest` from slot to slot. */
function carsAt(
  dearest: number,
  site: (number: number) => Partial<Site> = () => ({}),
  now = NOW,
): { fleet: LiveFleet; planned: PlannedCar[] } {
  const fleet = smallFleet(smallRegistry({ cars: 2, site }))
  const prices = (_: LiveFleet, __: number, slots: number) => {
    const course = Array.from({ length: slots }, (_none, i) => eurPerMWh(i % 2 === 0 ? dearest : -500))
    return { buy: course, sell: course }
  }
  const planned = [1, 2].map((n) => {
    const live = plugIn(fleet, n, { needs: needsOf({ soc: share(0.4) }) })
    const session = openSession(fleet, live)!
    const car = carProblem(fleet, live, session, now, {
      strategy: 'bidirectional',
      wear: ctPerKWh(3),
      terminal: ctPerKWh(0),
      prices,
    })
    return { live, session, car }
  })
  return { fleet, planned }
}

function bound(fleet: LiveFleet, subject = 'pool:pool'): void {
  const envelope = {
    subject,
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
