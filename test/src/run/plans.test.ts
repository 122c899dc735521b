// Plans go to the journal first: the database never holds one the journal refused.
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../domain/planning/plan.ts'
import { series } from '../../../domain/time/series.ts'
import { slot } from '../../../domain/time/slot.ts'
import { microCents, watts } from '../../../domain/units.ts'
import { planDesk } from '../../../src/run/plans.ts'
import { NOW, plugIn, smallFleet } from '../../domain/live/small-fleet.ts'

function setUp(record: (kind: string) => void) {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  const plan: Plan = {
    session: live.session!,
    evse: live.evse.id,
    vehicle: null,
    strategy: 'smart',
    issuedAt: NOW,
    power: series(slot(0), [watts(1)]),
    stored: [],
    objective: { energy: microCents(0), wear: microCents(0), breaches: microCents(0), terminal: microCents(0) },
    shadowPrice: [],
    buy: [],
    sell: [],
    feeRegime: 'none',
    breaches: [],
    degraded: false,
    inputHash: 'f',
    certificate: null,
  }
  const kept: string[] = []
  const desk = planDesk({
    fleet,
    replan: Object.assign(() => plan, { strategy: plan.strategy }),
    record: (fact) => record(fact.kind),
    keep: (plans) => void kept.push(...plans.map(({ session }) => session)),
  })
  return { desk, plan, kept, evse: live.evse.id }
}

describe('a plan', () => {
  it('is not given to the database when the journal refuses it, made for one car or for a fleet', () => {
    const { desk, plan, kept, evse } = setUp(() => {
      throw new Error('the journal has no room')
    })
    expect(() => desk.planCar(evse, 'test', NOW)).toThrow('no room')
    expect(() => desk.take([plan])).toThrow('no room')
    expect(kept).toEqual([])
  })

  it('is in the journal before it is given to the database', () => {
    const order: string[] = []
    const { desk, plan, kept, evse } = setUp((kind) => order.push(`${kind} after ${kept.length}`))
    desk.planCar(evse, 'test', NOW)
    desk.take([plan])
    expect(order).toEqual(['plan-published after 0', 'plan-published after 1'])
    expect(kept).toHaveLength(2)
  })
})
