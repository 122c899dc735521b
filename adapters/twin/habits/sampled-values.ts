// The meter values in a message of either protocol generation, and how to change them.
import type { Message, Sample, Transaction } from '../session-message.ts'
import { reworded } from './habit.ts'

/** A sampled value as it stands on the wire: 1.6 writes texts and `unit`, 2.x numbers and `unitOfMeasure`. */
export interface WireValue {
  readonly value: string | number
  readonly measurand?: string
  readonly context?: string
  readonly location?: string
  readonly phase?: string
  readonly unit?: string
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number }
}
interface WireMeterValue {
  readonly timestamp: string
  readonly sampledValue: readonly WireValue[]
}

/** The same message with other values in each of its samples; `change` must always give the same. */
export function withValues(message: Message, change: (values: readonly WireValue[]) => readonly WireValue[]): Message {
  return reworded(message, (payload) => {
    const samples = payload.meterValue as readonly WireMeterValue[] | undefined
    if (samples === undefined) return payload
    const changed = samples
      .map((sample) => ({ ...sample, sampledValue: change(sample.sampledValue) }))
      .filter(({ sampledValue }) => sampledValue.length > 0)
    const { meterValue: _, ...rest } = payload
    return changed.length === 0 && !message.action.startsWith('Meter') ? rest : { ...payload, meterValue: changed }
  })
}

/** The same value with another number, written as its version writes it. */
export function valued(value: WireValue, amount: number): WireValue {
  return { ...value, value: typeof value.value === 'string' ? String(amount) : amount }
}
/** The same value in another unit; `multiplier` is a power of ten that only 2.x can tell. */
export function inUnit(value: WireValue, unit: string, multiplier?: number): WireValue {
  if (value.unitOfMeasure === undefined) return { ...value, unit }
  return { ...value, unitOfMeasure: { unit, ...(multiplier === undefined ? {} : { multiplier }) } }
}
export function isRegister({ measurand }: WireValue): boolean {
  return measurand?.endsWith('.Register') === true
}
export function isPower({ measurand }: WireValue): boolean {
  return measurand?.startsWith('Power.Active') === true
}

/** What the register of a value showed at an instant, as exact as its version writes it. */
export function registerAt(value: WireValue, sample: Sample): number {
  const wh = value.measurand?.includes('Export') === true ? sample.exportedWh : sample.importedWh
  return typeof value.value === 'string' ? Math.floor(wh) : Math.floor(wh * 4) / 4
}

/** Remembers the first sample of every transaction. */
export function beginnings(): { of(message: Message): Sample | null } {
  const known = new WeakMap<Transaction, Sample>()
  return {
    of({ session }) {
      if (session === undefined) return null
      if (session.part === 'started') known.set(session.transaction, session.sample)
      return known.get(session.transaction) ?? null
    },
  }
}
