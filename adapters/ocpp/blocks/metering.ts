// Metering: values sampled on the clock or within a transaction.
import { plain, type InboundHandler } from '../inbound.ts'
import { readingsOf, type MeterValue } from './meter-values.ts'

/** 1.6; they tell which connector a transaction belongs to. */
export const meterValuesV16: InboundHandler = (payload, { station, now, memory, impossible }) => {
  const { connectorId, transactionId, meterValue } = payload as {
    readonly connectorId: number
    readonly transactionId?: number
    readonly meterValue: readonly MeterValue[]
  }
  const transaction = transactionId === undefined ? null : String(transactionId)
  if (transaction !== null && connectorId > 0) memory.evseOf.set(transaction, connectorId)
  const readings = readingsOf(meterValue, { station, evse: connectorId, transaction, now, impossible })
  return plain([{ kind: 'readings', readings }])
}

/** 2.0.1 and 2.1: outside of transactions, whose values come with their events. */
export const meterValuesV2: InboundHandler = (payload, { station, now, impossible }) => {
  const { evseId, meterValue } = payload as { readonly evseId: number; readonly meterValue: readonly MeterValue[] }
  const readings = readingsOf(meterValue, { station, evse: evseId, transaction: null, now, impossible })
  return plain([{ kind: 'readings', readings }])
}
