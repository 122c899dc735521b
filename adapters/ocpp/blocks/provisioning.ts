// Provisioning: a station says what it is, that it lives, and reads the time.
import type { StationReply } from '../../../domain/ports/charge-points.ts'
import type { EventBody, InboundHandler } from '../inbound.ts'
import { wireInstant } from '../instant.ts'
import type { Outbound } from '../outbound.ts'

/** Seconds between heartbeats that we ask for. */
const HEARTBEAT_SECONDS = 300

/** 1.6. */
export const bootNotificationV16: InboundHandler = (payload) => {
  const boot = payload as {
    readonly chargePointVendor: string
    readonly chargePointModel: string
    readonly chargePointSerialNumber?: string
    readonly firmwareVersion?: string
  }
  return {
    events: [bootedEvent(boot.chargePointVendor, boot.chargePointModel, boot.chargePointSerialNumber, boot.firmwareVersion)],
    answer: ([reply], answeredAt) => ({
      status: statusOf(reply!),
      currentTime: wireInstant(answeredAt),
      interval: HEARTBEAT_SECONDS,
    }),
  }
}

/** 2.0.1 and 2.1. */
export const bootNotificationV2: InboundHandler = (payload) => {
  const { chargingStation } = payload as {
    readonly chargingStation: {
      readonly vendorName: string
      readonly model: string
      readonly serialNumber?: string
      readonly firmwareVersion?: string
    }
  }
  const { vendorName, model, serialNumber, firmwareVersion } = chargingStation
  return {
    events: [bootedEvent(vendorName, model, serialNumber, firmwareVersion)],
    answer: ([reply], answeredAt) => ({
      currentTime: wireInstant(answeredAt),
      interval: HEARTBEAT_SECONDS,
      status: statusOf(reply!),
    }),
  }
}

/** Every version; what is answered is the time. */
export const heartbeat: InboundHandler = () => ({
  events: [{ kind: 'heartbeat' }],
  answer: (_, answeredAt) => ({ currentTime: wireInstant(answeredAt) }),
})

/** Makes a station ask for the time; the same in every version. */
export const askForHeartbeat: Outbound = { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } }

/** Makes a station say what it is; the same in every version. */
export const askForBoot: Outbound = { action: 'TriggerMessage', payload: { requestedMessage: 'BootNotification' } }

function bootedEvent(vendor: string, model: string, serial: string | undefined, firmware: string | undefined): EventBody {
  return { kind: 'booted', vendor, model, serial: serial ?? null, firmware: firmware ?? null }
}
function statusOf({ accepted }: StationReply): 'Accepted' | 'Rejected' {
  return accepted ? 'Accepted' : 'Rejected'
}
