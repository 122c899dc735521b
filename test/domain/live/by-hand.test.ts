// Stations added and removed by hand over the registry as a whole, whichever comes first, and what is kept of commands.
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { contradictions, withoutSite } from '../../../domain/live/by-hand.ts'
import { emptyFleet } from '../../../domain/live/live-fleet.ts'
import { evseId, id, type SiteId, type StationId } from '../../../domain/registry/identity.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import { watts } from '../../../domain/units.ts'
import { smallFleet } from './small-fleet.ts'

const BY = { by: 'desk', role: 'admin', reason: 'because' } as const
const NEW = id<StationId>('NEW')
const { registry } = smallFleet()
const OLD = registry.evses[0]!.station

function evsesAt(station: StationId, site: SiteId) {
  return [{ ...registry.evses[0]!, id: evseId(station, 1), station, site, chargeMax: watts(7_400) }]
}
const added = (station: StationId) =>
  ({ kind: 'station-added', station, evses: evsesAt(station, registry.evses[0]!.site), ...BY }) as const

describe('stations by hand', () => {
  it('count over the registry, also over one that is set afterwards', () => {
    const fleet = emptyFleet()
    const set = (of: Registry) => apply(fleet, { kind: 'registry-set', registry: of }, 0)
    set(registry)
    apply(fleet, added(NEW), 1)
    apply(fleet, { kind: 'station-removed', station: OLD, ...BY }, 2)
    expect([fleet.stations.has(NEW), fleet.stations.has(OLD)]).toEqual([true, false])
    set({ ...registry })
    expect([fleet.stations.has(NEW), fleet.stations.has(OLD)]).toEqual([true, false])
    expect(contradictions(fleet.byHand)).toEqual([{ station: OLD, by: 'removed' }])
    apply(fleet, added(OLD), 3)
    expect(fleet.evses.get(evseId(OLD, 1))!.evse.chargeMax).toBe(7_400)
    expect(contradictions(fleet.byHand)).toEqual([{ station: OLD, by: 'added' }])
    apply(fleet, { kind: 'station-removed', station: NEW, ...BY }, 4)
    expect([fleet.stations.has(NEW), fleet.byHand.removed.has(NEW)]).toEqual([false, false])
  })

  it('wait where the registry loses their site, and are back with it', () => {
    const fleet = emptyFleet()
    apply(fleet, { kind: 'registry-set', registry }, 0)
    apply(fleet, added(NEW), 1)
    apply(fleet, { kind: 'registry-set', registry: { ...registry, sites: [], evses: [] } }, 2)
    expect([fleet.stations.has(NEW), withoutSite(fleet.byHand)]).toEqual([false, [NEW]])
    apply(fleet, { kind: 'registry-set', registry }, 3)
    expect(fleet.stations.has(NEW)).toBe(true)
  })

  it('are asked: the last twenty are kept, and a start ends what was open', () => {
    const fleet = emptyFleet()
    apply(fleet, { kind: 'registry-set', registry }, 0)
    const asked = { kind: 'reset', evse: null, mode: 'soft' } as const
    for (let n = 1; n <= 25; n++)
      apply(fleet, { kind: 'station-commanded', station: OLD, command: String(n), asked, content: '', ...BY }, n)
    apply(fleet, { kind: 'station-command-ended', station: OLD, command: '25', outcome: 'accepted', detail: 'Accepted' }, 26)
    apply(fleet, { kind: 'started', version: '1', strategy: 'smart' }, 30)
    const own = fleet.byHand.commands.get(OLD)!
    expect(own.map(({ id: name }) => name)).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 6)))
    expect(own.at(-1)).toMatchObject({ outcome: 'accepted', endedAt: 26 })
    expect(own[0]).toMatchObject({ outcome: 'no-answer', endedAt: 30 })
  })
})
