// EVCEM, measurement of electricity during charging: what a car takes by phase, and what it has been charged with.
import type { UseCaseSpec } from '../spine/local-device.ts'
import { MEASUREMENT_FUNCTIONS, type ClientUseCase } from './client-use-case.ts'
import { byPhase, listed, total } from './measurand.ts'
import { readingsOf, type Readings } from './readings.ts'

const NAME = 'measurementOfElectricityDuringEvCharging'
const VERSION = '1.0.1'

/** A, W and Wh; positive takes from the grid. */
export const EVCEM_MEASURANDS = [
  ...byPhase('current', 1, 'current', 'acCurrent'),
  ...byPhase('power', 2, 'power', 'acPower'),
  total('energy-charged', 3, 'energy', 'charge'),
]
export type EvcemName = (typeof EVCEM_MEASURANDS)[number]['name']
export interface EvcemValues extends Readings<EvcemName> {
  /** 1 to 3; null where it is not said. */
  readonly phasesConnected: number | null
}

/** The end of the energy manager. */
export const EVCEM: ClientUseCase<EvcemValues> = {
  short: 'EVCEM',
  name: NAME,
  actors: ['EV'],
  entityTypes: ['EV'],
  needs: ['Measurement'],
  functions: MEASUREMENT_FUNCTIONS,
  reader() {
    const read = readingsOf(EVCEM_MEASURANDS)
    return (lookup) => {
      const connections = lookup.data('ElectricalConnection', 'electricalConnectionDescriptionListData')
      const phases = listed(connections, 'electricalConnectionDescriptionData')
        .map((one) => one['acConnectedPhases'])
        .find((count) => count === 1 || count === 2 || count === 3)
      return { ...read(lookup), phasesConnected: typeof phases === 'number' ? phases : null }
    }
  },
}

/** What a car announces. */
export function evcemCar(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EV', name: NAME, version: VERSION, scenarios: [1, 2, 3] }
}
/** What an energy manager announces. */
export function evcemManager(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'CEM', name: NAME, version: VERSION, scenarios: [1, 2, 3] }
}
