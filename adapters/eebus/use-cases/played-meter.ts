// The measuring end of a house that an energy manager serves: its connection to the grid (MGCP), and its sun, battery and heat pump (MPC).
import type { EntitySpec, DeviceSpec, LocalDevice } from '../spine/local-device.ts'
import { entityFor } from './features.ts'
import { MEASURED, measuring, type Measuring, type ToTell } from './measured.ts'
import { gridConnectionPoint, MGCP_MEASURANDS } from './monitoring-of-grid-connection-point.ts'
import { monitoredUnit, MPC_MEASURANDS, type MpcName } from './monitoring-of-power-consumption.ts'

/** What a house has beside whatever else its device is. */
export interface Metered {
  readonly entities: readonly EntitySpec[]
  readonly useCases: DeviceSpec['useCases']
}
/** W, taking positive. */
export interface MeterNow {
  readonly connection: number
  readonly sun: number
  readonly battery: number
  readonly heatPump: number
}

const [CONNECTION, SUN, BATTERY, HEAT_PUMP] = [[2], [3], [4], [5]] as const

/** Entities from [2] on. */
export const METERED: Metered = {
  entities: [
    entityFor(CONNECTION, 'GridConnectionPointOfPremises', [MEASURED]),
    entityFor(SUN, 'PVSystem', [MEASURED]),
    entityFor(BATTERY, 'BatterySystem', [MEASURED]),
    entityFor(HEAT_PUMP, 'HeatPumpAppliance', [MEASURED]),
  ],
  useCases: [gridConnectionPoint(CONNECTION, [2]), ...[SUN, BATTERY, HEAT_PUMP].map((entity) => monitoredUnit(entity, [1]))],
}

/** Tells what a device with those entities measures; `state` is that of its connection. `at` in epoch ms. */
export function playedMeter(device: LocalDevice) {
  const connection = measuring({ device, entity: CONNECTION, measurands: MGCP_MEASURANDS })
  const [sun, battery, heatPump] = [SUN, BATTERY, HEAT_PUMP].map((entity) =>
    measuring({ device, entity, measurands: MPC_MEASURANDS }),
  ) as [Measuring<MpcName>, Measuring<MpcName>, Measuring<MpcName>]
  return {
    tell(now: MeterNow, at: number, state?: ToTell['state']): void {
      connection.tell({ power: { value: Math.round(now.connection), at, ...(state === undefined ? {} : { state }) } })
      sun.tell({ power: { value: Math.round(now.sun), at } })
      battery.tell({ power: { value: Math.round(now.battery), at } })
      heatPump.tell({ power: { value: Math.round(now.heatPump), at } })
    },
  }
}
