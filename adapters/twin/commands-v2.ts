// What twin stations of OCPP 2.0.1 and 2.1 do with the messages of the other side.
import { RpcError } from '../ocpp/rpc/error-code.ts'
import { profileOf2, type ProfilePurpose, type WireProfile2 } from './charging-profile.ts'
import { clear, install, update, type DynamicUpdate } from './profile-stack.ts'
import { wire } from './session-message.ts'
import type { StationControls } from './station-controls.ts'

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
      return getVariables(payload as { getVariableData: readonly VariableName[] }, station)
    case 'SetVariables':
      return setVariables(payload as { setVariableData: readonly (VariableName & { attributeValue: string })[] }, station)
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
      return { status: (payload as { operationalStatus: string }).operationalStatus === 'Operative' ? 'Accepted' : 'Rejected' }
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

function getComposite(
  { evseId, duration, chargingRateUnit }: { evseId: number; duration: number; chargingRateUnit?: string },
  { point, now, config }: StationControls,
): object {
  if (evseId > 1) return rejected('UnknownEvse')
  if (chargingRateUnit === 'A') return rejected('UnsupportedRateUnit')
  if (duration <= 0) return rejected('InvalidValue')
  const is21 = config.dialect === 'ocpp2.1'
  const most = config.plug.station.chargeMaxW
  return {
    status: 'Accepted',
    schedule: {
      evseId,
      duration,
      scheduleStart: wire(now()),
      chargingRateUnit: 'W',
      chargingSchedulePeriod: point.composite(now(), duration * 1_000).map(({ fromMs, limit, setpoint }) => ({
        startPeriod: Math.floor(fromMs / 1_000),
        ...(setpoint === null || !is21
          ? { limit: Math.min(limit, most), ...(is21 ? { operationMode: 'ChargingOnly' } : {}) }
          : { setpoint, operationMode: 'CentralSetpoint' }),
      })),
    },
  }
}

interface VariableName {
  readonly component: { readonly name: string }
  readonly variable: { readonly name: string }
  readonly attributeType?: string
}

function getVariables({ getVariableData }: { getVariableData: readonly VariableName[] }, { variables }: StationControls): object {
  return {
    getVariableResult: getVariableData.map(({ component, variable, attributeType }) => {
      const value = variables.get(`${component.name}.${variable.name}`)
      const asked = { component, variable, ...(attributeType === undefined ? {} : { attributeType }) }
      return value === undefined
        ? { ...asked, attributeStatus: unknownPart(component.name, variables) }
        : { ...asked, attributeStatus: 'Accepted', attributeValue: value }
    }),
  }
}

function setVariables(
  { setVariableData }: { setVariableData: readonly (VariableName & { attributeValue: string })[] },
  { variables, writable }: StationControls,
): object {
  return {
    setVariableResult: setVariableData.map(({ component, variable, attributeType, attributeValue }) => {
      const key = `${component.name}.${variable.name}`
      const asked = { component, variable, ...(attributeType === undefined ? {} : { attributeType }) }
      if (!variables.has(key)) return { ...asked, attributeStatus: unknownPart(component.name, variables) }
      if (!writable.has(key)) return { ...asked, attributeStatus: 'Rejected' }
      variables.set(key, attributeValue)
      return { ...asked, attributeStatus: 'Accepted' }
    }),
  }
}

function unknownPart(component: string, variables: ReadonlyMap<string, string>): string {
  return [...variables.keys()].some((key) => key.startsWith(`${component}.`)) ? 'UnknownVariable' : 'UnknownComponent'
}

function rejected(reasonCode: string): object {
  return { status: 'Rejected', statusInfo: { reasonCode } }
}
