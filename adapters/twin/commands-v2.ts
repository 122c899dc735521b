// What twin stations of OCPP 2.0.1 and 2.1 do with the messages of the other side.
import { RpcError } from '../ocpp/rpc/error-code.ts'
import { profileOf2, type ProfilePurpose, type WireProfile2 } from './charging-profile.ts'
import { rateUnit } from './rate-unit.ts'
import { clear, install, update, type DynamicUpdate } from './profile-stack.ts'
import { wire } from './session-message.ts'
import type { StationControls } from './station-controls.ts'
import { getBaseReport, getReport, getVariables, setVariables } from './variables-v2.ts'

/** Answers one message; throws `RpcError` for what a station like this does not do. */
export function answer2(action: string, payload: object, station: StationControls): object {
  switch (action) {
    case 'SetChargingProfile':
      return setChargingProfile(payload as { evseId: number; chargingProfile: WireProfile2 }, station)
    case 'UpdateDynamicSchedule':
      return updateDynamic(payload as { chargingProfileId: number; scheduleUpdate: DynamicUpdate }, station)
    case 'ClearChargingProfile':
      return clearProfiles(payload, station)
    case 'GetCompositeSchedule':
      return getComposite(payload as { evseId: number; duration: number; chargingRateUnit?: string }, station)
    case 'GetVariables':
      return getVariables(payload as Parameters<typeof getVariables>[0], station)
    case 'SetVariables':
      return setVariables(payload as Parameters<typeof setVariables>[0], station)
    case 'GetBaseReport':
      return getBaseReport(payload as Parameters<typeof getBaseReport>[0], station)
    case 'GetReport':
      return getReport(payload as Parameters<typeof getReport>[0], station)
    case 'RequestStartTransaction': {
      const request = payload as {
        evseId?: number
        remoteStartId: number
        idToken: { idToken: string }
        chargingProfile?: object
      }
      if (request.chargingProfile !== undefined) return rejected('UnsupportedParam')
      const isStarted = (request.evseId ?? 1) === 1 && station.startRemotely(request.idToken.idToken, request.remoteStartId)
      return { status: isStarted ? 'Accepted' : 'Rejected' }
    }
    case 'RequestStopTransaction':
      return station.stopRemotely((payload as { transactionId: string }).transactionId)
        ? { status: 'Accepted' }
        : rejected('TxNotFound')
    case 'NotifyAllowedEnergyTransfer': {
      const { transactionId, allowedEnergyTransfer } = payload as {
        transactionId: string
        allowedEnergyTransfer: readonly string[]
      }
      if (station.point.transaction?.id !== transactionId) return rejected('TxNotFound')
      station.allowTransfers(allowedEnergyTransfer)
      return { status: 'Accepted' }
    }
    case 'TriggerMessage':
      return { status: station.trigger((payload as { requestedMessage: string }).requestedMessage) }
    case 'Reset':
      return { status: station.reset((payload as { type: string }).type === 'OnIdle') }
    case 'ChangeAvailability':
      return changeAvailability(payload as { operationalStatus: string; evse?: { id: number; connectorId?: number } }, station)
    case 'UnlockConnector':
      return unlock(payload as { evseId: number; connectorId: number }, station)
    case 'GetTransactionStatus':
      return { messagesInQueue: false, ongoingIndicator: station.point.transaction !== null }
    case 'DataTransfer':
      return { status: 'UnknownVendorId' }
    default:
      throw new RpcError('not-supported', `${action} is not served`)
  }
}

function setChargingProfile(
  { evseId, chargingProfile }: { evseId: number; chargingProfile: WireProfile2 },
  { point, now, profilesChanged }: StationControls,
): object {
  const profile = profileOf2(chargingProfile, evseId, point.profileContext(now()))
  if (!profile.ok) return rejected(profile.refusal)
  const stack = install(point.stack, profile.value, false)
  if (!stack.ok) return rejected(stack.refusal)
  point.restack(stack.value, now())
  profilesChanged()
  return { status: 'Accepted' }
}

function updateDynamic(
  { chargingProfileId, scheduleUpdate }: { chargingProfileId: number; scheduleUpdate: DynamicUpdate },
  { point, now, profilesChanged }: StationControls,
): object {
  if (hasPhases(scheduleUpdate)) return rejected('PhaseConflict')
  const stack = update(point.stack, chargingProfileId, scheduleUpdate, now(), point.bidirectional)
  if (!stack.ok) return rejected(stack.refusal)
  point.restack(stack.value, now())
  profilesChanged()
  return { status: 'Accepted' }
}
/** [V2X.10] none of these cars reports its phases one by one. */
export function hasPhases(values: object): boolean {
  return Object.keys(values).some((field) => /_L[23]$/.test(field))
}

function clearProfiles(payload: object, { point, now, profilesChanged }: StationControls): object {
  const { chargingProfileId, chargingProfileCriteria } = payload as {
    chargingProfileId?: number
    chargingProfileCriteria?: { evseId?: number; chargingProfilePurpose?: ProfilePurpose; stackLevel?: number }
  }
  const { evseId, chargingProfilePurpose, stackLevel } = chargingProfileCriteria ?? {}
  const stack = clear(
    point.stack,
    chargingProfileId === undefined
      ? {
          ...(evseId === undefined ? {} : { evse: evseId }),
          ...(chargingProfilePurpose === undefined ? {} : { purpose: chargingProfilePurpose }),
          ...(stackLevel === undefined ? {} : { stackLevel }),
        }
      : { id: chargingProfileId },
  )
  if (stack.length === point.stack.length) return { status: 'Unknown' }
  point.restack(stack, now())
  profilesChanged()
  return { status: 'Accepted' }
}

/** [G03], [G04] */
function changeAvailability(
  { operationalStatus, evse }: { operationalStatus: string; evse?: { id: number; connectorId?: number } },
  station: StationControls,
): object {
  if ((evse?.id ?? 1) !== 1 || (evse?.connectorId ?? 1) !== 1) return rejected('UnknownEvse')
  return { status: station.setOperative(operationalStatus === 'Operative') }
}

/** [F05] */
function unlock({ evseId, connectorId }: { evseId: number; connectorId: number }, { point }: StationControls): object {
  if (evseId !== 1 || connectorId !== 1) return { status: 'UnknownConnector' }
  return { status: point.transaction === null ? 'Unlocked' : 'OngoingAuthorizedTransaction' }
}

function getComposite(
  { evseId, duration, chargingRateUnit }: { evseId: number; duration: number; chargingRateUnit?: string },
  station: StationControls,
): object {
  const { point, now, config } = station
  if (evseId > 1) return rejected('UnknownEvse')
  const unit = rateUnit(chargingRateUnit, station)
  if (unit === null) return rejected('UnsupportedRateUnit')
  if (duration <= 0) return rejected('InvalidValue')
  const is21 = config.dialect === 'ocpp2.1'
  const most = config.plug.station.chargeMaxW
  return {
    status: 'Accepted',
    schedule: {
      evseId,
      duration,
      scheduleStart: wire(now()),
      chargingRateUnit: unit.name,
      chargingSchedulePeriod: point.composite(now(), duration * 1_000).map(({ fromMs, limit, setpoint }) => ({
        startPeriod: Math.floor(fromMs / 1_000),
        ...(setpoint === null || !is21
          ? { limit: unit.of(Math.min(limit, most)), ...(is21 ? { operationMode: 'ChargingOnly' } : {}) }
          : { setpoint: unit.of(setpoint), operationMode: 'CentralSetpoint' }),
      })),
    },
  }
}

function rejected(reasonCode: string): object {
  return { status: 'Rejected', statusInfo: { reasonCode } }
}
