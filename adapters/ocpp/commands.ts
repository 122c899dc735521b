// Commands by hand in each version, from the functional blocks they belong to.
import { changeAvailabilityV16, changeAvailabilityV2 } from './blocks/availability.ts'
import { configurationV16, configurationV2 } from './blocks/configuration.ts'
import { resetV16, resetV2 } from './blocks/provisioning.ts'
import { remoteControlV16, remoteControlV2 } from './blocks/remote-control.ts'
import type { CommandMessages } from './command-message.ts'
import type { Dialect } from './rpc/frame.ts'

const v2: CommandMessages = { ...resetV2, ...remoteControlV2, ...changeAvailabilityV2, ...configurationV2 }

/** By the sub-protocol that was agreed. */
export const COMMANDS: Readonly<Record<Dialect, CommandMessages>> = {
  'ocpp1.6': { ...resetV16, ...remoteControlV16, ...changeAvailabilityV16, ...configurationV16 },
  'ocpp2.0.1': v2,
  'ocpp2.1': v2,
}
