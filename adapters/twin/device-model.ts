// What a twin station can be asked about itself: variables of 2.x with what is to be known about them, and configuration keys of 1.6.
import type { StationConfig } from './twin-fleet.ts'

/** A variable with its name, `Component.Variable` or `Component.Variable[Instance]`; a plain key in 1.6. */
export interface Variable {
  readonly name: string
  /** At the start; values that change by themselves are asked from the station. */
  readonly value: string
  readonly dataType: 'boolean' | 'integer' | 'decimal' | 'string' | 'dateTime' | 'OptionList' | 'MemberList' | 'SequenceList'
  readonly isWritable?: boolean
  readonly valuesList?: string
  readonly unit?: string
  /** The component belongs to EVSE 1, or to its connector 1. */
  readonly place?: 'evse' | 'connector'
}

const PERIODS_MAX = '1024'
const STACK_LEVEL_MAX = '8'
const PROFILES_MAX = '20'

/** The variables of a station. `meterIntervalMs` is the distance of its readings at the start. */
export function deviceModel(config: StationConfig, meterIntervalMs: number): readonly Variable[] {
  const interval = String(Math.round(meterIntervalMs / 1_000))
  return config.dialect === 'ocpp1.6' ? keysOf16(interval) : variablesOf2(config, interval)
}

/** Name of the setting that says how often the meter is read, in whole seconds. */
export function intervalSetting({ dialect }: StationConfig): string {
  return dialect === 'ocpp1.6' ? 'MeterValueSampleInterval' : 'SampledDataCtrlr.TxUpdatedInterval'
}
/** Name of the setting with the heartbeat's interval, in whole seconds. */
export function heartbeatSetting({ dialect }: StationConfig): string {
  return dialect === 'ocpp1.6' ? 'HeartbeatInterval' : 'OCPPCommCtrlr.HeartbeatInterval'
}

/** Whether a text is a value of the variable. */
export function fits({ dataType, valuesList }: Variable, text: string): boolean {
  switch (dataType) {
    case 'integer':
      return /^\d{1,9}$/.test(text)
    case 'decimal':
      return /^-?\d{1,9}(\.\d{1,6})?$/.test(text)
    case 'boolean':
      return /^(true|false)$/i.test(text)
    case 'OptionList':
      return valuesList?.split(',').includes(text) === true
    case 'MemberList':
    case 'SequenceList':
      return valuesList === undefined || text.split(',').every((one) => one === '' || valuesList.split(',').includes(one))
    default:
      return true
  }
}

function of(
  name: string,
  dataType: Variable['dataType'],
  value: string,
  more: Omit<Variable, 'name' | 'value' | 'dataType'> = {},
): Variable {
  return { name, dataType, value, ...more }
}
const WRITABLE = { isWritable: true }

/** [1.6, 9] the keys of the profiles Core and Smart Charging. */
function keysOf16(interval: string): readonly Variable[] {
  return [
    of('AuthorizeRemoteTxRequests', 'boolean', 'false'),
    of('ClockAlignedDataInterval', 'integer', '0'),
    of('ConnectionTimeOut', 'integer', '60'),
    of('ConnectorPhaseRotation', 'string', '1.RST'),
    of('GetConfigurationMaxKeys', 'integer', '50'),
    of('HeartbeatInterval', 'integer', '300', WRITABLE),
    of('LocalAuthorizeOffline', 'boolean', 'true'),
    of('LocalPreAuthorize', 'boolean', 'false'),
    of('MeterValuesAlignedData', 'string', ''),
    of('MeterValuesSampledData', 'string', 'Power.Active.Import,Energy.Active.Import.Register'),
    of('MeterValueSampleInterval', 'integer', interval, WRITABLE),
    of('NumberOfConnectors', 'integer', '1'),
    of('ResetRetries', 'integer', '0'),
    of('StopTransactionOnEVSideDisconnect', 'boolean', 'true'),
    of('StopTransactionOnInvalidId', 'boolean', 'true'),
    of('StopTxnAlignedData', 'string', ''),
    of('StopTxnSampledData', 'string', ''),
    of('SupportedFeatureProfiles', 'string', 'Core,SmartCharging,RemoteTrigger'),
    of('TransactionMessageAttempts', 'integer', '3'),
    of('TransactionMessageRetryInterval', 'integer', '10'),
    of('UnlockConnectorOnEVSideDisconnect', 'boolean', 'false'),
    of('WebSocketPingInterval', 'integer', '0'),
    of('ChargeProfileMaxStackLevel', 'integer', STACK_LEVEL_MAX),
    of('ChargingScheduleAllowedChargingRateUnit', 'string', 'Current,Power'),
    of('ChargingScheduleMaxPeriods', 'integer', PERIODS_MAX),
    of('ConnectorSwitch3to1PhaseSupported', 'boolean', 'false'),
    of('MaxChargingProfilesInstalled', 'integer', PROFILES_MAX),
  ]
}

function variablesOf2(config: StationConfig, interval: string): readonly Variable[] {
  const measurands = measurandsOf(config)
  return [
    of('ChargingStation.AvailabilityState', 'OptionList', '', { valuesList: STATES }),
    of('ChargingStation.Available', 'boolean', 'true'),
    of('ChargingStation.SupplyPhases', 'integer', String(config.plug.station.phases)),
    of('EVSE.AvailabilityState', 'OptionList', '', { valuesList: STATES, place: 'evse' }),
    of('EVSE.Available', 'boolean', 'true', { place: 'evse' }),
    of('EVSE.SupplyPhases', 'integer', String(config.plug.station.phases), { place: 'evse' }),
    of('EVSE.Power', 'decimal', '', { unit: 'W', place: 'evse' }),
    of('Connector.AvailabilityState', 'OptionList', '', { valuesList: STATES, place: 'connector' }),
    of('Connector.Available', 'boolean', 'true', { place: 'connector' }),
    of('Connector.ConnectorType', 'string', config.current === 'AC' ? 'cType2' : 'cCCS2', { place: 'connector' }),
    of('Connector.SupplyPhases', 'integer', String(config.plug.station.phases), { place: 'connector' }),
    of('OCPPCommCtrlr.HeartbeatInterval', 'integer', '300', { ...WRITABLE, unit: 's' }),
    of('OCPPCommCtrlr.MessageAttempts[TransactionEvent]', 'integer', '3'),
    of('OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]', 'integer', '10', { unit: 's' }),
    of('DeviceDataCtrlr.ItemsPerMessage[GetReport]', 'integer', '50'),
    of('DeviceDataCtrlr.ItemsPerMessage[GetVariables]', 'integer', '50'),
    of('DeviceDataCtrlr.ItemsPerMessage[SetVariables]', 'integer', '50'),
    of('ClockCtrlr.DateTime', 'dateTime', ''),
    of('ClockCtrlr.TimeSource', 'SequenceList', 'Heartbeat', { valuesList: 'Heartbeat,NTP,RealTimeClock' }),
    of('TxCtrlr.TxStartPoint', 'MemberList', 'Authorized', { valuesList: 'EVConnected,Authorized,PowerPathClosed' }),
    of('TxCtrlr.TxStopPoint', 'MemberList', 'EVConnected,Authorized', { valuesList: 'EVConnected,Authorized,PowerPathClosed' }),
    of('TxCtrlr.StopTxOnEVSideDisconnect', 'boolean', 'true'),
    of('TxCtrlr.StopTxOnInvalidId', 'boolean', 'true'),
    of('TxCtrlr.EVConnectionTimeOut', 'integer', '60', { unit: 's' }),
    of('SampledDataCtrlr.Available', 'boolean', 'true'),
    of('SampledDataCtrlr.Enabled', 'boolean', 'true'),
    of('SampledDataCtrlr.TxStartedMeasurands', 'MemberList', measurands),
    of('SampledDataCtrlr.TxUpdatedMeasurands', 'MemberList', measurands),
    of('SampledDataCtrlr.TxUpdatedInterval', 'integer', interval, { ...WRITABLE, unit: 's' }),
    of('SampledDataCtrlr.TxEndedMeasurands', 'MemberList', measurands),
    of('SampledDataCtrlr.TxEndedInterval', 'integer', '0', { unit: 's' }),
    of('AlignedDataCtrlr.Available', 'boolean', 'false'),
    of('AlignedDataCtrlr.Enabled', 'boolean', 'false'),
    of('AlignedDataCtrlr.Interval', 'integer', '0', { unit: 's' }),
    of('AlignedDataCtrlr.Measurands', 'MemberList', ''),
    ...smartCharging(config),
    ...(config.dialect === 'ocpp2.1' ? onlyIn21(config) : []),
  ]
}
const STATES = 'Available,Occupied,Reserved,Unavailable,Faulted'

function smartCharging({ current }: StationConfig): readonly Variable[] {
  return [
    of('SmartChargingCtrlr.Available', 'boolean', 'true'),
    of('SmartChargingCtrlr.Enabled', 'boolean', 'true'),
    of('SmartChargingCtrlr.ACPhaseSwitchingSupported', 'boolean', 'false'),
    of('SmartChargingCtrlr.ProfileStackLevel', 'integer', STACK_LEVEL_MAX),
    of('SmartChargingCtrlr.RateUnit', 'MemberList', current === 'AC' ? 'A,W' : 'W', { valuesList: 'A,W' }),
    of('SmartChargingCtrlr.PeriodsPerSchedule', 'integer', PERIODS_MAX),
    of('SmartChargingCtrlr.Entries[ChargingProfiles]', 'integer', PROFILES_MAX),
    of('SmartChargingCtrlr.ExternalControlSignalsEnabled', 'boolean', 'false'),
    of('SmartChargingCtrlr.NotifyChargingLimitWithSchedules', 'boolean', 'true'),
    of('SmartChargingCtrlr.Phases3to1', 'boolean', 'false'),
    of('SmartChargingCtrlr.LimitChangeSignificance', 'decimal', '1.0', { unit: 'Percent' }),
  ]
}

function onlyIn21({ plug, current, speech }: StationConfig): readonly Variable[] {
  const one = current === 'DC' ? 'DC' : 'AC_three_phase'
  const isV2x = plug.station.dischargeMaxW > 0
  return [
    of('SmartChargingCtrlr.SupportsDynamicProfiles', 'boolean', 'true'),
    of('SmartChargingCtrlr.SupportsMaxOfflineDuration', 'boolean', 'true'),
    of('SmartChargingCtrlr.SupportsUseLocalTime', 'boolean', 'false'),
    of('SmartChargingCtrlr.SupportsRandomizedDelay', 'boolean', 'false'),
    of('SmartChargingCtrlr.SupportsLimitAtSoC', 'boolean', 'false'),
    of('SmartChargingCtrlr.SupportsEvseSleep', 'boolean', 'false'),
    of('V2XChargingCtrlr.Available', 'boolean', String(isV2x), { place: 'evse' }),
    of('V2XChargingCtrlr.Enabled', 'boolean', String(isV2x), { place: 'evse' }),
    of('V2XChargingCtrlr.SupportedEnergyTransferModes', 'MemberList', speech === 'bpt' ? `${one},${current}_BPT` : one, {
      place: 'evse',
    }),
    of('V2XChargingCtrlr.SupportedOperationModes', 'MemberList', 'ChargingOnly,CentralSetpoint,Idle', { place: 'evse' }),
  ]
}

function measurandsOf({ speech }: StationConfig): string {
  return [
    'Power.Active.Import',
    'Power.Active.Export',
    'Energy.Active.Import.Register',
    'Energy.Active.Export.Register',
    ...(speech === 'ac' || speech === 'silent' ? [] : ['SoC']),
  ].join(',')
}
