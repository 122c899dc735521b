// Eight cars of 11 kW behind one small fuse: the connection comes first, whatever the plans of the single cars would like.
import { describe, expect, it } from 'vitest'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { HOUR_MS, invariants, openWorld } from './world.ts'

const FROM = Date.parse('2026-01-15T16:30:00Z')
const FUSE_AMPS = 40
const CARRIES_WATTS = FUSE_AMPS * 230 * 3

describe('eight cars behind 40 A', () => {
  it('never take more than the fuse carries, use it fully when energy is cheap, and are ready', async () => {
    const fleet = twinFleet({ seed: '1', stations: 8, from: FROM })
    const site = { ...fleet.registry.sites[0]!, fuseAmps: FUSE_AMPS }
    const evses = fleet.registry.evses.map((evse) => ({ ...evse, site: site.id }))
    const world = await openWorld({ from: FROM, fleet: { ...fleet, registry: { ...fleet.registry, sites: [site], evses } } })
    try {
      const look = invariants(world)
      const broken: string[] = []
      let most = 0
      await world.watchUntil(FROM + 24 * HOUR_MS, (at) => {
        broken.push(...look(at))
        most = Math.max(
          most,
          world.twin.cars().reduce((total, { power }) => total + Math.max(0, power), 0),
        )
      })
      expect(broken).toEqual([])
      expect(most).toBeGreaterThan(CARRIES_WATTS * 0.95)
      expect(world.twin.departures().missed).toBe(0)
      expect(world.twin.departures().met).toBeGreaterThanOrEqual(7)
    } finally {
      await world.stop()
    }
  })
})
