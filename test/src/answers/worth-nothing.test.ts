// What nobody can make a station do is worth nothing, in every answer at once.
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { carProblem } from '../../../domain/problems/car-problem.ts'
import type { PlannedCar } from '../../../domain/problems/coupling-rows.ts'
import { tiedFleets } from '../../../domain/problems/tied-fleets.ts'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import { ctPerKWh, eurPerMWh, share, watts } from '../../../domain/units.ts'
import { flexibilityView } from '../../../src/answers/flexibility-view.ts'
import { offersView } from '../../../src/answers/offers-view.ts'
import { reachAlarms } from '../../../src/answers/reach-alarms.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import {
  MINUTE_MS,
  needsOf,
  NOW,
  ordered,
  planned,
  plugIn,
  priced,
  read,
  smallFleet,
  smallRegistry,
} from '../../domain/live/small-fleet.ts'
import { noTroubles } from '../run/no-troubles.ts'

const CARS = 3
const AT = NOW + 7 * MINUTE_MS
const portfolio = { balanceGroup: id<BalanceGroupId>('group'), controlArea: '50Hertz' } as const
const pricesOver = () => tariffInForce(DEMO_TARIFF, DEMO_REGIME)
const car = { strategy: 'bidirectional', wear: ctPerKWh(3), terminal: ctPerKWh(0), prices: pricesOver() } as const

/** What makes one car worth nothing. */
const LOST: Record<string, (fleet: LiveFleet, live: LiveEvse) => void> = {
  disconnected: (fleet, live) => apply(fleet, { kind: 'station-disconnected', station: live.evse.station, detail: 'cut' }, AT),
  // Its reading of before is taken back: nothing was heard of it since it was plugged in.
  silent: (_, live) => void Object.assign(live, { measuredAt: null, flow: { ...live.flow, countedAt: null } }),
  quarantined: (fleet, live) =>
    apply(fleet, { kind: 'station-quarantined', evse: live.evse.id, until: AT + 1, reason: 'deviates' }, AT),
  refusing: (fleet, live) =>
    apply(
      fleet,
      {
        kind: 'order-moved',
        evse: live.evse.id,
        order: live.order!.content.id,
        state: { kind: 'ended', outcome: 'refused', at: AT, detail: 'no' },
      },
      AT,
    ),
  'never answering': (fleet, live) =>
    apply(fleet, { kind: 'order-unanswered', evse: live.evse.id, order: live.order!.content.id, count: 2 }, AT),
}

function fleetOf(): LiveFleet {
  const fleet = smallFleet(smallRegistry({ cars: CARS }))
  priced(fleet)
  for (let n = 1; n <= CARS; n++) {
    const live = plugIn(fleet, n, { needs: needsOf({ soc: share(0.6) }) })
    planned(fleet, live, -2_000)
    ordered(fleet, live, -2_000)
    read(fleet, live, AT, { power: watts(-2_000) })
  }
  return fleet
}
const liveOf = (fleet: LiveFleet, n: number) => [...fleet.evses.values()][n - 1]!
const flexibility = (fleet: LiveFleet, subject: string) => flexibilityView(fleet, car, noTroubles())(subject, AT)
const offers = (fleet: LiveFleet) =>
  offersView(fleet, { car, gateMs: 0, fleetPlans: () => [], priceFor: () => null, pricesOver, troubles: noTroubles() })(
    portfolio,
    AT,
  )

describe.each(Object.keys(LOST))('F1, F32: a car whose station is %s', (state) => {
  it('has no band, and takes its share from that of the pool', async () => {
    const fleet = fleetOf()
    const live = liveOf(fleet, 1)
    const whole = (await flexibility(fleet, 'pool:pool'))!
    expect(whole.isDeliverable).toBe(true)
    LOST[state]!(fleet, live)
    const own = (await flexibility(fleet, `evse:${live.evse.id}`))!
    expect(own.powerMax).toHaveLength(0)
    expect(own.isDeliverable).toBe(false)
    expect((await flexibility(fleet, 'site:home-1'))!.isDeliverable).toBe(false)
    const left = (await flexibility(fleet, 'pool:pool'))!
    expect(left.isDeliverable).toBe(true)
    for (const side of ['powerMax', 'powerMin', 'energyMax', 'offerMax'] as const)
      expect(left[side][1]! / whole[side][1]!, side).toBeCloseTo(2 / 3, 6)
  })

  it('makes a pool of none but such cars worth nothing and not deliverable', async () => {
    const fleet = fleetOf()
    for (let n = 1; n <= CARS; n++) LOST[state]!(fleet, liveOf(fleet, n))
    for (const subject of ['pool:pool', 'portfolio:group/50Hertz'])
      expect(await flexibility(fleet, subject)).toMatchObject({ powerMax: new Float64Array(0), isDeliverable: false })
    for (const { planned: energy, up, down } of (await offers(fleet))!) expect([energy, up, down]).toEqual([0, [], []])
  })

  it('offers nothing, and what it would give is not counted as planned', async () => {
    const fleet = fleetOf()
    const whole = (await offers(fleet))![1]!
    LOST[state]!(fleet, liveOf(fleet, 1))
    const left = (await offers(fleet))![1]!
    expect(left.planned).toBe((whole.planned * 2) / 3)
    for (const side of ['up', 'down'] as const) {
      const most = (of: typeof whole) => of[side].at(-1)?.energy ?? 0
      expect(most(left), side).toBeLessThan(most(whole) * 0.7)
    }
  })

  it('is not led with its fleet: its share of what is sold is planned on the others', () => {
    const fleet = fleetOf()
    LOST[state]!(fleet, liveOf(fleet, 1))
    const cars = [...fleet.evses.values()].map((live): PlannedCar => {
      const session = openSession(fleet, live)!
      return { live, session, car: carProblem(fleet, live, session, AT, car) }
    })
    const [tied] = tiedFleets(fleet, cars, {
      now: AT,
      positionOf: (_, __, slots) => new Array<number>(slots).fill(-1_500),
      imbalanceOf: () => ({ above: eurPerMWh(200), below: eurPerMWh(200) }),
      expectedOf: () => null,
      unread: [],
    })
    expect(tied!.cars.map(({ live }) => live.evse.station)).toEqual(['S2', 'S3'])
    const row = tied!.coupling.names.indexOf('position') * tied!.coupling.steps
    expect(tied!.coupling.at[row + 1]).toBe(-6_000)
  })

  it('is shown with the reason', () => {
    const fleet = fleetOf()
    const live = liveOf(fleet, 1)
    const alarms = () => reachAlarms(live, openSession(fleet, live), AT, (at) => `${at}`)
    expect(alarms()).toEqual([])
    LOST[state]!(fleet, live)
    // Without a connection the station's own alarm says so.
    expect(alarms()).toHaveLength(state === 'disconnected' ? 0 : 1)
  })
})
