// Messages from 2.0.1 and 2.1 stations into events; what only 2.1 has is marked.
import type { EvseStatus } from '../../../domain/registry/station.ts'
import { instantOr, wireInstant } from '../instant.ts'
import { readingsOf, type MeterValue } from '../meter-values.ts'
import { profileIds, type EventBody, type Inbound, type InboundContext } from '../translator.ts'
import { clearProfile } from './profiles.ts'
import { chargingNeeds, type WireNeeds } from './charging-needs.ts'

/** Seconds between heartbeats that we ask for. */
export const HEARTBEAT_SECONDS = 300

interface Evse {
  readonly id: number
}
interface IdToken {
  readonly idToken: string
}
interface TransactionEvent {
  readonly eventType: 'Started' | 'Updated' | 'Ended'
  readonly timestamp: string
  readonly offline?: boolean
  readonly triggerReason: string
  readonly transactionInfo: { readonly transactionId: string; readonly stoppedReason?: string }
  readonly evse?: Evse
  readonly idToken?: IdToken
  readonly meterValue?: readonly MeterValue[]
}

const PLAINLY_ACCEPTED = new Set([
  'NotifyEvent',
  'NotifyReport',
  'NotifyMonitoringReport',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'NotifyChargingLimit',
  'ClearedChargingLimit',
  'FirmwareStatusNotification',
  'LogStatusNotification',
  'PublishFirmwareStatusNotification',
  'ReportChargingProfiles',
  'ReservationStatusUpdate',
])

/** Translates one message; null for actions that are not served. `allowed` names the energy transfers of 2.1 answers (Q01.FR.01). */
export function inbound2(action: string, payload: object, context: InboundContext, isV21: boolean): Inbound | null {
  const { station, now, memory, impossible } = context
  switch (action) {
    case 'BootNotification': {
      const { chargingStation } = payload as {
        chargingStation: { vendorName: string; model: string; serialNumber?: string; firmwareVersion?: string }
      }
      const { vendorName, model, serialNumber, firmwareVersion } = chargingStation
      return {
        events: [{ kind: 'booted', vendor: vendorName, model, serial: serialNumber ?? null, firmware: firmwareVersion ?? null }],
        answer: ([reply], answeredAt) => ({
          currentTime: wireInstant(answeredAt),
          interval: HEARTBEAT_SECONDS,
          status: reply!.accepted ? 'Accepted' : 'Rejected',
        }),
      }
    }
    case 'Heartbeat':
      return { events: [{ kind: 'heartbeat' }], answer: (_, answeredAt) => ({ currentTime: wireInstant(answeredAt) }) }
    case 'StatusNotification': {
      const status = payload as { evseId: number; timestamp: string; connectorStatus: string }
      const at = instantOr(status.timestamp, now)
      return plain([
        { kind: 'status', evse: status.evseId, status: status.connectorStatus.toLowerCase() as EvseStatus, at, detail: null },
      ])
    }
    case 'Authorize': {
      const { idToken } = payload as { idToken: IdToken }
      return {
        events: [{ kind: 'authorize', token: idToken.idToken }],
        answer: ([reply]) => ({
          idTokenInfo: { status: reply!.accepted ? 'Accepted' : 'Unknown' },
          // Left out where it cannot be told yet (Q01.FR.08).
          ...(isV21 && reply!.accepted && reply!.mayDischarge !== undefined
            ? { allowedEnergyTransfer: transfers(reply!.mayDischarge) }
            : {}),
        }),
      }
    }
    case 'TransactionEvent':
      return transactionEvent(payload as TransactionEvent, context)
    case 'MeterValues': {
      const { evseId, meterValue } = payload as { evseId: number; meterValue: readonly MeterValue[] }
      return plain([
        { kind: 'readings', readings: readingsOf(meterValue, { station, evse: evseId, transaction: null, now, impossible }) },
      ])
    }
    case 'NotifyEVChargingNeeds': {
      const { evseId, chargingNeeds: needs } = payload as { evseId: number; chargingNeeds: WireNeeds }
      return {
        events: [
          {
            kind: 'needs',
            evse: evseId,
            transaction: transactionAt(memory.evseOf, evseId),
            needs: chargingNeeds(needs, now, impossible),
          },
        ],
        // The profile follows as soon as the plan is made (Q01.FR.07).
        answer: ([reply]) => ({ status: !reply!.accepted ? 'Rejected' : reply!.processing === true ? 'Processing' : 'Accepted' }),
      }
    }
    case 'NotifyEVChargingSchedule':
      return { events: [], answer: () => ({ status: 'Accepted' }) }
    case 'SecurityEventNotification': {
      const event = payload as { type: string; timestamp: string; techInfo?: string }
      return plain([{ kind: 'security', type: event.type, at: instantOr(event.timestamp, now), detail: event.techInfo ?? null }])
    }
    case 'DataTransfer':
      return { events: [], answer: () => ({ status: 'UnknownVendorId' }) }
    default:
      return PLAINLY_ACCEPTED.has(action) ? plain([]) : null
  }
}

function transactionEvent(event: TransactionEvent, { station, now, memory, evseOf, impossible }: InboundContext): Inbound {
  const transaction = event.transactionInfo.transactionId
  const evse = event.evse?.id ?? memory.evseOf.get(transaction) ?? evseOf(transaction) ?? 1
  memory.evseOf.set(transaction, evse)
  const at = instantOr(event.timestamp, now)
  const readings = readingsOf(event.meterValue ?? [], { station, evse, transaction, now, impossible })
  const measured: EventBody[] = readings.length === 0 ? [] : [{ kind: 'readings', readings }]
  const token = event.idToken?.idToken ?? null
  const events: EventBody[] = []
  let wasDefault = false
  if (event.eventType === 'Started')
    events.push(
      { kind: 'session-started', evse, transaction, token, at, offline: event.offline === true, importedWh: null },
      ...measured,
    )
  else if (event.eventType === 'Updated')
    events.push(...measured, ...(token === null ? [] : [{ kind: 'authorize' as const, token }]))
  else {
    events.push(...measured, {
      kind: 'session-ended',
      evse,
      transaction,
      at,
      detail: event.transactionInfo.stoppedReason ?? event.triggerReason,
      importedWh: null,
    })
    wasDefault = memory.installed.get(transaction)?.asDefault === true
    memory.evseOf.delete(transaction)
    memory.installed.delete(transaction)
  }
  const judged = events.findIndex(({ kind }) => kind === 'session-started' || kind === 'authorize')
  return {
    events,
    answer: (replies) =>
      token === null || judged < 0 ? {} : { idTokenInfo: { status: replies[judged]!.accepted ? 'Accepted' : 'Unknown' } },
    ...(wasDefault ? { afterwards: [clearProfile(profileIds(evse).course)] } : {}),
  }
}

/** The latest one: the end of an earlier one may never have reached us (F6). */
function transactionAt(evseOf: ReadonlyMap<string, number>, evse: number): string | null {
  let latest: string | null = null
  for (const [transaction, own] of evseOf) if (own === evse) latest = transaction
  return latest
}

/** Energy transfers of an answer, discharging only where driver and connection allow it (Q01.FR.01, Q01.FR.08). */
function transfers(mayDischarge: boolean): readonly string[] {
  const charging = ['AC_single_phase', 'AC_three_phase', 'DC']
  return mayDischarge ? [...charging, 'AC_BPT', 'DC_BPT'] : charging
}

function plain(events: readonly EventBody[]): Inbound {
  return { events, answer: () => ({}) }
}
