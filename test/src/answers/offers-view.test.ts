// What may be offered where cars share something: never more than what they share leaves.
import { expect, it } from 'vitest'
import { id, type BalanceGroupId, type SiteId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { ctPerKWh, share, watts } from '../../../domain/units.ts'
import { flexibilityView } from '../../../src/answers/flexibility-view.ts'
import { offersView } from '../../../src/answers/offers-view.ts'
import { troubles } from '../../../src/run/troubles.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { noTroubles } from '../run/no-troubles.ts'
import { needsOf, NOW, planned, plugIn, priced, smallFleet, smallRegistry } from '../../domain/live/small-fleet.ts'

/** One car may fail: the others are looked at. */
const someTroubles = () => troubles({ clock: { elapsed: () => NOW }, log() {} })
const portfolio = { balanceGroup: id<BalanceGroupId>('group'), controlArea: '50Hertz' } as const
const pricesOver = () => tariffInForce(DEMO_TARIFF, DEMO_REGIME)
const car = { strategy: 'bidirectional', wear: ctPerKWh(3), terminal: ctPerKWh(0), prices: pricesOver() } as const

function fleetOf(registry: Registry): LiveFleet {
  const fleet = smallFleet(registry)
  priced(fleet)
  registry.evses.forEach((_, i) => planned(fleet, plugIn(fleet, i + 1, { needs: needsOf({ soc: share(0.5) }) }), 1_000))
  return fleet
}
async function offered(fleet: LiveFleet) {
  const view = offersView(fleet, {
    car,
    gateMs: 0,
    fleetPlans: () => [],
    priceFor: () => null,
    pricesOver,
    troubles: someTroubles(),
  })
  // The plans here reach forty quarter-hours.
  const offers = (await view(portfolio, NOW))!.slice(0, 38)
  const most = (side: 'up' | 'down') => Math.max(0, ...offers.map((offer) => offer[side].at(-1)?.energy ?? 0))
  return { up: most('up'), down: most('down'), offers }
}
const together = (registry: Registry) => ({
  ...registry,
  evses: registry.evses.map((evse) => ({ ...evse, site: id<SiteId>('home-1') })),
})

it('offers what each car can do where nothing is shared', async () => {
  const { up, down } = await offered(fleetOf(smallRegistry({ cars: 3 })))
  expect(up).toBe((3 * 10_000) / 4)
  // Rounded down to the quarter watt-hour.
  expect(Math.abs(down - (3 * 12_000) / 4)).toBeLessThan(1)
})

it('offers nothing of cars behind a connection that does not carry them all, or with a house', async () => {
  const tight = smallRegistry({ cars: 3, site: () => ({ fuseAmps: 35 }) })
  expect(await offered(fleetOf(together(tight)))).toMatchObject({ up: 0, down: 0 })
  const wide = smallRegistry({ cars: 3, site: () => ({ fuseAmps: 200, feedInMax: watts(100_000) }) })
  expect((await offered(fleetOf(together(wide)))).up).toBe(7_500)
  const fleet = fleetOf(smallRegistry({ cars: 3 }))
  apply(
    fleet,
    { kind: 'site-load-told', load: { site: id<SiteId>('home-1'), asOf: NOW, first: slotAt(NOW), power: [500, 500] } },
    NOW,
  )
  expect((await offered(fleet)).up).toBe(5_000)
})

it('offers of a pool no more than its bound leaves beside all plans', async () => {
  const fleet = fleetOf(smallRegistry({ cars: 3 }))
  const envelope = {
    subject: 'pool:pool',
    from: NOW,
    until: null,
    rank: 'grid-limit',
    min: watts(-2_000),
    max: watts(9_000),
    provenance: { authority: 'VNB', reference: 'cap' },
    receivedAt: NOW,
  } as const
  apply(fleet, { kind: 'envelope-received', envelope }, NOW)
  const { up, down } = await offered(fleet)
  expect(up).toBe((9_000 - 3_000) / 4)
  expect(down).toBe((3_000 + 2_000) / 4)
})

it('is not stopped by a car that cannot be understood; nor is the band', async () => {
  const base = smallRegistry({ cars: 3 })
  const charging = [
    { power: watts(2_000), efficiency: 0.95 },
    { power: watts(11_000), efficiency: 0.1 },
  ]
  const broken = base.vehicles.map((vehicle, i) => (i === 0 ? { ...vehicle, battery: { charging } } : vehicle))
  const fleet = fleetOf({ ...base, vehicles: broken })
  expect((await offered(fleet)).up).toBe(5_000)
  const band = await flexibilityView(fleet, car, someTroubles())('portfolio:group/50Hertz', NOW)
  expect(band!.powerMax[4]).toBe(22_000)
})

it('leaves the band what a house leaves of the connection', async () => {
  const fleet = fleetOf(together(smallRegistry({ cars: 2, site: () => ({ fuseAmps: 32 }) })))
  const house = { site: id<SiteId>('home-1'), asOf: NOW, first: slotAt(NOW), power: new Array<number>(60).fill(10_000) }
  apply(fleet, { kind: 'site-load-told', load: house }, NOW)
  const band = await flexibilityView(fleet, car, noTroubles())('site:home-1', NOW)
  expect(band!.powerMax[4]).toBe(32 * 230 * 3 - 10_000)
})
