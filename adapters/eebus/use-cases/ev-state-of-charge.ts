// EVSOC, state of charge of a car: how full it is, what it holds, how well it is, and how far it gets.
import { CAPACITY_RANGE, isWithin } from '../../../domain/telemetry/physical-range.ts'
import type { LocalDevice, UseCaseSpec } from '../spine/local-device.ts'
import { readScaled, writeScaled } from '../spine/scaled-number.ts'
import type { ClientUseCase, Lookup } from './client-use-case.ts'
import { readable, serverRef, setItems, type Served } from './features.ts'
import { listed, total } from './measurand.ts'
import { readingsOf, type Readings } from './readings.ts'

const NAME = 'evStateOfCharge'
const VERSION = '1.0.0'
const CHARACTERISTICS = 'electricalConnectionCharacteristicListData'
const CAPACITY = 'energyCapacityNominalMax'

/** Percent, and range in m; the capacity of scenario 2 is a characteristic and no measurement. */
export const EVSOC_MEASURANDS = [
  total('state-of-charge', 1, 'percentage', 'stateOfCharge'),
  total('state-of-health', 3, 'percentage', 'stateOfHealth'),
  total('travel-range', 4, 'distance', 'travelRange'),
]
export type EvsocName = (typeof EVSOC_MEASURANDS)[number]['name']
export interface EvsocValues extends Readings<EvsocName> {
  /** Wh; null where it is not said. */
  readonly capacity: number | null
}

/** The end of the energy manager. */
export const EVSOC: ClientUseCase<EvsocValues> = {
  short: 'EVSOC',
  name: NAME,
  actors: ['EV'],
  entityTypes: ['EV'],
  needs: ['Measurement'],
  functions: {
    Measurement: ['measurementDescriptionListData', 'measurementListData'],
    ElectricalConnection: [CHARACTERISTICS],
  },
  reader() {
    const read = readingsOf(EVSOC_MEASURANDS)
    return (lookup) => ({ ...read(lookup), capacity: readCapacity(lookup) })
  },
}

/** Some call the items of the list as the list itself. */
function readCapacity(lookup: Lookup): number | null {
  const data = lookup.data('ElectricalConnection', CHARACTERISTICS)
  const all = [...listed(data, 'electricalConnectionCharacteristicData'), ...listed(data, CHARACTERISTICS)]
  const found = all.find((one) => one['characteristicType'] === CAPACITY && (one['unit'] ?? 'Wh') === 'Wh')
  const value = readScaled(found?.['value'])
  return value !== null && isWithin(CAPACITY_RANGE, value) ? value : null
}

/** What a car needs for it, beside what it measures with. */
export const EVSOC_SERVED: Served = { ElectricalConnection: [readable(CHARACTERISTICS)] }
/** What a car announces. */
export function evsocCar(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EV', name: NAME, version: VERSION, scenarios: [1, 2, 3, 4] }
}
/** What an energy manager announces. */
export function evsocManager(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'CEM', name: NAME, version: VERSION, scenarios: [1, 2, 3, 4] }
}
/** Tells what a car of ours holds, Wh. */
export function tellCapacity(device: LocalDevice, entity: readonly number[], capacity: number): void {
  setItems(device, serverRef(entity, 'ElectricalConnection'), CHARACTERISTICS, [
    {
      electricalConnectionId: 0,
      parameterId: 0,
      characteristicId: 0,
      characteristicContext: 'entity',
      characteristicType: CAPACITY,
      value: writeScaled(capacity),
      unit: 'Wh',
    },
  ])
}
