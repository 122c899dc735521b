// Remote control: a connector is unlocked, a message is asked for; sessions begin and end as in `transactions.ts`.
import type { TriggeredMessage } from '../../../domain/registry/station-command.ts'
import type { CommandMessages } from '../command-message.ts'
import { transactionsV16, transactionsV2 } from './transactions.ts'

type RemoteControl = Pick<CommandMessages, 'unlock' | 'trigger' | 'start' | 'stop'>

/** What 1.6 calls them; null for what it does not know. */
const TRIGGERED_V16: Record<TriggeredMessage, string | null> = {
  BootNotification: 'BootNotification',
  Heartbeat: 'Heartbeat',
  StatusNotification: 'StatusNotification',
  MeterValues: 'MeterValues',
  TransactionEvent: null,
  FirmwareStatusNotification: 'FirmwareStatusNotification',
  LogStatusNotification: 'DiagnosticsStatusNotification',
}
/** The largest number 1.6 stations take for a transaction that is theirs. */
const NUMBER = /^\d{1,10}$/

export const remoteControlV16: RemoteControl = {
  unlock({ evse, connector }) {
    if (connector !== 1) return 'OCPP 1.6 has one connector a place'
    return { action: 'UnlockConnector', payload: { connectorId: evse } }
  },
  trigger({ message, evse }) {
    const requestedMessage = TRIGGERED_V16[message]
    if (requestedMessage === null) return `OCPP 1.6 knows no ${message}`
    return { action: 'TriggerMessage', payload: { requestedMessage, ...(evse === null ? {} : { connectorId: evse }) } }
  },
  start: ({ evse, token }, requestId) => transactionsV16.start(evse, token, requestId),
  stop({ transaction }) {
    return NUMBER.test(transaction)
      ? transactionsV16.stop(transaction)
      : 'OCPP 1.6 numbers its transactions; this one has another name'
  },
}

/** 2.0.1 and 2.1. */
export const remoteControlV2: RemoteControl = {
  unlock: ({ evse, connector }) => ({ action: 'UnlockConnector', payload: { evseId: evse, connectorId: connector } }),
  trigger({ message, evse }) {
    // A status is one of a connector (F06.FR.12).
    if (message === 'StatusNotification' && evse === null) return 'OCPP 2.x tells the status of one connector: name its EVSE'
    const at = evse === null ? {} : { evse: { id: evse, ...(message === 'StatusNotification' ? { connectorId: 1 } : {}) } }
    return { action: 'TriggerMessage', payload: { requestedMessage: message, ...at } }
  },
  start: ({ evse, token }, requestId) => transactionsV2.start(evse, token, requestId),
  stop: ({ transaction }) => transactionsV2.stop(transaction),
}
