// An energy manager of ours that watches a house and its cars: what it looks for, and what it is.
import { localDevice, type LocalDevice } from '../spine/local-device.ts'
import type { ClientUseCase } from './client-use-case.ts'
import { CEVC, cevcBroker } from './coordinated-charging.ts'
import { curtailmentManager, OPEV, OSCEV, OVERLOAD_PROTECTION, SELF_CONSUMPTION } from './current-curtailment.ts'
import { EVCEM, evcemManager } from './ev-charging-electricity.ts'
import { evcc, evccManager, type Pseudonym } from './ev-commissioning.ts'
import { EVSOC, evsocManager } from './ev-state-of-charge.ts'
import { EVSECC, evseccManager } from './evse-commissioning.ts'
import { clientFeaturesOf, entityFor } from './features.ts'
import { MGCP, mgcpAppliance } from './monitoring-of-grid-connection-point.ts'
import { MPC, mpcAppliance } from './monitoring-of-power-consumption.ts'
import { PULSE_SERVED } from './pulse.ts'

export const MONITOR_ENTITY: readonly number[] = [1]

/** All that can be watched. */
export function monitoredUseCases(pseudonym: Pseudonym): readonly ClientUseCase<unknown>[] {
  return [MGCP, MPC, EVSECC, evcc(pseudonym), EVCEM, EVSOC, OPEV, OSCEV, CEVC]
}

/** The device that watches, with the heartbeat that those need who are to be limited by it; whether it beats is up to its owner. */
export function monitorDevice(address: string, useCases: readonly ClientUseCase<unknown>[]): LocalDevice {
  const entity = MONITOR_ENTITY
  return localDevice({
    address,
    type: 'EnergyManagementSystem',
    entities: [entityFor(entity, 'CEM', [PULSE_SERVED], clientFeaturesOf(useCases))],
    useCases: [
      mgcpAppliance(entity),
      mpcAppliance(entity),
      evseccManager(entity),
      evccManager(entity),
      evcemManager(entity),
      evsocManager(entity),
      curtailmentManager(OVERLOAD_PROTECTION, entity),
      curtailmentManager(SELF_CONSUMPTION, entity),
      cevcBroker(entity),
    ],
  })
}
