// Availability: whether an EVSE is free, taken or out of order.
import type { EvseStatus } from '../../../domain/registry/station.ts'
import type { CommandMessages } from '../command-message.ts'
import { plain, type InboundHandler } from '../inbound.ts'
import { instantOr } from '../instant.ts'

/** Nine states of 1.6 in the five of the domain. */
const STATUS_V16: Record<string, EvseStatus> = {
  Available: 'available',
  Reserved: 'reserved',
  Unavailable: 'unavailable',
  Faulted: 'faulted',
}

/** 1.6; connector 0 is the station itself. */
export const statusNotificationV16: InboundHandler = (payload, { now }) => {
  const { connectorId, status, errorCode, timestamp, info } = payload as {
    readonly connectorId: number
    readonly status: string
    readonly errorCode: string
    readonly timestamp?: string
    readonly info?: string
  }
  if (connectorId === 0) return plain([])
  const detail = errorCode === 'NoError' ? null : `${errorCode}${info === undefined ? '' : `: ${info}`}`
  const at = instantOr(timestamp, now)
  return plain([{ kind: 'status', evse: connectorId, status: STATUS_V16[status] ?? 'occupied', at, detail }])
}

/** 2.0.1 and 2.1. */
export const statusNotificationV2: InboundHandler = (payload, { now }) => {
  const { evseId, timestamp, connectorStatus } = payload as {
    readonly evseId: number
    readonly timestamp: string
    readonly connectorStatus: string
  }
  const at = instantOr(timestamp, now)
  return plain([{ kind: 'status', evse: evseId, status: connectorStatus.toLowerCase() as EvseStatus, at, detail: null }])
}

/** 1.6; connector 0 is the whole station. */
export const changeAvailabilityV16: Pick<CommandMessages, 'availability'> = {
  availability: ({ evse, operative }) => ({
    action: 'ChangeAvailability',
    payload: { connectorId: evse ?? 0, type: operative ? 'Operative' : 'Inoperative' },
  }),
}
/** 2.0.1 and 2.1 (G03, G04). */
export const changeAvailabilityV2: Pick<CommandMessages, 'availability'> = {
  availability: ({ evse, operative }) => ({
    action: 'ChangeAvailability',
    payload: { operationalStatus: operative ? 'Operative' : 'Inoperative', ...(evse === null ? {} : { evse: { id: evse } }) },
  }),
}
