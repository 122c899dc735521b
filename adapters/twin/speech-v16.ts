// How stations of OCPP 1.6 say it: the other side numbers the transaction, and the car says nothing about itself.
import {
  FIRMWARE,
  modelName,
  VENDOR,
  wire,
  type ConnectorState,
  type Message,
  type Sample,
  type Speech,
  type StopReason,
} from './session-message.ts'
import type { StationConfig } from './twin-fleet.ts'

const REASONS: Record<StopReason, string> = {
  EVDisconnected: 'EVDisconnected',
  Remote: 'Remote',
  DeAuthorized: 'DeAuthorized',
  ImmediateReset: 'HardReset',
  Other: 'Other',
}
const STATES: Record<ConnectorState, string> = { Available: 'Available', Occupied: 'Charging', Unavailable: 'Unavailable' }

/** What a 1.6 station says. */
export function speech16(config: StationConfig): Speech {
  return {
    boot: () =>
      once('BootNotification', {
        chargePointVendor: VENDOR,
        chargePointModel: modelName(config),
        chargePointSerialNumber: String(config.id).slice(0, 25),
        firmwareVersion: FIRMWARE,
      }),
    heartbeat: () => once('Heartbeat', {}),
    status: (state, at) =>
      once('StatusNotification', {
        connectorId: 1,
        errorCode: 'NoError',
        status: STATES[state],
        timestamp: wire(at),
      }),
    authorize: () => once('Authorize', { idTag: config.token }),
    started: (transaction, sample) => ({
      ...always('StartTransaction', () => ({
        connectorId: 1,
        idTag: config.token,
        meterStart: Math.floor(sample.importedWh),
        timestamp: wire(sample.at),
      })),
      session: { transaction, part: 'started', sample },
    }),
    measured: (transaction, sample) => ({
      ...always('MeterValues', () => ({
        connectorId: 1,
        ...(transaction.id === null ? {} : { transactionId: Number(transaction.id) }),
        meterValue: [{ timestamp: wire(sample.at), sampledValue: sampledValues(sample) }],
      })),
      isReading: true,
      session: { transaction, part: 'measured', sample },
    }),
    ended: (transaction, sample, reason) => ({
      ...always('StopTransaction', () => ({
        // [1.6, 4.8] a start that was never answered has no number; -1 is what stations then say.
        transactionId: transaction.id === null ? -1 : Number(transaction.id),
        idTag: config.token,
        meterStop: Math.floor(sample.importedWh),
        timestamp: wire(sample.at),
        reason: REASONS[reason],
      })),
      session: { transaction, part: 'ended', sample },
    }),
    needs: () => null,
    pull: () => null,
    transactionId: () => null,
    admission(answer) {
      const { idTagInfo, transactionId } = answer as { idTagInfo?: { status: string }; transactionId?: number }
      return {
        accepted: idTagInfo === undefined || idTagInfo.status === 'Accepted',
        transaction: transactionId === undefined ? null : String(transactionId),
        transfers: null,
      }
    },
  }
}

/** Values are texts here, registers whole watt-hours so that they agree with those of start and stop. */
function sampledValues({ context, power, importedWh, soc }: Sample): readonly object[] {
  const value = (measurand: string, amount: number, unit: string) => ({ value: String(amount), measurand, context, unit })
  return [
    value('Power.Active.Import', Math.max(0, power), 'W'),
    value('Energy.Active.Import.Register', Math.floor(importedWh), 'Wh'),
    ...(soc === null ? [] : [value('SoC', Math.round(soc * 100), 'Percent')]),
  ]
}

function once(action: string, payload: object): Message {
  return { action, payload: () => payload, isTransactional: false }
}
function always(action: string, payload: () => object): Message {
  return { action, payload, isTransactional: true }
}
