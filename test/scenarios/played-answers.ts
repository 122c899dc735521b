// What a played station says of itself: its boot, and the answers to what it is asked about its abilities and its meter.
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { METER_SETTINGS } from '../../adapters/ocpp/blocks/meter-settings.ts'

/** Its meter is set as it should be, so that nothing is changed. */
const MEASURANDS = METER_SETTINGS.measurands.join(',')
const INTERVAL = String(METER_SETTINGS.intervalSeconds)

const KEYS: Readonly<Record<string, string>> = {
  SupportedFeatureProfiles: 'Core,SmartCharging,RemoteTrigger',
  ChargeProfileMaxStackLevel: '10',
  ChargingScheduleAllowedChargingRateUnit: 'Current,Power',
  ChargingScheduleMaxPeriods: '1000',
  MaxChargingProfilesInstalled: '10',
  MeterValueSampleInterval: INTERVAL,
  MeterValuesSampledData: MEASURANDS,
}
const VARIABLES: Readonly<Record<string, string>> = {
  'SmartChargingCtrlr.Enabled': 'true',
  'SmartChargingCtrlr.ProfileStackLevel': '10',
  'SmartChargingCtrlr.RateUnit': 'A,W',
  'SmartChargingCtrlr.PeriodsPerSchedule': '1000',
  'SmartChargingCtrlr.Entries': '10',
  'SampledDataCtrlr.TxUpdatedInterval': INTERVAL,
  'SampledDataCtrlr.TxUpdatedMeasurands': MEASURANDS,
}

/** The payload of a boot. */
export function bootOf(dialect: Dialect): object {
  return dialect === 'ocpp1.6'
    ? { chargePointVendor: 'Played', chargePointModel: 'One' }
    : { reason: 'PowerUp', chargingStation: { vendorName: 'Played', model: 'One' } }
}

interface Named {
  readonly component: { readonly name: string }
  readonly variable: { readonly name: string }
}

/** The answer to a question about the station itself; null for all others. */
export function answerAboutItself(dialect: Dialect, action: string, payload: object): object | null {
  switch (action) {
    case 'GetConfiguration': {
      const asked = (payload as { key?: readonly string[] }).key ?? Object.keys(KEYS)
      return {
        configurationKey: asked.filter((key) => key in KEYS).map((key) => ({ key, readonly: false, value: KEYS[key]! })),
        unknownKey: asked.filter((key) => !(key in KEYS)),
      }
    }
    case 'GetVariables':
      return {
        getVariableResult: (payload as { getVariableData: readonly Named[] }).getVariableData.map(({ component, variable }) => {
          const value = valueOf(dialect, `${component.name}.${variable.name}`)
          return value === null
            ? { attributeStatus: 'UnknownVariable', component, variable }
            : { attributeStatus: 'Accepted', attributeValue: value, component, variable }
        }),
      }
    case 'SetVariables':
      return {
        setVariableResult: (payload as { setVariableData: readonly Named[] }).setVariableData.map(({ component, variable }) => ({
          attributeStatus: 'Accepted',
          component,
          variable,
        })),
      }
    case 'ChangeConfiguration':
    case 'TriggerMessage':
      return { status: 'Accepted' }
    default:
      return null
  }
}

/** Only 2.1 knows dynamic profiles and giving back. */
function valueOf(dialect: Dialect, name: string): string | null {
  const isNew = name.startsWith('V2XChargingCtrlr.Enabled') || name === 'SmartChargingCtrlr.SupportsDynamicProfiles'
  if (isNew) return dialect === 'ocpp2.1' ? 'true' : null
  return VARIABLES[name] ?? null
}
