// EVSECC, commissioning and configuration of a charging station: who has made it, and whether it works.
import type { UseCaseSpec } from '../spine/local-device.ts'
import type { ClientUseCase } from './client-use-case.ts'
import type { Served } from './features.ts'
import { MANUFACTURER, MANUFACTURER_FUNCTIONS, manufacturerData, type ManufacturerData } from './manufacturer.ts'
import { lastErrorCode, OPERATING_STATE, operatingState, STATE_FUNCTIONS, type OperatingState } from './operating-state.ts'

const NAME = 'evseCommissioningAndConfiguration'
const VERSION = '1.0.1'

export interface EvseccValues {
  readonly manufacturer: ManufacturerData
  /** Null where it does not say. */
  readonly state: OperatingState | null
  readonly errorCode: string | null
}

/** The end of the energy manager. */
export const EVSECC: ClientUseCase<EvseccValues> = {
  short: 'EVSECC',
  name: NAME,
  actors: ['EVSE'],
  entityTypes: ['EVSE'],
  needs: [],
  functions: { ...MANUFACTURER_FUNCTIONS, ...STATE_FUNCTIONS },
  reader: () => (lookup) => ({
    manufacturer: manufacturerData(lookup),
    state: operatingState(lookup),
    errorCode: lastErrorCode(lookup),
  }),
}

/** What a station needs for it. */
export const EVSECC_SERVED: readonly Served[] = [MANUFACTURER, OPERATING_STATE]
/** What a station announces. */
export function evseccStation(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EVSE', name: NAME, version: VERSION, scenarios: [1, 2] }
}
/** What an energy manager announces. */
export function evseccManager(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'CEM', name: NAME, version: VERSION, scenarios: [1, 2] }
}
