// How a device or a car says it is: working, waiting, broken.
import type { LocalDevice } from '../spine/local-device.ts'
import type { Lookup } from './client-use-case.ts'
import { readable, serverRef, type Served } from './features.ts'
import { readText } from './manufacturer.ts'

const FUNCTION = 'deviceDiagnosisStateData'
export const STATE_FUNCTIONS = { DeviceDiagnosis: [FUNCTION] } as const
export const OPERATING_STATE: Served = { DeviceDiagnosis: [readable(FUNCTION)] }

const STATES = [
  'normalOperation',
  'standby',
  'failure',
  'serviceNeeded',
  'overrideDetected',
  'inAlarm',
  'notReachable',
  'finished',
  'temporarilyNotReady',
  'off',
] as const
export type OperatingState = (typeof STATES)[number]

/** Null where nothing is said, or something nobody knows. */
export function operatingState(lookup: Lookup): OperatingState | null {
  const state = lookup.data('DeviceDiagnosis', FUNCTION)?.['operatingState']
  return STATES.find((one) => one === state) ?? null
}
/** The code of the error it had last; null without one. */
export function lastErrorCode(lookup: Lookup): string | null {
  return readText(lookup.data('DeviceDiagnosis', FUNCTION)?.['lastErrorCode'], 64)
}
/** Tells how an entity of ours is. */
export function tellOperatingState(
  device: LocalDevice,
  entity: readonly number[],
  state: OperatingState,
  errorCode?: string,
): void {
  device.set(serverRef(entity, 'DeviceDiagnosis'), FUNCTION, { operatingState: state, lastErrorCode: errorCode })
}
