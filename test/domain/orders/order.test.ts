import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DISCHARGE_LEASE_MS, next, type OrderEvent, type OrderState } from '../../../domain/orders/order.ts'
import { watts } from '../../../domain/units.ts'

const issued: OrderState = { kind: 'issued', leaseUntil: DISCHARGE_LEASE_MS }
const run = (...events: OrderEvent[]) => events.reduce(next, issued)

describe('order', () => {
  it('is issued, confirmed, followed and superseded', () => {
    const followed = run({ kind: 'confirmed', at: 10 }, { kind: 'measured', at: 3_000, power: watts(-7_000) })
    expect(followed).toEqual({ kind: 'followed', at: 3_000, leaseUntil: DISCHARGE_LEASE_MS, measured: -7_000 })
    expect(next(followed, { kind: 'superseded', at: 4_000, by: 'o-2' })).toMatchObject({
      outcome: 'superseded',
      detail: 'by o-2',
    })
  })

  it('ends by itself when its lease is not renewed (I4)', () => {
    expect(run({ kind: 'confirmed', at: 10 }, { kind: 'time-passed', at: DISCHARGE_LEASE_MS - 1 }).kind).toBe('confirmed')
    expect(run({ kind: 'confirmed', at: 10 }, { kind: 'time-passed', at: DISCHARGE_LEASE_MS })).toMatchObject({
      outcome: 'expired',
    })
    const renewed = run({ kind: 'renewed', at: 60_000, leaseUntil: 360_000 }, { kind: 'time-passed', at: DISCHARGE_LEASE_MS })
    expect(renewed).toMatchObject({ kind: 'issued', leaseUntil: 360_000 })
  })

  it('has exactly one outcome, whatever happens afterwards (I6)', () => {
    const event: fc.Arbitrary<OrderEvent> = fc.oneof(
      fc.record({ kind: fc.constant('confirmed' as const), at: fc.nat() }),
      fc.record({ kind: fc.constant('refused' as const), at: fc.nat(), detail: fc.string() }),
      fc.record({ kind: fc.constant('measured' as const), at: fc.nat(), power: fc.integer({ min: -9, max: 9 }).map(watts) }),
      fc.record({ kind: fc.constant('renewed' as const), at: fc.nat(), leaseUntil: fc.nat() }),
      fc.record({ kind: fc.constant('superseded' as const), at: fc.nat(), by: fc.string() }),
      fc.record({ kind: fc.constant('session-ended' as const), at: fc.nat() }),
      fc.record({ kind: fc.constant('time-passed' as const), at: fc.nat() }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let ended: OrderState | null = null
        let state: OrderState = issued
        for (const one of events) {
          state = next(state, one)
          if (ended !== null) expect(state).toBe(ended)
          if (state.kind === 'ended') ended = state
        }
      }),
    )
  })
})
