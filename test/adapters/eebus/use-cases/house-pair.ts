// A played house and an energy manager that watches it and its car, on one link.
import { beating, PULSE_SERVED } from '../../../../adapters/eebus/use-cases/pulse.ts'
import { boundWriter } from '../../../../adapters/eebus/use-cases/bound-writer.ts'
import type { ClientUseCase } from '../../../../adapters/eebus/use-cases/client-use-case.ts'
import { CEVC, cevcBroker } from '../../../../adapters/eebus/use-cases/coordinated-charging.ts'
import {
  curtailmentManager,
  OPEV,
  OSCEV,
  OVERLOAD_PROTECTION,
  SELF_CONSUMPTION,
} from '../../../../adapters/eebus/use-cases/current-curtailment.ts'
import { EVCEM } from '../../../../adapters/eebus/use-cases/ev-charging-electricity.ts'
import { evcc } from '../../../../adapters/eebus/use-cases/ev-commissioning.ts'
import { EVSOC } from '../../../../adapters/eebus/use-cases/ev-state-of-charge.ts'
import { EVSECC } from '../../../../adapters/eebus/use-cases/evse-commissioning.ts'
import { clientFeaturesOf, clientRef, entityFor } from '../../../../adapters/eebus/use-cases/features.ts'
import { MGCP } from '../../../../adapters/eebus/use-cases/monitoring-of-grid-connection-point.ts'
import { MPC } from '../../../../adapters/eebus/use-cases/monitoring-of-power-consumption.ts'
import { playedHouse, type PlayedHouse, type PlayedHouseOptions } from '../../../../adapters/eebus/use-cases/played-house.ts'
import { localDevice } from '../../../../adapters/eebus/spine/local-device.ts'
import { manualClock, type ManualClock } from '../../../../src/run/clock.ts'
import { pairOf, START } from './pair.ts'

/** Says for sure that it is none of the identifications themselves. */
export const pseudonym = (identification: string) => `t_${[...identification].reduce((sum, char) => sum + char.charCodeAt(0), 0)}`
export const EVCC = evcc(pseudonym)
export const ALL: readonly ClientUseCase<unknown>[] = [MGCP, MPC, EVSECC, EVCC, EVCEM, EVSOC, OPEV, OSCEV, CEVC]
export const MANAGER = [1]

/** An energy manager with its heartbeat. */
export function managerDevice() {
  return localDevice({
    address: 'd:_i:Manager',
    type: 'EnergyManagementSystem',
    entities: [entityFor(MANAGER, 'CEM', [PULSE_SERVED], clientFeaturesOf(ALL))],
    useCases: [
      curtailmentManager(OVERLOAD_PROTECTION, MANAGER),
      curtailmentManager(SELF_CONSUMPTION, MANAGER),
      cevcBroker(MANAGER),
    ],
  })
}

export async function housePair(options: Partial<PlayedHouseOptions> = {}) {
  const clock: ManualClock = manualClock(START)
  const house: PlayedHouse = playedHouse({ address: 'd:_i:House', clock, ...options })
  const manager = managerDevice()
  const pair = await pairOf({ unit: house.device, useCases: ALL, watcher: manager, clock, onUnitLink: house.on })
  const writer = boundWriter(pair.link, (type) => clientRef(MANAGER, type))
  const stopBeating = beating(manager, MANAGER, clock)
  await pair.settle()
  return { ...pair, house, manager, writer, stopBeating }
}
