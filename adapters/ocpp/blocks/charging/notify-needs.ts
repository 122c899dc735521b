// A car's needs and its own schedule, as a station passes them on; 2.0.1 and 2.1.
import type { InboundHandler } from '../../inbound.ts'
import { chargingNeeds, type WireNeeds } from './charging-needs.ts'

/** The profile follows as soon as the plan is made (Q01.FR.07). */
export const notifyEvChargingNeeds: InboundHandler = (payload, { now, memory, impossible }) => {
  const {
    evseId,
    chargingNeeds: wire,
    maxScheduleTuples,
  } = payload as {
    readonly evseId: number
    readonly chargingNeeds: WireNeeds
    readonly maxScheduleTuples?: number
  }
  const needs = {
    ...chargingNeeds(wire, now, impossible),
    scheduleTuplesMax: maxScheduleTuples === undefined || maxScheduleTuples < 1 ? null : maxScheduleTuples,
  }
  const transaction = transactionAt(memory.evseOf, evseId)
  return {
    events: [{ kind: 'needs', evse: evseId, transaction, needs }],
    answer: ([reply]) => ({ status: !reply!.accepted ? 'Rejected' : reply!.processing === true ? 'Processing' : 'Accepted' }),
  }
}

/** What the car makes of our profile; the meter tells what it does. */
export const notifyEvChargingSchedule: InboundHandler = () => ({ events: [], answer: () => ({ status: 'Accepted' }) })

/** The latest one: the end of an earlier one may never have reached us (F6). */
function transactionAt(evseOf: ReadonlyMap<string, number>, evse: number): string | null {
  let latest: string | null = null
  for (const [transaction, own] of evseOf) if (own === evse) latest = transaction
  return latest
}
