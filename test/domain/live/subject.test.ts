// Whom a subject means, by the registry in force.
import { expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { membersOf } from '../../../domain/live/subject.ts'
import { id, type PoolId, type SiteId } from '../../../domain/registry/identity.ts'
import { NOW, plugIn, smallFleet, smallRegistry } from './small-fleet.ts'

it('an area or a pool without EVSEs is known and means nobody, another one is unknown (F18)', () => {
  const fleet = smallFleet(smallRegistry({ cars: 2, site: (n) => ({ gridArea: `VNB-${n}` }) }))
  apply(fleet, { kind: 'registry-set', registry: { ...fleet.registry, evses: fleet.registry.evses.slice(0, 1) } }, NOW)
  const all = ['area:VNB-1', 'area:VNB-2', 'area:VNB-3', 'pool:pool', 'pool:other-pool', 'pool:none'].map((subject) =>
    membersOf(fleet, subject),
  )
  expect(all).toEqual([['S1/1'], [], null, ['S1/1'], [], null])
})

it('an EVSE that moves to another connection and pool with a car is meant by the new ones at once', () => {
  const fleet = smallFleet(smallRegistry({ cars: 2, site: (n) => ({ pool: id<PoolId>(n === 1 ? 'pool' : 'other-pool') }) }))
  plugIn(fleet, 1)
  const evses = fleet.registry.evses.map((evse) => ({ ...evse, site: id<SiteId>('home-2') }))
  apply(fleet, { kind: 'registry-set', registry: { ...fleet.registry, evses } }, NOW)
  expect(membersOf(fleet, 'pool:pool')).toEqual([])
  expect(membersOf(fleet, 'pool:other-pool')).toEqual(['S1/1', 'S2/1'])
  expect(membersOf(fleet, 'site:home-2/L1')).toEqual(['S1/1', 'S2/1'])
})
