// One station with habits of a wanted kind, its car plugged in, on a manual clock and real sockets.
import { afterEach } from 'vitest'
import { startTwin, type Twin } from '../../../../adapters/twin/fleet.ts'
import { withHabits } from '../../../../adapters/twin/habits/deal-habits.ts'
import { twinFleet, type StationConfig } from '../../../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../../../adapters/wire/in-flight.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { plainCsms, type PlainCsms } from './plain-csms.ts'

export const MINUTE = 60_000
/** Tuesday midnight, local: cars at home are plugged in. */
export const FROM = Date.parse('2026-05-04T22:00:00Z')

export interface HabitScene {
  readonly config: StationConfig
  readonly csms: PlainCsms
  readonly twin: Twin
  now(): number
  pass(ms: number): Promise<void>
  /** The answer to a command once everything has arrived; undefined without one. */
  ask(action: string, payload: object): Promise<Record<string, unknown> | undefined>
}
export type Kind = 'bpt-dc' | 'bpt-ac' | '201-dc' | '201-ac' | '1.6'
const KINDS: Record<Kind, (config: StationConfig) => boolean> = {
  'bpt-dc': ({ speech, current }) => speech === 'bpt' && current === 'DC',
  'bpt-ac': ({ speech, current }) => speech === 'bpt' && current === 'AC',
  '201-dc': ({ speech }) => speech === 'dc',
  '201-ac': ({ speech }) => speech === 'ac',
  '1.6': ({ speech }) => speech === 'silent',
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Ten seconds after the start of a station with these habits. `place` chooses among stations of the kind, which draw different chances. */
export async function habitScene(kind: Kind, habits: readonly string[], place = 0): Promise<HabitScene> {
  const clock = manualClock(FROM)
  const flight = inFlight()
  const csms = await plainCsms(clock, flight)
  const whole = twinFleet({ seed: 3, stations: 200, from: FROM })
  const suiting = whole.stations.filter(
    (station) => station.commuter.place === 'home' && !station.commuter.goesOut && KINDS[kind](station),
  )
  const [config] = withHabits([suiting[place]!], '3', habits) as [StationConfig]
  const twin = startTwin({ url: csms.url, fleet: { ...whole, stations: [config] }, clock, inFlight: flight, connectSpreadMs: 0 })
  cleanups.push(
    () => csms.stop(),
    () => twin.stop(),
  )
  const pass = (ms: number) => clock.runUntil(clock.now() + ms, () => flight.idle())
  await pass(10_000)
  return {
    config,
    csms,
    twin,
    now: () => clock.now(),
    pass,
    async ask(action, payload) {
      const id = csms.tell(action, payload)
      await pass(1)
      return csms.answers.get(id)?.payload
    },
  }
}

/** Events and samples of a scene. */
export interface Event {
  readonly eventType: string
  readonly triggerReason: string
  readonly seqNo: number
  readonly timestamp: string
  readonly offline?: boolean
  readonly evse?: object
  readonly idToken?: { readonly idToken: string; readonly type: string }
  readonly transactionInfo: { readonly transactionId: string; readonly remoteStartId?: number }
  readonly meterValue?: readonly Sampled[]
}
export interface Sampled {
  readonly timestamp: string
  readonly sampledValue: readonly Value[]
}
export interface Value {
  readonly value: number | string
  readonly measurand?: string
  readonly context?: string
  readonly location?: string
  readonly phase?: string
  readonly unit?: string
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number }
}
export function events({ csms }: HabitScene): Event[] {
  return csms.of('TransactionEvent').map(({ payload }) => payload as unknown as Event)
}
/** The values of all readings within sessions, whatever the version. */
export function readings({ csms, config }: HabitScene): (readonly Value[])[] {
  const messages =
    config.dialect === 'ocpp1.6'
      ? csms.of('MeterValues')
      : csms.of('TransactionEvent').filter(({ payload }) => payload.eventType === 'Updated')
  return messages.flatMap(({ payload }) => ((payload.meterValue ?? []) as Sampled[]).map(({ sampledValue }) => sampledValue))
}
/** Numbers of a measurand in a reading. */
export function numbers(values: readonly Value[], measurand: string): number[] {
  return values.filter((value) => value.measurand === measurand).map(({ value }) => Number(value))
}

/** A profile of one kind for a version, W or A, with limits from now on. */
export function profileFor(
  { config, twin, now }: HabitScene,
  limits: readonly number[],
  more: { readonly unit?: string; readonly purpose?: string; readonly stackLevel?: number } = {},
): readonly [action: string, payload: object] {
  const { unit = 'W', purpose = 'TxProfile', stackLevel = 0 } = more
  const transaction = twin.cars()[0]!.transaction
  const base = { stackLevel, chargingProfilePurpose: purpose, chargingProfileKind: 'Absolute' }
  const schedule = {
    startSchedule: new Date(now()).toISOString(),
    duration: 86_400,
    chargingRateUnit: unit,
    chargingSchedulePeriod: limits.map((limit, i) => ({ startPeriod: i * 900, limit })),
  }
  if (config.dialect === 'ocpp1.6')
    return [
      'SetChargingProfile',
      {
        connectorId: 1,
        csChargingProfiles: {
          ...base,
          chargingProfileId: 11,
          ...(purpose === 'TxProfile' ? { transactionId: Number(transaction) } : {}),
          chargingSchedule: schedule,
        },
      },
    ]
  return [
    'SetChargingProfile',
    {
      evseId: 1,
      chargingProfile: {
        ...base,
        id: 11,
        ...(purpose === 'TxProfile' ? { transactionId: transaction } : {}),
        chargingSchedule: [{ id: 1, ...schedule }],
      },
    },
  ]
}
