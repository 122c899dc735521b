// How stations of OCPP 2.0.1 and 2.1 say it: transaction events, charging needs, pulled set-points.
import type { Stay } from './commuter.ts'
import {
  FIRMWARE,
  modelName,
  VENDOR,
  wire,
  type Message,
  type Sample,
  type Speech,
  type StopReason,
  type Transaction,
} from './session-message.ts'
import type { StationConfig } from './twin-fleet.ts'

const EVSE = { id: 1, connectorId: 1 }
const STOP_TRIGGER: Record<StopReason, string> = {
  EVDisconnected: 'EVDeparted',
  Remote: 'RemoteStop',
  DeAuthorized: 'Deauthorized',
  ImmediateReset: 'ResetCommand',
  Other: 'ChargingStateChanged',
}

/** What a 2.0.1 or 2.1 station says. */
export function speech2(config: StationConfig): Speech {
  const idToken = { idToken: config.token, type: 'eMAID' }

  function event(
    eventType: 'Started' | 'Updated' | 'Ended',
    triggerReason: string,
    transaction: Transaction,
    sample: Sample,
    isOffline: boolean,
    extra: { readonly info?: object; readonly top?: object } = {},
  ): Message {
    const payload = {
      eventType,
      timestamp: wire(sample.at),
      triggerReason,
      seqNo: transaction.sequence++,
      ...(isOffline ? { offline: true } : {}),
      transactionInfo: { transactionId: transaction.id!, chargingState: transaction.chargingState, ...extra.info },
      ...extra.top,
      meterValue: [{ timestamp: wire(sample.at), sampledValue: sampledValues(sample) }],
    }
    const part = ({ Started: 'started', Updated: 'measured', Ended: 'ended' } as const)[eventType]
    return { action: 'TransactionEvent', payload: () => payload, isTransactional: true, session: { transaction, part, sample } }
  }

  return {
    boot: (reason) =>
      once('BootNotification', {
        reason,
        chargingStation: {
          model: modelName(config),
          vendorName: VENDOR,
          serialNumber: String(config.id).slice(0, 25),
          firmwareVersion: FIRMWARE,
        },
      }),
    heartbeat: () => once('Heartbeat', {}),
    status: (state, at) =>
      once('StatusNotification', {
        timestamp: wire(at),
        connectorStatus: state,
        evseId: 1,
        connectorId: 1,
      }),
    authorize: () => once('Authorize', { idToken }),
    started: (transaction, sample, isOffline) =>
      event('Started', transaction.remoteStartId === null ? 'Authorized' : 'RemoteStart', transaction, sample, isOffline, {
        info: transaction.remoteStartId === null ? {} : { remoteStartId: transaction.remoteStartId },
        top: { evse: EVSE, idToken },
      }),
    measured: (transaction, sample, stateChanged, isOffline) => ({
      ...event('Updated', triggerOf(sample, stateChanged), transaction, sample, isOffline, { top: { evse: EVSE } }),
      isReading: true,
    }),
    ended: (transaction, sample, reason, isOffline) =>
      event('Ended', STOP_TRIGGER[reason], transaction, sample, isOffline, {
        info: { stoppedReason: reason },
        top: { evse: EVSE },
      }),
    needs(stay, storedWh, bidirectional, at) {
      const chargingNeeds = needsOf(config, stay, storedWh, bidirectional)
      if (chargingNeeds === null) return null
      return once('NotifyEVChargingNeeds', {
        evseId: 1,
        chargingNeeds,
        ...(config.dialect === 'ocpp2.1' ? { timestamp: wire(at) } : {}),
      })
    },
    pull: (profileId) =>
      config.dialect === 'ocpp2.1' ? once('PullDynamicScheduleUpdate', { chargingProfileId: profileId }) : null,
    transactionId: (at) => `${config.id}-${Math.floor(at / 1_000).toString(36)}`.slice(-36),
    admission(answer) {
      const { idTokenInfo, allowedEnergyTransfer } = answer as {
        idTokenInfo?: { status: string }
        allowedEnergyTransfer?: readonly string[]
      }
      return {
        accepted: idTokenInfo === undefined || idTokenInfo.status === 'Accepted',
        transaction: null,
        transfers: allowedEnergyTransfer ?? null,
      }
    },
  }
}

/** The transfer a car asks for when it may, or may not, discharge. */
export function transferOf({ current, speech }: StationConfig, bidirectional: boolean): string {
  if (bidirectional && speech === 'bpt') return `${current}_BPT`
  return current === 'DC' ? 'DC' : 'AC_three_phase'
}

function needsOf(config: StationConfig, stay: Stay, storedWh: number, bidirectional: boolean): object | null {
  const { speech, commuter, plug } = config
  const { capacityWh } = plug.car
  const wantedWh = Math.max(0, Math.round(commuter.targetSoc * capacityWh - storedWh))
  const base = {
    requestedEnergyTransfer: transferOf(config, bidirectional),
    ...(commuter.announces ? { departureTime: wire(stay.readyBy) } : {}),
  }
  switch (speech) {
    case 'silent':
      return null
    case 'ac':
      return { ...base, acChargingParameters: { energyAmount: wantedWh, evMinCurrent: 6, evMaxCurrent: 16, evMaxVoltage: 400 } }
    case 'dc':
      return { ...base, dcChargingParameters: dcParameters(config, wantedWh, storedWh) }
    case 'v20':
    case 'bpt':
      // [K19.FR.06] ISO 15118-20 cars have their own parameters and no others. Requests count from the present energy and may be negative.
      return {
        ...base,
        availableEnergyTransfer: [...new Set([base.requestedEnergyTransfer, transferOf(config, false)])],
        controlMode: 'DynamicControl',
        mobilityNeedsMode: 'EVCC',
        ...(config.lie === 'needs-only' ? { dcChargingParameters: dcParameters(config, wantedWh, storedWh) } : {}),
        v2xChargingParameters: {
          minChargePower: plug.station.leastW,
          maxChargePower: plug.car.chargeMaxW,
          ...(bidirectional && speech === 'bpt'
            ? {
                minDischargePower: plug.station.leastW,
                maxDischargePower: plug.station.dischargeMaxW,
                evMinV2XEnergyRequest: Math.round(commuter.minimumSoc * capacityWh - storedWh),
                evMaxV2XEnergyRequest: Math.round(capacityWh - storedWh),
              }
            : {}),
          evTargetEnergyRequest: Math.round(commuter.targetSoc * capacityWh - storedWh),
          evMinEnergyRequest: Math.round(commuter.minimumSoc * capacityWh - storedWh),
          evMaxEnergyRequest: Math.round(capacityWh - storedWh),
          targetSoC: Math.round(100 * commuter.targetSoc),
        },
      }
  }
}

function dcParameters({ plug: { car } }: StationConfig, wantedWh: number, storedWh: number): object {
  return {
    evMaxCurrent: 32,
    evMaxVoltage: 500,
    evMaxPower: car.chargeMaxW,
    evEnergyCapacity: car.capacityWh,
    energyAmount: wantedWh,
    stateOfCharge: Math.round((100 * storedWh) / car.capacityWh),
  }
}

function sampledValues({ context, power, phases, importedWh, exportedWh, soc }: Sample): readonly object[] {
  const W = { unit: 'W' }
  const Wh = { unit: 'Wh' }
  const value = (measurand: string, amount: number, unitOfMeasure: object, phase?: string) => ({
    value: amount,
    measurand,
    context,
    location: 'Outlet',
    unitOfMeasure,
    ...(phase === undefined ? {} : { phase }),
  })
  return [
    value('Power.Active.Import', Math.max(0, power), W),
    value('Power.Active.Export', Math.max(0, -power), W),
    value('Energy.Active.Import.Register', quarters(importedWh), Wh),
    value('Energy.Active.Export.Register', quarters(exportedWh), Wh),
    ...(soc === null
      ? []
      : [{ value: Math.round(soc * 1_000) / 10, measurand: 'SoC', context, location: 'EV', unitOfMeasure: { unit: 'Percent' } }]),
    ...(phases ?? []).flatMap((watts, i) => [
      value('Power.Active.Import', Math.max(0, watts), W, `L${i + 1}`),
      value('Power.Active.Export', Math.max(0, -watts), W, `L${i + 1}`),
    ]),
  ]
}

/** Registers show quarters of a watt-hour and never run ahead of the truth. */
function quarters(wh: number): number {
  return Math.floor(wh * 4) / 4
}

function triggerOf(sample: Sample, stateChanged: boolean): string {
  if (sample.context === 'Trigger') return 'Trigger'
  if (stateChanged) return 'ChargingStateChanged'
  return sample.context === 'Sample.Clock' ? 'MeterValueClock' : 'MeterValuePeriodic'
}

function once(action: string, payload: object): Message {
  return { action, payload: () => payload, isTransactional: false }
}
