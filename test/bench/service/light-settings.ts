// What a light station is set to, and what it says to questions about that: as a station in order does, with nothing left to set right.
import { METER_SETTINGS } from '../../../adapters/ocpp/blocks/meter-settings.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'

/** All that the server wants of a meter: it has nothing to set. */
const MEASURANDS = METER_SETTINGS.measurands.join(',')

/** As often as they measure in the steady time. */
const INTERVAL_SECONDS = '10'

const V16: Readonly<Record<string, string>> = {
  SupportedFeatureProfiles: 'Core,SmartCharging,RemoteTrigger',
  ChargeProfileMaxStackLevel: '10',
  ChargingScheduleAllowedChargingRateUnit: 'Power',
  ChargingScheduleMaxPeriods: '96',
  MaxChargingProfilesInstalled: '10',
  MeterValueSampleInterval: INTERVAL_SECONDS,
  MeterValuesSampledData: MEASURANDS,
  ClockAlignedDataInterval: '0',
}
const V201: Readonly<Record<string, string>> = {
  'SmartChargingCtrlr.Enabled': 'true',
  'SmartChargingCtrlr.ProfileStackLevel': '10',
  'SmartChargingCtrlr.RateUnit': 'W',
  'SmartChargingCtrlr.PeriodsPerSchedule': '96',
  'SmartChargingCtrlr.Entries': '10',
  'ClockCtrlr.TimeSource': 'NTP',
  'SampledDataCtrlr.TxUpdatedInterval': INTERVAL_SECONDS,
  'SampledDataCtrlr.TxUpdatedMeasurands': MEASURANDS,
  'AlignedDataCtrlr.Interval': '0',
}
const V21: Readonly<Record<string, string>> = {
  ...V201,
  'SmartChargingCtrlr.SupportsDynamicProfiles': 'true',
  'V2XChargingCtrlr.Enabled': 'true',
  'V2XChargingCtrlr.SupportedOperationModes': 'ChargingOnly,CentralSetpoint',
}

interface Named {
  readonly component: { readonly name: string }
  readonly variable: { readonly name: string }
}

/** The answer to a call of the server. What is no question about settings is accepted. */
export function answerOf(dialect: Dialect, action: string, payload: Readonly<Record<string, unknown>>): object {
  switch (action) {
    case 'GetConfiguration':
      return configuration((payload['key'] as readonly string[] | undefined) ?? Object.keys(V16))
    case 'GetVariables':
      return { getVariableResult: (payload['getVariableData'] as readonly Named[]).map((asked) => variable(dialect, asked)) }
    case 'SetVariables':
      return {
        setVariableResult: (payload['setVariableData'] as readonly Named[]).map((asked) => ({
          ...placeOf(asked),
          attributeStatus: 'Accepted',
        })),
      }
    default:
      return { status: 'Accepted' }
  }
}

function configuration(keys: readonly string[]): object {
  return {
    configurationKey: keys.filter((key) => key in V16).map((key) => ({ key, readonly: false, value: V16[key] })),
    unknownKey: keys.filter((key) => !(key in V16)),
  }
}

function variable(dialect: Dialect, asked: Named): object {
  const value = (dialect === 'ocpp2.1' ? V21 : V201)[`${asked.component.name}.${asked.variable.name}`]
  return value === undefined
    ? { ...placeOf(asked), attributeStatus: 'UnknownVariable' }
    : { ...placeOf(asked), attributeStatus: 'Accepted', attributeValue: value }
}

/** An answer names what it is about as the question did. */
function placeOf({ component, variable }: Named): Named {
  return { component, variable }
}
