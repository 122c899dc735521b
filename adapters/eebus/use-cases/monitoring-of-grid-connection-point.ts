// MGCP, monitoring of the grid connection point: what a house takes and gives where it meets the grid, and to what share its PV may feed in.
import type { LocalDevice, UseCaseSpec } from '../spine/local-device.ts'
import { readScaled, writeScaled } from '../spine/scaled-number.ts'
import { MEASUREMENT_FUNCTIONS, type ClientUseCase } from './client-use-case.ts'
import { KEY_VALUE_FUNCTIONS, keyValue, tellKeyValue } from './key-values.ts'
import { byPhase, total, voltagesBetween } from './measurand.ts'
import { readingsOf, type Readings } from './readings.ts'

const NAME = 'monitoringOfGridConnectionPoint'
const VERSION = '1.0.0'
const CURTAILMENT_KEY = 'pvCurtailmentLimitFactor'
const CURTAILMENT_KEY_ID = 40

/** W, Wh, A, V and Hz; positive takes from the grid, energies count up. */
export const MGCP_MEASURANDS = [
  total('power', 2, 'power', 'acPowerTotal'),
  total('energy-fed-in', 3, 'energy', 'gridFeedIn'),
  total('energy-consumed', 4, 'energy', 'gridConsumption'),
  ...byPhase('current', 5, 'current', 'acCurrent'),
  ...byPhase('voltage', 6, 'voltage', 'acVoltage'),
  ...voltagesBetween(6),
  total('frequency', 7, 'frequency', 'acFrequency'),
]
export type MgcpName = (typeof MGCP_MEASURANDS)[number]['name']

export interface MgcpValues extends Readings<MgcpName> {
  /** The share of their peak power that PV systems may feed in, percent; null where it is not said. */
  readonly curtailmentPercent: number | null
}

/** The monitoring end. */
export const MGCP: ClientUseCase<MgcpValues> = {
  short: 'MGCP',
  name: NAME,
  actors: ['GridConnectionPoint'],
  entityTypes: ['GridConnectionPointOfPremises'],
  needs: ['Measurement'],
  functions: { ...MEASUREMENT_FUNCTIONS, ...KEY_VALUE_FUNCTIONS },
  reader() {
    const read = readingsOf(MGCP_MEASURANDS)
    return (lookup) => {
      const percent = readScaled(keyValue(lookup, CURTAILMENT_KEY, 'scaledNumber'))
      const isShare = percent !== null && percent >= 0 && percent <= 100
      return { ...read(lookup), curtailmentPercent: isShare ? percent : null }
    }
  },
}

/** What a grid connection point announces. */
export function gridConnectionPoint(
  entity: readonly number[],
  scenarios: readonly number[] = [1, 2, 3, 4, 5, 6, 7],
): UseCaseSpec {
  return { entity, actor: 'GridConnectionPoint', name: NAME, version: VERSION, scenarios }
}
/** What a monitoring appliance announces. */
export function mgcpAppliance(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'MonitoringAppliance', name: NAME, version: VERSION, scenarios: [1, 2, 3, 4, 5, 6, 7] }
}
/** Tells the share of their peak power that PV systems may feed in, percent. */
export function tellCurtailment(device: LocalDevice, entity: readonly number[], percent: number): void {
  const key = { keyId: CURTAILMENT_KEY_ID, keyName: CURTAILMENT_KEY, type: 'scaledNumber', unit: 'pct' } as const
  tellKeyValue(device, entity, { ...key, value: writeScaled(percent) })
}
