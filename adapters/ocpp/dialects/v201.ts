// OCPP 2.0.1: transactions and needs of its own, and a finite charging schedule over a safe default. 2.1 builds on it.
import { authorizeV201 } from '../blocks/authorization.ts'
import { notifyEvent, statusNotificationV2 } from '../blocks/availability.ts'
import { clearedChargingLimit, notifyChargingLimit } from '../blocks/charging-limits.ts'
import { chargingV201 } from '../blocks/charging/charging-messages.ts'
import { notifyEvChargingNeeds, notifyEvChargingSchedule } from '../blocks/charging/notify-needs.ts'
import { dataTransfer } from '../blocks/data-transfer.ts'
import { meterValuesV2 } from '../blocks/metering.ts'
import { bootNotificationV2, heartbeat } from '../blocks/provisioning.ts'
import { securityEventNotification } from '../blocks/security.ts'
import { transactionEvent, transactionsV2 } from '../blocks/transactions.ts'
import { learnV201 } from '../blocks/device-model-abilities.ts'
import type { DialectTable } from '../dialect-table.ts'
import { acknowledged } from '../inbound.ts'

export const v201: DialectTable = {
  inbound: new Map([
    ['BootNotification', bootNotificationV2],
    ['Heartbeat', heartbeat],
    ['NotifyReport', acknowledged],
    ['Authorize', authorizeV201],
    ['StatusNotification', statusNotificationV2],
    ['NotifyEvent', notifyEvent],
    ['TransactionEvent', transactionEvent],
    ['MeterValues', meterValuesV2],
    ['NotifyEVChargingNeeds', notifyEvChargingNeeds],
    ['NotifyEVChargingSchedule', notifyEvChargingSchedule],
    ['NotifyChargingLimit', notifyChargingLimit],
    ['ClearedChargingLimit', clearedChargingLimit],
    ['ReportChargingProfiles', acknowledged],
    ['SecurityEventNotification', securityEventNotification],
    ['FirmwareStatusNotification', acknowledged],
    ['PublishFirmwareStatusNotification', acknowledged],
    ['LogStatusNotification', acknowledged],
    ['NotifyMonitoringReport', acknowledged],
    ['NotifyCustomerInformation', acknowledged],
    ['NotifyDisplayMessages', acknowledged],
    ['ReservationStatusUpdate', acknowledged],
    ['DataTransfer', dataTransfer],
  ]),
  charging: chargingV201,
  learn: learnV201,
  transactions: transactionsV2,
}
