// What stations tell about connectors besides the one a car is on, too late, or in another message.
import { oneOf } from '../dice.ts'
import { wire, type Message } from '../session-message.ts'
import { ALL_VERSIONS, remark, VERSIONS_2, type Habit, type HabitWorld, type Manner, type Wire } from './habit.ts'

export const STATUS_HABITS: readonly Habit[] = [
  {
    name: 'status-late',
    versions: ALL_VERSIONS,
    topics: ['status'],
    sentence: 'while a transaction runs, an older status of a free connector arrives',
    manner: statusLate,
  },
  {
    name: 'two-connectors',
    versions: VERSIONS_2,
    topics: ['status'],
    sentence: 'its EVSE has a second connector that is told free, reserved, unavailable or faulted while the first one charges',
    manner: twoConnectors,
  },
  {
    name: 'station-status',
    versions: ALL_VERSIONS,
    topics: ['status'],
    sentence: 'tells a status of the whole station, as EVSE 0 and connector 0',
    manner: stationStatus,
  },
  {
    name: 'availability-by-event',
    versions: VERSIONS_2,
    topics: ['status'],
    sentence: 'tells AvailabilityState by NotifyEvent instead of StatusNotification',
    manner: availabilityByEvent,
  },
]

const OLDER_BY_MS = 5 * 60_000
const LATE_MS = 90_000
function statusLate({ config, now, timer, send }: HabitWorld): Manner {
  return {
    began() {
      const at = now() - OLDER_BY_MS
      timer('late', now() + LATE_MS, () => send(statusOf(config.dialect === 'ocpp1.6', 1, 1, 'Available', at)))
    },
  }
}

function statusOf(is16: boolean, evse: number, connector: number, status: string, at: number): Message {
  const timestamp = wire(at)
  return is16
    ? remark('StatusNotification', { connectorId: connector, errorCode: 'NoError', status, timestamp })
    : remark('StatusNotification', { evseId: evse, connectorId: connector, connectorStatus: status, timestamp })
}

/** Readings between two tellings of the idle connector. */
const READINGS_BETWEEN = 20
function twoConnectors({ chance, now, timer, send }: HabitWorld): Manner {
  let readings = 0
  const tell = (status: string) => send(statusOf(false, 1, 2, status, now()))
  return {
    online: () => tell('Available'),
    began: () => timer('idle', now() + 30_000, () => tell('Available')),
    read() {
      if (++readings % READINGS_BETWEEN === 0) tell(oneOf(chance, ['Available', 'Unavailable', 'Faulted', 'Reserved']))
    },
  }
}

function stationStatus({ config, now, timer, send }: HabitWorld): Manner {
  const tell = () => send(statusOf(config.dialect === 'ocpp1.6', 0, 0, 'Available', now()))
  return { online: tell, began: () => timer('station', now() + 20_000, tell) }
}

function availabilityByEvent({ now }: HabitWorld): Manner {
  let eventId = 0
  return {
    says(message) {
      if (message.action !== 'StatusNotification') return [message]
      const { evseId, connectorId, connectorStatus, timestamp } = message.payload() as Wire
      return [
        {
          ...message,
          ...remark('NotifyEvent', {
            generatedAt: wire(now()),
            seqNo: 0,
            tbc: false,
            eventData: [
              {
                eventId: ++eventId,
                timestamp,
                trigger: 'Delta',
                actualValue: connectorStatus,
                eventNotificationType: 'HardWiredNotification',
                component: { name: 'Connector', evse: { id: evseId, connectorId } },
                variable: { name: 'AvailabilityState' },
              },
            ],
          }),
        },
      ]
    },
  }
}
