// EVSECC, EVCC, EVCEM and EVSOC between a played house and an energy manager.
import { describe, expect, it } from 'vitest'
import { tellCar } from '../../../../adapters/eebus/use-cases/ev-commissioning.ts'
import { EVCEM } from '../../../../adapters/eebus/use-cases/ev-charging-electricity.ts'
import { EVSOC } from '../../../../adapters/eebus/use-cases/ev-state-of-charge.ts'
import { EVSECC } from '../../../../adapters/eebus/use-cases/evse-commissioning.ts'
import { tellManufacturer } from '../../../../adapters/eebus/use-cases/manufacturer.ts'
import { MGCP } from '../../../../adapters/eebus/use-cases/monitoring-of-grid-connection-point.ts'
import { tellOperatingState } from '../../../../adapters/eebus/use-cases/operating-state.ts'
import { HOUSE } from '../../../../adapters/eebus/use-cases/played-house.ts'
import { EVCC, housePair, pseudonym } from './house-pair.ts'

describe('a charging station', () => {
  it('says who has made it and whether it works', async () => {
    const peer = await housePair()
    const values = () => peer.watch.valuesOf(EVSECC)
    expect(values()).toEqual({
      manufacturer: { deviceName: 'Played station', brandName: 'Gegenstrom', serialNumber: 'PLAYED-1' },
      state: 'normalOperation',
      errorCode: null,
    })
    tellOperatingState(peer.house.device, HOUSE.station, 'failure', 'E42')
    await peer.settle()
    expect(values()).toMatchObject({ state: 'failure', errorCode: 'E42' })
  })
  it('is not believed texts that are none', async () => {
    const peer = await housePair()
    tellManufacturer(peer.house.device, HOUSE.station, {
      deviceName: 'two\nlines',
      brandName: 'x'.repeat(300),
      vendorName: 'Honest',
    })
    await peer.settle()
    expect(peer.watch.valuesOf(EVSECC)!.manufacturer).toEqual({ vendorName: 'Honest' })
  })
})

describe('a car', () => {
  it('says how one speaks with it, what it can take, and who it is by pseudonyms alone', async () => {
    const peer = await housePair()
    tellManufacturer(peer.house.device, HOUSE.car, { deviceName: 'Car', serialNumber: 'WVWZZZ1KZAW000001' })
    await peer.settle()
    expect(peer.watch.valuesOf(EVCC)).toEqual({
      communicationStandard: 'iso15118-2ed2',
      isAsymmetric: false,
      identifications: [{ kind: 'eui48', pseudonym: pseudonym('04A2B3C4D5E680') }],
      manufacturer: { deviceName: 'Car', serialNumber: pseudonym('WVWZZZ1KZAW000001') },
      power: { min: 4_140, max: 11_040, fallback: 0 },
      charging: null,
      isAsleep: null,
    })
    const all = JSON.stringify([peer.watch.all(), peer.told])
    expect(all).not.toContain('04A2B3C4D5E680')
    expect(all).not.toContain('WVWZZZ1KZAW000001')
  })
  it('falls back to another standard while it stands there', async () => {
    const peer = await housePair()
    tellCar(peer.house.device, HOUSE.car, { communicationStandard: 'iec61851', isAsymmetric: true })
    await peer.settle()
    expect(peer.watch.valuesOf(EVCC)).toMatchObject({
      communicationStandard: 'iec61851',
      isAsymmetric: true,
      identifications: [],
    })
  })
  it.each([
    ['normalOperation', 'active', false],
    ['standby', 'paused', true],
    ['finished', 'finished', false],
    ['failure', 'failure', false],
    ['inAlarm', null, false],
  ] as const)('in %s it is %s, asleep: %s', async (state, charging, isAsleep) => {
    const peer = await housePair()
    tellOperatingState(peer.house.device, HOUSE.car, state)
    await peer.settle()
    expect(peer.watch.valuesOf(EVCC)).toMatchObject({ charging, isAsleep })
  })
  it('tells what it takes by phase, how full it is, what it holds and how far it gets', async () => {
    const peer = await housePair()
    peer.house.tell({ load: 600, sun: 2_000, car: { a: 10, b: 10, c: 9.5 }, soc: 0.455 })
    await peer.settle()
    const evcem = peer.watch.valuesOf(EVCEM)!
    expect(evcem.phasesConnected).toBe(3)
    expect(Object.entries(evcem.values).map(([name, { value }]) => [name, value])).toEqual([
      ['current-a', 10],
      ['current-b', 10],
      ['current-c', 9.5],
      ['power-a', 2_300],
      ['power-b', 2_300],
      ['power-c', 2_185],
    ])
    const evsoc = peer.watch.valuesOf(EVSOC)!
    expect(evsoc).toMatchObject({
      values: { 'state-of-charge': { value: 45.5 }, 'state-of-health': { value: 97 }, 'travel-range': { value: 182_000 } },
      capacity: 64_000,
    })
    expect(peer.watch.valuesOf(MGCP)).toMatchObject({ values: { power: { value: 5_385 } }, curtailmentPercent: 60 })
  })
  it('is gone when it leaves, with all that was known of it, and is known anew when it comes back', async () => {
    const peer = await housePair()
    const cars = () => peer.watch.all().filter(({ partner }) => partner.entityType === 'EV')
    const NAMES = ['EVCC', 'EVCEM', 'EVSOC', 'OPEV', 'OSCEV', 'CEVC']
    expect(cars().map(({ useCase }) => useCase)).toEqual(NAMES)
    peer.house.tell({ load: 600, sun: 0, car: { a: 6, b: 6, c: 6 }, soc: 0.5 })
    await peer.settle()
    peer.house.setPlugged(false)
    await peer.settle()
    expect(cars()).toEqual([])
    expect(
      peer.told
        .slice(-6)
        .map(({ useCase, values }) => [useCase, values])
        .sort(),
    ).toEqual(NAMES.toSorted().map((name) => [name, null]))
    expect(peer.watch.valuesOf(EVCC)).toBeNull()
    // The station stays, and so does what is said of the house.
    expect(peer.watch.valuesOf(EVSECC)).toMatchObject({ state: 'normalOperation' })
    const subscriptions = peer.link.remote().features.length
    peer.house.setPlugged(true)
    await peer.settle()
    await peer.settle()
    await peer.settle()
    expect(peer.link.remote().features.length).toBeGreaterThan(subscriptions)
    expect(cars().map(({ useCase }) => useCase)).toEqual(NAMES)
    peer.house.tell({ load: 600, sun: 0, car: { a: 0, b: 0, c: 0 }, soc: 0.25 })
    await peer.settle()
    // It hears of changes again without asking.
    expect(peer.watch.valuesOf(EVSOC)).toMatchObject({ values: { 'state-of-charge': { value: 25 } } })
    expect(peer.watch.valuesOf(EVCC)).toMatchObject({ charging: 'paused' })
  })
})
