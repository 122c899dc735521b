// Watches what a partner tells of its house, for as long as a connection with it stands: by itself, or beside the limits it writes.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { HouseReading } from '../../../domain/ports/house-reading.ts'
import type { ShipConnection } from '../ship/connection.ts'
import type { ShipUser } from '../ship/node.ts'
import type { FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import { spineLink, type SpineLink } from '../spine/link.ts'
import { localDevice, type DeviceSpec, type FeatureSpec } from '../spine/local-device.ts'
import { EVCEM, evcemManager } from './ev-charging-electricity.ts'
import { evcc, evccManager, type Pseudonym } from './ev-commissioning.ts'
import { EVSOC, evsocManager } from './ev-state-of-charge.ts'
import { EVSECC, evseccManager } from './evse-commissioning.ts'
import { clientFeaturesOf, clientRef } from './features.ts'
import { houseReading } from './house.ts'
import { MONITOR_ENTITY } from './monitor.ts'
import { MGCP, mgcpAppliance } from './monitoring-of-grid-connection-point.ts'
import { MPC, mpcAppliance } from './monitoring-of-power-consumption.ts'
import { watch } from './watch.ts'

/** What runs on a connection beside the limits, at the entity [1] of our device. */
export interface BesideLimits {
  readonly clients: readonly FeatureSpec[]
  readonly useCases: DeviceSpec['useCases']
  /** For as long as a link stands; to be told what the link tells. */
  on(link: SpineLink): { discovered(): void; take(from: FeatureAddress, command: Command): void; stop(): void }
}
export interface HouseWatchOptions {
  readonly clock: Clock
  readonly pseudonym: Pseudonym
  /** The partner has told of a house for the first time; read what is known of it from then on. Returns the end of it. */
  readonly attach: (read: () => HouseReading) => () => void
}

/** The Monitoring Appliance of MPC and MGCP, and the energy manager that reads stations and cars. */
export function houseWatch({ clock, pseudonym, attach }: HouseWatchOptions): BesideLimits {
  const useCases = [MGCP, MPC, EVSECC, evcc(pseudonym), EVCEM, EVSOC]
  const at = MONITOR_ENTITY
  const roles = [mgcpAppliance, mpcAppliance, evseccManager, evccManager, evcemManager, evsocManager]
  return {
    clients: clientFeaturesOf(useCases),
    useCases: roles.map((role) => role(at)),
    on(link) {
      let detach: (() => void) | null = null
      const ours = watch({
        link,
        clock,
        useCases,
        clientFor: (type) => clientRef(at, type),
        onTold({ values }) {
          if (values !== null) detach ??= attach(() => houseReading(ours.all()))
        },
      })
      return {
        discovered: () => ours.discovered(),
        take: ours.take,
        stop() {
          detach?.()
          ours.stop()
        },
      }
    },
  }
}

export interface HouseWatcherOptions {
  readonly address: string
  readonly beside: BesideLimits
  readonly connection: Pick<ShipConnection, 'peer' | 'send' | 'close'>
  readonly clock: Clock
}

/** A connection with somebody who limits nothing, such as a meter. */
export function houseWatcher({ address, beside, connection, clock }: HouseWatcherOptions): ShipUser {
  const { clients: features, useCases } = beside
  const link = spineLink({
    device: localDevice({
      address,
      type: 'EnergyManagementSystem',
      entities: [{ path: MONITOR_ENTITY, type: 'CEM', features }],
      useCases,
    }),
    from: connection.peer,
    clock,
    send: connection.send,
    close: () => connection.close(),
    onDiscovered: () => on.discovered(),
    onData: (_, from, command) => on.take(from, command),
  })
  const on = beside.on(link)
  return {
    receive: link.receive,
    ended() {
      on.stop()
      link.ended()
    },
  }
}
