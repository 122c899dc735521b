// MPC, monitoring of power consumption: powers, energies, currents, voltages and frequency of a device (monitored unit) for whoever watches it (monitoring appliance).
import type { UseCaseSpec } from '../spine/local-device.ts'
import { MEASUREMENT_FUNCTIONS, type ClientUseCase } from './client-use-case.ts'
import { byPhase, total, voltagesBetween } from './measurand.ts'
import { readingsOf, type Readings } from './readings.ts'

const NAME = 'monitoringOfPowerConsumption'
const VERSION = '1.0.0'

/** W, Wh, A, V and Hz; positive takes from the grid, energies count up. */
export const MPC_MEASURANDS = [
  total('power', 1, 'power', 'acPowerTotal'),
  ...byPhase('power', 1, 'power', 'acPower'),
  total('energy-consumed', 2, 'energy', 'acEnergyConsumed'),
  total('energy-produced', 2, 'energy', 'acEnergyProduced'),
  ...byPhase('current', 3, 'current', 'acCurrent'),
  ...byPhase('voltage', 4, 'voltage', 'acVoltage'),
  ...voltagesBetween(4),
  total('frequency', 5, 'frequency', 'acFrequency'),
]
export type MpcName = (typeof MPC_MEASURANDS)[number]['name']

/** The monitoring end. */
export const MPC: ClientUseCase<Readings<MpcName>> = {
  short: 'MPC',
  name: NAME,
  actors: ['MonitoredUnit'],
  entityTypes: [
    'Compressor',
    'ElectricalImmersionHeater',
    'EVSE',
    'HeatPumpAppliance',
    'Inverter',
    'SmartEnergyAppliance',
    'SubMeterElectricity',
  ],
  needs: ['Measurement'],
  functions: MEASUREMENT_FUNCTIONS,
  reader: () => readingsOf(MPC_MEASURANDS),
}

/** What a monitored unit announces; the total power is the least it has. */
export function monitoredUnit(entity: readonly number[], scenarios: readonly number[] = [1, 2, 3, 4, 5]): UseCaseSpec {
  return { entity, actor: 'MonitoredUnit', name: NAME, version: VERSION, scenarios }
}
/** What a monitoring appliance announces. */
export function mpcAppliance(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'MonitoringAppliance', name: NAME, version: VERSION, scenarios: [1, 2, 3, 4, 5] }
}
