// What stations do with commands, or do by themselves: answering late or never, ending what is paused, obeying somebody else.
import { within } from '../dice.ts'
import type { StationConfig } from '../twin-fleet.ts'
import type { ResponseName } from '../response.ts'
import { wire } from '../session-message.ts'
import { ALL_VERSIONS, remark, VERSIONS_2, type Habit, type HabitWorld, type Manner } from './habit.ts'
import { PROFILE_TOPICS } from './profile-habits.ts'

export const OBEDIENCE_HABITS: readonly Habit[] = [
  {
    name: 'says-accepted-does-nothing',
    versions: ALL_VERSIONS,
    topics: ['zero', ...PROFILE_TOPICS],
    sentence: 'accepts every profile and charges as if there were none',
    fitted: responding('deaf'),
  },
  {
    name: 'zero-ends',
    versions: ALL_VERSIONS,
    topics: ['zero', 'order'],
    sentence: 'a limit of 0 ends the transaction; the car stays plugged in and takes a remote start',
    manner: zeroEnds,
  },
  {
    name: 'zero-suspends-long',
    versions: ALL_VERSIONS,
    topics: ['zero'],
    sentence: 'once paused, its car takes 10 to 20 minutes to charge again',
    fitted: responding('drowsy'),
  },
  {
    name: 'never-answers',
    versions: ALL_VERSIONS,
    topics: ['answers', 'zero', ...PROFILE_TOPICS],
    sentence: 'answers no command at all',
    manner: () => ({ hears: () => new Promise<object>(() => {}) }),
  },
  {
    name: 'slow-answers',
    versions: ALL_VERSIONS,
    topics: ['answers'],
    sentence: 'does what it is told, but 5 to 25 seconds later',
    manner: slowAnswers,
  },
  {
    name: 'external-limit',
    versions: VERSIONS_2,
    topics: ['outside'],
    sentence: 'a controller on site limits it for a while now and then, critical for the grid, and the station tells so',
    manner: externalLimit,
  },
]

function responding(response: ResponseName): (config: StationConfig) => StationConfig {
  return (config) => ({ ...config, plug: { ...config.plug, station: { ...config.plug.station, response } } })
}

/** Long enough for the slowest reduction. */
const SETTLES_MS = 15_000
function zeroEnds({ config, point, now, timer, stop, send }: HabitWorld): Manner {
  function look(): void {
    if (point.transaction === null || point.chargingState(now()) !== 'SuspendedEVSE') return
    stop('Other')
    if (config.dialect === 'ocpp1.6')
      send(remark('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Finishing', timestamp: wire(now()) }))
  }
  return {
    read: () => timer('look', now() + 1_000, look),
    hears(action, _payload, usual) {
      if (/Profile|Schedule/.test(action)) timer('look', now() + SETTLES_MS, look)
      return usual()
    },
  }
}

function slowAnswers({ chance, now, timer }: HabitWorld): Manner {
  let calls = 0
  return {
    hears: (_action, _payload, usual) =>
      new Promise<object>((resolve, reject) => {
        const at = now() + Math.round(within(chance, [5, 25])) * 1_000
        timer(`answer ${++calls}`, at, () => {
          try {
            resolve(usual())
          } catch (error) {
            reject(error as Error)
          }
        })
      }),
  }
}

/** What German grid operators leave a wallbox at least, W. */
const LIMIT_W = 4_200
const SOURCE = 'EMS'
const MINUTE_MS = 60_000
/** [K12], [K13] */
function externalLimit({ point, chance, now, timer, send }: HabitWorld): Manner {
  function wait(): void {
    timer('limit', now() + Math.round(within(chance, [15, 60])) * MINUTE_MS, limit)
  }
  function limit(): void {
    if (point.transaction === null) return
    point.cap(LIMIT_W, now())
    const minutes = Math.round(within(chance, [10, 30]))
    send(
      remark('NotifyChargingLimit', {
        evseId: 1,
        chargingLimit: { chargingLimitSource: SOURCE, isGridCritical: true },
        chargingSchedule: [
          {
            id: 1,
            startSchedule: wire(now()),
            chargingRateUnit: 'W',
            chargingSchedulePeriod: [{ startPeriod: 0, limit: LIMIT_W }],
          },
        ],
      }),
    )
    timer('limit', now() + minutes * MINUTE_MS, lift)
  }
  function lift(): void {
    point.cap(null, now())
    send(remark('ClearedChargingLimit', { chargingLimitSource: SOURCE, evseId: 1 }))
    if (point.transaction !== null) wait()
  }
  return { began: () => point.isCapped || wait() }
}
