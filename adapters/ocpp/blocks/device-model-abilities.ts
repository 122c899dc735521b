// What a station can follow and tell, asked of it; and its meter set right. One question after the other, each version in its own words.
import type { Abilities, RateUnit, RefusedSetting } from '../../../domain/registry/abilities.ts'
import { ok, type Result } from '../../../domain/result.ts'
import type { OrderRefusal } from '../../../domain/ports/controllables.ts'
import type { Inquire } from '../ask-station.ts'
import {
  changeConfiguration,
  getConfiguration,
  getVariables,
  setVariables,
  type SettingStatus,
  type VariableName,
} from './device-model.ts'
import { isIntervalWrong, measurandLists, type MeterSettings } from './meter-settings.ts'

/** Learns what a station can do, and sets its meter; refused where it does not answer. `before` is what was known of it. */
export type LearnAbilities = (
  inquire: Inquire,
  wanted: MeterSettings,
  before: Abilities | null,
) => Promise<Result<Abilities, OrderRefusal>>

/** A text of a station that is kept, in characters, and how many of a list. */
const TEXT_MAX = 60
const LIST_MAX = 40
const REFUSED_MAX = 20

/** Values by name, in small letters: stations differ in capitals. */
type Values = ReadonlyMap<string, string>

const KEYS_V16 = [
  'SupportedFeatureProfiles',
  'ChargeProfileMaxStackLevel',
  'ChargingScheduleAllowedChargingRateUnit',
  'ChargingScheduleMaxPeriods',
  'MaxChargingProfilesInstalled',
  'ConnectorSwitch3to1PhaseSupported',
  'MeterValueSampleInterval',
  'MeterValuesSampledData',
  'MeterValuesSampledDataMaxLength',
  'ClockAlignedDataInterval',
] as const

/** 1.6: keys by name; a station that does not answer to names is asked for all it has. */
export const learnV16: LearnAbilities = async (inquire, wanted, before) => {
  let told = await inquire(getConfiguration(KEYS_V16))
  if ((told.ok && told.value.known.length === 0) || (!told.ok && told.refusal.kind === 'rejected'))
    told = await inquire(getConfiguration())
  if (!told.ok) return told
  const values: Values = new Map(told.value.known.map(({ key, value }) => [key.toLowerCase(), value ?? '']))
  const text = (key: (typeof KEYS_V16)[number]) => values.get(key.toLowerCase()) ?? null
  const features = listOf(text('SupportedFeatureProfiles'))
  const meter = await setMeter({
    wanted,
    before,
    interval: numberOf(text('MeterValueSampleInterval')),
    measurands: listOf(text('MeterValuesSampledData')),
    namesMax: numberOf(text('MeterValuesSampledDataMaxLength')),
    names: { interval: 'MeterValueSampleInterval', measurands: 'MeterValuesSampledData' },
    set: async (setting, value) => inquire(changeConfiguration(setting, value)),
  })
  return ok({
    rateUnits: unitsOf(listOf(text('ChargingScheduleAllowedChargingRateUnit'))),
    stackLevelMax: numberOf(text('ChargeProfileMaxStackLevel')),
    periodsMax: numberOf(text('ChargingScheduleMaxPeriods')),
    profilesMax: numberOf(text('MaxChargingProfilesInstalled')),
    smartCharging: features === null ? null : features.some((one) => one.toLowerCase() === 'smartcharging'),
    purposes: null,
    dynamicProfiles: null,
    phaseSwitching: flagOf(text('ConnectorSwitch3to1PhaseSupported')),
    givesBack: null,
    operationModes: null,
    clockIntervalSeconds: numberOf(text('ClockAlignedDataInterval')),
    timeSource: null,
    ...meter,
  })
}

const SMART_CHARGING = ['Enabled', 'ProfileStackLevel', 'RateUnit', 'PeriodsPerSchedule', 'Phases3to1'] as const
const VARIABLES_V201: readonly VariableName[] = [
  ...SMART_CHARGING.map((variable) => ({ component: 'SmartChargingCtrlr', variable })),
  { component: 'SmartChargingCtrlr', variable: 'Entries', instance: 'ChargingProfiles' },
  { component: 'ClockCtrlr', variable: 'TimeSource' },
  { component: 'SampledDataCtrlr', variable: 'TxUpdatedInterval' },
  { component: 'SampledDataCtrlr', variable: 'TxUpdatedMeasurands' },
  { component: 'AlignedDataCtrlr', variable: 'Interval' },
]
const VARIABLES_V21: readonly VariableName[] = [
  ...VARIABLES_V201,
  { component: 'SmartChargingCtrlr', variable: 'SupportsDynamicProfiles' },
  { component: 'SmartChargingCtrlr', variable: 'SupportedAdditionalPurposes' },
  { component: 'V2XChargingCtrlr', variable: 'Enabled' },
  { component: 'V2XChargingCtrlr', variable: 'SupportedOperationModes' },
]
/** Variables asked at once; a station that does not take so many is asked for half of them, and again. */
const VARIABLES_AT_ONCE = 8

/** 2.0.1. */
export const learnV201: LearnAbilities = learnV2(VARIABLES_V201)
/** 2.1 tells of dynamic profiles and of giving back as well. */
export const learnV21: LearnAbilities = learnV2(VARIABLES_V21)

function learnV2(names: readonly VariableName[]): LearnAbilities {
  return async (inquire, wanted, before) => {
    const told = await valuesOf(inquire, names)
    if (!told.ok) return told
    const text = (component: string, variable: string) => told.value.get(`${component}.${variable}`.toLowerCase()) ?? null
    const smart = (variable: string) => text('SmartChargingCtrlr', variable)
    const meter = await setMeter({
      wanted,
      before,
      interval: numberOf(text('SampledDataCtrlr', 'TxUpdatedInterval')),
      measurands: listOf(text('SampledDataCtrlr', 'TxUpdatedMeasurands')),
      namesMax: null,
      names: { interval: 'SampledDataCtrlr.TxUpdatedInterval', measurands: 'SampledDataCtrlr.TxUpdatedMeasurands' },
      async set(setting, value) {
        const [component, variable] = setting.split('.') as [string, string]
        const answer = await inquire(setVariables([{ component, variable, value }]))
        return answer.ok ? ok(answer.value[0]?.status ?? 'rejected') : answer
      },
    })
    return ok({
      rateUnits: unitsOf(listOf(smart('RateUnit'))),
      stackLevelMax: numberOf(smart('ProfileStackLevel')),
      periodsMax: numberOf(smart('PeriodsPerSchedule')),
      profilesMax: numberOf(smart('Entries')),
      smartCharging: flagOf(smart('Enabled')),
      purposes: listOf(smart('SupportedAdditionalPurposes')),
      dynamicProfiles: flagOf(smart('SupportsDynamicProfiles')),
      phaseSwitching: flagOf(smart('Phases3to1')),
      givesBack: flagOf(text('V2XChargingCtrlr', 'Enabled')),
      operationModes: listOf(text('V2XChargingCtrlr', 'SupportedOperationModes')),
      clockIntervalSeconds: numberOf(text('AlignedDataCtrlr', 'Interval')),
      timeSource: text('ClockCtrlr', 'TimeSource')?.slice(0, TEXT_MAX) ?? null,
      ...meter,
    })
  }
}

/** Values of variables by component and name; those a station does not know are left out. */
async function valuesOf(inquire: Inquire, names: readonly VariableName[]): Promise<Result<Values, OrderRefusal>> {
  const values = new Map<string, string>()
  const waiting: (readonly VariableName[])[] = []
  for (let i = 0; i < names.length; i += VARIABLES_AT_ONCE) waiting.push(names.slice(i, i + VARIABLES_AT_ONCE))
  for (let some = waiting.shift(); some !== undefined; some = waiting.shift()) {
    const told = await inquire(getVariables(some))
    if (told.ok) {
      for (const { component, variable, value } of told.value)
        if (value !== null) values.set(`${component}.${variable}`.toLowerCase(), value)
      continue
    }
    if (told.refusal.kind !== 'rejected') return told
    const half = Math.ceil(some.length / 2)
    if (some.length > 1) waiting.unshift(some.slice(0, half), some.slice(half))
  }
  return ok(values)
}

interface MeterTask {
  readonly wanted: MeterSettings
  readonly before: Abilities | null
  /** As they stand on the station. */
  readonly interval: number | null
  readonly measurands: readonly string[] | null
  /** Measurands it may be given at once. */
  readonly namesMax: number | null
  readonly names: { readonly interval: string; readonly measurands: string }
  readonly set: (setting: string, value: string) => Promise<Result<SettingStatus, OrderRefusal>>
}

type MeterAbilities = Pick<Abilities, 'meterIntervalSeconds' | 'measurands' | 'needsReboot' | 'refused'>

/** Sets interval and measurands where they are wrong; what was refused before is not tried again. */
async function setMeter({ wanted, before, interval, measurands, namesMax, names, set }: MeterTask): Promise<MeterAbilities> {
  const refusals: RefusedSetting[] = [...(before?.refused ?? [])]
  let needsReboot = false
  async function tried(setting: string, value: string): Promise<'taken' | 'refused' | 'unknown' | 'untried'> {
    if (refusals.some((one) => one.setting === setting && one.value === value)) return 'untried'
    const answer = await set(setting, value)
    // Whoever did not answer has refused nothing.
    if (!answer.ok && answer.refusal.kind !== 'rejected' && answer.refusal.kind !== 'unsupported') return 'untried'
    const status = answer.ok ? answer.value : 'rejected'
    if (status === 'accepted' || status === 'reboot-required') {
      needsReboot ||= status === 'reboot-required'
      return 'taken'
    }
    refusals.push({ setting, value })
    return status === 'unknown' ? 'unknown' : 'refused'
  }

  let seconds = interval
  if (isIntervalWrong(interval, wanted) && (await tried(names.interval, String(wanted.intervalSeconds))) === 'taken')
    seconds = wanted.intervalSeconds
  let read = measurands
  for (const list of measurandLists(measurands ?? [], wanted.measurands, namesMax)) {
    const outcome = await tried(names.measurands, list.join(','))
    if (outcome === 'taken') read = list
    // What the station does not know at all it knows in no other value either.
    if (outcome === 'taken' || outcome === 'unknown') break
  }
  return {
    meterIntervalSeconds: seconds,
    measurands: read,
    needsReboot,
    refused: refusals.slice(-REFUSED_MAX),
  }
}

function numberOf(text: string | null): number | null {
  const number = text === null || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) && number >= 0 && number <= 1e9 ? Math.floor(number) : null
}
function flagOf(text: string | null): boolean | null {
  const word = text?.trim().toLowerCase()
  return word === 'true' || word === '1' ? true : word === 'false' || word === '0' ? false : null
}
function listOf(text: string | null): readonly string[] | null {
  if (text === null) return null
  const parts = text.split(',').map((part) => part.trim().slice(0, TEXT_MAX))
  return parts.filter((part) => part !== '').slice(0, LIST_MAX)
}
/** `Power` and `Current` in 1.6, W and A in 2.x; stations write either in both. */
function unitsOf(list: readonly string[] | null): readonly RateUnit[] | null {
  if (list === null) return null
  const units = new Set<RateUnit>()
  for (const one of list.map((word) => word.toLowerCase())) {
    if (one === 'w' || one === 'power' || one === 'watt' || one === 'watts') units.add('W')
    if (one === 'a' || one === 'current' || one === 'amp' || one === 'amps') units.add('A')
  }
  return units.size === 0 ? null : [...units]
}
