// OCPP 2.1: what 2.0.1 has, leased set-points, and drivers that may discharge.
import { authorizeV21 } from '../blocks/authorization.ts'
import { chargingV21 } from '../blocks/charging/charging-messages.ts'
import { pullDynamicScheduleUpdate } from '../blocks/charging/pull-dynamic-schedule.ts'
import { learnV21 } from '../blocks/device-model-abilities.ts'
import type { DialectTable } from '../dialect-table.ts'
import { v201 } from './v201.ts'

export const v21: DialectTable = {
  ...v201,
  inbound: new Map([...v201.inbound, ['Authorize', authorizeV21], ['PullDynamicScheduleUpdate', pullDynamicScheduleUpdate]]),
  charging: chargingV21,
  learn: learnV21,
}
