// What twin stations of OCPP 1.6 do with the messages of the other side.
import { RpcError } from '../ocpp/rpc/error-code.ts'
import { profileOf16, type ProfilePurpose, type WireProfile16 } from './charging-profile.ts'
import { rateUnit } from './rate-unit.ts'
import { clear, install } from './profile-stack.ts'
import { wire } from './session-message.ts'
import type { StationControls } from './station-controls.ts'

/** Answers one message; throws `RpcError` for what a station like this does not do. */
export function answer16(action: string, payload: object, station: StationControls): object {
  const { point, now, profilesChanged, settings, config } = station
  switch (action) {
    case 'SetChargingProfile': {
      const { connectorId, csChargingProfiles } = payload as { connectorId: number; csChargingProfiles: WireProfile16 }
      const profile = profileOf16(csChargingProfiles, connectorId, point.profileContext(now()))
      const stack = profile.ok ? install(point.stack, profile.value, true) : profile
      if (!stack.ok) return { status: 'Rejected' }
      point.restack(stack.value, now())
      profilesChanged()
      return { status: 'Accepted' }
    }
    case 'ClearChargingProfile': {
      const { id, connectorId, chargingProfilePurpose, stackLevel } = payload as {
        id?: number
        connectorId?: number
        chargingProfilePurpose?: ProfilePurpose
        stackLevel?: number
      }
      const stack = clear(point.stack, {
        ...(id === undefined ? {} : { id }),
        ...(connectorId === undefined ? {} : { evse: connectorId }),
        ...(chargingProfilePurpose === undefined ? {} : { purpose: chargingProfilePurpose }),
        ...(stackLevel === undefined ? {} : { stackLevel }),
      })
      if (stack.length === point.stack.length) return { status: 'Unknown' }
      point.restack(stack, now())
      profilesChanged()
      return { status: 'Accepted' }
    }
    case 'GetCompositeSchedule': {
      const { connectorId, duration, chargingRateUnit } = payload as {
        connectorId: number
        duration: number
        chargingRateUnit?: string
      }
      const unit = rateUnit(chargingRateUnit, station)
      if (connectorId > 1 || duration <= 0 || unit === null) return { status: 'Rejected' }
      const periods = point.composite(now(), duration * 1_000)
      return {
        status: 'Accepted',
        connectorId,
        scheduleStart: wire(now()),
        chargingSchedule: {
          duration,
          chargingRateUnit: unit.name,
          chargingSchedulePeriod: periods.map(({ fromMs, limit }) => ({
            startPeriod: Math.floor(fromMs / 1_000),
            limit: unit.of(Math.min(limit, config.plug.station.chargeMaxW)),
          })),
        },
      }
    }
    case 'RemoteStartTransaction': {
      const { connectorId, idTag, chargingProfile } = payload as { connectorId?: number; idTag: string; chargingProfile?: object }
      const isStarted = chargingProfile === undefined && (connectorId ?? 1) === 1 && station.startRemotely(idTag, null)
      return { status: isStarted ? 'Accepted' : 'Rejected' }
    }
    case 'RemoteStopTransaction': {
      const { transactionId } = payload as { transactionId: number }
      return { status: station.stopRemotely(String(transactionId)) ? 'Accepted' : 'Rejected' }
    }
    case 'TriggerMessage':
      return { status: station.trigger((payload as { requestedMessage: string }).requestedMessage) }
    case 'Reset':
      station.reset(false)
      return { status: 'Accepted' }
    case 'GetConfiguration': {
      const { variables } = settings
      const { key: wanted = [] } = payload as { key?: readonly string[] }
      // An empty list asks for all.
      const keys = wanted.length === 0 ? [...variables.keys()] : wanted
      return {
        configurationKey: keys
          .filter((key) => variables.has(key))
          .map((key) => ({ key, readonly: variables.get(key)!.isWritable !== true, value: settings.get(key)! })),
        unknownKey: keys.filter((key) => !variables.has(key)),
      }
    }
    case 'ChangeConfiguration': {
      const { key, value } = payload as { key: string; value: string }
      const done = settings.write(key, value)
      return { status: done === 'written' ? 'Accepted' : done === 'unknown' ? 'NotSupported' : 'Rejected' }
    }
    case 'ChangeAvailability':
      return changeAvailability(payload as { connectorId: number; type: string }, station)
    case 'UnlockConnector':
      return { status: 'NotSupported' }
    case 'DataTransfer':
      return { status: 'UnknownVendorId' }
    default:
      throw new RpcError('not-supported', `${action} is not served`)
  }
}

/** [1.6, 5.2] connector 0 is the whole station, which has one. */
function changeAvailability({ connectorId, type }: { connectorId: number; type: string }, station: StationControls): object {
  if (connectorId > 1) return { status: 'Rejected' }
  return { status: station.setOperative(type === 'Operative') }
}
