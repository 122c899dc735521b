// What stations refuse of charging profiles, and say so in their settings.
import { oneOf } from '../dice.ts'
import { ALL_VERSIONS, type Habit, type HabitWorld, type Manner, type Topic } from './habit.ts'

/** A profile that does not suit is refused with `reason`, the reason code of 2.x. */
interface Refusal {
  readonly refuses: (profile: AskedProfile) => boolean
  readonly reason: string
  readonly settings: readonly (readonly [string, string])[]
}
/** A profile of either protocol generation, with all its schedules. */
interface AskedProfile {
  readonly stackLevel: number
  readonly chargingProfilePurpose: string
  readonly chargingProfileKind: string
  readonly schedules: readonly AskedSchedule[]
}
interface AskedSchedule {
  readonly chargingRateUnit: string
  readonly chargingSchedulePeriod: readonly Readonly<Record<string, unknown>>[]
}

/** Everything about profiles, for habits that take none at all. */
export const PROFILE_TOPICS: readonly Topic[] = ['unit', 'periods', 'purpose', 'kind', 'levels', 'digits']

export const PROFILE_HABITS: readonly Habit[] = [
  {
    name: 'ampere-limits',
    versions: ALL_VERSIONS,
    topics: ['unit'],
    sentence: 'takes schedules in ampere only',
    suits: ({ current }) => current === 'AC',
    manner: (world) =>
      refusing(world, {
        refuses: ({ schedules }) => schedules.some(({ chargingRateUnit }) => chargingRateUnit !== 'A'),
        reason: 'UnsupportedRateUnit',
        settings: [
          ['SmartChargingCtrlr.RateUnit', 'A'],
          ['ChargingScheduleAllowedChargingRateUnit', 'Current'],
        ],
      }),
  },
  {
    name: 'few-periods',
    versions: ALL_VERSIONS,
    topics: ['periods'],
    sentence: 'takes schedules of few periods only, 3 to 24',
    manner: fewPeriods,
  },
  {
    name: 'no-tx-profile',
    versions: ALL_VERSIONS,
    topics: ['purpose'],
    sentence: 'takes no TxProfile, only a TxDefaultProfile',
    manner: (world) =>
      refusing(world, {
        refuses: ({ chargingProfilePurpose }) => chargingProfilePurpose === 'TxProfile',
        reason: 'UnsupportedPurpose',
        settings: [],
      }),
  },
  {
    name: 'no-dynamic',
    versions: ['ocpp2.1'],
    topics: ['kind'],
    sentence: 'takes no profile of kind Dynamic',
    // [K01.FR.121]
    manner: (world) =>
      refusing(world, {
        refuses: ({ chargingProfileKind }) => chargingProfileKind === 'Dynamic',
        reason: 'UnsupportedKind',
        settings: [['SmartChargingCtrlr.SupportsDynamicProfiles', 'false']],
      }),
  },
  {
    name: 'no-stack',
    versions: ALL_VERSIONS,
    topics: ['levels'],
    sentence: 'knows stack level 0 only',
    manner: (world) =>
      refusing(world, {
        refuses: ({ stackLevel }) => stackLevel > 0,
        reason: 'InvalidStackLevel',
        settings: [
          ['SmartChargingCtrlr.ProfileStackLevel', '0'],
          ['ChargeProfileMaxStackLevel', '0'],
        ],
      }),
  },
  {
    name: 'integer-limits',
    versions: ALL_VERSIONS,
    topics: ['digits'],
    sentence: 'takes whole numbers only as limits and set-points',
    manner: (world) =>
      refusing(world, {
        refuses: ({ schedules }) =>
          schedules.some(({ chargingSchedulePeriod }) =>
            chargingSchedulePeriod.some((period) =>
              Object.values(period).some((value) => typeof value === 'number' && !Number.isInteger(value)),
            ),
          ),
        reason: 'InvalidValue',
        settings: [],
      }),
  },
  {
    name: 'rejects-all',
    versions: ALL_VERSIONS,
    topics: PROFILE_TOPICS,
    sentence: 'rejects every charging profile',
    manner: (world) => refusing(world, { refuses: () => true, reason: 'UnsupportedRequest', settings: [] }),
  },
]

function fewPeriods(world: HabitWorld): Manner {
  const most = oneOf(world.chance, [3, 6, 10, 24])
  return refusing(world, {
    refuses: ({ schedules }) => schedules.some(({ chargingSchedulePeriod }) => chargingSchedulePeriod.length > most),
    reason: 'InvalidSchedule',
    settings: [
      ['SmartChargingCtrlr.PeriodsPerSchedule', String(most)],
      ['ChargingScheduleMaxPeriods', String(most)],
    ],
  })
}

/** Settings count where the station has them, whatever its version. */
function refusing({ config }: HabitWorld, { refuses, reason, settings }: Refusal): Manner {
  const is16 = config.dialect === 'ocpp1.6'
  return {
    settings: new Map(settings.filter(([name]) => is16 !== name.includes('.'))),
    hears(action, payload, usual) {
      const profile = profileIn(action, payload)
      if (profile === null || !refuses(profile)) return usual()
      return { status: 'Rejected', ...(is16 ? {} : { statusInfo: { reasonCode: reason } }) }
    },
  }
}

function profileIn(action: string, payload: object): AskedProfile | null {
  if (!['SetChargingProfile', 'RemoteStartTransaction', 'RequestStartTransaction'].includes(action)) return null
  const { chargingProfile, csChargingProfiles = chargingProfile } = payload as Record<
    'chargingProfile' | 'csChargingProfiles',
    (Omit<AskedProfile, 'schedules'> & { readonly chargingSchedule: AskedSchedule | readonly AskedSchedule[] }) | undefined
  >
  return csChargingProfiles === undefined
    ? null
    : { ...csChargingProfiles, schedules: [csChargingProfiles.chargingSchedule].flat() }
}
