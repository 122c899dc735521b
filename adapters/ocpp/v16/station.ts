// OCPP 1.6: transactions are numbered by us, needs are unknown, and all it can follow is a charging schedule.
import type { EvseStatus } from '../../../domain/registry/station.ts'
import { startOf } from '../../../domain/time/slot.ts'
import { REGISTER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import type { Power } from '../../../domain/units.ts'
import { instantOr, wireInstant } from '../instant.ts'
import { readingsOf, type MeterValue } from '../meter-values.ts'
import { possibleNumbers } from '../possible-number.ts'
import {
  hasCourse,
  periodsOf,
  profileIds,
  type Inbound,
  type InboundContext,
  type Outbound,
  type Translator,
} from '../translator.ts'

const HEARTBEAT_SECONDS = 300

export const v16: Translator = {
  inbound,
  order(content, evse, installed) {
    if (hasCourse(installed, content)) return []
    const { course, transaction } = content
    const id = profileIds(evse).course
    const schedule = {
      duration: course.values.length * 900,
      startSchedule: wireInstant(startOf(course.first)),
      chargingRateUnit: 'W',
      chargingSchedulePeriod: periodsOf(content),
    }
    const set = (purpose: object) => ({
      action: 'SetChargingProfile',
      payload: {
        connectorId: evse,
        csChargingProfiles: {
          chargingProfileId: id,
          ...purpose,
          stackLevel: 1,
          chargingProfileKind: 'Absolute',
          chargingSchedule: schedule,
        },
      },
    })
    return [
      {
        ...set({ transactionId: Number(transaction), chargingProfilePurpose: 'TxProfile' }),
        otherwise: set({ chargingProfilePurpose: 'TxDefaultProfile' }),
      },
    ]
  },
  renewal: () => [],
  defaultLimit(evse, limit: Power) {
    const schedule = { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] }
    const profile = {
      chargingProfileId: profileIds(evse).fallback,
      stackLevel: 0,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: schedule,
    }
    return { action: 'SetChargingProfile', payload: { connectorId: evse, csChargingProfiles: profile } }
  },
  start: (evse, token) => ({ action: 'RemoteStartTransaction', payload: { connectorId: evse, idTag: token } }),
  stop: (transaction) => ({ action: 'RemoteStopTransaction', payload: { transactionId: Number(transaction) } }),
}

/** Takes a profile back; one that is gone already is fine. */
function clearing(profile: object): Outbound {
  return { action: 'ClearChargingProfile', payload: profile, alsoFine: 'Unknown' }
}

/** Nine states of 1.6 in the five of the domain. */
const STATUS: Record<string, EvseStatus> = {
  Available: 'available',
  Reserved: 'reserved',
  Unavailable: 'unavailable',
  Faulted: 'faulted',
}
const PLAINLY_ACCEPTED = new Set([
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'LogStatusNotification',
  'SignedFirmwareStatusNotification',
])

function inbound(action: string, payload: object, context: InboundContext): Inbound | null {
  const { station, now, memory, evseOf, impossible } = context
  const register = (name: string, value: number) => possibleNumbers(impossible)(name, value, REGISTER_RANGE)
  switch (action) {
    case 'BootNotification': {
      const boot = payload as {
        chargePointVendor: string
        chargePointModel: string
        chargePointSerialNumber?: string
        firmwareVersion?: string
      }
      return {
        events: [
          {
            kind: 'booted',
            vendor: boot.chargePointVendor,
            model: boot.chargePointModel,
            serial: boot.chargePointSerialNumber ?? null,
            firmware: boot.firmwareVersion ?? null,
          },
        ],
        answer: ([reply], answeredAt) => ({
          status: reply!.accepted ? 'Accepted' : 'Rejected',
          currentTime: wireInstant(answeredAt),
          interval: HEARTBEAT_SECONDS,
        }),
      }
    }
    case 'Heartbeat':
      return { events: [{ kind: 'heartbeat' }], answer: (_, answeredAt) => ({ currentTime: wireInstant(answeredAt) }) }
    case 'StatusNotification': {
      const { connectorId, status, errorCode, timestamp, info } = payload as {
        connectorId: number
        status: string
        errorCode: string
        timestamp?: string
        info?: string
      }
      // Connector 0 is the station itself.
      if (connectorId === 0) return { events: [], answer: () => ({}) }
      const detail = errorCode === 'NoError' ? null : `${errorCode}${info === undefined ? '' : `: ${info}`}`
      return {
        events: [
          { kind: 'status', evse: connectorId, status: STATUS[status] ?? 'occupied', at: instantOr(timestamp, now), detail },
        ],
        answer: () => ({}),
      }
    }
    case 'Authorize': {
      const { idTag } = payload as { idTag: string }
      return {
        events: [{ kind: 'authorize', token: idTag }],
        answer: ([reply]) => ({ idTagInfo: { status: reply!.accepted ? 'Accepted' : 'Invalid' } }),
      }
    }
    case 'StartTransaction': {
      const start = payload as { connectorId: number; idTag: string; meterStart: number; timestamp: string }
      const at = instantOr(start.timestamp, now)
      return {
        events: [
          {
            kind: 'session-started',
            evse: start.connectorId,
            transaction: null,
            token: start.idTag,
            at,
            offline: at < now - 60_000,
            importedWh: register('meterStart', start.meterStart),
          },
        ],
        answer([reply]) {
          const transaction = reply!.transaction ?? '0'
          memory.evseOf.set(transaction, start.connectorId)
          return { idTagInfo: { status: reply!.accepted ? 'Accepted' : 'Invalid' }, transactionId: Number(transaction) }
        },
      }
    }
    case 'StopTransaction': {
      const stop = payload as {
        transactionId: number
        meterStop: number
        timestamp: string
        reason?: string
        idTag?: string
        transactionData?: readonly MeterValue[]
      }
      const transaction = String(stop.transactionId)
      const evse = memory.evseOf.get(transaction) ?? evseOf(transaction) ?? 1
      const wasDefault = memory.installed.get(transaction)?.asDefault === true
      memory.evseOf.delete(transaction)
      memory.installed.delete(transaction)
      const readings = readingsOf(stop.transactionData ?? [], { station, evse, transaction, now, impossible })
      return {
        events: [
          ...(readings.length === 0 ? [] : [{ kind: 'readings' as const, readings }]),
          {
            kind: 'session-ended',
            evse: null,
            transaction,
            at: instantOr(stop.timestamp, now),
            detail: stop.reason ?? 'Local',
            importedWh: register('meterStop', stop.meterStop),
          },
        ],
        answer: () => (stop.idTag === undefined ? {} : { idTagInfo: { status: 'Accepted' } }),
        ...(wasDefault ? { afterwards: [clearing({ id: profileIds(evse).course })] } : {}),
      }
    }
    case 'MeterValues': {
      const values = payload as { connectorId: number; transactionId?: number; meterValue: readonly MeterValue[] }
      const transaction = values.transactionId === undefined ? null : String(values.transactionId)
      if (transaction !== null) memory.evseOf.set(transaction, values.connectorId)
      return {
        events: [
          {
            kind: 'readings',
            readings: readingsOf(values.meterValue, { station, evse: values.connectorId, transaction, now, impossible }),
          },
        ],
        answer: () => ({}),
      }
    }
    case 'SecurityEventNotification': {
      const event = payload as { type: string; timestamp: string; techInfo?: string }
      return {
        events: [{ kind: 'security', type: event.type, at: instantOr(event.timestamp, now), detail: event.techInfo ?? null }],
        answer: () => ({}),
      }
    }
    case 'DataTransfer':
      return { events: [], answer: () => ({ status: 'UnknownVendorId' }) }
    default:
      return PLAINLY_ACCEPTED.has(action) ? { events: [], answer: () => ({}) } : null
  }
}
