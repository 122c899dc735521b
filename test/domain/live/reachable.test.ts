import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { countedPower, isReachable, unreachable } from '../../../domain/live/reachable.ts'
import type { OrderState } from '../../../domain/orders/order.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { HOUR_MS, MINUTE_MS, NOW, ordered, planned, plugIn, read, smallFleet } from './small-fleet.ts'

function setUp() {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  ordered(fleet, live, -5_000)
  const why = (at = NOW) => unreachable(fleet, live, openSession(fleet, live), at)
  return { fleet, live, why }
}
function move(fleet: LiveFleet, live: LiveEvse, state: OrderState): void {
  apply(fleet, { kind: 'order-moved', evse: live.evse.id, order: live.order!.content.id, state }, NOW)
}
const REFUSED: OrderState = { kind: 'ended', outcome: 'refused', at: NOW, detail: 'no' }
const unanswered = (fleet: LiveFleet, live: LiveEvse, count: number) =>
  apply(fleet, { kind: 'order-unanswered', evse: live.evse.id, order: live.order!.content.id, count }, NOW)

describe('an EVSE (F1, F32)', () => {
  it('is counted on while it is connected, heard and does what it is told', () => {
    const { fleet, live, why } = setUp()
    expect(why()).toBeNull()
    expect(isReachable(fleet, live, openSession(fleet, live)!, NOW)).toBe(true)
  })

  it('is worth nothing from the moment its station is gone, and again something when it is back', () => {
    const { fleet, live, why } = setUp()
    apply(fleet, { kind: 'station-disconnected', station: live.evse.station, detail: 'cut' }, NOW)
    expect(why()).toBe('not-connected')
    apply(fleet, { kind: 'station-connected', station: live.evse.station, dialect: 'ocpp2.1' }, NOW)
    expect(why()).toBeNull()
  })

  it('is worth nothing while its meter is silent for longer than meters are', () => {
    const { fleet, live, why } = setUp()
    expect(why(NOW + 6 * MINUTE_MS)).toBeNull()
    expect(why(NOW + 6 * MINUTE_MS + 1)).toBe('not-heard')
    read(fleet, live, NOW + HOUR_MS, { power: watts(0) })
    expect(why(NOW + HOUR_MS)).toBeNull()
  })

  it('is worth nothing from its first refusal until it takes an order', () => {
    const { fleet, live, why } = setUp()
    move(fleet, live, REFUSED)
    expect(why()).toBe('refuses')
    ordered(fleet, live, -5_000)
    expect(why()).toBeNull()
  })

  it('may lose one answer, not two', () => {
    const { fleet, live, why } = setUp()
    unanswered(fleet, live, 1)
    expect(why()).toBeNull()
    unanswered(fleet, live, 2)
    expect(why()).toBe('does-not-answer')
    move(fleet, live, REFUSED)
    expect(why()).toBe('refuses')
    expect(live.unanswered).toBe(0)
  })

  it('that was set aside for its silence is counted on again with its next answer or connection, one that deviates is not', () => {
    const until = NOW + 15 * MINUTE_MS
    for (const end of ['answer', 'connection'] as const)
      for (const reason of ['no-answer', 'deviates'] as const) {
        const { fleet, live, why } = setUp()
        apply(fleet, { kind: 'station-quarantined', evse: live.evse.id, until, reason }, NOW)
        expect(why()).toBe('quarantined')
        if (end === 'answer') ordered(fleet, live, 0)
        else apply(fleet, { kind: 'station-connected', station: live.evse.station, dialect: 'ocpp2.1' }, NOW)
        expect(why(), `${reason} ${end}`).toBe(reason === 'deviates' ? 'quarantined' : null)
      }
  })

  it('set aside in a journal of before, which names no reason, did not follow', () => {
    const { fleet, live, why } = setUp()
    apply(fleet, { kind: 'station-quarantined', evse: live.evse.id, until: NOW + MINUTE_MS }, NOW)
    expect(live.quarantinedFor).toBe('deviates')
    expect([why(), why(NOW + MINUTE_MS)]).toEqual(['quarantined', null])
  })

  it('counts with what its plan takes, not with what it gives, while it is not counted on', () => {
    const { fleet, live } = setUp()
    planned(fleet, live, -4_000)
    expect([countedPower(live, slotAt(NOW), true), countedPower(live, slotAt(NOW), false)]).toEqual([-4_000, 0])
    planned(fleet, live, 3_000)
    expect([countedPower(live, slotAt(NOW), true), countedPower(live, slotAt(NOW), false)]).toEqual([3_000, 3_000])
  })
})
