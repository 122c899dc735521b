// EVCC, commissioning and configuration of a car: that it is there, how one speaks with it, who it is, what it can take, and whether it sleeps.
import { POWER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import type { PlainObject } from '../eebus-json.ts'
import type { LocalDevice, UseCaseSpec } from '../spine/local-device.ts'
import type { ClientUseCase, Lookup } from './client-use-case.ts'
import { readable, serverRef, setItems, type Served } from './features.ts'
import { KEY_VALUE_FUNCTIONS, KEY_VALUES, keyValue, tellKeyValue } from './key-values.ts'
import { MANUFACTURER, MANUFACTURER_FUNCTIONS, manufacturerData, readText, type ManufacturerData } from './manufacturer.ts'
import { listed } from './measurand.ts'
import { OPERATING_STATE, operatingState, STATE_FUNCTIONS } from './operating-state.ts'
import { PERMITTED, permittedValues, tellPermitted, type PermittedValues } from './permitted-values.ts'

const NAME = 'evCommissioningAndConfiguration'
const VERSION = '1.0.1'
const PARAMETERS = 'electricalConnectionParameterDescriptionListData'
const IDENTIFICATIONS = 'identificationListData'
const [STANDARD_KEY, ASYMMETRIC_KEY] = ['communicationsStandard', 'asymmetricChargingSupported']
const [STANDARD_KEY_ID, ASYMMETRIC_KEY_ID] = [1, 2]
/** Beyond those of measured quantities. */
const POWER_PARAMETER_ID = 900
const IDENTIFICATIONS_MAX = 8
const IDENTIFICATION_LENGTH_MAX = 255

/** An identification as it may be told on. */
export type Pseudonym = (identification: string) => string
export interface EvIdentification {
  readonly kind: 'eui48' | 'eui64' | 'userRfidTag' | 'other'
  readonly pseudonym: string
}
/** There are values for as long as the car is there. */
export interface EvccValues {
  /** `iec61851`, `iso15118-2ed1`, `iso15118-2ed2` or what else it says; it may change while a car is there. Null where it does not say. */
  readonly communicationStandard: string | null
  readonly isAsymmetric: boolean | null
  /** Pseudonyms alone leave here. */
  readonly identifications: readonly EvIdentification[]
  /** Its serial number is a pseudonym as well, since it may be that of the vehicle. */
  readonly manufacturer: ManufacturerData
  /** W for charging; the fallback is what it takes in standby. */
  readonly power: PermittedValues | null
  readonly charging: 'active' | 'paused' | 'finished' | 'failure' | null
  readonly isAsleep: boolean | null
}

/** The end of the energy manager; identifications become pseudonyms where they are read. */
export function evcc(pseudonym: Pseudonym): ClientUseCase<EvccValues> {
  return {
    short: 'EVCC',
    name: NAME,
    actors: ['EV'],
    entityTypes: ['EV'],
    needs: [],
    functions: {
      ...KEY_VALUE_FUNCTIONS,
      ...MANUFACTURER_FUNCTIONS,
      ...STATE_FUNCTIONS,
      Identification: [IDENTIFICATIONS],
      ElectricalConnection: [PARAMETERS, PERMITTED],
    },
    reader: () => (lookup) => readCar(lookup, pseudonym),
  }
}

function readCar(lookup: Lookup, pseudonym: Pseudonym): EvccValues {
  const asymmetric = keyValue(lookup, ASYMMETRIC_KEY, 'boolean')
  const state = operatingState(lookup)
  const manufacturer = manufacturerData(lookup)
  const { serialNumber } = manufacturer
  const total = listed(lookup.data('ElectricalConnection', PARAMETERS), 'electricalConnectionParameterDescriptionData').find(
    (one) => one['scopeType'] === 'acPowerTotal',
  )
  return {
    communicationStandard: readText(keyValue(lookup, STANDARD_KEY, 'string'), 64),
    isAsymmetric: typeof asymmetric === 'boolean' ? asymmetric : null,
    identifications: readIdentifications(lookup, pseudonym),
    manufacturer: serialNumber === undefined ? manufacturer : { ...manufacturer, serialNumber: pseudonym(serialNumber) },
    power: permittedValues(lookup.data('ElectricalConnection', PERMITTED), total, POWER_RANGE),
    charging: state === null ? null : (CHARGING[state] ?? null),
    isAsleep: state === null ? null : state === 'standby',
  }
}

const CHARGING: Readonly<Record<string, EvccValues['charging']>> = {
  normalOperation: 'active',
  standby: 'paused',
  finished: 'finished',
  failure: 'failure',
}

function readIdentifications(lookup: Lookup, pseudonym: Pseudonym): readonly EvIdentification[] {
  return listed(lookup.data('Identification', IDENTIFICATIONS), 'identificationData')
    .slice(0, IDENTIFICATIONS_MAX)
    .flatMap((one): EvIdentification[] => {
      const value = readText(one['identificationValue'], IDENTIFICATION_LENGTH_MAX)
      const kind = (['eui48', 'eui64', 'userRfidTag'] as const).find((known) => known === one['identificationType']) ?? 'other'
      return value === null ? [] : [{ kind, pseudonym: pseudonym(value) }]
    })
}

/** What a car needs for it. */
export const EVCC_SERVED: readonly Served[] = [
  KEY_VALUES,
  MANUFACTURER,
  OPERATING_STATE,
  {
    Identification: [readable(IDENTIFICATIONS)],
    ElectricalConnection: ['electricalConnectionDescriptionListData', PARAMETERS, PERMITTED].map(readable),
  },
]
/** What a car announces. */
export function evccCar(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EV', name: NAME, version: VERSION, scenarios: [1, 2, 3, 4, 5, 6, 7, 8] }
}
/** What an energy manager announces. */
export function evccManager(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'CEM', name: NAME, version: VERSION, scenarios: [1, 2, 3, 4, 5, 6, 7, 8] }
}

export interface CarConfiguration {
  readonly communicationStandard: string
  readonly isAsymmetric: boolean
  readonly identifications?: readonly { readonly kind: 'eui48' | 'eui64' | 'userRfidTag'; readonly value: string }[]
  /** W. */
  readonly power?: PermittedValues
}
/** Tells how a car of ours is spoken with, and what it can take. */
export function tellCar(device: LocalDevice, entity: readonly number[], car: CarConfiguration): void {
  tellKeyValue(device, entity, {
    keyId: STANDARD_KEY_ID,
    keyName: STANDARD_KEY,
    type: 'string',
    value: car.communicationStandard,
  })
  tellKeyValue(device, entity, { keyId: ASYMMETRIC_KEY_ID, keyName: ASYMMETRIC_KEY, type: 'boolean', value: car.isAsymmetric })
  const identifications = (car.identifications ?? []).map(({ kind, value }, identificationId): PlainObject => ({
    identificationId,
    identificationType: kind,
    identificationValue: value,
  }))
  device.set(serverRef(entity, 'Identification'), IDENTIFICATIONS, { identificationData: identifications })
  if (car.power === undefined) return
  setItems(device, serverRef(entity, 'ElectricalConnection'), PARAMETERS, [
    { electricalConnectionId: 0, parameterId: POWER_PARAMETER_ID, scopeType: 'acPowerTotal' },
  ])
  tellPermitted(device, entity, POWER_PARAMETER_ID, car.power)
}
