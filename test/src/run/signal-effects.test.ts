// What has become of signals, for as many as there is room for.
import { expect, it } from 'vitest'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import { id, type OrderId } from '../../../domain/registry/identity.ts'
import { series } from '../../../domain/time/series.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { signalEffects } from '../../../src/run/signal-effects.ts'
import { NOW, plugIn, sessionOf, smallFleet, smallRegistry } from '../../domain/live/small-fleet.ts'

const CARS = 1_000
const ACTIVATIONS = 220

it('remembers the effects of the latest of many activations of a large pool, and of a limit that goes on', () => {
  const fleet = smallFleet(smallRegistry({ cars: CARS }))
  for (let n = 1; n <= CARS; n++) plugIn(fleet, n)
  const effects = signalEffects(fleet)
  const take = (fact: Fact, at: number) => {
    apply(fleet, fact, at)
    effects.notice(fact, at)
  }
  const provenance = { authority: 'TSO', reference: 'one' }
  const said = { version: 1, min: watts(-1_000), max: watts(-1_000), provenance, issuedAt: NOW, sender: 'TSO' }
  const limit = { ...said, id: 'limit', subjects: [`evse:${sessionOf(1).evse}`], rank: 'grid-limit' as const, min: null }
  take({ kind: 'signal-received', signal: { ...limit, from: NOW, until: null, receivedAt: NOW } }, NOW)
  for (let k = 0; k < ACTIVATIONS; k++) {
    const at = NOW + k * 4_000
    const one = { ...said, id: `one-${k}`, subjects: ['pool:pool'], rank: 'activation' as const }
    take({ kind: 'signal-received', signal: { ...one, from: at, until: at + 4_000, receivedAt: at } }, at)
    for (let n = 1; n <= CARS; n++) {
      const { evse, id: session, transaction } = sessionOf(n)
      const content = { id: id<OrderId>(`order-${k}-${n}`), evse, session, transaction, setpoint: watts(-1_000) }
      const course = series(slotAt(at), [watts(0)])
      const order = { ...content, course, reason: 'the activation of its pool', issuedAt: at, leaseMs: 300_000 }
      take({ kind: 'order-issued', order, leaseUntil: at + 300_000 }, at)
      if (k === ACTIVATIONS - 1 || n === 1)
        take({ kind: 'order-moved', evse, order: order.id, state: { kind: 'confirmed', at, leaseUntil: at + 300_000 } }, at)
    }
  }
  expect(effects.of(`one-${ACTIVATIONS - 1}`)).toMatchObject({ told: CARS, confirmed: CARS })
  expect(effects.of('limit')).toMatchObject({ firstOrderAt: NOW, told: 1, confirmed: 1 })
  expect(effects.of('one-0').firstOrderAt).toBeNull()
  const frozen = effects.freeze() as ReadonlyMap<string, { readonly orders: ReadonlyMap<string, unknown> }>
  const told = [...frozen.values()].reduce((sum, { orders }) => sum + orders.size, 0)
  expect(told).toBeLessThanOrEqual(200_000)
  expect(told).toBeGreaterThan(198_000)
})
