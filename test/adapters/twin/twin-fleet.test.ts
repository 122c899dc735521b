import { describe, expect, it } from 'vitest'
import { stays } from '../../../adapters/twin/commuter.ts'
import { LIE_KINDS } from '../../../adapters/twin/lies.ts'
import { twinFleet } from '../../../adapters/twin/twin-fleet.ts'
import { mayFeedIn } from '../../../domain/registry/registry.ts'

const from = Date.parse('2026-05-04T22:00:00Z')

describe('seeded fleet', () => {
  const fleet = twinFleet({ seed: 7, stations: 100, from })

  it('is the same for the same seed and another for another', () => {
    expect(twinFleet({ seed: 7, stations: 100, from })).toEqual(fleet)
    expect(twinFleet({ seed: 8, stations: 100, from }).stations).not.toEqual(fleet.stations)
  })

  it('mixes dialects and abilities', () => {
    const count = (holds: (station: (typeof fleet.stations)[number]) => boolean) => fleet.stations.filter(holds).length
    expect(count((station) => station.speech === 'bpt')).toBe(50)
    expect(count((station) => station.dialect === 'ocpp2.1')).toBe(70)
    expect(count((station) => station.dialect === 'ocpp2.0.1')).toBe(15)
    expect(count((station) => station.dialect === 'ocpp1.6')).toBe(15)
    expect(count((station) => station.plug.station.response !== 'usual')).toBe(0)
    expect(count((station) => station.speech === 'bpt' && station.plug.car.dischargeMaxW === 0)).toBe(0)
    const small = twinFleet({ seed: 7, stations: 10, from }).stations
    expect(small).toHaveLength(10)
    expect(new Set(small.map((station) => station.dialect)).size).toBe(3)
  })

  it('has a registry in which everything is found', () => {
    const { registry } = fleet
    const sites = new Set(registry.sites.map((site) => site.id))
    expect(registry.evses).toHaveLength(100)
    for (const evse of registry.evses) {
      expect(sites.has(evse.site)).toBe(true)
      expect(mayFeedIn(evse, from)).toBe(evse.dischargeMax < 0)
    }
    expect(new Set(registry.vehicles.map((vehicle) => vehicle.token)).size).toBe(100)
    expect(registry.consents.filter((consent) => consent.purposes.includes('discharge'))).toHaveLength(50)
    for (const site of registry.sites) {
      const cars = registry.evses.filter((evse) => evse.site === site.id).length
      expect(site.fuseAmps).toBeGreaterThanOrEqual(cars * 16)
    }
    expect(fleet.secrets.size).toBe(100)
    expect(new Set(fleet.secrets.values()).size).toBe(100)
  })

  it('has some cars plugged in at the start and some not', () => {
    const plugged = fleet.stations.filter((station) => {
      for (const stay of stays(station.commuter, from)) return stay.arrivesAt <= from
      return false
    }).length
    expect(plugged).toBeGreaterThan(40)
    expect(plugged).toBeLessThan(95)
  })

  it('has faulty stations and cars in the share asked for', () => {
    const faulty = twinFleet({ seed: 7, stations: 200, from, deafShare: 0.1, slowShare: 0.1, refusingShare: 0.2 }).stations
    const named = (name: string) => faulty.filter((station) => station.plug.station.response === name).length
    expect(named('deaf')).toBeGreaterThan(8)
    expect(named('deaf')).toBeLessThan(36)
    expect(named('slow')).toBeGreaterThan(8)
    const refusing = faulty.filter((station) => station.speech === 'bpt' && station.plug.car.dischargeMaxW === 0).length
    expect(refusing).toBeGreaterThan(8)
    expect(refusing).toBeLessThan(36)
  })

  it('F34: lets cars lie in the share and kinds asked for, bidirectional ones first, and changes nothing else', () => {
    expect(fleet.stations.every(({ lie }) => lie === null)).toBe(true)
    const lying = twinFleet({ seed: 7, stations: 100, from, lyingShare: 0.2 })
    const liars = lying.stations.filter(({ lie }) => lie !== null)
    expect(liars).toHaveLength(20)
    expect(liars.every(({ speech }) => speech === 'bpt')).toBe(true)
    expect(new Set(liars.map(({ lie }) => lie))).toEqual(new Set(LIE_KINDS))
    expect({ ...lying, stations: lying.stations.map((station) => ({ ...station, lie: null })) }).toEqual(fleet)
    const full = twinFleet({ seed: 7, stations: 100, from, lyingShare: 0.6, lieKinds: ['full'] }).stations
    const told = full.filter(({ lie }) => lie !== null)
    expect(told).toHaveLength(60)
    expect(new Set(told.map(({ lie }) => lie))).toEqual(new Set(['full']))
    expect(told.filter(({ speech }) => speech !== 'bpt').every(({ speech }) => speech === 'v20' || speech === 'dc')).toBe(true)
  })
})
