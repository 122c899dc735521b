// What commands from the other side can do to a twin station, and the settings they can read and write.
import type { ChargePoint } from './charge-point.ts'
import type { StationConfig } from './twin-fleet.ts'

export interface StationControls {
  readonly config: StationConfig
  readonly point: ChargePoint
  readonly now: () => number
  /** Called after the stack of profiles was changed. */
  readonly profilesChanged: () => void
  /** False when no car is plugged in or a transaction runs already. */
  startRemotely(token: string, remoteStartId: number | null): boolean
  /** False when it is not the running transaction. */
  stopRemotely(transaction: string): boolean
  allowTransfers(transfers: readonly string[]): void
  trigger(message: string): 'Accepted' | 'NotImplemented'
  reset(whenIdle: boolean): 'Accepted' | 'Scheduled'
  /** Settings by `Component.Variable`, or by key in 1.6. */
  readonly variables: Map<string, string>
  readonly writable: ReadonlySet<string>
}

/** The settings a station of a dialect starts with. */
export function settingsOf(config: StationConfig, meterIntervalMs: number): Map<string, string> {
  const interval = String(Math.round(meterIntervalMs / 1_000))
  if (config.dialect === 'ocpp1.6')
    return new Map([
      ['HeartbeatInterval', '300'],
      ['MeterValueSampleInterval', interval],
      ['NumberOfConnectors', '1'],
      ['ChargeProfileMaxStackLevel', '8'],
      ['ChargingScheduleAllowedChargingRateUnit', 'Current,Power'],
      ['ChargingScheduleMaxPeriods', '1024'],
      ['MaxChargingProfilesInstalled', '20'],
    ])
  return new Map([
    ['OCPPCommCtrlr.HeartbeatInterval', '300'],
    ['SampledDataCtrlr.TxUpdatedInterval', interval],
    ['SmartChargingCtrlr.Enabled', 'true'],
    ['SmartChargingCtrlr.ProfileStackLevel', '8'],
    ['SmartChargingCtrlr.RateUnit', config.current === 'AC' ? 'A,W' : 'W'],
    ['SmartChargingCtrlr.PeriodsPerSchedule', '1024'],
    ...(config.dialect === 'ocpp2.1'
      ? ([
          ['SmartChargingCtrlr.SupportsDynamicProfiles', 'true'],
          ['V2XChargingCtrlr.Enabled', String(config.plug.station.dischargeMaxW > 0)],
          ['V2XChargingCtrlr.SupportedOperationModes', 'ChargingOnly,CentralSetpoint,Idle'],
        ] as const)
      : []),
  ])
}
export const WRITABLE_SETTINGS: ReadonlySet<string> = new Set(['HeartbeatInterval', 'OCPPCommCtrlr.HeartbeatInterval'])
