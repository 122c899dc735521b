// The measuring end: an entity of ours that describes what it measures and tells values of it.
import type { PlainObject } from '../eebus-json.ts'
import type { LocalDevice } from '../spine/local-device.ts'
import { writeScaled } from '../spine/scaled-number.ts'
import { readable, serverRef, setItems, type Served } from './features.ts'
import { KINDS, type Measurand, type ValueSource } from './measurand.ts'

/** What a measuring entity needs. */
export const MEASURED: Served = {
  Measurement: ['measurementDescriptionListData', 'measurementListData'].map(readable),
  ElectricalConnection: ['electricalConnectionDescriptionListData', 'electricalConnectionParameterDescriptionListData'].map(
    readable,
  ),
}

/** A value to be told, in the unit of its quantity, positive takes from the grid. */
export interface ToTell {
  readonly value: number
  /** Epoch ms. */
  readonly at?: number
  /** Left out, it is normal. */
  readonly state?: 'outOfRange' | 'error'
  readonly source?: ValueSource
}
export interface Measuring<Name extends string> {
  /** Subscribers hear of it at once; what is not among them stays as it is. */
  tell(values: Partial<Readonly<Record<Name, ToTell>>>): void
}
export interface MeasuringOptions<Name extends string> {
  readonly device: LocalDevice
  readonly entity: readonly number[]
  /** Its own number within the entity, where several use cases measure at one; 0 to 9. */
  readonly group?: number
  readonly measurands: readonly Measurand<Name>[]
  /** Phases of its connection. */
  readonly phases?: 'a' | 'abc'
}

const GROUP_SIZE = 100

/** Describes the measurands at once; values are told later. */
export function measuring<Name extends string>(options: MeasuringOptions<Name>): Measuring<Name> {
  const { device, entity, measurands, group = 0, phases = 'abc' } = options
  const [electrical, measurement] = [serverRef(entity, 'ElectricalConnection'), serverRef(entity, 'Measurement')]
  const idOf = (index: number) => group * GROUP_SIZE + index
  setItems(device, electrical, 'electricalConnectionDescriptionListData', [
    { electricalConnectionId: 0, powerSupplyType: 'ac', acConnectedPhases: phases.length, positiveEnergyDirection: 'consume' },
  ])
  setItems(
    device,
    measurement,
    'measurementDescriptionListData',
    measurands.map(({ kind, scope }, index) => ({
      measurementId: idOf(index),
      measurementType: kind,
      commodityType: 'electricity',
      unit: KINDS[kind].unit,
      scopeType: scope,
    })),
  )
  const electric = measurands
    .map((one, index) => placeOf(one, idOf(index), phases))
    .filter((place): place is PlainObject => place !== null)
  setItems(device, electrical, 'electricalConnectionParameterDescriptionListData', electric)
  return {
    tell(values) {
      const told = measurands.flatMap(({ name }, index) => {
        const one = values[name]
        return one === undefined ? [] : [written(idOf(index), one)]
      })
      if (told.length > 0) setItems(device, measurement, 'measurementListData', told)
    },
  }
}

/** Nothing is left of what an earlier value had: a state that is over must not stay. */
function written(measurementId: number, { value, at, state, source }: ToTell): PlainObject {
  return {
    measurementId,
    valueType: 'value',
    timestamp: at === undefined ? undefined : new Date(at).toISOString(),
    value: writeScaled(value),
    valueSource: source ?? 'measuredValue',
    valueState: state ?? 'normal',
  }
}

function placeOf({ kind, phases, reference }: Measurand, id: number, connected: string): PlainObject | null {
  if (kind === 'percentage' || kind === 'distance') return null
  const isOfPhases = kind === 'power' || kind === 'current' || kind === 'voltage'
  return {
    electricalConnectionId: 0,
    parameterId: id,
    measurementId: id,
    voltageType: 'ac',
    acMeasuredPhases: isOfPhases ? (phases ?? connected) : undefined,
    acMeasuredInReferenceTo: kind === 'power' || kind === 'voltage' ? (reference ?? 'neutral') : undefined,
    acMeasurementType: kind === 'voltage' ? 'apparent' : kind === 'frequency' ? undefined : 'real',
    acMeasurementVariant: isOfPhases ? 'rms' : undefined,
  }
}
