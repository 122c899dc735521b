// The heartbeat and the state of an energy manager that limits cars: told every two seconds, missed after four.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LocalDevice } from '../spine/local-device.ts'
import { readDuration, writeDuration } from '../spine/duration.ts'
import type { ClientUseCase } from './client-use-case.ts'
import { readable, serverRef, type Served } from './features.ts'
import { operatingState, tellOperatingState } from './operating-state.ts'

const FUNCTION = 'deviceDiagnosisHeartbeatData'
/** What OPEV and OSCEV announce; ms. */
export const PULSE_TIMEOUT_MS = 4_000
const PULSE_PERIOD_MS = PULSE_TIMEOUT_MS / 2
/** Nobody is believed for longer without a word, whatever he announces; ms. */
const TIMEOUT_MAX_MS = 60_000

/** What a manager needs. */
export const PULSE_SERVED: Served = { DeviceDiagnosis: [readable('deviceDiagnosisStateData'), readable(FUNCTION)] }

/** Beats from now on. Returns a way to stop, as one does when one can no longer answer for limits. */
export function beating(device: LocalDevice, entity: readonly number[], clock: Clock): () => void {
  let counter = 0
  let cancel = () => {}
  tellOperatingState(device, entity, 'normalOperation')
  function beat(): void {
    device.set(serverRef(entity, 'DeviceDiagnosis'), FUNCTION, {
      timestamp: new Date(clock.now()).toISOString(),
      heartbeatCounter: counter,
      heartbeatTimeout: writeDuration(PULSE_TIMEOUT_MS),
    })
    counter += 1
    cancel = clock.after(PULSE_PERIOD_MS, 'eebus pulse', beat)
  }
  beat()
  return () => cancel()
}

export interface PulseValues {
  /** Ms of the clock that only passes, until when the manager is believed; null before its first heartbeat. */
  readonly believedUntil: number | null
  /** It says of itself that it cannot do its work. */
  readonly hasFailed: boolean
}

/** The end of a car: heartbeats of whoever limits it. One that is only read again does not count as new. */
export const PULSE: ClientUseCase<PulseValues> = {
  short: 'PULSE',
  name: 'overloadProtectionByEvChargingCurrentCurtailment',
  actors: ['CEM'],
  entityTypes: ['CEM'],
  needs: ['DeviceDiagnosis'],
  functions: { DeviceDiagnosis: [FUNCTION, 'deviceDiagnosisStateData'] },
  reader() {
    let counter: number | null = null
    let believedUntil: number | null = null
    return (lookup) => {
      const heard = lookup.heard('DeviceDiagnosis', FUNCTION)
      const told = heard?.data['heartbeatCounter']
      if (heard !== null && typeof told === 'number' && told !== counter) {
        counter = told
        const timeout = readDuration(heard.data['heartbeatTimeout']) ?? PULSE_TIMEOUT_MS
        believedUntil = heard.elapsed + Math.min(timeout, TIMEOUT_MAX_MS)
      }
      return { believedUntil, hasFailed: operatingState(lookup) === 'failure' }
    }
  },
}
