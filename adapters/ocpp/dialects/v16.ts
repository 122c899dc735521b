// OCPP 1.6: transactions are numbered by us, needs are unknown, and all it can follow is a charging schedule.
import { authorizeV16 } from '../blocks/authorization.ts'
import { statusNotificationV16 } from '../blocks/availability.ts'
import { chargingV16 } from '../blocks/charging/charging-messages.ts'
import { dataTransfer } from '../blocks/data-transfer.ts'
import { meterValuesV16 } from '../blocks/metering.ts'
import { bootNotificationV16, heartbeat } from '../blocks/provisioning.ts'
import { securityEventNotification } from '../blocks/security.ts'
import { startTransaction, stopTransaction, transactionsV16 } from '../blocks/transactions.ts'
import { learnV16 } from '../blocks/device-model-abilities.ts'
import type { DialectTable } from '../dialect-table.ts'
import { acknowledged } from '../inbound.ts'

export const v16: DialectTable = {
  inbound: new Map([
    ['BootNotification', bootNotificationV16],
    ['Heartbeat', heartbeat],
    ['Authorize', authorizeV16],
    ['StatusNotification', statusNotificationV16],
    ['StartTransaction', startTransaction],
    ['StopTransaction', stopTransaction],
    ['MeterValues', meterValuesV16],
    ['SecurityEventNotification', securityEventNotification],
    ['FirmwareStatusNotification', acknowledged],
    ['SignedFirmwareStatusNotification', acknowledged],
    ['DiagnosticsStatusNotification', acknowledged],
    ['LogStatusNotification', acknowledged],
    ['DataTransfer', dataTransfer],
  ]),
  charging: chargingV16,
  learn: learnV16,
  transactions: transactionsV16,
}
