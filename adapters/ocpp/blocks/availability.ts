// Availability: whether an EVSE is free, taken or out of order.
import type { EvseStatus } from '../../../domain/registry/station.ts'
import { plain, type EventBody, type InboundHandler } from '../inbound.ts'
import type { CommandMessages } from '../command-message.ts'
import { instantOr } from '../instant.ts'

/** Nine states of 1.6 in the five of the domain. */
const STATUS_V16: Record<string, EvseStatus> = {
  Available: 'available',
  Reserved: 'reserved',
  Unavailable: 'unavailable',
  Faulted: 'faulted',
}

/** 1.6; connector 0 is the station itself, each other one an EVSE of its own. */
export const statusNotificationV16: InboundHandler = (payload, { now }) => {
  const { connectorId, status, errorCode, timestamp, info } = payload as {
    readonly connectorId: number
    readonly status: string
    readonly errorCode: string
    readonly timestamp?: string
    readonly info?: string
  }
  const detail = errorCode === 'NoError' ? null : `${errorCode}${info === undefined ? '' : `: ${info}`}`
  const at = instantOr(timestamp, now)
  return plain([{ kind: 'status', evse: connectorId, status: STATUS_V16[status] ?? 'occupied', at, detail }])
}

/** 2.0.1 and 2.1, by connector; EVSE 0 is the station itself. */
export const statusNotificationV2: InboundHandler = (payload, { now }) => {
  const { evseId, connectorId, timestamp, connectorStatus } = payload as {
    readonly evseId: number
    readonly connectorId: number
    readonly timestamp: string
    readonly connectorStatus: string
  }
  return plain(statusOf({ id: evseId, connectorId }, connectorStatus, instantOr(timestamp, now)))
}

interface EventData {
  readonly timestamp: string
  readonly actualValue: string
  readonly component: { readonly name: string; readonly evse?: { readonly id: number; readonly connectorId?: number } }
  readonly variable: { readonly name: string }
}
/** Statuses of one message that are taken: more connectors than any station has. */
const STATUSES_MAX = 64

/** 2.0.1 and 2.1: what a station watches of itself; how it stands is told this way as well, whatever made it tell. */
export const notifyEvent: InboundHandler = (payload, { now }) => {
  const { eventData } = payload as { readonly eventData: readonly EventData[] }
  const told = eventData.filter(({ variable }) => variable.name.toLowerCase() === 'availabilitystate').slice(-STATUSES_MAX)
  return plain(
    told.flatMap(({ component, actualValue, timestamp }) => {
      const at = instantOr(timestamp, now)
      switch (component.name.toLowerCase()) {
        case 'chargingstation':
          return statusOf({ id: 0 }, actualValue, at)
        case 'evse':
          return component.evse === undefined ? [] : statusOf({ id: component.evse.id }, actualValue, at)
        case 'connector':
          return component.evse?.connectorId === undefined ? [] : statusOf(component.evse, actualValue, at)
        default:
          return []
      }
    }),
  )
}

const STATUSES_V2: ReadonlySet<string> = new Set([
  'available',
  'occupied',
  'reserved',
  'unavailable',
  'faulted',
] satisfies EvseStatus[])

/** A word about no connector of an EVSE says nothing about its car. */
function statusOf(
  { id: evse, connectorId: connector }: { readonly id: number; readonly connectorId?: number },
  told: string,
  at: number,
): readonly EventBody[] {
  const status = told.toLowerCase()
  if (!STATUSES_V2.has(status) || evse < 0 || (evse > 0 && connector !== undefined && connector <= 0)) return []
  const place = evse === 0 || connector === undefined ? { evse } : { evse, connector }
  return [{ kind: 'status', ...place, status: status as EvseStatus, at, detail: null }]
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
