// The desk of orders when something cannot be recorded.
import { expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { ok } from '../../../domain/result.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { Controllables } from '../../../domain/ports/controllables.ts'
import { kilowatts, share, watts } from '../../../domain/units.ts'
import { orderDesk } from '../../../src/run/orders.ts'
import { troubles } from '../../../src/run/troubles.ts'
import { needsOf, NOW, planned, plugIn, priced, read, sessionOf, smallFleet } from '../../domain/live/small-fleet.ts'

const obedient: Controllables = {
  order: async () => ok({ confirmedAt: 0 }),
  renew: async () => ok({ confirmedAt: 0 }),
  controllability: () => 'setpoint',
  setDefault: async () => ok(null),
}

it('an order for which the journal had no room is made again with the next look (F12, I1)', () => {
  const fleet = smallFleet()
  priced(fleet)
  const live = plugIn(fleet, 1, { needs: needsOf({ soc: share(0.5) }) })
  planned(fleet, live, 9_000)
  read(fleet, live, NOW, { power: watts(0) })
  let hasRoom = true
  const record = (fact: Fact) => {
    if (!hasRoom) throw new Error(`the journal has no room for ${fact.kind}`)
    apply(fleet, fact, NOW)
    desk.notice(fact, NOW)
  }
  const desk = orderDesk({
    fleet,
    controllables: obedient,
    record,
    onAnswer() {},
    onLease() {},
    node: 'test',
    epoch: 1,
    safeDefault: kilowatts(4.2),
    troubles: troubles({ clock: { elapsed: () => 0 }, log() {} }),
    log() {},
  })
  expect(desk.issue(NOW).sends).toHaveLength(1)
  const provenance = { authority: 'VNB', reference: 'one' }
  const limit = { from: NOW, until: null, rank: 'grid-limit' as const, min: null, max: watts(4_200), provenance }
  const [subject, receivedAt] = [`evse:${sessionOf(1).evse}`, NOW]
  record({ kind: 'envelope-received', envelope: { ...limit, subject, receivedAt } })
  hasRoom = false
  expect(desk.issue(NOW).sends).toEqual([])
  hasRoom = true
  expect(desk.issue(NOW).sends).toHaveLength(1)
  expect(live.order!.content.setpoint).toBe(4_200)
  expect(desk.issue(NOW)).toMatchObject({ sends: [], isMore: false })
})
