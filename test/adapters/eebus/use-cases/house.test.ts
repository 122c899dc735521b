// What the use cases of a house say together, in our sign and units.
import { describe, expect, it } from 'vitest'
import type { Told } from '../../../../adapters/eebus/use-cases/watch.ts'
import { houseReading, loadOfSite } from '../../../../adapters/eebus/use-cases/house.ts'
import { id } from '../../../../domain/registry/identity.ts'
import { slotAt } from '../../../../domain/time/slot.ts'
import { housePair, pseudonym } from './house-pair.ts'
import { START } from './pair.ts'

const reading = (value: number) => ({ value, measuredAt: null, heardAt: START, source: null })
const at = (useCase: string, entity: readonly number[], values: unknown): Told => ({
  useCase,
  partner: { entity, entityType: 'X', scenarios: [], features: [] },
  values,
})
const point = (values: object) => at('MGCP', [1], { values, faults: {}, curtailmentPercent: null })
const car = (entity: readonly number[]) =>
  at('EVCC', entity, { identifications: [], charging: 'active', manufacturer: {}, power: null })

describe('a house', () => {
  it('takes what its connection takes beside its cars, and its cars are plugged while they are told of', async () => {
    const peer = await housePair()
    peer.house.need(12_000, 3_600_000)
    peer.house.tell({ load: 700, sun: 3_000, car: { a: 8, b: 8, c: 8 }, soc: 0.5 })
    await peer.settle()
    const house = houseReading(peer.watch.all())
    expect(house).toEqual({
      at: START,
      measuredAt: START,
      fault: null,
      hasMeter: true,
      connection: 3_220,
      besideCars: -2_300,
      parts: [{ place: '3', kind: 'SubMeterElectricity', power: -3_000, at: START }],
      cars: [
        {
          place: '4.1',
          power: 5_520,
          soc: 0.5,
          socAt: START,
          capacity: 64_000,
          charging: 'active',
          pseudonyms: [pseudonym('04A2B3C4D5E680')],
          demand: { minimum: 6_000, optimum: 12_000, departure: START + 3_600_000 },
        },
      ],
    })
    expect(loadOfSite(id('home'), house, 4)).toEqual({
      site: 'home',
      asOf: START,
      first: slotAt(START),
      power: [-2_300, -2_300, -2_300, -2_300],
    })
  })
  it('is not known where its connection or one of its cars is not', () => {
    const charging = at('EVCEM', [3], { values: { 'power-a': reading(1_000) }, faults: {}, phasesConnected: 1 })
    const unknown = houseReading([point({ power: reading(500) }), car([3]), car([4]), charging])
    expect(unknown).toMatchObject({ connection: 500, besideCars: null, cars: [{ power: 1_000 }, { power: null }] })
    expect(loadOfSite(id('home'), unknown, 4)).toBeNull()
    expect(houseReading([point({}), car([3]), charging])).toMatchObject({ connection: null, besideCars: null, at: null })
    expect(houseReading([])).toEqual({
      at: null,
      measuredAt: null,
      fault: null,
      hasMeter: false,
      connection: null,
      besideCars: null,
      parts: [],
      cars: [],
    })
  })
  it('knows the power of a car that measures currents alone, by the voltage of the house or the usual one', () => {
    const currents = at('EVCEM', [3], {
      values: { 'current-a': reading(10), 'current-b': reading(-10) },
      faults: {},
      phasesConnected: 2,
    })
    const measured = point({ power: reading(1_000), 'voltage-a': reading(240) })
    expect(houseReading([measured, car([3]), currents]).cars[0]!.power).toBe(100)
  })
})
