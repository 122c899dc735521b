// Provisioning: a station says what it is, that it lives, and reads the time.
import type { StationReply } from '../../../domain/ports/charge-points.ts'
import type { CommandMessages } from '../command-message.ts'
import type { Inbound, InboundHandler } from '../inbound.ts'
import { wireInstant } from '../instant.ts'
import type { Outbound } from '../outbound.ts'
import type { Dialect } from '../rpc/frame.ts'

/** Seconds between heartbeats that we ask for. */
const HEARTBEAT_SECONDS = 300

/** What a station says of itself. */
export interface Boot {
  readonly vendor: string
  readonly model: string
  readonly serial: string | null
  readonly firmware: string | null
}

/** 1.6. */
export const bootNotificationV16: InboundHandler = (payload) => booted(bootV16(payload))
/** 2.0.1 and 2.1. */
export const bootNotificationV2: InboundHandler = (payload) => booted(bootV2(payload))

/** Every version; what is answered is the time. */
export const heartbeat: InboundHandler = () => ({
  events: [{ kind: 'heartbeat' }],
  answer: (_, answeredAt) => ({ currentTime: wireInstant(answeredAt) }),
})

/** Makes a station ask for the time; the same in every version. */
export const askForHeartbeat: Outbound = { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } }

function booted(boot: Boot): Inbound {
  return {
    events: [{ kind: 'booted', ...boot }],
    answer: ([reply], answeredAt) => ({
      status: statusOf(reply!),
      currentTime: wireInstant(answeredAt),
      interval: HEARTBEAT_SECONDS,
    }),
  }
}
function bootV16(payload: object): Boot {
  const boot = payload as {
    readonly chargePointVendor: string
    readonly chargePointModel: string
    readonly chargePointSerialNumber?: string
    readonly firmwareVersion?: string
  }
  const { chargePointSerialNumber: serial = null, firmwareVersion: firmware = null } = boot
  return { vendor: boot.chargePointVendor, model: boot.chargePointModel, serial, firmware }
}
function bootV2(payload: object): Boot {
  const { chargingStation } = payload as {
    readonly chargingStation: {
      readonly vendorName: string
      readonly model: string
      readonly serialNumber?: string
      readonly firmwareVersion?: string
    }
  }
  const { vendorName: vendor, model, serialNumber: serial = null, firmwareVersion: firmware = null } = chargingStation
  return { vendor, model, serial, firmware }
}
function statusOf({ accepted }: StationReply): 'Accepted' | 'Rejected' {
  return accepted ? 'Accepted' : 'Rejected'
}

/** What a station says of itself when it boots, in any version. */
export function bootOf(dialect: Dialect, payload: object): Boot {
  return dialect === 'ocpp1.6' ? bootV16(payload) : bootV2(payload)
}

/** The answer to a boot of a station that has to wait, in any version (B02). `now` in epoch ms. */
export function pendingAnswer(now: number, againSeconds: number): object {
  return { status: 'Pending', currentTime: wireInstant(now), interval: againSeconds }
}

/** 1.6 restarts as a whole: in good order (`Soft`) or at once (`Hard`). */
export const resetV16: Pick<CommandMessages, 'reset'> = {
  reset({ evse, mode }) {
    if (evse !== null) return 'OCPP 1.6 restarts the whole station only'
    return { action: 'Reset', payload: { type: mode === 'soft' ? 'Soft' : 'Hard' } }
  },
}
/** 2.0.1 and 2.1 (B11, B12): once nothing charges (`OnIdle`) or at once. */
export const resetV2: Pick<CommandMessages, 'reset'> = {
  reset: ({ evse, mode }) => ({
    action: 'Reset',
    payload: { type: mode === 'soft' ? 'OnIdle' : 'Immediate', ...(evse === null ? {} : { evseId: evse }) },
  }),
}
